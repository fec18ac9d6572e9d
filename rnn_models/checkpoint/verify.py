"""What is looked at before a model is made of it: sums, the headers of the weights, JSON.

The sums protect against a download that broke off, a disk that failed, an edit by mistake. They do not protect against
somebody who can write into the folder: they would write new sums too.
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
RESULTS = "eval_results.json"
# What decides a model's answers: weights, configuration, tokenizer. Only these have a sum.
COUNTED = ("*.json", "*.safetensors", "*.model", "*.jinja", "vocab*.txt", "merges.txt")
BINARY = (".safetensors", ".model")
# A configuration may ask for so many weights, or twice those of the file, before it is refused for its size alone:
# what is merely wrong is found tensor by tensor and gets a better sentence.
HARMLESS = 2**20


class LoadError(Exception):
    """A model cannot be used; the message is one sentence that names what is wrong."""


@contextmanager
def trouble(path: Path, problem: str) -> Iterator[None]:
    """Whatever goes wrong inside becomes a sentence about a file."""
    try:
        yield
    except (LoadError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic in Rust, as tokenizers has them, is no Exception
        raise LoadError(f"{path}: {problem}: {one_line(error)}") from error


def one_line(error: object) -> str:
    """The first line of an error that says something, not too long."""
    lines = (line.strip() for line in str(error).splitlines())
    return next((line for line in lines if line), type(error).__name__)[:300].rstrip(".: ")


def write_sums(folder: Path) -> None:
    """Write the SHA-256 of weights, configuration and tokenizer into `SHA256SUMS`, as `sha256sum --check` reads them.

    Cards, results and code have none: people and git change them, and they change no answer of the model.
    """
    names = sorted(path.name for path in folder.iterdir() if path.is_file() and _counts(path.name))
    lines = [f"{_sha256(folder / name)}  {name}\n" for name in names]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8", newline="\n")


def check_sums(folder: Path) -> None:
    """Compare weights, configuration and tokenizer with the folder's `SHA256SUMS`, if it has one.

    Rows for other files, which earlier versions wrote, are passed over. Raises `LoadError`.
    """
    path = folder / SUMS
    if not path.is_file():
        return
    wanted: dict[str, str] = {}
    with trouble(path, "it cannot be read"):
        for line in path.read_text(encoding="utf-8").splitlines():
            digest, name = line.split("  ")
            if _counts(name) or Path(name).name != name:
                wanted[name] = digest
    for name, digest in wanted.items():
        if Path(name).name != name or not (folder / name).is_file():
            raise LoadError(f"{folder / name} is missing; {SUMS} lists it")
        if _sha256(folder / name) != digest:
            raise LoadError(f"{folder / name} is not the file whose SHA-256 stands in {SUMS}: it was changed since")
    for file in sorted(folder.iterdir()):
        if file.is_file() and _counts(file.name) and file.name not in wanted:
            raise LoadError(f"{file} is not listed in {SUMS}: it was added since")


def _counts(name: str) -> bool:
    return name != RESULTS and any(fnmatchcase(name, pattern) for pattern in COUNTED)


def _sha256(path: Path) -> str:
    """Of the file; of a text with the line ends that git stores, whatever a clone made of them."""
    if path.suffix not in BINARY:
        return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Weights:
    """What the headers of a model's safetensors files say.

    Attributes:
        files: the files.
        shapes: of every tensor, by name.
    """

    files: list[Path]
    shapes: dict[str, tuple[int, ...]]

    @property
    def elements(self) -> int:
        return sum(math.prod(shape) for shape in self.shapes.values())

    @property
    def max_parameters(self) -> int:
        """The most numbers that a configuration beside these weights can ask for in good faith."""
        return max(2 * self.elements, HARMLESS)


def read_weights(folder: Path) -> Weights:
    """Read the headers of the weights, one file or the shards of an index. Raises `LoadError`."""
    files = _weight_files(folder)
    shapes: dict[str, tuple[int, ...]] = {}
    for path in files:
        if not path.is_file():
            raise LoadError(f"{path} is missing; {INDEX} names it")
        with trouble(path, "it is not a whole safetensors file"), safe_open(path, framework="pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118  it is no mapping
                shapes[name] = tuple(tensors.get_slice(name).get_shape())
    if not shapes:
        raise LoadError(f"{files[0]} holds no tensors")
    return Weights(files, shapes)


def _weight_files(folder: Path) -> list[Path]:
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if (folder / INDEX).is_file():
        listed = read_json(folder / INDEX).get("weight_map")
        names = sorted({str(name) for name in listed.values()}) if isinstance(listed, dict) else []
        if not names or any(Path(name).name != name for name in names):
            raise LoadError(f"{folder / INDEX} names no files of this folder under weight_map")
        return [folder / name for name in names]
    for name in PICKLES:
        if (folder / name).is_file():
            raise LoadError(f"{folder / name} is a pickle, which can run code; only {WEIGHTS} is loaded")
    raise LoadError(f"{folder / WEIGHTS} is missing")


def read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise LoadError(f"{path} is missing")
    with trouble(path, "it is not JSON"):
        found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise LoadError(f"{path} does not hold a JSON object")
    return found
