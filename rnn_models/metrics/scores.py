"""The figures that are reported, in a few lines each, from counts and logits."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def language_model_metrics(nats: float, tokens: int, characters: int) -> dict[str, float]:
    """Figures of a text whose `tokens` cost `nats` in all and stand for `characters` characters.

    `loss` is nats a token and `perplexity` its exponential; the figures a character spread the nats of all tokens, the
    end token's included, over the characters of the text, so that models with different tokens can be compared.
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
    """Accuracy, macro F1 and macro recall; macro figures are means over the labels that occur among the true ones."""
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
    """Figures of `logits` (N, num_labels) against `labels` (N,).

    `own_labels`: the labels that the data set uses. Where these are fewer than the model's, the figures that end in
    `_own_labels` choose among these alone (a corpus of praise and blame has no neutral row, so `neutral` is left out).
    """
    num_labels = logits.shape[1]
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    figures = {"loss": float(-log_probabilities[np.arange(len(labels)), labels].mean())}
    figures |= accuracy_and_macro(confusion_matrix(labels, logits.argmax(axis=1), num_labels))
    if own_labels is not None and len(own_labels) < num_labels:
        own = np.asarray(sorted(own_labels))
        predictions = own[logits[:, own].argmax(axis=1)]
        restricted = accuracy_and_macro(confusion_matrix(labels, predictions, num_labels))
        figures |= {f"{name}_own_labels": value for name, value in restricted.items()}
    return figures
