"""Files that are written whole, and JSON that any reader takes. Standard library only."""

from __future__ import annotations

import json
import math
import os
import re
from pathlib import Path
from typing import Any


class UnwritableError(ValueError):
    """JSON in UTF-8 cannot hold it: a number that is nan or infinite, half a character. The message says where."""


def write_json(found: Any, path: Path) -> None:
    """Write figures as JSON: all of them or, where something is wrong, nothing.

    Raises:
        UnwritableError: something among them cannot be written.
        OSError: the file cannot be written.
    """
    if (place := unwritable(found)) is not None:
        raise UnwritableError(f"{path} was not written: {place}")
    text = json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def unwritable(found: Any, where: str = "") -> str | None:
    """The first part that cannot be written, and where it stands: `validation.loss is nan`. None if there is none."""
    if isinstance(found, float) and not math.isfinite(found):
        return f"{where} is {found}"
    if isinstance(found, str):
        try:
            found.encode()
        except UnicodeEncodeError:
            return f"{where} is {found!a}, which is no text in UTF-8"
    if isinstance(found, dict):
        items = [(where, name) for name in found] + [(f"{where}.{name}", part) for name, part in found.items()]
    else:
        items = (
            [(f"{where}.{name}", part) for name, part in enumerate(found)] if isinstance(found, (list, tuple)) else []
        )
    places = (unwritable(part, place.lstrip(".")) for place, part in items)
    return next((place for place in places if place), None)


def shorten(value: str) -> str:
    """Absolute paths, one or those of a YAML list or mapping, as they are from here or by their last part."""
    if value.startswith(("[", "{")):
        return re.sub(r"(?<![^\s\[{,:'\"])(/[^\s,'\"\]}]+)", lambda found: shorten(found[0]), value)
    if not os.path.isabs(value):
        return value
    inside = os.path.relpath(value)
    return os.path.basename(os.path.normpath(value)) if inside.startswith("..") else inside
