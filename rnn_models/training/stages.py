"""Recipes whose models another recipe starts or learns from: they run first. Standard library only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..data import InputError
from . import folder as folders
from .arguments import parse_arguments
from .options import Arguments
from .ranks import Ranks
from .stopping import Stopped

# Runs one command line, as `train.main`, and returns its exit status.
Run = Callable[[list[str]], int]


def run_stages_before(arguments: Arguments, run: Run, ranks: Ranks) -> None:
    """Replace the recipes among the models to start or learn from by what they make; run those that made none yet.

    Raises `InputError` if one of them makes nothing, and `Stopped`.
    """
    if arguments.pretrained_model:
        arguments.pretrained_model = _made(arguments.pretrained_model, "pretrained_model", arguments, run, ranks)
    for entry in arguments.datasets:
        option = f"datasets, {entry.name}, teachers"
        entry.teachers = [_made(name, option, arguments, run, ranks) for name in entry.teachers]


def _made(name: str, option: str, arguments: Arguments, run: Run, ranks: Ranks) -> str:
    """The folder of what a recipe makes, once it has made it; any other name as it is."""
    if not name.endswith((".yaml", ".yml")):
        return name
    folder = Path(str(parse_arguments([name]).output_dir))
    if folder.resolve() == Path(str(arguments.output_dir)).resolve():
        raise InputError(f"option {option}: {name} writes to {folder}, which is the output_dir of this run too")
    if not ranks.first(lambda: folders.is_finished(folder)):
        options = ["--data_root", arguments.data_root] if arguments.data_root else []
        status = run([name, *options])
        if status > 128:
            raise Stopped(status - 128)
        if status != 0:
            raise InputError(f"option {option}: {name} made no model")
    return str(folder)
