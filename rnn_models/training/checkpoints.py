"""The checkpoints of a run. Each is complete, with the sums of its files, or is not there. Standard library only."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from ..data import InputError
from .arguments import Arguments
from .folder import PARTIAL, RUN, RUNS, WEIGHTS, is_of_a_run, read_json, remove_checkpoints, step_of

SUMS = "SHA256SUMS"
STATE = "trainer_state.json"
# If one of these is missing, Trainer resumes with other numbers and does not say so.
PARTS = (WEIGHTS, "optimizer.pt", "scheduler.pt", "rng_state.pth", STATE)


def even_modes(folder: Path) -> None:
    """Give all files of a folder the mode that a new file gets: some libraries write theirs for the owner alone."""
    mask = os.umask(0)
    os.umask(mask)
    for path in folder.iterdir():
        if path.is_file():
            path.chmod(0o666 & ~mask)


def complete(aside: Path, checkpoint: Path) -> None:
    """Add sums to a checkpoint that was written aside, and move it to its place when all of it is on the disk."""
    even_modes(aside)
    names = sorted(path.name for path in aside.iterdir() if path.is_file())
    lines = "".join(f"{_digest(aside / name)}  {name}\n" for name in names)
    (aside / SUMS).write_text(lines, encoding="utf-8", newline="\n")
    for path in (*aside.iterdir(), aside):
        _sync(path)
    shutil.rmtree(checkpoint, ignore_errors=True)
    aside.rename(checkpoint)
    _sync(checkpoint.parent)


def _sync(path: Path) -> None:
    if os.name == "posix":  # Windows opens no folder
        number = os.open(path, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_space(folder: Path, parameters: int, averaged: bool) -> None:
    """Raise `InputError` if the checkpoints of a run do not fit on the disk.

    Each has the weights, twice if they are averaged, and two numbers a weight for AdamW, in float32; there are three
    while the newest is written.
    """
    needed = 3 * 4 * parameters * (4 if averaged else 3)
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free < needed:
        raise InputError(
            f"output_dir {folder}: its checkpoints need {needed / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free"
        )


def damage(checkpoint: Path) -> str | None:
    """What is wrong with a checkpoint; None if all of it is as it was written."""
    if not (checkpoint / SUMS).is_file():
        return f"it has no {SUMS}"
    text = (checkpoint / SUMS).read_text(encoding="utf-8", errors="replace")
    wanted = {name: digest for digest, _, name in (line.partition("  ") for line in text.splitlines())}
    for name in (*PARTS, *wanted):
        if name not in wanted or Path(name).name != name or not (checkpoint / name).is_file():
            return f"{name} is missing"
        if _digest(checkpoint / name) != wanted[name]:
            return f"{name} was changed"
    return next(
        (f"{path.name} was added" for path in sorted(checkpoint.iterdir()) if path.name not in (*wanted, SUMS)), None
    )


def damage_of_run(checkpoint: Path) -> str | None:
    """As `damage`, of the best weights until then too, which end in the result."""
    if (problem := damage(checkpoint)) is not None:
        return problem
    best = best_of(checkpoint)
    if best is None or best == checkpoint:
        return None
    problem = damage(best)
    return None if problem is None else f"of the best weights until then, {best}: {problem}"


def best_of(checkpoint: Path) -> Path | None:
    """The checkpoint with the best weights until another one, wherever the folder lies now; None if there is none."""
    state = read_json(checkpoint / STATE) or {}
    named = state.get("best_model_checkpoint")
    if not named:
        return None
    if state.get("best_global_step") == state.get("global_step"):
        return checkpoint
    beside = checkpoint.parent / Path(named).name
    return beside if beside.is_dir() else Path(named)


def to_resume(arguments: Arguments, folder: Path) -> tuple[Path | None, list[str]]:
    """The checkpoint to go on from, None for a start from the beginning, and sentences about damaged ones.

    Raises `InputError` if the one that is asked for is damaged, or all are.
    """
    wanted = arguments.resume_from_checkpoint
    if wanted in (None, "false") and arguments.overwrite_output_dir:
        return None, []
    if wanted == "false" and in_order(folder):
        raise InputError(
            f"resume_from_checkpoint is false, and output_dir {folder} has checkpoints; begin again with"
            " --overwrite_output_dir"
        )
    if wanted not in (None, "true"):
        problem = damage_of_run(Path(wanted))
        if problem and not is_of_an_earlier_version(Path(wanted)):
            raise InputError(f"resume_from_checkpoint: {wanted} is not a complete checkpoint: {problem}")
        return Path(wanted), []
    bad: list[str] = []
    for checkpoint in in_order(folder):
        if (problem := damage_of_run(checkpoint)) is None:
            return checkpoint, bad
        bad.append(f"{checkpoint} is damaged: {problem}")
    if bad:
        raise InputError(f"{'; '.join(bad)}; no checkpoint is whole, so begin again with --overwrite_output_dir")
    return None, []


def last_good(folder: Path) -> Path | None:
    """The newest checkpoint of a run that is complete."""
    return next((checkpoint for checkpoint in in_order(folder) if damage(checkpoint) is None), None)


def in_order(folder: Path) -> list[Path]:
    """The checkpoints of the run in a folder, the newest first."""
    steps = {path: step_of(path) for path in (folder / RUNS).glob("checkpoint-*") if is_of_a_run(path)}
    return sorted(steps, key=lambda path: steps[path] or 0, reverse=True)


def is_of_an_earlier_version(checkpoint: Path) -> bool:
    """Whether a checkpoint is whole as far as one can tell that was written without sums and `run.json`."""
    whole = all((checkpoint / name).is_file() for name in PARTS) and read_json(checkpoint / STATE) is not None
    return whole and not any((checkpoint / name).exists() for name in (SUMS, RUN))


def remove_newer(folder: Path, checkpoint: Path | None) -> None:
    """Remove what a run wrote after the checkpoint from which it goes on, or all of it, and unfinished ones."""
    shutil.rmtree(folder / RUNS / PARTIAL, ignore_errors=True)
    if checkpoint is None:
        remove_checkpoints(folder)
        return
    step = (read_json(checkpoint / STATE) or {}).get("global_step", 0)
    for path in in_order(folder):
        if (step_of(path) or 0) > step:
            shutil.rmtree(path, ignore_errors=True)
