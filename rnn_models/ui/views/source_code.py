"""The code behind a view, as it runs here."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from ... import interpret
from ...modeling.cells import CELLS
from .asking import Asked


def inside_code(asked: Asked, name: str = "steps") -> dict:
    """The source of a function of `rnn_models.interpret` or of a cell, as this app runs it, and where it stands.

    Args:
        name: of the function, or of the cell's class.
    """
    functions = {one: getattr(interpret, one) for one in interpret.__all__}
    things: dict[str, Callable] = {one: thing for one, thing in functions.items() if inspect.isfunction(thing)}
    things |= {cell.__name__: cell for cell in CELLS.values()}
    thing = things[asked.one_of(name, "name", things)]
    return {"file": f"{thing.__module__.replace('.', '/')}.py", "code": inspect.getsource(thing)}
