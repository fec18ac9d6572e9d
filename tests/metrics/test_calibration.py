"""The fitted temperature is the one that calibrates the probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_models.metrics.calibration import fit_temperature, mean_nats


def drawn(temperature: float, rows: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels drawn from their probabilities at a temperature."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (rows, 3))
    noise = rng.gumbel(size=logits.shape)
    return logits, (logits / temperature + noise).argmax(1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0, 4.0])
def test_the_temperature_that_made_the_labels_is_found(temperature: float):
    assert fit_temperature(*drawn(temperature)) == pytest.approx(temperature, rel=0.05)


@given(st.floats(0.11, 9.9))
def test_no_other_temperature_costs_less(other: float):
    logits, labels = drawn(1.7, rows=300)
    best = fit_temperature(logits, labels)
    assert mean_nats(logits / best, labels) <= mean_nats(logits / other, labels) + 1e-9


def test_labels_that_are_always_right_or_wrong_give_a_bound_and_no_error():
    logits = np.array([[3.0, 0.0], [0.0, 3.0]])
    assert fit_temperature(logits, np.array([0, 1])) == pytest.approx(0.1, rel=1e-3)
    assert fit_temperature(logits, np.array([1, 0])) == pytest.approx(10.0, rel=1e-3)


def test_an_excluded_class_has_no_influence():
    logits, labels = drawn(2.0)
    two = labels < 2
    masked = np.where(np.arange(3) == 2, -np.inf, logits)[two]
    expected = fit_temperature(logits[two][:, :2], labels[two])
    assert fit_temperature(masked, labels[two]) == pytest.approx(expected)
