"""From one step to a sequence: a layer runs a cell over time, `Bidirectional` wraps two, `Recurrence` stacks them.

Sequences of different lengths reach these classes with their tokens first and the padding behind
(`align` below does that for any mask), so that padding can never stand before a token that is read.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from .cells import CELLS, State
from .configuration_rnn import RNNConfig
from .state import RNNState


def align(mask: Tensor) -> Tensor:
    """The order (B, T) that brings each row's valid positions to the front and keeps their sequence.

    mask = [[0, 1, 1],    ->   [[1, 2, 0],
            [1, 1, 0]]          [0, 1, 2]]
    """
    return torch.argsort(mask.long(), dim=1, descending=True, stable=True)


def take(x: Tensor, order: Tensor) -> Tensor:
    """x (B, T, D) with its positions in the given order (B, T)."""
    return x.gather(1, order.unsqueeze(-1).expand(-1, -1, x.shape[-1]))


def flip_order(lengths: Tensor, time: int) -> Tensor:
    """The order (B, T) that reads each row's valid positions backwards and leaves the padding where it is.

    lengths = [2, 3], time = 3   ->   [[1, 0, 2],
                                       [2, 1, 0]]
    """
    steps = torch.arange(time, device=lengths.device)
    ends = lengths.unsqueeze(1)
    return torch.where(steps < ends, ends - 1 - steps, steps)


class Layer(nn.Module):
    """One cell over time, from left to right."""

    directions = 1

    def __init__(self, config: RNNConfig, input_size: int):
        super().__init__()
        self.cell = CELLS[config.cell_type](input_size, config.hidden_size, config.nonlinearity)

    def forward(
        self, x: Tensor, states: list[State], lengths: Tensor | None, use_cache: bool
    ) -> tuple[Tensor, list[State]]:
        """x (B, T, E), one state and the rows' lengths (B,) or None -> outputs (B, T, H) and the state after them.

        Where rows differ in length and no state is asked for, the state that comes back is that of no row.
        """
        (state,) = states
        if x.shape[1] == 1:
            # The readable step is also the fast one here: oneDNN packs an LSTM's weights anew at every call.
            # https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/native/mkldnn/RNN.cpp
            output, state = self.cell(x.squeeze(1), state)
            return output.unsqueeze(1), [state]
        if lengths is None or not use_cache:
            # Padding stands behind the tokens: it cannot change their outputs, only the state after it.
            output, state = self.cell.fused(x, state)
            return output, [state]
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        state = tuple(s.index_select(0, packed.sorted_indices) for s in state)
        data, state = self.cell.fused(packed.data, state, packed.batch_sizes)
        output, _ = pad_packed_sequence(
            PackedSequence(data, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices),
            batch_first=True,
            total_length=x.shape[1],
        )
        return output, [tuple(s.index_select(0, packed.unsorted_indices) for s in state)]


class Bidirectional(nn.Module):
    """Two layers over the same input, one of which reads backwards (Schuster & Paliwal 1997)."""

    directions = 2

    def __init__(self, config: RNNConfig, input_size: int):
        super().__init__()
        self.left_to_right = Layer(config, input_size)
        self.right_to_left = Layer(config, input_size)

    def forward(
        self, x: Tensor, states: list[State], lengths: Tensor | None, use_cache: bool
    ) -> tuple[Tensor, list[State]]:
        """As `Layer`, with two states and outputs (B, T, 2H): [left to right, right to left]."""
        batch, time, _ = x.shape
        backwards = flip_order(x.new_full((batch,), time, dtype=torch.long) if lengths is None else lengths, time)
        forth, forth_states = self.left_to_right(x, states[:1], lengths, use_cache)
        back, back_states = self.right_to_left(take(x, backwards), states[1:], lengths, use_cache)
        return torch.cat([forth, take(back, backwards)], dim=-1), forth_states + back_states


class Recurrence(nn.Module):
    """Layers stacked over each other, with dropout between them."""

    def __init__(self, config: RNNConfig):
        super().__init__()
        layer = Bidirectional if config.bidirectional else Layer
        self.output_size = layer.directions * config.hidden_size
        input_sizes = [config.embedding_size] + [self.output_size] * (config.num_hidden_layers - 1)
        self.layers = nn.ModuleList(layer(config, size) for size in input_sizes)
        self.dropout = nn.Dropout(config.layer_dropout)
        self.num_states = layer.directions * config.num_hidden_layers
        self.state_names = CELLS[config.cell_type].state_names
        self.hidden_size = config.hidden_size

    def forward(
        self, x: Tensor, state: RNNState | None, lengths: Tensor | None, use_cache: bool
    ) -> tuple[list[Tensor], RNNState]:
        """x (B, T, E) -> the outputs of each layer, (B, T, H) or (B, T, 2H), and the state after them.

        Raises:
            ValueError: the state is not one of this network for this batch.
        """
        if state is None:
            zeros = x.new_zeros(self.num_states, x.shape[0], self.hidden_size)
            state = RNNState(dict.fromkeys(self.state_names, zeros))
        self.check(state, x.shape[0])
        states = list(state.layers(self.state_names))
        outputs: list[Tensor] = []
        last: list[State] = []
        for index, layer in enumerate(self.layers):
            below = x if index == 0 else self.dropout(outputs[-1])
            first = index * layer.directions
            output, after = layer(below, states[first : first + layer.directions], lengths, use_cache)
            outputs.append(output)
            last += after
        return outputs, RNNState.stack(self.state_names, last)

    def check(self, state: RNNState, batch_size: int) -> None:
        expected = (self.num_states, batch_size, self.hidden_size)
        shapes = {name: tuple(tensor.shape) for name, tensor in state.tensors.items()}
        if shapes != dict.fromkeys(self.state_names, expected):
            raise ValueError(
                f"The state holds {shapes}; this model needs {dict.fromkeys(self.state_names, expected)}: "
                "(layers * directions, batch, hidden_size)."
            )
