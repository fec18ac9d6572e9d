"""The folder of a run. A run replaces and deletes only what a run wrote. Standard library only.

A folder belongs to a run if its `eval_results.json` has the command of a run, or if its `runs` has checkpoints of a
run. Another run may replace the files there that a run writes; the card only if nobody has edited it. All other files
stay as they are. A folder that belongs to no run must be empty; names that begin with a dot do not count.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..data import InputError
from ..signing import is_as_written
from .arguments import Arguments

PROJECT, PACKAGE = Path(__file__).parents[2], Path(__file__).parents[1]
RUNS = "runs"
CONFIG, WEIGHTS, RESULTS, CARD = "config.json", "model.safetensors", "eval_results.json", "README.md"
TRAINING_LOG, RUN = "training_log.jsonl", "run.json"
# The files that a run leaves behind, with the code of the network.
WRITTEN = (
    CONFIG, "generation_config.json", WEIGHTS, "tokenizer.json", "tokenizer_config.json", RESULTS, CARD, "SHA256SUMS",
    TRAINING_LOG, RUN, *(path.name for path in sorted((PACKAGE / "modeling").glob("[!_]*.py"))),
)  # fmt: skip
COMMAND = "python train.py"
MODEL_TYPES = ("rnn", "rnn_time_series")
# Where a checkpoint is written before it gets its name.
PARTIAL = ".partial"
# A file of every checkpoint that transformers' own Trainer writes, and of none of ours.
OF_ANOTHER_TRAINER = "training_args.bin"


def output_folder(arguments: Arguments) -> Path:
    """The output folder. Raises `InputError` if it cannot be one, or holds anything that no run wrote."""
    folder = Path(str(arguments.output_dir))
    try:
        return _checked(folder)
    except InputError:
        raise
    except (OSError, RuntimeError, ValueError) as error:  # a name that is too long, links in a circle, NUL
        raise InputError(f"output_dir {folder} cannot be used: {getattr(error, 'strerror', None) or error}") from error


def _checked(folder: Path) -> Path:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir():
        raise InputError(f"output_dir {folder}: {there} is a file")
    if not os.access(there, os.W_OK | os.X_OK):
        raise InputError(f"output_dir {folder}: you may not write to {there}")
    if PROJECT.is_relative_to(folder.resolve()):
        raise InputError(f"output_dir {folder} is the project's own folder, or holds it; take another folder")
    path = first_foreign(folder) if folder.exists() else None
    if path is not None and path.name == CARD and is_a_result(folder):
        raise InputError(
            f"output_dir {folder}: {path} was edited after a run wrote it; move it or take another folder"
        )
    if path is not None:
        raise InputError(f"output_dir {folder} holds {path}, which no run wrote; take another folder")
    return folder


def beside(folder: Path, name: str) -> Path:
    """Where something about the runs of a folder lies: `models/x-NAME` beside `models/x`."""
    folder = folder.resolve() if folder.name in ("", "..") else folder
    return folder.with_name(f"{folder.name}-{name}")


def first_foreign(folder: Path) -> Path | None:
    """The first file that no run wrote and that keeps a folder from being the output of a run."""
    runs = folder / RUNS
    for path in sorted(runs.glob("checkpoint-*")):
        if not is_of_a_run(path):
            return path
    if is_a_result(folder):
        return folder / CARD if (folder / CARD).exists() and not is_as_written(folder / CARD) else None
    # a run that was broken off leaves only its checkpoints, or a log before the first of them
    broken_off = any(runs.glob("checkpoint-*"))
    for path in sorted(folder.iterdir()):
        ours = path == runs and (broken_off or all(inner.name == TRAINING_LOG for inner in visible(runs)))
        harmless = broken_off and path.name not in WRITTEN
        if not path.name.startswith(".") and not ours and not harmless:
            return next(visible(path), path) if path.is_dir() else path
    return None


def visible(folder: Path) -> Iterator[Path]:
    """The content of a folder in order, without names that begin with a dot."""
    return (path for path in sorted(folder.iterdir()) if not path.name.startswith("."))


def is_a_result(folder: Path) -> bool:
    """Whether a folder has the results of a run."""
    found = read_json(folder / RESULTS)
    return isinstance(found, dict) and str(found.get("command")).startswith(COMMAND)


def is_finished(folder: Path) -> bool:
    """Whether a run finished in a folder: its metrics are written last."""
    return is_a_result(folder) and "validation" in read_json(folder / RESULTS)


def finished(arguments: Arguments, folder: Path) -> dict[str, Any] | None:
    """The `run.json` of the run that finished in a folder; None if there is work to do.

    Raises `InputError` if a run of an earlier version finished, which kept none.
    """
    again = arguments.resume_from_checkpoint not in (None, "true", "false") or arguments.overwrite_output_dir
    if again or not is_finished(folder):
        return None
    if arguments.resume_from_checkpoint == "true" and any((folder / RUNS).glob("checkpoint-*")):
        return None
    run = read_json(folder / RUN)
    if not isinstance(run, dict):
        raise InputError(f"output_dir {folder} holds another run; take another folder or --overwrite_output_dir")
    return run


def is_of_a_run(checkpoint: Path) -> bool:
    """Whether a run wrote a checkpoint, complete or not."""
    if not checkpoint.is_dir() or (checkpoint / OF_ANOTHER_TRAINER).exists() or step_of(checkpoint) is None:
        return False
    config = read_json(checkpoint / CONFIG)
    ours = isinstance(config, dict) and config.get("model_type") in MODEL_TYPES
    # one of the files may be damaged
    return not any(checkpoint.iterdir()) or ours or (checkpoint / RUN).exists()


def step_of(checkpoint: Path) -> int | None:
    """The step at which a checkpoint was written; None if a run does not name checkpoints so."""
    step = checkpoint.name.removeprefix("checkpoint-")
    return int(step) if step.isdecimal() else None


def read_json(path: Path) -> Any:
    """The content of a JSON file; None if there is no such file or it is not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def remove_result(folder: Path) -> None:
    """Remove the files that an earlier run left, so that the next run's files do not mix with them."""
    if is_a_result(folder):
        for name in WRITTEN:
            if name != CARD or is_as_written(folder / name):
                (folder / name).unlink(missing_ok=True)


def remove_checkpoints(folder: Path) -> None:
    """Remove the intermediate checkpoints of a run, and their folder if it is empty then."""
    shutil.rmtree(folder / RUNS / PARTIAL, ignore_errors=True)
    for path in (folder / RUNS).glob("checkpoint-*"):
        if is_of_a_run(path):
            shutil.rmtree(path, ignore_errors=True)
    if (folder / RUNS).is_dir() and not any((folder / RUNS).iterdir()):
        (folder / RUNS).rmdir()
