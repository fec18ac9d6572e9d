"""The curves of trainings, from their `training_log.jsonl` to SVG and PNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..checkpoint import LoadError, TrainingLog

# The colours of Okabe & Ito (2008), which people who are colour-blind tell apart.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
STYLES = ("-", "--", ":", "-.")


def log_of(run: Path) -> TrainingLog:
    """The log of a finished run, or of one that is going on. Raises `LoadError`."""
    checkpoints = [path for path in (run / "runs").glob("checkpoint-*") if path.name.split("-")[-1].isdecimal()]
    newest = sorted(checkpoints, key=lambda path: int(path.name.split("-")[-1]), reverse=True)
    for folder in (run, run / "runs", *newest):
        if (log := TrainingLog.read(folder)) is not None:
            return log
    raise LoadError(
        f"{run} has no training_log.jsonl: it is no folder that train.py wrote, or one that has only begun"
    )


def plot(runs: Sequence[Path], output: Path) -> list[Path]:
    """Draw training loss, validation loss, gradient norm and learning rate of runs against the step.

    Args:
        runs: the folders of the runs.
        output: the name of the pictures without its ending.

    Returns:
        the files that were written: SVG and PNG.

    Raises:
        LoadError: a run has no log.
        ImportError: matplotlib is missing.
        OSError: the pictures cannot be written.
    """
    logs = {str(run): log_of(run) for run in runs}

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 7), layout="constrained")
    FigureCanvasAgg(figure)
    titles = ("training loss", "validation loss", "norm of the gradient", "learning rate")
    for axes, title in zip(figure.subplots(2, 2).flat, titles, strict=True):
        for index, (name, log) in enumerate(logs.items()):
            points = [(step, value) for step, value in curve(log, title) if value is not None]
            look = {"color": COLOURS[index % len(COLOURS)], "linestyle": STYLES[index % len(STYLES)]}
            axes.plot(*zip(*points, strict=True), label=name, **look) if points else axes.plot(
                [], [], label=name, **look
            )
        axes.set(title=title, xlabel="step")
        axes.grid(alpha=0.3)
        if title == "norm of the gradient":
            axes.set_yscale("log")
    figure.axes[0].legend(frameon=False)
    files = [output.with_name(f"{output.name}.{ending}") for ending in ("svg", "png")]
    for file in files:
        figure.savefig(file, dpi=150)
    return files


def curve(log: TrainingLog, title: str) -> list[tuple[int, Any]]:
    """(step, value) of one of the pictures; None for a value that was not finite."""
    if title == "validation loss":
        return [(line["step"], line["metrics"].get("loss")) for line in log.of("evaluation")]
    name = {"training loss": "loss", "norm of the gradient": "gradient_norm", "learning rate": "learning_rate"}[title]
    return [(line["step"], line[name]) for line in log.of("train")]
