"""Which learning rate suits a recipe: the range test of "Cyclical Learning Rates" (Smith 2017).

The rate rises from step to step by the same factor, from far too low to far too high. The loss first stands still,
then falls, and at last rises. The rate at which it falls fastest is a good highest rate of a schedule.
"""

from __future__ import annotations

import copy
import math
from contextlib import suppress
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from ..data import InputError
from ..files import write_json
from .divergence import Diverged
from .folder import beside
from .options import Arguments
from .preparation import prepare
from .progress import say
from .ranks import Ranks

LOWEST, HIGHEST, STEPS = 1e-6, 1.0, 100
# Of each new loss in the smoothed one, and how far that may rise above its lowest before the test ends.
SMOOTHING, RISE = 0.1, 1.3
# Of our own options, those that a task has, and of transformers'.
OWN = {
    "logging_steps": 1,
    "eval_strategy": "no",
    "early_stopping_patience": None,
    "report_to": "none",
    "sample_length": 0,
}
OTHERS = {
    "max_steps": STEPS, "warmup_steps": 0, "lr_scheduler_type": "constant", "logging_steps": 1, "save_strategy": "no",
    "report_to": "none",
}  # fmt: skip


class RaiseRate(TrainerCallback):
    """Sets the rate of each step, notes its loss, and stops when the loss has risen."""

    def __init__(self, optimizer_of: Any) -> None:
        self.optimizer_of = optimizer_of
        self.rates: list[float] = []
        self.losses: list[float] = []

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.rate = LOWEST * (HIGHEST / LOWEST) ** (state.global_step / (STEPS - 1))
        for group in self.optimizer_of.optimizer.param_groups:
            group["lr"] = self.rate

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        # the end of an epoch is a second line about its last step
        if logs and "loss" in logs and state.global_step == len(self.rates) + 1:
            self.rates.append(self.rate)
            self.losses.append(logs["loss"])
            curve = smoothed(self.losses)
            if curve[-1] > RISE * min(curve) and len(curve) > STEPS // 5:
                control.should_training_stop = True


def find_rate(arguments: Arguments, argv: list[str], folder: Path, ranks: Ranks) -> int:
    """Try rates, say which one suits, and draw the curve beside the folder of the run. Returns the exit status.

    Raises `InputError` for input that cannot be trained on, and for several processes.
    """
    if ranks.size > 1:
        raise InputError("option lr_find: rates are tried in one process; start it with `python train.py`")
    arguments = copy.copy(arguments)
    arguments.trainer_options = dict(arguments.trainer_options)
    for option, value in {**OWN, **OTHERS}.items():
        if hasattr(arguments, option):
            setattr(arguments, option, value)
        elif option in OTHERS:
            arguments.trainer_options[option] = value
    _, trainer = prepare(arguments, argv)
    watch = RaiseRate(trainer)
    trainer.add_callback(watch)
    with suppress(Diverged):  # what came before is enough
        trainer.train()
    rate = suggestion(watch.rates, watch.losses)
    name = beside(folder, "rates")
    write_json({"learning_rate": rate, "rates": watch.rates, "losses": watch.losses}, name.with_suffix(".json"))
    drawn = draw(watch.rates, watch.losses, rate, name)
    say(f"the loss falls fastest at a learning rate of {rate:.2g}: --learning_rate {rate:.2g}; see {drawn}")
    return 0


def smoothed(losses: list[float]) -> list[float]:
    """The mean of each loss and those before it, of which the older ones count less, without a bias to the first."""
    found, mean = [], 0.0
    for number, loss in enumerate(losses, start=1):
        mean += SMOOTHING * (loss - mean)
        found.append(mean / (1 - (1 - SMOOTHING) ** number))
    return found


def suggestion(rates: list[float], losses: list[float]) -> float:
    """The rate at which the smoothed loss falls fastest, before its lowest point.

    Raises `InputError` if there are fewer than three finite losses.
    """
    curve = [loss for loss in smoothed(losses) if math.isfinite(loss)]
    if len(curve) < 3:
        raise InputError("option lr_find: the loss is not finite at the lowest rate already")
    lowest = max(curve.index(min(curve)), 2)
    fastest = min(range(1, lowest), key=lambda step: curve[step + 1] - curve[step - 1])
    return float(f"{rates[fastest]:.2g}")


def draw(rates: list[float], losses: list[float], rate: float, name: Path) -> Path:
    """Draw the losses against the rates. Returns the picture, or the numbers if matplotlib is not there."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return name.with_suffix(".json")
    figure = Figure(figsize=(7, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.plot(rates, losses, color="#bbbbbb", label="loss of a step")
    axes.plot(rates, smoothed(losses), color="#0072b2", label="smoothed")
    axes.axvline(rate, color="#d55e00", linestyle="--", label=f"{rate:.2g}")
    axes.set(xscale="log", xlabel="learning rate", ylabel="loss")
    axes.legend(frameon=False)
    for ending in (".svg", ".png"):
        figure.savefig(name.with_suffix(ending), dpi=150)
    return name.with_suffix(".svg")
