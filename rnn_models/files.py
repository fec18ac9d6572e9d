"""Files that are written completely or not at all, and JSON that any parser accepts. Standard library only."""

from __future__ import annotations

import json
import math
import os
import re
from pathlib import Path
from typing import Any


class UnwritableError(ValueError):
    """JSON in UTF-8 cannot hold a value: a NaN, an infinity or a lone surrogate. The message says where it is."""


def write_json(values: Any, path: Path) -> None:
    """Write values as JSON, completely or not at all.

    Raises:
        UnwritableError: one of the values cannot be written.
        OSError: the file cannot be written.
    """
    if (problem := unwritable(values)) is not None:
        raise UnwritableError(f"{path} was not written: {problem}")
    text = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def unwritable(value: Any, where: str = "") -> str | None:
    """The first value that JSON cannot hold, with its position: `validation.loss is nan`. None if there is none."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"{where} is {value}"
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return f"{where} is {value!a}, which UTF-8 cannot encode"
    if isinstance(value, dict):
        items = [(where, key) for key in value] + [(f"{where}.{key}", part) for key, part in value.items()]
    else:
        items = [(f"{where}.{i}", part) for i, part in enumerate(value)] if isinstance(value, (list, tuple)) else []
    problems = (unwritable(part, place.lstrip(".")) for place, part in items)
    return next((problem for problem in problems if problem), None)


def shorten(value: str) -> str:
    """Make absolute paths, alone or in a YAML list or mapping, relative to the working directory.

    A path outside it keeps only its last part.
    """
    if value.startswith(("[", "{")):
        return re.sub(r"(?<![^\s\[{,:'\"])(/[^\s,'\"\]}]+)", lambda path: shorten(path[0]), value)
    if not os.path.isabs(value):
        return value
    relative = os.path.relpath(value)
    return os.path.basename(os.path.normpath(value)) if relative.startswith("..") else relative
