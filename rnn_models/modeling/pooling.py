"""Pooling: the outputs of a sequence reduced to one vector for the classifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedConfig


def last(outputs: Tensor, mask: Tensor, backwards: Sequence[bool]) -> Tensor:
    """The final output of each direction: (B, T, D) -> (B, D).

    That is the last valid position for a direction that reads from left to right, and the first for one that reads
    from right to left; `backwards` tells which is which.
    """
    steps = torch.arange(mask.shape[1], device=mask.device)
    first = torch.where(mask, steps, mask.shape[1]).amin(1)
    final = torch.where(mask, steps, -1).amax(1)
    rows = torch.arange(len(mask), device=mask.device)
    halves = zip(outputs.chunk(len(backwards), -1), backwards, strict=True)
    return torch.cat([half[rows, first if back else final] for half, back in halves], dim=-1)


def mean(outputs: Tensor, mask: Tensor, backwards: Sequence[bool]) -> Tensor:
    """The mean over the valid positions: (B, T, D) -> (B, D)."""
    # A product with the mask makes no second copy of the outputs, which take most of the memory here.
    return (mask.unsqueeze(1).to(outputs.dtype) @ outputs).squeeze(1) / mask.sum(1, keepdim=True)


def maximum(outputs: Tensor, mask: Tensor, backwards: Sequence[bool]) -> Tensor:
    """The maximum of each element over the valid positions: (B, T, D) -> (B, D)."""
    return outputs.masked_fill(~mask.unsqueeze(-1), float("-inf")).amax(1)


class Attention(nn.Module):
    """A weighted mean with learned weights (Yang et al. 2016): u_t = tanh(W h_t + b), a = softmax(v . u)."""

    def __init__(self, width: int):
        super().__init__()
        self.hidden = nn.Linear(width, width)
        self.score = nn.Linear(width, 1, bias=False)

    def forward(self, outputs: Tensor, mask: Tensor, backwards: Sequence[bool]) -> Tensor:
        """(B, T, D) -> (B, D)."""
        scores = self.score(self.hidden(outputs).tanh()).squeeze(-1)  # (B, T)
        weights = scores.masked_fill(~mask, float("-inf")).softmax(1)
        return (weights.unsqueeze(-1) * outputs).sum(1)


class Pooling(nn.Module):
    """The poolings that `config.pooling` names, concatenated.

    Args:
        width: D, the width of an output.
    """

    def __init__(self, config: PreTrainedConfig, width: int):
        super().__init__()
        self.backwards = config.reads_backwards
        self.attention = Attention(width) if config.pooling == "attention" else None
        poolings: dict[str, list[Any]] = {
            "last": [last],
            "mean": [mean],
            "max": [maximum],
            "concat": [last, maximum, mean],
            "attention": [self.attention],
        }
        self.poolings = poolings[config.pooling]
        self.output_size = width * len(self.poolings)

    def forward(self, outputs: Tensor, mask: Tensor) -> Tensor:
        """outputs (B, T, D) and mask (B, T) bool -> (B, D) for each pooling, concatenated."""
        return torch.cat([pool(outputs, mask, self.backwards) for pool in self.poolings], dim=-1)
