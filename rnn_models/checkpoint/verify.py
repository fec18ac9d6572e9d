"""The checks before a model is built: checksums, the headers of the weights, JSON.

The checksums protect against incomplete downloads, disk errors and accidental edits. They do not protect against an
attacker with write access to the folder, who could write new checksums too.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from safetensors import safe_open

CONFIG, GENERATION_CONFIG = "config.json", "generation_config.json"
WEIGHTS, INDEX, SUMS = "model.safetensors", "model.safetensors.index.json", "SHA256SUMS"
PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json")
RESULTS, TRAINING_LOG = "eval_results.json", "training_log.jsonl"
# The files that have a checksum: weights, configuration and tokenizer, which determine a model's outputs, and the log.
COUNTED = ("*.json", "*.safetensors", "*.model", "*.jinja", "vocab*.txt", "merges.txt", TRAINING_LOG)
BINARY = (".safetensors", ".model")
# A configuration is refused for its size only if it asks for more weights than this and than twice those of the file:
# smaller mistakes are found tensor by tensor, which gives a better message.
HARMLESS = 2**20


class LoadError(Exception):
    """A model cannot be used; the message is one sentence that says what is wrong."""


@contextmanager
def as_load_error(path: Path, problem: str) -> Iterator[None]:
    """Turn any exception into a `LoadError` about a file."""
    try:
        yield
    except (LoadError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a Rust panic, as in tokenizers, is not an Exception
        raise LoadError(f"{path}: {problem}: {one_line(error)}") from error


def one_line(error: object) -> str:
    """The first non-blank line of an error, shortened."""
    lines = (line.strip() for line in str(error).splitlines())
    return next((line for line in lines if line), type(error).__name__)[:300].rstrip(".: ")


def write_sums(folder: Path) -> None:
    """Write the SHA-256 of the `COUNTED` files to `SHA256SUMS`, in the format of `sha256sum --check`.

    Cards, results and code have none: people and git change them, and they do not affect the model's outputs.
    """
    names = sorted(path.name for path in folder.iterdir() if path.is_file() and _counts(path.name))
    lines = [f"{_sha256(folder / name)}  {name}\n" for name in names]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8", newline="\n")


def check_sums(folder: Path) -> None:
    """Compare the `COUNTED` files with the folder's `SHA256SUMS`, if it has one.

    Lines for other files, which earlier versions wrote, are ignored. Raises `LoadError`.
    """
    path = folder / SUMS
    if not path.is_file():
        return
    wanted: dict[str, str] = {}
    with as_load_error(path, "it cannot be read"):
        for line in path.read_text(encoding="utf-8").splitlines():
            digest, name = line.split("  ")
            if _counts(name) or Path(name).name != name:
                wanted[name] = digest
    for name, digest in wanted.items():
        if Path(name).name != name or not (folder / name).is_file():
            raise LoadError(f"{folder / name} is missing, but {SUMS} lists it")
        if _sha256(folder / name) != digest:
            raise LoadError(f"{folder / name} does not match its SHA-256 in {SUMS}: it was changed")
    for file in sorted(folder.iterdir()):
        if file.is_file() and _counts(file.name) and file.name not in wanted:
            raise LoadError(f"{file} is not listed in {SUMS}: it was added later")


def _counts(name: str) -> bool:
    return name != RESULTS and any(fnmatchcase(name, pattern) for pattern in COUNTED)


def _sha256(path: Path) -> str:
    """The SHA-256 of a file; in text files with the line endings that git stores, whatever a clone has."""
    if path.suffix not in BINARY:
        return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Weights:
    """The headers of a model's safetensors files.

    Attributes:
        files: the files.
        shapes: the shape of every tensor, by name.
    """

    files: list[Path]
    shapes: dict[str, tuple[int, ...]]

    @property
    def elements(self) -> int:
        return sum(math.prod(shape) for shape in self.shapes.values())

    @property
    def max_parameters(self) -> int:
        """The most parameters that a plausible configuration for these weights can ask for."""
        return max(2 * self.elements, HARMLESS)


def read_weights(folder: Path) -> Weights:
    """Read the headers of the weights: one file, or the shards that an index lists. Raises `LoadError`."""
    files = _weight_files(folder)
    shapes: dict[str, tuple[int, ...]] = {}
    for path in files:
        if not path.is_file():
            raise LoadError(f"{path} is missing, but {INDEX} lists it")
        with (
            as_load_error(path, "it is not a complete safetensors file"),
            safe_open(path, framework="pt") as tensors,
        ):
            for name in tensors.keys():  # noqa: SIM118  not a mapping
                shapes[name] = tuple(tensors.get_slice(name).get_shape())
    if not shapes:
        raise LoadError(f"{files[0]} has no tensors")
    return Weights(files, shapes)


def _weight_files(folder: Path) -> list[Path]:
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if (folder / INDEX).is_file():
        listed = read_json(folder / INDEX).get("weight_map")
        names = sorted({str(name) for name in listed.values()}) if isinstance(listed, dict) else []
        if not names or any(Path(name).name != name for name in names):
            raise LoadError(f"{folder / INDEX} lists no files of this folder under weight_map")
        return [folder / name for name in names]
    for name in PICKLES:
        if (folder / name).is_file():
            raise LoadError(f"{folder / name} is a pickle, which can run code; only {WEIGHTS} is loaded")
    raise LoadError(f"{folder / WEIGHTS} is missing")


def read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise LoadError(f"{path} is missing")
    with as_load_error(path, "it is not JSON"):
        found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise LoadError(f"{path} does not contain a JSON object")
    return found
