"""Probabilities that mean what they say: a temperature fitted on held-out texts (Guo et al. 2017).

p = softmax(z / T), z the logits. T > 1 makes a network that is too sure less so, T < 1 a timid one surer; which label
is likeliest stays as it was.
"""

from __future__ import annotations

import math

import numpy as np

# Where T is looked for, and how often the interval shrinks: to a 10^-8th of itself.
LOWEST, HIGHEST, STEPS = 0.1, 10.0, 40
GOLDEN = (math.sqrt(5) - 1) / 2


def mean_nats(logits: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Mean negative log-likelihood of `labels` (N,) under `logits` (N, C), in nats; -inf leaves a class out.

    `weights` (N,): how much each row counts, all alike by default.
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(np.average(-log_probabilities[np.arange(len(labels)), labels], weights=weights))


def fit_temperature(logits: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> float:
    """The T in [0.1, 10] whose `mean_nats(logits / T, labels, weights)` is least, by golden-section search over log T.

    The loss is convex in 1 / T, so it has one valley and the search cannot miss it.
    """
    low, high = math.log(LOWEST), math.log(HIGHEST)
    for _ in range(STEPS):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        if mean_nats(logits / math.exp(left), labels, weights) < mean_nats(logits / math.exp(right), labels, weights):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2)
