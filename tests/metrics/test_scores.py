"""Metrics against values computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rnn_models.metrics.scores import (
    accuracy_and_macro,
    classification_metrics,
    confusion_matrix,
    language_model_metrics,
)


def test_language_model_metrics() -> None:
    metrics = language_model_metrics(nats=6 * math.log(2), tokens=3, characters=12)
    assert metrics["loss"] == pytest.approx(2 * math.log(2))
    assert metrics["perplexity"] == pytest.approx(4)
    assert metrics["nats_per_character"] == pytest.approx(math.log(2) / 2)
    assert metrics["bits_per_character"] == pytest.approx(0.5)
    assert (metrics["tokens"], metrics["characters"]) == (3, 12)


def test_a_diverged_model_has_a_finite_perplexity_that_json_can_hold() -> None:
    assert math.isfinite(language_model_metrics(nats=1e9, tokens=1, characters=1)["perplexity"])


def test_the_confusion_matrix_has_true_labels_as_rows() -> None:
    confusion = confusion_matrix(np.array([0, 0, 1, 2]), np.array([0, 2, 1, 2]), 3)
    assert confusion.tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 1]]


def test_accuracy_macro_f1_and_macro_recall() -> None:
    # label 0: recall 2/3, precision 2/2; label 1: recall 1/1, precision 1/2
    metrics = accuracy_and_macro(np.array([[2, 1], [0, 1]]))
    assert metrics["accuracy"] == pytest.approx(3 / 4)
    assert metrics["macro_recall"] == pytest.approx((2 / 3 + 1) / 2)
    assert metrics["macro_f1"] == pytest.approx((4 / 5 + 2 / 3) / 2)


def test_macro_metrics_leave_out_labels_that_do_not_occur() -> None:
    metrics = accuracy_and_macro(np.array([[2, 0, 1], [0, 0, 0], [0, 0, 3]]))
    assert metrics["macro_recall"] == pytest.approx((2 / 3 + 1) / 2)


def test_own_labels_choose_among_the_labels_that_a_data_set_uses() -> None:
    # Label 1, neutral, is predicted twice, but no row has it.
    logits = np.array([[1.0, 3.0, 0.0], [0.0, 3.0, 2.0], [0.0, 1.0, 2.0]])
    metrics = classification_metrics(logits, np.array([0, 2, 2]), own_labels=[0, 2])
    assert metrics["accuracy"] == pytest.approx(1 / 3)
    assert metrics["accuracy_own_labels"] == pytest.approx(1.0)
    assert metrics["macro_f1_own_labels"] == pytest.approx(1.0)


def test_a_data_set_with_every_label_has_no_metrics_for_its_own_labels() -> None:
    metrics = classification_metrics(np.eye(2), np.array([0, 1]), own_labels=[0, 1])
    assert set(metrics) == {"loss", "accuracy", "macro_f1", "macro_recall"}


def test_the_loss_is_the_mean_negative_log_probability() -> None:
    logits = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]])) + 700
    metrics = classification_metrics(logits, np.array([0, 1]))
    assert metrics["loss"] == pytest.approx(-(math.log(0.5) + math.log(0.8)) / 2)
