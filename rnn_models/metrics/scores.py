"""The metrics that are reported, computed from counts and logits."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def language_model_metrics(nats: float, tokens: int, characters: int) -> dict[str, float]:
    """Metrics of a text of `characters` characters and `tokens` tokens with a total negative log-likelihood of `nats`.

    `loss` is nats per token, `perplexity` its exponential. The metrics per character divide the nats of all tokens,
    including the end token, by the characters of the text, so that models with different tokens can be compared.
    """
    loss = nats / tokens
    return {
        "loss": loss,
        "perplexity": math.exp(min(loss, 700.0)),
        "nats_per_character": nats / characters,
        "bits_per_character": nats / characters / math.log(2),
        "tokens": tokens,
        "characters": characters,
    }


def confusion_matrix(labels: np.ndarray, predictions: np.ndarray, num_labels: int) -> np.ndarray:
    """Counts (num_labels, num_labels): the row is the true label, the column the predicted one."""
    pairs = labels * num_labels + predictions
    return np.bincount(pairs, minlength=num_labels * num_labels).reshape(num_labels, num_labels)


def accuracy_and_macro(confusion: np.ndarray) -> dict[str, float]:
    """Accuracy, macro F1 and macro recall; the macro metrics average over the labels that occur as true labels."""
    confusion = confusion.astype(np.float64)
    hits, actual, predicted = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    occurs = actual > 0
    recall = hits[occurs] / actual[occurs]
    f1 = 2 * hits[occurs] / (actual[occurs] + predicted[occurs])
    return {
        "accuracy": float(hits.sum() / actual.sum()),
        "macro_f1": float(f1.mean()),
        "macro_recall": float(recall.mean()),
    }


def classification_metrics(
    logits: np.ndarray, labels: np.ndarray, own_labels: Sequence[int] | None = None
) -> dict[str, float]:
    """Metrics of `logits` (N, num_labels) against `labels` (N,).

    `own_labels`: the labels that the data set uses. If the model has more, metrics that end in `_own_labels` are
    added, which choose only among these labels (a corpus of positive and negative reviews has no neutral row, so
    `neutral` is excluded).
    """
    num_labels = logits.shape[1]
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    metrics = {"loss": float(-log_probabilities[np.arange(len(labels)), labels].mean())}
    metrics |= accuracy_and_macro(confusion_matrix(labels, logits.argmax(axis=1), num_labels))
    if own_labels is not None and len(own_labels) < num_labels:
        own = np.asarray(sorted(own_labels))
        predictions = own[logits[:, own].argmax(axis=1)]
        restricted = accuracy_and_macro(confusion_matrix(labels, predictions, num_labels))
        metrics |= {f"{name}_own_labels": value for name, value in restricted.items()}
    return metrics
