"""What a run is: its options, its data and where it was made. `run.json` keeps it, beside weights and in checkpoints.

A run that goes on is compared with it, and `python -m rnn_models info FOLDER` prints it. Standard library only.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import json
import platform
import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from ..data import InputError
from ..files import shorten
from .fields import CONFIG
from .options import OPTIONS, Arguments

# Options that may change in a run that goes on: what it has learnt so far stays what it was.
MAY_CHANGE = {
    "early_stopping_patience", "eval_steps", "eval_strategy", "evaluate_test", "generation", "language",
    "logging_steps", "max_steps", "num_train_epochs", "per_device_eval_batch_size", "report_to", "sample_length",
    "sample_prompt", "save_dtype", "save_steps", "save_strategy", "save_total_limit", "use_cpu",
}  # fmt: skip
LIBRARIES = ("torch", "transformers", "tokenizers", "datasets", "accelerate", "safetensors", "numpy")


def options_of(arguments: Arguments) -> dict[str, Any]:
    """The options that results depend on, as JSON has them, without the folders of this machine.

    What a run did not give and a pretrained network has, such as its dropouts, is None: the network keeps its own.
    """
    values = dataclasses.asdict(arguments)
    if arguments.pretrained_model:
        values |= {name: None for name in arguments.passed_to(CONFIG) if name not in arguments.given}
    values |= values.pop("trainer_options")
    kept = {
        name: value
        for name, value in values.items()
        if name != "output_dir" and (name not in OPTIONS or OPTIONS[name].metadata["about_results"])
    }
    return json.loads(json.dumps(_without_folders(kept), default=str))


def _without_folders(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: part if name == "sample_prompt" else _without_folders(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_folders(part) for part in value]
    return shorten(value) if isinstance(value, str) else value


def fingerprints(corpora: Sequence[Any], tokenizer: Any) -> dict[str, str]:
    """A hash of the texts and labels of each split, or of all of a corpus without texts, and of the tokenizer."""
    found = {}
    for corpus in corpora:
        if not hasattr(corpus.train, "texts"):
            found[corpus.name] = hash_of(corpus)
            continue
        parts = {"train": corpus.train, "validation": corpus.validation, "unlabelled": corpus.unlabelled}
        parts |= {f"test {split.name}": split for split in corpus.tests}
        for role, split in parts.items():
            if split is not None:
                found[f"{corpus.name}, {role}"] = hash_of((split.texts, split.labels))
    if tokenizer is not None:
        found["tokenizer"] = hash_of(tokenizer.backend_tokenizer.to_str())
    return found


def hash_of(value: Any) -> str:
    """A hash of nested data: texts, numbers, arrays, and what holds them."""
    sums = hashlib.sha256()
    _add(sums, value)
    return sums.hexdigest()[:16]


def _add(sums: Any, value: Any) -> None:
    if dataclasses.is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    value = getattr(value, "fingerprint", value)
    if isinstance(value, dict):
        sums.update(b"{")
        value = list(value.items())
    if isinstance(value, (list, tuple)):
        sums.update(f"({len(value)}".encode())
        for part in value:
            _add(sums, part)
    elif hasattr(value, "tobytes"):
        sums.update(f"{value.dtype}{value.shape}".encode() + value.tobytes())
    else:
        content = str(value).encode("utf-8", "surrogatepass")
        sums.update(f"{type(value).__name__}{len(content)}:".encode() + content)


def environment(processes: int = 1) -> dict[str, Any]:
    """What the run is computed with: versions, processor, processes, the commit of this project if it is a clone."""
    versions = {name: importlib.metadata.version(name) for name in LIBRARIES}
    return {
        "python": platform.python_version(),
        **versions,
        "processor": processor(),
        "processes": processes,
        "commit": commit(),
    }


def processor() -> str:
    """The name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def commit() -> str | None:
    """The commit of the project, with a `+` if files differ from it; None if it is no clone."""
    project = Path(__file__).parents[2]
    if not (project / ".git").exists():
        return None
    try:
        options: dict[str, Any] = {"cwd": project, "capture_output": True, "text": True, "check": True, "timeout": 10}
        head = subprocess.run(["git", "rev-parse", "HEAD"], **options).stdout.strip()
        status = ["git", "status", "--porcelain", "--untracked-files=no"]
        changed = subprocess.run(status, **options).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
    return head + ("+" if changed else "")


def check_options(
    then: dict[str, Any], now: dict[str, Any], where: str, may_change: Collection[str] = MAY_CHANGE
) -> list[str]:
    """What changed of the options since a run began and may change. Raises `InputError` by name for what may not.

    An option that there was not yet when the run began had its default.
    """
    since = {name: now[name] for name in now.keys() - then.keys() if name in OPTIONS and now[name] == _default(name)}
    then = {**then, **since}
    changed = {
        name: f"{name} was {json.dumps(then.get(name))} and is {json.dumps(now.get(name))}"
        for name in sorted({*then, *now})
        if then.get(name) != now.get(name)
    }
    refused = [text for name, text in changed.items() if name not in may_change]
    if refused:
        raise InputError(
            f"{where}: {'; '.join(refused)}; a run cannot change that. Give the options as they were, take another"
            " folder, or begin again with --overwrite_output_dir"
        )
    return list(changed.values())


def _default(name: str) -> Any:
    field = OPTIONS[name]
    return field.default_factory() if callable(field.default_factory) else field.default


def check_data(before: dict[str, Any], now: dict[str, str], where: str) -> list[str]:
    """As `check_options`, for the data of a `run.json`: only a test split may change."""
    then = before.get("data", now)
    changed = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    refused = [name for name in changed if ", test " not in name]
    if refused:
        raise InputError(
            f"{where}: the data changed since this run began ({'; '.join(refused)}); take another folder, or begin"
            " again with --overwrite_output_dir"
        )
    return [f"{name} is another" for name in changed]


def check_environment(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """The versions, the processor and the number of processes that changed since a run began."""
    # what does not say how many processes it had is older than that there may be several
    then = {"processes": 1, **before.get("environment", {})}
    return [f"{name} was {then[name]} and is {now[name]}" for name in now if name in then and then[name] != now[name]]
