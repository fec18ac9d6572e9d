"""What a training shows: a bar with the loss, a line per evaluation, and a sample of a language model's text."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tqdm.auto import tqdm
from transformers import ProgressCallback, TrainerCallback

if TYPE_CHECKING:
    from .task import Task
    from .trainer import BatchTrainer

# The errors of an output that is closed, full or of another encoding; a run goes on without it.
UNHEARD = (OSError, ValueError)


def say(text: str) -> None:
    """Print a line, if the output takes it."""
    with suppress(*UNHEARD):
        print(text)


class TrainingBar(TrainerCallback):
    """Replaces transformers' ProgressCallback, which prints a dictionary at every log.

    `sample` returns a text that is shown at each evaluation, or None.
    """

    def __init__(self, language_model: bool, sample: Callable[[], str | None] = lambda: None) -> None:
        self.language_model = language_model
        self.sample = sample
        self.bar: Any = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        # A log file needs no ten updates a second.
        self.started = time.monotonic()
        with suppress(*UNHEARD):
            interval = 0.2 if sys.stderr.isatty() else 30
            self.bar = tqdm(
                total=state.max_steps, initial=state.global_step, mininterval=interval, unit="step", leave=False
            )

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self.bar is not None:
            with suppress(*UNHEARD):
                self.bar.update(state.global_step - self.bar.n)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        if self.bar is not None and logs and "loss" in logs:
            shown = {"epoch": f"{state.epoch:.2f}", "loss": f"{logs['loss']:.4f}"}
            if self.language_model:
                shown["perplexity"] = f"{math.exp(min(logs['loss'], 50)):.3f}"
            self.bar.set_postfix(shown, refresh=False)
            self.last_loss = logs["loss"]

    def on_evaluate(
        self, args: Any, state: Any, control: Any, metrics: dict[str, float] | None = None, **kwargs: Any
    ) -> None:
        if self.bar is None or not metrics:
            return
        names = [name for name in metrics if not name.endswith(("_tokens", "_characters", "_words", "epoch"))]
        measured = "  ".join(f"{name.removeprefix('eval_')} {metrics[name]:.4f}" for name in names)
        minutes = (time.monotonic() - self.started) / 60
        train = f"  train_loss {self.last_loss:.4f}" if hasattr(self, "last_loss") else ""
        self._write(f"epoch {state.epoch:.2f}  step {state.global_step}  {minutes:.1f} min{train}  {measured}")
        if (text := self.sample()) is not None:
            self._write("    " + text.replace("\n", "\n    "))

    def _write(self, text: str) -> None:
        with suppress(*UNHEARD):
            self.bar.write(text)

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self.bar is not None:
            with suppress(*UNHEARD):
                self.bar.close()
            self.bar = None


def show_progress(trainer: BatchTrainer, task: Task[Any]) -> None:
    """Make a trainer show a `TrainingBar`, with samples if the task has any."""
    trainer.remove_callback(ProgressCallback)
    trainer.add_callback(TrainingBar(task.generates, lambda: task.sample(trainer.evaluated_model)))
