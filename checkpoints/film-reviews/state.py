"""The recurrent state as an object of its own: what a model remembers of all that it has read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from os import PathLike
from pathlib import PurePath

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import PreTrainedModel


def fingerprint(model: PreTrainedModel) -> str:
    """Sixteen hexadecimal digits that tell which network a state belongs to.

    They are a digest of the backbone's weights, whatever the head, rounded to bfloat16: a model loaded in half
    precision has the fingerprint that it has in single precision.
    """
    digest = hashlib.sha256()
    for name, weight in sorted(model.base_model.named_parameters()):
        digest.update(f"{name} {tuple(weight.shape)}\n".encode())
        digest.update(weight.detach().to("cpu", torch.bfloat16).contiguous().view(torch.int16).numpy().tobytes())
    return digest.hexdigest()[:16]


class RNNState:
    """The state of a whole network, fixed in size whatever was read.

    Holds one tensor for each part of a cell's state, (layers * directions, B, H): `hidden` for every cell and `cell`
    beside it for an LSTM. A forward pass returns it and takes it again, which continues the text where it stopped.
    Methods return a new state; only `reorder_cache`, which `generate` calls between two steps of a beam search,
    works in place as transformers asks of a cache.
    """

    def __init__(self, tensors: dict[str, Tensor]):
        self.tensors = tensors

    @classmethod
    def stack(cls, names: tuple[str, ...], layers: list[tuple[Tensor, ...]]) -> RNNState:
        """One state of the states of all layers, each a tuple of (B, H) tensors in the order of `names`."""
        return cls({name: torch.stack(parts) for name, parts in zip(names, zip(*layers, strict=True), strict=True)})

    def layers(self, names: tuple[str, ...]) -> Iterator[tuple[Tensor, ...]]:
        """The state of each layer and direction from the bottom up, (B, H) tensors in the order of `names`."""
        return zip(*(self.tensors[name].unbind(0) for name in names), strict=True)

    @property
    def batch_size(self) -> int:
        return next(iter(self.tensors.values())).shape[1]

    def _map(self, change: Callable[[Tensor], Tensor]) -> RNNState:
        return RNNState({name: change(tensor) for name, tensor in self.tensors.items()})

    def detach(self) -> RNNState:
        """The same values with no gradient behind them: where truncated backpropagation through time cuts."""
        return self._map(Tensor.detach)

    def clone(self) -> RNNState:
        return self._map(Tensor.clone)

    def to(self, *args, **kwargs) -> RNNState:
        """Moved to a device or dtype, with the arguments of `torch.Tensor.to`."""
        return self._map(lambda tensor: tensor.to(*args, **kwargs))

    def index_select(self, rows: Tensor | Sequence[int]) -> RNNState:
        """The states of the given rows of the batch, in that order; a row may come more than once."""
        index = torch.as_tensor(rows, dtype=torch.long)
        return self._map(lambda tensor: tensor.index_select(1, index.to(tensor.device)))

    def repeat_interleave(self, repeats: int) -> RNNState:
        """Each row of the batch `repeats` times, one after the other."""
        return self._map(lambda tensor: tensor.repeat_interleave(repeats, dim=1))

    def reorder_cache(self, beam_idx: Tensor) -> None:
        """Give each beam the state of the beam that it continues. In place."""
        self.tensors = self.index_select(beam_idx).tensors

    @staticmethod
    def cat(states: Sequence[RNNState]) -> RNNState:
        """The states of several batches as the state of one."""
        return RNNState({name: torch.cat([s.tensors[name] for s in states], dim=1) for name in states[0].tensors})

    def __eq__(self, other: object) -> bool:
        """Whether another state holds the same parts with the same numbers."""
        if not isinstance(other, RNNState):
            return NotImplemented
        return self.tensors.keys() == other.tensors.keys() and all(
            torch.equal(tensor, other.tensors[name].to(tensor.device)) for name, tensor in self.tensors.items()
        )

    def save(self, path: str | PathLike, model: PreTrainedModel) -> None:
        """Write to a safetensors file, with the fingerprint of the model that the state belongs to."""
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in self.tensors.items()}
        about = {"format": "pt", "fingerprint": fingerprint(model), "model": PurePath(model.name_or_path).name}
        save_file(tensors, path, about)

    @classmethod
    def load(cls, path: str | PathLike, model: PreTrainedModel) -> RNNState:
        """Read what `save` wrote, with dtype and device of the model.

        Raises:
            ValueError: the file is no saved state, or the state of another model, which is named.
        """
        try:
            with safe_open(path, framework="pt") as file:
                about = file.metadata() or {}
            tensors = load_file(path)
        except (SafetensorError, OSError) as error:
            raise ValueError(f"{path} is not a state that can be read: {error}") from error
        expected = fingerprint(model)
        found = about.get("fingerprint")
        if found != expected:
            raise ValueError(
                f"{path} holds the state of {about.get('model') or 'an unnamed model'} (fingerprint {found}), not of "
                f"{PurePath(model.name_or_path).name or 'this model'} (fingerprint {expected})."
            )
        return cls(tensors).to(model.device, model.dtype)

    def __repr__(self) -> str:
        return "RNNState(" + ", ".join(f"{name}={tuple(t.shape)}" for name, t in self.tensors.items()) + ")"
