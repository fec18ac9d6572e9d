"""Why a training ends without a result: weights or losses that are not finite any more, files that fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Diverged(Exception):
    """A training came to a number that is not finite; the message says which, and where."""


class Unsaved(Exception):
    """What a training has to keep cannot be written or is damaged; the message is one line."""


class Failed(Exception):
    """A run ends without a model; the message says why, and what is left of it.

    Attributes:
        unsaved: whether files are the reason, and not what was trained.
        alone: whether only this process of the run knows the reason.
    """

    def __init__(self, message: str, *, unsaved: bool = False, alone: bool = False) -> None:
        super().__init__(message)
        self.unsaved, self.alone = unsaved, alone


def check_weights(state: Mapping[str, Any], where: str) -> None:
    """Raise `Diverged` if a tensor of a model's state is not finite."""
    for name, tensor in state.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise Diverged(f"the weight {name} is not finite {where}")
