"""The code behind a view, as it runs here, and where it stands."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from functools import cache
from typing import Any

from ... import interpret
from ...modeling.cells import CELLS
from .asking import Asked

SPACE_FILE = "https://huggingface.co/spaces/{space}/blob/main/{file}#L{first_line}-L{last_line}"
"""A file of a Space's repository on the Hub. A Space has its own name in SPACE_ID
(https://huggingface.co/docs/hub/spaces-overview#helper-environment-variables)."""


@cache
def things() -> dict[str, Callable]:
    """What may be shown by name: functions and classes of `rnn_models.interpret`, and the classes of the cells."""
    named = {name: getattr(interpret, name) for name in interpret.__all__}
    found: dict[str, Callable] = {name: thing for name, thing in named.items() if callable(thing)}
    return found | {cell.__name__: cell for cell in CELLS.values()}


def where(name: str) -> dict[str, Any]:
    """File, first and last line of a thing, and on a Space the address of these lines on the Hub, elsewhere null."""
    thing = inspect.unwrap(things()[name])
    lines, first = inspect.getsourcelines(thing)
    found = {
        "file": f"{thing.__module__.replace('.', '/')}.py",
        "first_line": first,
        "last_line": first + len(lines) - 1,
    }
    space = os.environ.get("SPACE_ID")
    return {**found, "link": SPACE_FILE.format(space=space, **found) if space else None}


def inside_code(asked: Asked, name: str = "steps") -> dict:
    """The source of a function or class of `rnn_models.interpret`, or of a cell, as this app runs it, and its place.

    Args:
        name: of the function or class.
    """
    name = asked.one_of(name, "name", things())
    return {**where(name), "code": inspect.getsource(things()[name])}
