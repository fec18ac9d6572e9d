"""The state of a language model after a text, to be kept in a file, blended with another, and gone on from.

A file is a safetensors file: one float32 array (H,) for each part of each layer's state, and in its metadata which
model and which of its trainings it is of, and the token that is still to be read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

MAX_BYTES = 2**20
MAX_VALUE = 1e4  # far above the state of any network, and far below what a step could not compute with
KIND = "state of a recurrent language model"
KEPT_TEXT = 60  # characters, to know a state again


class NotAStateError(ValueError):
    """A file is not the state of this model.

    Attributes:
        reason: `"kind"` (it is no such file), `"model"`, `"weights"` (of another training), `"shapes"` or `"values"`.
        model: the model that the file names; empty if it names none.
    """

    def __init__(self, reason: str, model: str = "") -> None:
        self.reason, self.model = reason, model
        super().__init__(f"not a state of this model: {reason}")


@dataclass(frozen=True)
class KeptState:
    """A state and what it is of.

    Attributes:
        model: the name of the model.
        weights: tells its weights from those of every other training.
        arrays: (H,) float32 by the names that the engine gives them, in its order.
        unread: the token to read first; None after a text that the model ended itself.
        text: the end of the text.
    """

    model: str
    weights: str
    arrays: Mapping[str, np.ndarray]
    unread: int | None = None
    text: str = ""

    def to_bytes(self) -> bytes:
        """The file."""
        about = {"kind": KIND, "model": self.model, "weights": self.weights, "text": self.text[-KEPT_TEXT:]}
        about["unread"] = "" if self.unread is None else str(self.unread)
        return save(dict(self.arrays), metadata=about)

    @classmethod
    def from_bytes(cls, file: bytes, like: KeptState, vocab_size: int) -> KeptState:
        """Read a file.

        Args:
            like: any state of the model that the file must be of.

        Raises:
            NotAStateError: it is not.
        """
        about = _metadata(file)
        if about.get("kind") != KIND:
            raise NotAStateError("kind")
        model = about.get("model", "")
        if model != like.model:
            raise NotAStateError("model", model)
        if about.get("weights") != like.weights:
            raise NotAStateError("weights", model)
        arrays = load(file)
        wanted = {name: (array.shape, array.dtype) for name, array in like.arrays.items()}
        if {name: (array.shape, array.dtype) for name, array in arrays.items()} != wanted:
            raise NotAStateError("shapes", model)
        unread = about.get("unread", "")
        known = not unread or (unread.isascii() and unread.isdigit() and len(unread) < 10 and int(unread) < vocab_size)
        if not known or not all((np.abs(array) <= MAX_VALUE).all() for array in arrays.values()):
            raise NotAStateError("values", model)
        ordered = {name: arrays[name] for name in like.arrays}
        return cls(model, like.weights, ordered, int(unread) if unread else None, about.get("text", ""))


def _metadata(file: bytes) -> dict[str, str]:
    if len(file) > MAX_BYTES:
        raise NotAStateError("kind")
    try:
        load(file)
        length = int.from_bytes(file[:8], "little")
        return json.loads(file[8 : 8 + length]).get("__metadata__", {})
    except (
        SafetensorError,
        ValueError,
        KeyError,
        TypeError,
    ) as error:  # safetensors has no one error for what it meets
        raise NotAStateError("kind") from error


def blend(one: KeptState, other: KeptState, share: float) -> KeptState:
    """`1 - share` of one state and `share` of another of the same model. The token to read is that of the larger part.

    At 0 and 1 it is exactly one of them.
    """
    if share in (0, 1):
        return other if share else one
    larger = one if share <= 0.5 else other
    arrays = {
        name: ((1 - share) * one.arrays[name] + share * other.arrays[name]).astype(np.float32) for name in one.arrays
    }
    return replace(larger, arrays=arrays)
