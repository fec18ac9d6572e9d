"""From one step to a sequence: a direction runs a cell over time, a layer has one or two directions, a recurrence
stacks layers.

A layer moves each row's tokens to the front and its padding to the back (`align` does this for any mask), so that no
padding is read before a token, and then moves the outputs back to the positions of their tokens.
"""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence
from transformers import PreTrainedConfig
from transformers.modeling_layers import GradientCheckpointingLayer

from .cells import CELLS, State
from .state import RNNState


def align(mask: Tensor) -> Tensor:
    """The order (B, T) that moves each row's valid positions to the front without reordering them.

    mask = [[0, 1, 1],    ->   [[1, 2, 0],
            [1, 1, 0]]          [0, 1, 2]]
    """
    return torch.argsort(mask.long(), dim=1, descending=True, stable=True)


def take(x: Tensor, order: Tensor) -> Tensor:
    """x (B, T, D) with its positions in the given order (B, T)."""
    batch, time, width = x.shape
    first = torch.arange(batch, device=x.device).unsqueeze(1) * time
    # Copies rows of D numbers: several times faster than `gather`, which looks up every number.
    return x.reshape(-1, width).index_select(0, (first + order).reshape(-1)).view(*order.shape, width)


def flip_order(lengths: Tensor, time: int) -> Tensor:
    """The order (B, T) that reverses each row's valid positions and leaves the padding in place.

    lengths = [2, 3], time = 3   ->   [[1, 0, 2],
                                       [2, 1, 0]]
    """
    steps = torch.arange(time, device=lengths.device)
    ends = lengths.unsqueeze(1)
    return torch.where(steps < ends, ends - 1 - steps, steps)


def apply_mask(mask: Tensor, x: Tensor) -> Tensor:
    """x (B, T, D) with zeros where mask (B, T) is false. Works in place if no gradient is needed."""
    mask = mask.unsqueeze(-1)
    return x * mask if x.requires_grad else x.mul_(mask)


class VariationalDropout(nn.Dropout):
    """Dropout with one mask for all time steps of a sequence (Gal & Ghahramani 2016)."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        return x * F.dropout(x.new_ones(x.shape[0], 1, x.shape[2]), self.p, self.training)


def sequence_dropout(config: PreTrainedConfig, p: float) -> nn.Dropout:
    """The kind of dropout that the configuration selects for sequences."""
    return VariationalDropout(p) if config.variational_dropout else nn.Dropout(p)


class Padding(NamedTuple):
    """Where the tokens of a batch are, if some positions are padding."""

    mask: Tensor  # (B, T) bool, true at tokens
    order: Tensor | None  # (B, T), moves the tokens to the front, see `align`; None if they are there already
    lengths: Tensor  # (B,), number of tokens

    @classmethod
    def of(cls, mask: Tensor, in_front: bool = False) -> Padding:
        """`in_front`: whether it is known that no padding precedes a token."""
        return cls(mask, None if in_front else align(mask), mask.sum(1))


class Direction(nn.Module):
    """One cell over time, from left to right."""

    def __init__(self, config: PreTrainedConfig, input_size: int):
        super().__init__()
        self.cell = CELLS[config.cell_type](input_size, config.hidden_size, config.nonlinearity, config.weight_dropout)

    def read(self, x: Tensor, lengths: Tensor | None, keep_state: bool, *state: Tensor) -> tuple[Tensor, ...]:
        """x (B, T, E), tokens in front, and the state's (B, H) tensors -> outputs (B, T, H) and the state after.

        If rows differ in length and `keep_state` is false, the returned state is meaningless.
        """
        if x.shape[1] == 1:
            # The readable step is also the fast one here: oneDNN packs an LSTM's weights again at every call.
            # https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/native/mkldnn/RNN.cpp
            output, state = self.cell(x.squeeze(1), state)
            return output.unsqueeze(1), *state
        if lengths is None or not keep_state:
            # The padding follows the tokens: it cannot change their outputs, only the final state.
            output, state = self.cell(x, state)
            return output, *state
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        state = tuple(s.index_select(0, packed.sorted_indices) for s in state)
        data, state = self.cell(packed.data, state, packed.batch_sizes)
        output, _ = pad_packed_sequence(
            PackedSequence(data, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices),
            batch_first=True,
            total_length=x.shape[1],
        )
        return output, *(s.index_select(0, packed.unsorted_indices) for s in state)


class Reverse(Direction):
    """One cell over time, from right to left."""

    def read(self, x: Tensor, lengths: Tensor | None, keep_state: bool, *state: Tensor) -> tuple[Tensor, ...]:
        batch, time, _ = x.shape
        order = flip_order(x.new_full((batch,), time, dtype=torch.long) if lengths is None else lengths, time)
        output, *after = super().read(take(x, order), lengths, keep_state, *state)
        return take(output, order), *after


class Layer(GradientCheckpointingLayer):
    """One or two directions, over rows whose padding may be anywhere; a recurrence stacks layers.

    With gradient checkpointing a layer runs again in the backward pass.
    """

    directions: int

    def read(self, x: Tensor, lengths: Tensor | None, keep_state: bool, *state: Tensor) -> tuple[Tensor, ...]:
        """As `Direction.read`, with outputs (B, T, directions * H) and the states of all directions in order."""
        raise NotImplementedError

    def forward(self, x: Tensor, padding: Padding | None, keep_state: bool, *state: Tensor) -> tuple[Tensor, ...]:
        """x (B, T, E), padding anywhere -> outputs at the same positions, zero at padding, and the state after.

        The state is passed as separate tensors, because checkpointing finds gradients only in direct arguments.
        """
        if padding is None:
            return self.read(x, None, keep_state, *state)
        mask, order, lengths = padding
        output, *after = self.read(x if order is None else take(x, order), lengths, keep_state, *state)
        output = output if order is None else take(output, order.argsort(dim=1))
        return apply_mask(mask, output), *after


class Unidirectional(Direction, Layer):
    """A layer that reads from left to right."""

    directions = 1


class Backwards(Reverse, Layer):
    """A layer that reads from right to left."""

    directions = 1


class Bidirectional(Layer):
    """Two directions over the same input, the second of which reads backwards (Schuster & Paliwal 1997)."""

    directions = 2

    def __init__(self, config: PreTrainedConfig, input_size: int):
        super().__init__()
        self.left_to_right = Direction(config, input_size)
        self.right_to_left = Reverse(config, input_size)

    def read(self, x: Tensor, lengths: Tensor | None, keep_state: bool, *state: Tensor) -> tuple[Tensor, ...]:
        half = len(state) // 2
        forth, *forth_state = self.left_to_right.read(x, lengths, keep_state, *state[:half])
        back, *back_state = self.right_to_left.read(x, lengths, keep_state, *state[half:])
        return torch.cat([forth, back], dim=-1), *forth_state, *back_state


LAYERS: dict[tuple[bool, ...], type[Layer]] = {
    (False,): Unidirectional,
    (True,): Backwards,
    (False, True): Bidirectional,
}
"""The layer for each `RNNConfig.reads_backwards`."""


class Recurrence(nn.Module):
    """Stacked layers with dropout between them.

    Args:
        input_size: E, the width of what the first layer reads.
    """

    def __init__(self, config: PreTrainedConfig, input_size: int):
        super().__init__()
        layer = LAYERS[config.reads_backwards]
        self.output_size = layer.directions * config.hidden_size
        input_sizes = [input_size] + [self.output_size] * (config.num_hidden_layers - 1)
        self.layers = nn.ModuleList(layer(config, size) for size in input_sizes)
        self.dropout = sequence_dropout(config, config.layer_dropout)
        self.num_states = layer.directions * config.num_hidden_layers
        self.state_names = CELLS[config.cell_type].state_names
        self.hidden_size = config.hidden_size

    def forward(
        self, x: Tensor, state: RNNState | None, padding: Padding | None, keep_state: bool
    ) -> tuple[Tensor, RNNState]:
        """x (B, T, E) -> the last layer's outputs, (B, T, H) or (B, T, 2H), and the state after them.

        Raises:
            ValueError: the state does not fit this network or this batch.
        """
        if state is None:
            zeros = x.new_zeros(self.num_states, x.shape[0], self.hidden_size)
            state = RNNState(dict.fromkeys(self.state_names, zeros))
        self.check(state, x.shape[0])
        before = list(state.layers(self.state_names))
        parts = len(self.state_names)
        after: list[State] = []
        for index, layer in enumerate(self.layers):
            first = index * layer.directions
            below = x if index == 0 else self.dropout(x)
            x, *flat = layer(below, padding, keep_state, *chain(*before[first : first + layer.directions]))
            after += [tuple(flat[i : i + parts]) for i in range(0, len(flat), parts)]
        return x, RNNState.stack(self.state_names, after)

    def check(self, state: RNNState, batch_size: int) -> None:
        expected = (self.num_states, batch_size, self.hidden_size)
        shapes = {name: tuple(tensor.shape) for name, tensor in state.tensors.items()}
        if shapes != dict.fromkeys(self.state_names, expected):
            raise ValueError(
                f"The state holds {shapes}; this model needs {dict.fromkeys(self.state_names, expected)}: "
                "(layers * directions, batch, hidden_size)."
            )
