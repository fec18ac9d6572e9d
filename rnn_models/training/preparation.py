"""A run up to its first step: whatever is wrong with the input is found here."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import EarlyStoppingCallback, set_seed

from ..data import InputError
from .build import build_model, check_start
from .checkpoints import check_space
from .history import keep_log
from .identity import check_data, check_environment, environment, fingerprints, options_of
from .options import TRAINER, Arguments
from .output import command
from .overview import overview
from .progress import say, show_progress
from .ranks import ALONE, Ranks
from .settings import check_best_metric, training_arguments
from .task import Task
from .tasks import TASKS
from .trainer import BatchTrainer


@contextmanager
def naming(option: str, value: Any) -> Iterator[None]:
    """Turn what transformers says about an option that lacks a package into an `InputError` that names the option."""
    try:
        yield
    except (ImportError, RuntimeError, ValueError) as error:
        if not value:
            raise
        raise InputError(f"option {option}: {' '.join(str(error).split())}") from error


def prepare(
    arguments: Arguments,
    argv: Sequence[str] = (),
    options: dict[str, Any] | None = None,
    before: dict[str, Any] | None = None,
    ranks: Ranks = ALONE,
    aside: str | None = None,
) -> tuple[Task[Any], BatchTrainer]:
    """The task with its data, and the trainer with a new model.

    Args:
        options: those for the `run.json`, with recipes by their names where folders stand now.
        before: the `run.json` of a run that goes on.
        ranks: the processes of the run.
        aside: where a process that is not the first one has its checkpoints, of which it writes none.

    Raises:
        InputError: something is wrong with the input, or the data of a run that goes on changed.
    """
    task_class = TASKS[type(arguments)]
    settings = training_arguments(arguments, task_class.best)
    rows = arguments.per_device_train_batch_size
    if rows < ranks.size:
        raise InputError(
            f"option per_device_train_batch_size: {ranks.size} processes cannot share {rows}; it is the number of rows"
            " that all of them read together"
        )
    if aside is not None:
        settings.output_dir, settings.report_to = aside, []
    check_start(arguments)
    corpora, labels = task_class.load(arguments)
    tokenizer = task_class.make_tokenizer(arguments, corpora)
    run: dict[str, Any] = {
        "command": command(argv),
        "options": options or options_of(arguments),
        "data": fingerprints(corpora, tokenizer),
        "environment": environment(ranks.size),
    }
    if before is not None:
        changed = check_data(before, run["data"], f"output_dir {arguments.output_dir}")
        for sentence in changed + check_environment(before, run["environment"]):
            say(f"since this run began: {sentence}")
    task = task_class(arguments, corpora, labels, tokenizer)
    check_best_metric(settings, task.metric_names())
    set_seed(arguments.seed)
    model = build_model(arguments, task)
    check_space(Path(str(arguments.output_dir)), model.num_parameters(), arguments.ema_decay is not None)
    data = task.training_data()
    table, warnings = overview(task, data)
    for line in table:
        say(line)
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if not arguments.pretrained_model:
        task.start(model, data)
    say(f"{arguments.task}, {arguments.cell_type}: {model.num_parameters():,} parameters, {task.size_of_input()}")
    with naming("report_to", settings.report_to):
        trainer = task.trainer_class(
            model=model,
            args=settings,
            train_dataset=data,
            eval_dataset=[],
            measure=task.measure,
            ranks=ranks,
            **arguments.passed_to(TRAINER),
        )
    with naming("optim", settings.optim):
        trainer.get_optimizer_cls_and_kwargs(settings, model)
    trainer.run = run
    trainer.begin_with(model, arguments.pretrained_share)
    task.check(model)
    show_progress(trainer, task)
    keep_log(trainer, task)
    if arguments.early_stopping_patience is not None:
        trainer.add_callback(EarlyStoppingCallback(arguments.early_stopping_patience))
    return task, trainer
