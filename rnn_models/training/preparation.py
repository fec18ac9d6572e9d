"""A run up to its first step: whatever is wrong with the input is found here."""

from __future__ import annotations

from typing import Any

from transformers import EarlyStoppingCallback, set_seed

from .build import build_model
from .history import keep_log
from .options import TRAINER, Arguments
from .progress import say, show_progress
from .settings import check_best_metric, training_arguments
from .task import Task
from .tasks import TASKS
from .trainer import BatchTrainer


def prepare(arguments: Arguments) -> tuple[Task[Any], BatchTrainer]:
    """The task with its data, and the trainer with a new model. Raises `InputError`."""
    task_class = TASKS[type(arguments)]
    settings = training_arguments(arguments, task_class.best)
    corpora, labels = task_class.load(arguments)
    tokenizer = task_class.make_tokenizer(arguments, corpora)
    task = task_class(arguments, corpora, labels, tokenizer)
    check_best_metric(settings, task.metric_names())
    set_seed(arguments.seed)
    model = build_model(arguments, task)
    data = task.training_data()
    if not arguments.pretrained_model:
        task.start(model, data)
    say(f"{arguments.task}, {arguments.cell_type}: {model.num_parameters():,} parameters, {task.size_of_input()}")
    trainer = task.trainer_class(
        model=model,
        args=settings,
        train_dataset=data,
        eval_dataset=[],
        measure=task.measure,
        **arguments.passed_to(TRAINER),
    )
    task.check(model)
    show_progress(trainer, task)
    keep_log(trainer, task)
    if arguments.early_stopping_patience is not None:
        trainer.add_callback(EarlyStoppingCallback(arguments.early_stopping_patience))
    return task, trainer
