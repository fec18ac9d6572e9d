"""Calibration by a temperature that is fitted on held-out texts (Guo et al. 2017).

p = softmax(z / T), with logits z. T > 1 makes an overconfident network less confident, T < 1 an underconfident one
more confident. The most likely label stays the same.
"""

from __future__ import annotations

import math

import numpy as np

# The interval searched for T, and the number of steps, which shrink it by a factor of more than 10^8.
LOWEST, HIGHEST, STEPS = 0.1, 10.0, 40
GOLDEN = (math.sqrt(5) - 1) / 2


def mean_nats(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean negative log-likelihood of `labels` (N,) under `logits` (N, C); -inf excludes a class."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-log_probabilities[np.arange(len(labels)), labels].mean())


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The T in [0.1, 10] that minimises `mean_nats(logits / T, labels)`, by golden-section search over log T.

    The loss is convex in 1 / T, so it has a single minimum, which the search cannot miss.
    """
    low, high = math.log(LOWEST), math.log(HIGHEST)
    for _ in range(STEPS):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        if mean_nats(logits / math.exp(left), labels) < mean_nats(logits / math.exp(right), labels):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2)
