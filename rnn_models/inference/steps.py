"""One token at a time for many texts at once, in torch: an engine whose rows do not know of each other.

A row's logits and state come out the same to the last bit whatever the other rows are and however many there are,
so that a text does not depend on who else writes at the same time. Two things make it so. The weights are laid out
column by column: for the other order MKL has several kernels and chooses among them by the number of rows. And the
rows are filled up to a multiple that torch's vector instructions divide: what is left over at the end of a tensor
would be computed by scalar ones, which round differently.
"""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

if TYPE_CHECKING:
    from ..modeling import RNNForCausalLM

# Elements that torch computes at a time: two vectors of AVX-512.
# https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/cpu/vec/functional_base.h
LANES = 32
# Up to so many elements a tensor is one thread's work, up to twice as many two threads', a half each.
# https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/TensorIterator.h
GRAIN = 32_768


class Engine(Protocol):
    """What reads one token in each of many texts.

    Attributes:
        name: what a user is told that the model runs on.
        vocab_size: V.
    """

    name: str
    vocab_size: int

    def initial_state(self, batch_size: int) -> list[np.ndarray]:
        """The state before the first token: for each part of the cell's state zeros (layers, B, H) float32."""

    def step(self, tokens: np.ndarray, state: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
        """Tokens (B,) int64 and the state before them -> logits (B, V) float32 after them and the state after them.

        The arrays that come back are new, and may be written to.
        """


class TorchEngine:
    """The steps of a language model in its own precision, by the readable cells.

    That rows do not depend on each other is held by tests on the CPU; on a GPU it is not promised.
    """

    name = "PyTorch float32"

    def __init__(self, model: RNNForCausalLM) -> None:
        recurrence = model.rnn.recurrence
        self.vocab_size = model.config.vocab_size
        self.hidden_size = recurrence.hidden_size
        self.parts = len(recurrence.state_names)
        self.device = model.device
        self.embedding = model.rnn.embedding
        self.cells = [_by_columns(layer.cell) for layer in recurrence.layers]
        self.head = nn.Sequential(_by_columns(model.projection), _by_columns(model.lm_head))
        fitting = _multiple(2 * LANES, self.hidden_size)
        self.most = max(1, 2 * GRAIN // self.hidden_size // fitting) * fitting

    def initial_state(self, batch_size: int) -> list[np.ndarray]:
        """As `Engine.initial_state`."""
        shape = (len(self.cells), batch_size, self.hidden_size)
        return [np.zeros(shape, dtype=np.float32) for _ in range(self.parts)]

    @torch.inference_mode()
    def step(self, tokens: np.ndarray, state: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
        """As `Engine.step`; the state before is left as it is."""
        ids = torch.from_numpy(tokens)
        before = [torch.from_numpy(part) for part in state]
        blocks = [
            self._block(ids[first : first + self.most], [part[:, first : first + self.most] for part in before])
            for first in range(0, len(tokens), self.most)
        ]
        logits, *after = blocks[0] if len(blocks) == 1 else map(_join, zip(*blocks, strict=True))
        return logits.numpy(), [part.numpy() for part in after]

    def _filled(self, rows: int) -> int:
        """How many rows are computed for so many."""
        one, two = (
            -(-rows // fitting) * fitting for fitting in (_multiple(n * LANES, self.hidden_size) for n in (1, 2))
        )
        return max(2, one if one * self.hidden_size <= GRAIN else two)

    def _block(self, ids: Tensor, state: list[Tensor]) -> tuple[Tensor, ...]:
        """The step for rows that are computed together."""
        rows = len(ids)
        spare = self._filled(rows) - rows
        if spare:
            ids = F.pad(ids, (0, spare))
            state = [F.pad(part, (0, 0, 0, spare)) for part in state]
        x = self.embedding(ids.to(self.device))
        layers = zip(*(part.to(self.device, x.dtype).unbind(0) for part in state), strict=True)
        after = []
        for cell, before in zip(self.cells, layers, strict=True):
            x, now = cell.step(x, before)
            after.append(now)
        stacked = (torch.stack(part)[:, :rows] for part in zip(*after, strict=True))
        return tuple(tensor.float().cpu() for tensor in (self.head(x)[:rows], *stacked))


def _multiple(elements: int, hidden_size: int) -> int:
    """The fewest rows that are together a multiple of so many elements."""
    return elements // math.gcd(elements, hidden_size)


def _by_columns(module: nn.Module) -> nn.Module:
    """A copy with each matrix laid out column by column, its values and shapes as they were."""
    module = copy.deepcopy(module).requires_grad_(False)
    for parameter in module.parameters():
        if parameter.dim() == 2:
            parameter.data = parameter.data.t().contiguous().t()
    return module


def _join(parts: tuple[Tensor, ...]) -> Tensor:
    """The rows of several blocks; the last dimension but one counts them."""
    return torch.cat(parts, dim=-2)
