"""What a training shows: a bar with the loss, a line per evaluation, and a sample of a language model's text. And how
it stops before its end.

Without a terminal there is no bar, but a line from time to time.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tqdm.auto import tqdm
from transformers import ProgressCallback, TrainerCallback

from .stopping import Stopped, Stopping

if TYPE_CHECKING:
    from .task import Task
    from .trainer import BatchTrainer

# A loss that exceeds its start by this factor gets a warning; that of validation rises by overfitting too.
FAR_ABOVE, FAR_ABOVE_IN_VALIDATION = 2, 10
# Seconds between two lines about the progress if there is no terminal.
PAUSE = 30
# The errors of an output that is closed, full or of another encoding; a run goes on without it.
UNHEARD = (OSError, ValueError)


def digits(value: float) -> str:
    """A loss or a metric with four decimals; with four digits where those would be hundreds."""
    return f"{value:.4f}" if abs(value) < 1e6 else f"{value:.4g}"


def say(text: str) -> None:
    """Print a line, if the output takes it."""
    with suppress(*UNHEARD):
        print(text)


class TrainingBar(TrainerCallback):
    """Replaces transformers' ProgressCallback, which prints a dictionary at every log.

    Args:
        sample: returns a text that is shown at each evaluation, or None.
        tokens: returns how many tokens, or steps of time series, the training has read.
    """

    def __init__(
        self,
        language_model: bool,
        sample: Callable[[], str | None] = lambda: None,
        tokens: Callable[[], int] = lambda: 0,
    ) -> None:
        self.language_model = language_model
        self.sample = sample
        self.tokens = tokens
        self.bar: Any = None
        self.first_loss: float | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.started, self.first_step, self.first_tokens = time.monotonic(), state.global_step, self.tokens()
        self.told = -math.inf
        self.on_terminal = sys.stderr is not None and sys.stderr.isatty()
        with suppress(*UNHEARD):
            self.bar = tqdm(
                total=state.max_steps,
                initial=state.global_step,
                mininterval=0.2,
                unit="step",
                leave=False,
                disable=not self.on_terminal,
            )

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self.bar is not None:
            with suppress(*UNHEARD):
                self.bar.update(state.global_step - self.bar.n)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        if logs and "loss" in logs:
            self.first_loss = logs["loss"] if self.first_loss is None else self.first_loss
            self._warn("loss", logs["loss"], FAR_ABOVE, state.global_step)
        if self.bar is not None and logs and "loss" in logs:
            seconds = max(time.monotonic() - self.started, 1e-9)
            shown = {"epoch": f"{state.epoch:.2f}", "loss": digits(logs["loss"])}
            if self.language_model:
                shown["perplexity"] = f"{math.exp(min(logs['loss'], 50)):.3f}"
            shown["rate"] = f"{logs.get('learning_rate', 0.0):.3g}"
            shown["tokens/s"] = f"{(self.tokens() - self.first_tokens) / seconds:,.0f}"
            self.bar.set_postfix(shown, refresh=False)
            self.last_loss = logs["loss"]
            if not self.on_terminal and time.monotonic() - self.told >= PAUSE:
                self.told = time.monotonic()
                left = seconds / max(state.global_step - self.first_step, 1) * (state.max_steps - state.global_step)
                values = "  ".join(f"{name} {value}" for name, value in shown.items())
                self._write(
                    f"step {state.global_step} of {state.max_steps}  {values}  {tqdm.format_interval(left)} left"
                )

    def _warn(self, name: str, loss: float, far: float, step: int) -> None:
        """Say once that a loss is `far` times its start."""
        if self.first_loss is not None and loss > far * self.first_loss > 0:
            say(
                f"warning: the {name} is {loss:.4g} by step {step}, and was {self.first_loss:.4g} at first; a lower"
                " learning_rate or max_grad_norm may help"
            )
            self.first_loss = math.inf

    def on_evaluate(
        self, args: Any, state: Any, control: Any, metrics: dict[str, float] | None = None, **kwargs: Any
    ) -> None:
        if metrics and "eval_loss" in metrics:
            self._warn("loss on validation", metrics["eval_loss"], FAR_ABOVE_IN_VALIDATION, state.global_step)
        if self.bar is None or not metrics:
            return
        names = [name for name in metrics if not name.endswith(("_tokens", "_characters", "_words", "epoch"))]
        measured = "  ".join(f"{name.removeprefix('eval_')} {digits(metrics[name])}" for name in names)
        minutes = (time.monotonic() - self.started) / 60
        train = f"  train_loss {digits(self.last_loss)}" if hasattr(self, "last_loss") else ""
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


class StopWhenTold(TrainerCallback):
    """Saves after the step in which a signal came, or after the evaluation of its epoch, and raises `Stopped`.

    Of several processes, each gets the signal at another moment; they stop after the same step.
    """

    def __init__(self, trainer: BatchTrainer, stopping: Stopping) -> None:
        self.trainer, self.stopping = trainer, stopping

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.stopping.in_steps = True

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        # after the last step of an epoch an evaluation may follow, which is not to be left out
        if self._told() and not float(state.epoch).is_integer():
            control.should_log = control.should_save = True

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self._told():
            control.should_log = control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if told := self._told():
            # closes what shows the progress
            self.trainer.callback_handler.on_train_end(args, state, control)
            raise Stopped(told, state.global_step)

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.stopping.in_steps = False

    def _told(self) -> int:
        """The signal that came to any process; 0 for none."""
        return self.trainer.ranks.highest(self.stopping.received or 0)


def show_progress(trainer: BatchTrainer, task: Task[Any]) -> None:
    """Make a trainer show a `TrainingBar`, with samples if the task has any."""
    trainer.remove_callback(ProgressCallback)
    if trainer.ranks.is_first:
        trainer.add_callback(
            TrainingBar(task.generates, lambda: task.sample(trainer.evaluated_model), lambda: trainer.tokens_read)
        )
