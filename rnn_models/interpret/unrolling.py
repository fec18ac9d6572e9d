"""A network read cell by cell, every step kept: what all the numbers here are made of.

Only the cells' readable step is called, so a gradient goes through each state that a step hands to the next, on every
device and in evaluation mode (cuDNN's kernels have no gradient there). Nothing of the model is changed meanwhile:
other threads may go on using it.
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
    """A copy in evaluation mode with the same weights in the same memory, of which a gradient is wanted or not.

    A gradient with respect to inputs and states is several times faster where nobody wants the weights'.
    """
    shared = {id(weight): nn.Parameter(weight.detach(), requires_grad) for weight in model.parameters()}
    return copy.deepcopy(model, shared).eval()  # type: ignore[arg-type]


@contextmanager
def gradients() -> Iterator[None]:
    """Gradients, whatever the caller has turned off around it."""
    with torch.inference_mode(False), torch.enable_grad():
        yield


@dataclass
class Track:
    """One direction of one layer over time.

    Attributes:
        layer, direction: where it is, both counted from 0.
        backwards: whether it reads from right to left.
        cell: what takes its steps.
        inputs: (B, T, E), in the order of the text.
        initial: the state before its first step, (B, H) tensors in the order of `cell.state_names`.
        after: the state after each step, in the order of its reading.
        outputs: (B, T, H), in the order of the text.
        order: (B, T), brings what stands in the order of its reading into that of the text, and back.
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
        """x (B, T, D) in the order of reading -> in the order of the text, or the other way round."""
        return x if self.order is None else take(x, self.order)

    def states(self) -> State:
        """The state after each token, a (B, T, H) tensor for each of `cell.state_names`, in the order of the text."""
        return tuple(self.in_order(torch.stack(part, dim=1)) for part in zip(*self.after, strict=True))

    def before(self) -> State:
        """The same before each token."""
        steps = [self.initial, *self.after[:-1]]
        return tuple(self.in_order(torch.stack(part, dim=1)) for part in zip(*steps, strict=True))


class Place(NamedTuple):
    """Where a cell is: its layer and direction, counted from 0, and whether it reads from right to left."""

    layer: int
    direction: int
    backwards: bool
    cell: Cell


def directions(model: PreTrainedModel) -> Iterator[Place]:
    """All places of a network, from the bottom up as `RNNState` has them."""
    backwards = model.config.reads_backwards
    for number, layer in enumerate(model.base_model.recurrence.layers):
        found = [module for module in layer.modules() if isinstance(module, Direction)]
        for index, (direction, back) in enumerate(zip(found, backwards, strict=True)):
            yield Place(number, index, back, direction.cell)


def initial_states(model: PreTrainedModel, like: Tensor, state: RNNState | None) -> list[State]:
    """The state before the first step of each layer and direction, for a batch (B, ...) like `like`; zero for None.

    Raises:
        ValueError: the state is not one of this network for this batch.
    """
    recurrence = model.base_model.recurrence
    if state is None:
        return [cell.initial_state(len(like), like) for *_, cell in directions(model)]
    recurrence.check(state, len(like))
    return list(state.to(like.device, like.dtype).layers(recurrence.state_names))


def unroll(
    model: PreTrainedModel, x: Tensor, states: Sequence[State] | None = None, lengths: Tensor | None = None
) -> list[Track]:
    """Read x (B, T, E), the tokens' vectors, and keep every step of each layer and direction, from the bottom up.

    Args:
        states: the state before the first step of each, as `initial_states` gives them; zero for None.
        lengths: (B,), how many tokens of a row are read, where the rest is padding; all for None. What stands behind
            them in the tracks is of no meaning.
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
        # `unbind` once: the gradient of indexing would write a whole sequence of zeros at each step
        for x_t in (x if order is None else take(x, order)).unbind(1):
            output, state = cell.step(x_t, state)
            outputs.append(output)
            after.append(state)
        track = Track(layer, direction, backwards, cell, x, before, after, torch.stack(outputs, dim=1), order)
        track.outputs = track.in_order(track.outputs)
        tracks.append(track)
    return tracks


def outputs_of(tracks: list[Track], layer: int | None = None) -> Tensor:
    """The outputs of a layer, the last where none is given: (B, T, directions * H)."""
    layer = tracks[-1].layer if layer is None else layer
    return torch.cat([track.outputs for track in tracks if track.layer == layer], dim=-1)


def next_logits(model: PreTrainedModel, outputs: Tensor) -> Tensor:
    """A language model's logits of the next token: (..., H) -> (..., V)."""
    return model.lm_head(model.projection(outputs))


def verdict_logits(model: PreTrainedModel, outputs: Tensor) -> Tensor:
    """A classifier's logits, divided by its temperature, of outputs without padding: (B, T, D) -> (B, num_labels)."""
    everything = torch.ones(outputs.shape[:2], dtype=torch.bool, device=outputs.device)
    return model.classifier(model.pooling(outputs, everything)) / model.config.temperature
