"""Where a model comes from: what its `run.json` says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..checkpoint import RESULTS, LoadError

RUN = "run.json"


def origin(folder: Path) -> dict[str, Any]:
    """How the run of a folder stands, and its `run.json`. Raises `LoadError` if it has none."""
    steps = {int(path.name.split("-")[-1]): path for path in (folder / "runs").glob("checkpoint-*[0-9]")}
    newest = steps[max(steps)] if steps else None
    finished = (folder / RESULTS).is_file() and "validation" in _read(folder / RESULTS)
    found = next((place for place in (folder, newest) if place is not None and (place / RUN).is_file()), None)
    if found is None:
        raise LoadError(f"{folder} has no {RUN}: no run of this version wrote it, or it has no checkpoint yet")
    state = "finished" if finished else "not finished" if newest is None else f"interrupted after {newest.name}"
    return {"state": state, **_read(found / RUN)}


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LoadError(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise LoadError(f"{path} does not contain a JSON object")
    return content


def lines(found: dict[str, Any], indent: str = "") -> list[str]:
    """Nested values, one a line: what is not set is left out."""
    shown = []
    for name, value in found.items():
        if isinstance(value, dict) and value:
            shown += [f"{indent}{name}:", *lines(value, indent + "  ")]
        elif isinstance(value, list) and any(isinstance(part, dict) for part in value):
            for part in value:
                shown += [f"{indent}{name}:", *lines(part, indent + "  ")]
        elif value not in (None, "", [], {}):
            shown.append(
                f"{indent}{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
            )
    return shown
