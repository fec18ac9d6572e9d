"""Files that are written whole, and JSON that any reader takes. Standard library only."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any


class NotFiniteError(ValueError):
    """A number is nan or infinite, which JSON cannot hold; the message says where it stands."""


def write_json(found: Any, path: Path) -> None:
    """Write figures as JSON: all of them or, where something is wrong, nothing.

    Raises:
        NotFiniteError: a number among them is not finite.
        OSError: the file cannot be written.
    """
    if (place := not_finite(found)) is not None:
        raise NotFiniteError(f"{path} was not written: {place}, and JSON has no such number")
    text = json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def not_finite(found: Any, where: str = "") -> str | None:
    """The first number that is not finite and where it stands, as `validation.loss is nan`; None if there is none."""
    if isinstance(found, float) and not math.isfinite(found):
        return f"{where} is {found}"
    items = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, (list, tuple)) else ()
    places = (not_finite(value, f"{where}.{name}".lstrip(".")) for name, value in items)
    return next((place for place in places if place), None)
