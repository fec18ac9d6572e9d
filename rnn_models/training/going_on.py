"""What is left to do in a folder: nothing, all of a run, or the rest of one. Standard library only."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..data import InputError
from . import folder as folders
from .checkpoints import STATE, to_resume
from .identity import check_options, options_of
from .options import Arguments


@dataclass(frozen=True)
class Left:
    """What is left to do.

    Attributes:
        finished: nothing: the folder holds the result of this command.
        checkpoint: where a run goes on from; None for its beginning.
        before: the `run.json` of the run that goes on, if there is one.
    """

    finished: bool = False
    checkpoint: Path | None = None
    before: dict[str, Any] | None = None


def what_is_left(arguments: Arguments, folder: Path) -> Left:
    """What is left to do in a folder, with sentences about what is damaged and what changed.

    Raises `InputError` if another run is there.
    """
    now = options_of(arguments)
    if (before := folders.finished(arguments, folder)) is not None:
        check_options(before.get("options", {}), now, f"output_dir {folder} holds another run", may_change=())
        print(f"{folder} holds the finished model of this command; --overwrite_output_dir trains it again")
        return Left(finished=True)
    checkpoint, damaged = to_resume(arguments, folder)
    for sentence in damaged:
        print(sentence, file=sys.stderr)
    before = folders.read_json(checkpoint / folders.RUN) if checkpoint else None
    for sentence in check_options(before.get("options", {}), now, f"output_dir {folder}") if before else []:
        print(f"since this run began: {sentence}", file=sys.stderr)
    return Left(checkpoint=checkpoint, before=before)


def check_seen(left: Left) -> None:
    """Raise `InputError` if this process does not see the checkpoint that the first one found."""
    if left.checkpoint is not None and not (left.checkpoint / STATE).is_file():
        raise InputError(f"{left.checkpoint} is not there; output_dir has to be a folder that all machines share")
