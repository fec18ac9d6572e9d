"""The code behind a view, as it runs here."""

from __future__ import annotations

import inspect

from ... import interpret
from .asking import Asked


def inside_code(asked: Asked, name: str = "steps") -> dict:
    """The source of a function of `rnn_models.interpret`, as this app runs it, and the file that it stands in.

    Args:
        name: of the function.
    """
    names = [one for one in interpret.__all__ if inspect.isfunction(getattr(interpret, one))]
    function = getattr(interpret, asked.one_of(name, "name", names))
    return {"path": f"rnn_models/interpret/{interpret.MODULES[name]}.py", "code": inspect.getsource(function)}
