"""Calibration error and the linear baseline."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_models.evaluation.classifiers import calibration_error, mean_of
from rnn_models.metrics.linear import LinearBaseline, is_chinese


def logits_of(confidence: list[float]) -> np.ndarray:
    """Two classes, the first with the given probability."""
    p = np.array(confidence)
    return np.log(np.stack([p, 1 - p], axis=1))


def test_the_calibration_error_is_the_mean_gap_between_confidence_and_accuracy():
    # 0.9 four times and right half the time; 0.7 twice and always right: 4/6 * 0.4 + 2/6 * 0.3
    logits = logits_of([0.9, 0.9, 0.9, 0.9, 0.7, 0.7])
    labels = np.array([0, 0, 1, 1, 0, 0])
    assert calibration_error(logits, labels) == pytest.approx(4 / 6 * 0.4 + 2 / 6 * 0.3)


def test_gaps_of_one_bin_cancel_and_gaps_of_two_do_not():
    # 0.94 and 0.96 are in one of 15 bins, and in two of 20 (0.9 to 0.95 to 1)
    logits, labels = logits_of([0.94, 0.96]), np.array([0, 1])
    assert calibration_error(logits, labels) == pytest.approx(abs(0.5 - 0.95))
    assert calibration_error(logits, labels, bins=20) == pytest.approx((0.06 + 0.96) / 2)


def test_a_model_that_is_sure_and_right_has_no_error_and_one_that_is_sure_and_wrong_has_all():
    logits = logits_of([1 - 1e-15] * 3)
    assert calibration_error(logits, np.zeros(3, dtype=int)) == pytest.approx(0)
    assert calibration_error(logits, np.ones(3, dtype=int)) == pytest.approx(1)


@settings(deadline=None)
@given(st.lists(st.tuples(st.lists(st.floats(-30, 30), min_size=3, max_size=3), st.integers(0, 2)), min_size=1))
def test_the_calibration_error_lies_between_zero_and_one(rows: list[tuple[list[float], int]]):
    logits, labels = np.array([row for row, _ in rows]), np.array([label for _, label in rows])
    assert -1e-9 <= calibration_error(logits, labels) <= 1 + 1e-9


def test_answers_are_averaged_as_probabilities():
    found = mean_of([logits_of([0.9, 0.5]), logits_of([0.2, 0.5])])
    assert np.exp(found) == pytest.approx(np.array([[0.55, 0.45], [0.5, 0.5]]))


@pytest.mark.parametrize("words", [("good", "fine", "bad", "poor"), ("好吃", "满意", "差劲", "难受")])
def test_the_linear_baseline_learns_a_separable_corpus(words: tuple[str, ...]):
    rng = random.Random(0)
    filler = "the food and we came here " if words[0] == "good" else "这家店的饭我们来过"

    def row() -> tuple[str, int]:
        word = rng.choice(words)
        noise = "".join(rng.sample(filler.split() or [filler], 1))
        return f"{noise} {word} {rng.randint(0, 99)}", 2 if word in words[:2] else 0

    train, test = [row() for _ in range(200)], [row() for _ in range(50)]
    linear = LinearBaseline([text for text, _ in train], [label for _, label in train], 3)
    found = linear.log_probabilities([text for text, _ in test])
    assert found.shape == (50, 3)
    assert (found.argmax(axis=1) == [label for _, label in test]).all()
    # no row has the label in the middle
    assert (np.exp(found[:, 1]) < 1e-9).all()
    assert np.exp(found).sum(axis=1) == pytest.approx(1)
    assert linear.vectorizer.analyzer == ("word" if words[0] == "good" else "char")


def test_chinese_with_foreign_names_is_chinese_and_english_with_a_chinese_name_is_not():
    assert is_chinese(["我买了ThinkPad，很好用"])
    assert not is_chinese(["We read 床前明月光 at school", "and liked it"])
    assert not is_chinese(["!!! 123"])
