"""From our options to transformers' `TrainingArguments`."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import torch
from transformers import TrainingArguments, get_scheduler
from transformers.utils import logging

from ..data import InputError
from ..modeling.cells import has_lstm_in
from .arguments import check_trainer_options
from .folder import RUNS
from .options import SETTINGS, Arguments
from .processes import use_one_device

# For a schedule that is only made to see whether it can be made.
SOME_STEPS = 10


def check_best_metric(settings: TrainingArguments, names: list[str]) -> None:
    """Raise `InputError` if the metric that decides is none of those that an evaluation gives."""
    if settings.load_best_model_at_end and settings.metric_for_best_model not in names:
        raise InputError(
            f"option metric_for_best_model: {settings.metric_for_best_model} is none of {', '.join(names)}"
        )


def device_of(arguments: Arguments) -> torch.device:
    """Where a run computes: on the accelerator if there is one, unless `use_cpu` is given."""
    if arguments.trainer_options.get("use_cpu") or not torch.accelerator.is_available():
        return torch.device("cpu")
    found = torch.accelerator.current_accelerator()
    assert found is not None
    return found


def check_schedule(settings: TrainingArguments) -> None:
    """Raise `InputError` if the schedule of the learning rate lacks an argument, or has one that it does not know."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=settings.learning_rate)
    try:
        get_scheduler(
            settings.lr_scheduler_type,
            optimizer=optimizer,
            num_warmup_steps=settings.get_warmup_steps(SOME_STEPS),
            num_training_steps=SOME_STEPS,
            scheduler_specific_kwargs=settings.lr_scheduler_kwargs,
        )
    except (TypeError, ValueError, AttributeError) as error:
        reason = " ".join(str(error).split())
        name = getattr(settings.lr_scheduler_type, "value", settings.lr_scheduler_type)
        raise InputError(f"options lr_scheduler_type {name} and lr_scheduler_kwargs: {reason}") from error


def training_arguments(arguments: Arguments, best: tuple[str, bool]) -> TrainingArguments:
    """`best`: the metric that decides which weights are kept, and whether greater is better.

    Raises `InputError` if transformers does not take an option.
    """
    known = {field.name: field for field in dataclasses.fields(TrainingArguments)}
    check_trainer_options(arguments, known)
    if "enable_jit_checkpoint" in arguments.trainer_options:
        raise InputError("option enable_jit_checkpoint: a run saves at SIGTERM by itself; leave the option out")
    evaluates = arguments.eval_strategy != "no"
    metric = arguments.metric_for_best_model or best[0]
    options: dict[str, Any] = {
        **arguments.passed_to(SETTINGS),
        "output_dir": str(Path(str(arguments.output_dir), RUNS)),
        # trackio and wandb go on under this name; with one drawn at random, a run would be another after each pause
        "run_name": Path(str(arguments.output_dir)).resolve().name,
        "save_strategy": arguments.eval_strategy if evaluates else "epoch",
        "save_total_limit": 1,
        "load_best_model_at_end": evaluates,
        "metric_for_best_model": metric,
        "greater_is_better": not metric.endswith(("loss", "perplexity", "per_character", "mse", "mae")),
        # Trainer writes this into the configuration; without its state a recurrent network generates nonsense.
        "use_cache": True,
        # This would look at the loss of every step, and a GPU would wait for it.
        "logging_nan_inf_filter": False,
        # Without this, bf16 needs a GPU; on a CPU with AMX it trains more than twice as fast.
        "use_cpu": device_of(arguments).type == "cpu",
        **arguments.trainer_options,
    }
    if arguments.eval_steps is not None:
        options.setdefault("save_steps", arguments.eval_steps)
    if arguments.early_stopping_patience is not None and not evaluates:
        raise InputError("option early_stopping_patience needs evaluations: set eval_strategy to epoch or steps")
    try:
        settings = TrainingArguments(**options)
    except (TypeError, ValueError, ImportError) as error:
        raise InputError(f"transformers does not take these options: {' '.join(str(error).split())}") from error
    check_schedule(settings)
    if settings.fp16 and settings.use_cpu:
        raise InputError("option fp16 has no effect on a CPU; leave it out, or try bf16")
    if settings.bf16 and settings.use_cpu and not has_lstm_in(torch.bfloat16, gradients=True):
        print("option bf16: this processor does not compute in bfloat16, and is faster without it", file=sys.stderr)
    use_one_device(settings)
    logging.disable_progress_bar()
    return settings
