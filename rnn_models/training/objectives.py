"""What the objectives of a classifier are made of: labels as probabilities, entropy, divergence, moves of a length."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def drawing_from(seed: int) -> Iterator[None]:
    """Random numbers, as of dropout, are those of the seed, and afterwards those that would have come."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def of_length(x: torch.Tensor, length: torch.Tensor | float) -> torch.Tensor:
    """Each row of x (B, T, E) scaled to a length, over its tokens together."""
    return length * x / x.flatten(1).norm(dim=1).clamp(min=1e-12)[:, None, None]


def one_hot(labels: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """`labels` (B,) as probabilities (B, C), all 0 in the rows of a label below 0."""
    found = torch.zeros(like.shape, device=like.device).scatter_(1, labels.clamp(min=0)[:, None], 1.0)
    return found * (labels >= 0)[:, None]


def entropy(log_probabilities: torch.Tensor, part: torch.Tensor) -> torch.Tensor:
    """Mean over the rows of H(p) in nats, among the labels that take part (B, C)."""
    return -(log_probabilities.exp() * log_probabilities.masked_fill(~part, 0.0)).sum(-1).mean()


def divergence(before: torch.Tensor, after: torch.Tensor, part: torch.Tensor) -> torch.Tensor:
    """Mean over the rows of KL(p || q) in nats from log probabilities, among the labels that take part (B, C)."""
    difference = before.masked_fill(~part, 0.0) - after.masked_fill(~part, 0.0)
    return (before.exp() * difference).sum(-1).mean()
