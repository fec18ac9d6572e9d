"""What networks learn by, one function for each objective, and what these are made of.

Shapes: B rows of T tokens, C labels, E the size of an embedding, H that of an output. `part` (B, C) says which labels
take part in the loss of a row; log probabilities are -inf for the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor


def cross_entropy(
    log_probabilities: Tensor, targets: Tensor, weights: Tensor, smoothing: float = 0.0, rows: Tensor | None = None
) -> Tensor:
    """Cross entropy in nats, the mean over the rows that have a label, or the sum over a number of `rows`.

    Args:
        log_probabilities: (B, C).
        targets: (B, C), the probability of each label; all 0 in a row without a label.
        weights: (B, C), how much a row with that label counts; a label of weight 0 takes no part.
        smoothing: the share of the target that is spread over all labels that take part.
    """
    part = weights > 0
    smooth = (1 - smoothing) * targets + smoothing * part / part.sum(-1, keepdim=True)  # (B, C)
    losses = -(smooth * log_probabilities.masked_fill(~part, 0.0)).sum(-1)  # (B,)
    loss = (losses * (targets * weights).sum(-1)).sum()
    return loss / ((targets.sum(-1) > 0).sum().clamp(min=1) if rows is None else rows)


def entropy(log_probabilities: Tensor, part: Tensor) -> Tensor:
    """Mean over the rows of H(p) in nats."""
    return -(log_probabilities.exp() * log_probabilities.masked_fill(~part, 0.0)).sum(-1).mean()


def virtual_adversarial(
    answer: Callable[[Tensor | None], Tensor], shape: tuple[int, ...], length: Tensor, part: Tensor
) -> Tensor:
    """KL(p(x) || p(x + k)) in nats, k the move of a `length` that changes the answer most (Miyato et al. 2017).

    Args:
        answer: a move of the embedded tokens, or None -> log probabilities (B, C).
        shape: of the embedded tokens, (B, T, E).
    """
    seed = int(torch.randint(2**31, ()))
    with torch.no_grad(), drawing_from(seed):
        before = answer(None)
    move = of_length(torch.randn(shape, device=part.device), length).requires_grad_()
    with drawing_from(seed):
        somewhere = answer(move)
    (direction,) = torch.autograd.grad(divergence(before, somewhere, part), move)
    with drawing_from(seed):
        worst = answer(of_length(direction, length))
    return divergence(before, worst, part)


def activation_penalty(outputs: Tensor) -> Tensor:
    """Mean square of the outputs (B, T, H) (AR, Merity et al. 2018)."""
    return outputs.float().pow(2).mean()


def temporal_activation_penalty(outputs: Tensor) -> Tensor:
    """Mean square change of the outputs (B, T, H) from step to step (TAR, Merity et al. 2018)."""
    return outputs.float().diff(dim=1).pow(2).mean()


def divergence(before: Tensor, after: Tensor, part: Tensor) -> Tensor:
    """Mean over the rows of KL(p || q) in nats, from log probabilities (B, C)."""
    difference = before.masked_fill(~part, 0.0) - after.masked_fill(~part, 0.0)
    return (before.exp() * difference).sum(-1).mean()


def one_hot(labels: Tensor, like: Tensor) -> Tensor:
    """`labels` (B,) as probabilities (B, C), all 0 in the rows of a label below 0."""
    found = torch.zeros(like.shape, device=like.device).scatter_(1, labels.clamp(min=0)[:, None], 1.0)
    return found * (labels >= 0)[:, None]


def of_length(x: Tensor, length: Tensor | float) -> Tensor:
    """Each row of x (B, T, E) scaled to a length, over its tokens together."""
    return length * x / x.flatten(1).norm(dim=1).clamp(min=1e-12)[:, None, None]


@contextmanager
def drawing_from(seed: int) -> Iterator[None]:
    """Inside, random numbers (as of dropout) are those of the seed; outside they go on as if nothing was drawn."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


@contextmanager
def hooked(module: torch.nn.Module, hook: Callable[..., Any]) -> Iterator[None]:
    """Inside, `hook` sees what the module returns, and may replace it."""
    handle = module.register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()
