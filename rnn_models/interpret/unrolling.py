"""A network run cell by cell, with every step recorded; all numbers in this package are computed from it.

Only the cells' readable step is called, so gradients flow through every intermediate state, on every device and in
evaluation mode (where cuDNN's kernels have no gradient). The model is not modified: other threads may use it
meanwhile.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from ..modeling.cells import Cell, State
from ..modeling.recurrence import Direction, flip_order, take
from ..modeling.state import RNNState


def frozen(model: PreTrainedModel, requires_grad: bool = False) -> PreTrainedModel:
    """A copy in evaluation mode that shares the weights' memory, with or without gradients of the weights.

    Gradients of inputs and states are several times faster if no gradient of the weights is needed.
    """
    shared = {id(weight): nn.Parameter(weight.detach(), requires_grad) for weight in model.parameters()}
    return copy.deepcopy(model, shared).eval()  # type: ignore[arg-type]


@contextmanager
def gradients() -> Iterator[None]:
    """Enable gradients, even inside `no_grad` or inference mode."""
    with torch.inference_mode(False), torch.enable_grad():
        yield


@dataclass
class Track:
    """One direction of one layer over time.

    Attributes:
        layer, direction: their indices, counted from 0.
        backwards: whether it reads from right to left.
        cell: its cell.
        inputs: (B, T, E), in text order.
        initial: the state before its first step, (B, H) tensors in the order of `cell.state_names`.
        after: the state after each step, in reading order.
        outputs: (B, T, H), in text order.
        order: (B, T), the permutation from reading order to text order, and back; None if they are the same.
    """

    layer: int
    direction: int
    backwards: bool
    cell: Cell
    inputs: Tensor
    initial: State
    after: list[State]
    outputs: Tensor
    order: Tensor | None

    def in_order(self, x: Tensor) -> Tensor:
        """x (B, T, D) from reading order to text order, or the other way round."""
        return x if self.order is None else take(x, self.order)

    def states(self) -> State:
        """The state after each token, in text order: a (B, T, H) tensor for each of `cell.state_names`."""
        return tuple(self.in_order(torch.stack(part, dim=1)) for part in zip(*self.after, strict=True))

    def before(self) -> State:
        """The same before each token."""
        steps = [self.initial, *self.after[:-1]]
        return tuple(self.in_order(torch.stack(part, dim=1)) for part in zip(*steps, strict=True))


class Place(NamedTuple):
    """A cell with its layer and direction, counted from 0, and whether it reads from right to left."""

    layer: int
    direction: int
    backwards: bool
    cell: Cell


def directions(model: PreTrainedModel) -> Iterator[Place]:
    """All cells of a network from the bottom up, in the order of `RNNState`."""
    backwards = model.config.reads_backwards
    for number, layer in enumerate(model.base_model.recurrence.layers):
        found = [module for module in layer.modules() if isinstance(module, Direction)]
        for index, (direction, back) in enumerate(zip(found, backwards, strict=True)):
            yield Place(number, index, back, direction.cell)


def initial_states(model: PreTrainedModel, like: Tensor, state: RNNState | None) -> list[State]:
    """The initial state of each layer and direction, for a batch (B, ...) like `like`; None for zero.

    Raises:
        ValueError: the state does not fit this network and batch.
    """
    recurrence = model.base_model.recurrence
    if state is None:
        return [cell.initial_state(len(like), like) for *_, cell in directions(model)]
    recurrence.check(state, len(like))
    return list(state.to(like.device, like.dtype).layers(recurrence.state_names))


def unroll(
    model: PreTrainedModel, x: Tensor, states: Sequence[State] | None = None, lengths: Tensor | None = None
) -> list[Track]:
    """Read x (B, T, E), the tokens' vectors, and record every step of each layer and direction, from the bottom up.

    Args:
        states: the initial state of each, from `initial_states`; None for zero.
        lengths: (B,), the number of tokens in each row before its padding; None if there is no padding. The tracks'
            values beyond these lengths are meaningless.
    """
    states = initial_states(model, x, None) if states is None else states
    tracks: list[Track] = []
    for (layer, direction, backwards, cell), before in zip(directions(model), states, strict=True):
        if direction == 0 and layer > 0:
            x = outputs_of(tracks, layer - 1)
        order = None
        if backwards:
            ends = x.new_full((len(x),), x.shape[1], dtype=torch.long) if lengths is None else lengths
            order = flip_order(ends, x.shape[1])
        state, outputs, after = before, [], []
        # `unbind`, because the gradient of indexing would allocate a sequence of zeros at each step
        for x_t in (x if order is None else take(x, order)).unbind(1):
            output, state = cell.step(x_t, state)
            outputs.append(output)
            after.append(state)
        track = Track(layer, direction, backwards, cell, x, before, after, torch.stack(outputs, dim=1), order)
        track.outputs = track.in_order(track.outputs)
        tracks.append(track)
    return tracks


def outputs_of(tracks: list[Track], layer: int | None = None) -> Tensor:
    """The outputs of a layer, by default the last: (B, T, directions * H)."""
    layer = tracks[-1].layer if layer is None else layer
    return torch.cat([track.outputs for track in tracks if track.layer == layer], dim=-1)


def next_logits(model: PreTrainedModel, outputs: Tensor) -> Tensor:
    """A language model's logits for the next token: (..., H) -> (..., V)."""
    return model.lm_head(model.projection(outputs))


def verdict_logits(model: PreTrainedModel, outputs: Tensor) -> Tensor:
    """A classifier's logits, divided by its temperature, for outputs without padding: (B, T, D) -> (B, num_labels)."""
    everything = torch.ones(outputs.shape[:2], dtype=torch.bool, device=outputs.device)
    return model.classifier(model.pooling(outputs, everything)) / model.config.temperature
