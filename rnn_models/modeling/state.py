"""The recurrent state: all that a model remembers of the text it has read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from os import PathLike
from pathlib import PurePath

import torch
import transformers
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import PreTrainedModel

# The names of the cache in different releases of transformers; a state is accepted under each of them.
CACHE_NAMES = ("cache", "past_key_values", "cache_params")

# The releases of transformers that this code was tested with. Others may well work: the one thing they could silently
# break, the state from which a step of `generate` continues, is checked at every step.
TESTED = "transformers>=5.23,<5.25"


def state_was_lost() -> ValueError:
    """The error for a step of `generate` that would not continue from the state of the previous step."""
    return ValueError(
        f"transformers {transformers.__version__} did not pass the recurrent state from one step of generate() to the "
        "next: tokens would be generated as if (almost) nothing had been read before them. This code was tested with "
        f"other releases: pip install '{TESTED}'; or load the model with newer code of rnn_models."
    )


# How far two projections of one weight may differ, relative to its norm: a few times the rounding of half precision.
TOLERANCE = 0.005


def fingerprint(model: PreTrainedModel) -> dict[str, tuple[float, float]]:
    """Identifies the network that a state belongs to: two numbers for each weight of the backbone, whatever the head.

    They are the weight's projection onto a fixed vector of signs, and its norm. A model loaded in half precision has
    nearly the same numbers as in single precision; another model has different ones. A hash would not work: rounding
    to float16 and then to bfloat16 differs from rounding to bfloat16.
    """
    return {name: _project(weight) for name, weight in sorted(model.base_model.named_parameters())}


def _project(weight: Tensor) -> tuple[float, float]:
    flat = weight.detach().flatten().to("cpu", torch.float64)
    # Signs from a hash of the position (the last steps of SplitMix64): torch's generators may change one day.
    bits = (torch.arange(len(flat)) + 1) * -7046029254386353131
    bits = (bits ^ (bits >> 30)) * -4658895280553007687
    bits = (bits ^ (bits >> 27)) & 1
    return float(flat @ (2 * bits - 1).to(flat.dtype)), float(flat.norm())


def is_same_model(one: dict[str, tuple[float, float]], other: dict[str, tuple[float, float]]) -> bool:
    """Whether two fingerprints belong to the same network, in any precision."""
    return one.keys() == other.keys() and all(
        abs(there - here) <= TOLERANCE * max(norm, 1e-6)
        for (here, norm), (there, _) in ((one[name], other[name]) for name in one)
    )


def _read_fingerprint(text: str) -> dict[str, tuple[float, float]] | None:
    try:
        return {name: (float(projection), float(norm)) for name, (projection, norm) in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError):
        return None


def pop_state(state: RNNState | None, kwargs: dict) -> RNNState | None:
    """`state`, or the state that is passed in `kwargs` under a name of transformers' caches, which is removed there.

    Raises:
        ValueError: an attention cache or several states are given.
    """
    for name in CACHE_NAMES:
        given = kwargs.pop(name, None)
        if given is None:
            continue
        if not isinstance(given, RNNState):
            raise ValueError(
                f"{name} is a {type(given).__name__}; a recurrent network has no attention cache: it takes its state, "
                "an RNNState."
            )
        if state is not None and state is not given:
            raise ValueError(f"Two states are given, one of them as {name}; give only one.")
        state = given
    return state


class RNNState:
    """The state of an entire network. Its size does not depend on how much was read.

    Holds one tensor for each part of a cell's state, (layers * directions, B, H): `hidden` for every cell, and also
    `cell` for an LSTM. A forward pass returns the state; pass it to the next call to continue the text. Methods return
    a new state, except `reorder_cache`: `generate` calls it between two steps of a beam search, and transformers
    requires a cache to be reordered in place.

    Attributes:
        last_tokens: (B,), the tokens read by the step of `generate` that returned this state, or None.
            `reorder_cache` reorders them with the rows, so that the next step can check that each row continues from
            its own state.
        is_given: whether the user passed it to `generate`; then only the first step may continue from it.
    """

    def __init__(self, tensors: dict[str, Tensor], is_given: bool = False):
        self.tensors = tensors
        self.last_tokens: Tensor | None = None
        self.is_given = is_given

    @classmethod
    def stack(cls, names: tuple[str, ...], layers: list[tuple[Tensor, ...]]) -> RNNState:
        """Combine the states of all layers, each a tuple of (B, H) tensors in the order of `names`."""
        return cls({name: torch.stack(parts) for name, parts in zip(names, zip(*layers, strict=True), strict=True)})

    def layers(self, names: tuple[str, ...]) -> Iterator[tuple[Tensor, ...]]:
        """The state of each layer and direction from the bottom up: (B, H) tensors in the order of `names`."""
        return zip(*(self.tensors[name].unbind(0) for name in names), strict=True)

    @property
    def batch_size(self) -> int:
        return next(iter(self.tensors.values())).shape[1]

    def _map(self, change: Callable[[Tensor], Tensor]) -> RNNState:
        return RNNState({name: change(tensor) for name, tensor in self.tensors.items()})

    def detach(self) -> RNNState:
        """The same values without their gradient history, for truncated backpropagation through time."""
        return self._map(Tensor.detach)

    def clone(self) -> RNNState:
        return self._map(Tensor.clone)

    def to(self, *args, **kwargs) -> RNNState:
        """Move to a device or dtype. Takes the arguments of `torch.Tensor.to`."""
        return self._map(lambda tensor: tensor.to(*args, **kwargs))

    def index_select(self, rows: Tensor | Sequence[int]) -> RNNState:
        """The states of the given rows of the batch, in that order; a row may be repeated."""
        index = torch.as_tensor(rows, dtype=torch.long)
        return self._map(lambda tensor: tensor.index_select(1, index.to(tensor.device)))

    def repeat_interleave(self, repeats: int) -> RNNState:
        """Repeat each row of the batch `repeats` times, copies next to each other."""
        return self._map(lambda tensor: tensor.repeat_interleave(repeats, dim=1))

    def reorder_cache(self, beam_idx: Tensor) -> None:
        """Give each beam the state of the beam that it continues, in place.

        Raises:
            ValueError: the state was not returned by a step of `generate`.
        """
        if self.is_given:
            raise state_was_lost()
        self.tensors = self.index_select(beam_idx).tensors
        if self.last_tokens is not None:
            self.last_tokens = self.last_tokens[beam_idx.to(self.last_tokens.device)]

    @staticmethod
    def cat(states: Sequence[RNNState]) -> RNNState:
        """Concatenate the states of several batches into the state of one."""
        return RNNState({name: torch.cat([s.tensors[name] for s in states], dim=1) for name in states[0].tensors})

    def __eq__(self, other: object) -> bool:
        """Whether another state has the same parts with the same values."""
        if not isinstance(other, RNNState):
            return NotImplemented
        return self.tensors.keys() == other.tensors.keys() and all(
            torch.equal(tensor, other.tensors[name].to(tensor.device)) for name, tensor in self.tensors.items()
        )

    def save(self, path: str | PathLike, model: PreTrainedModel) -> None:
        """Write to a safetensors file, with the fingerprint of the model to which the state belongs."""
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in self.tensors.items()}
        about = {"fingerprint": json.dumps(fingerprint(model)), "model": PurePath(model.name_or_path).name}
        save_file(tensors, path, {"format": "pt", **about})

    @classmethod
    def load(cls, path: str | PathLike, model: PreTrainedModel) -> RNNState:
        """Read a file written by `save`, into the model's dtype and onto its device.

        Raises:
            ValueError: the file is not a saved state, or holds the state of another model, which the message names.
        """
        try:
            with safe_open(path, framework="pt") as file:
                about = file.metadata() or {}
            tensors = load_file(path)
        except (SafetensorError, OSError) as error:
            raise ValueError(f"{path} is not a readable state: {error}") from error
        found = _read_fingerprint(about.get("fingerprint", "{}"))
        if found is None:
            raise ValueError(f"{path} was saved by an older release or is damaged: read the text again and save it.")
        if not is_same_model(fingerprint(model), found):
            raise ValueError(
                f"{path} holds the state of {about.get('model') or 'an unnamed model'}, not of "
                f"{PurePath(model.name_or_path).name or 'this model'}."
            )
        return cls(tensors).to(model.device, model.dtype)

    def __repr__(self) -> str:
        return "RNNState(" + ", ".join(f"{name}={tuple(t.shape)}" for name, t in self.tensors.items()) + ")"
