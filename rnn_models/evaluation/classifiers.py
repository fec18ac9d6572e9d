"""Metrics of classifiers and of the linear baseline on the same rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data.batches import encode_texts
from ..data.corpora import Corpus, Split
from ..inference.classify import labels_of
from ..metrics.linear import LinearBaseline
from ..metrics.measures import classifier_logits
from ..metrics.scores import classification_metrics

CALIBRATION_BINS = 15
BATCH_SIZE = 32
MEAN = "mean"


def calibration_error(logits: np.ndarray, labels: np.ndarray, bins: int = CALIBRATION_BINS) -> float:
    """Expected calibration error of `logits` (N, num_labels) against `labels` (N,) (Guo et al. 2017, equation 3).

        ECE = sum_b |B_b| / N  |acc(B_b) - conf(B_b)|

    B_b are the rows whose greatest probability is in ((b - 1) / bins, b / bins], acc is the share of them classified
    correctly, and conf the mean of that probability.
    """
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    confidence = 1 / probabilities.sum(axis=1)
    right = logits.argmax(axis=1) == labels
    number = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    # |B_b| / N times a difference of means is a difference of sums, divided by N
    gaps = np.bincount(number, weights=right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


@dataclass(frozen=True)
class Network:
    """A classifier in the table.

    Attributes:
        name: its name in the table.
        max_length: how many tokens of a text it reads.
    """

    name: str
    model: Any
    tokenizer: Any
    max_length: int

    @property
    def labels(self) -> list[str]:
        return labels_of(self.model.config)

    def log_probabilities(self, texts: Sequence[str], labels: Sequence[str]) -> np.ndarray:
        """(N, labels), in the order of `labels`, which must be the model's own in any order."""
        encoded = encode_texts(self.tokenizer, texts, self.max_length)
        logits = classifier_logits(self.model, encoded, batch_size=BATCH_SIZE)
        logits = logits[:, [self.labels.index(label) for label in labels]].astype(np.float64)
        return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def mean_of(log_probabilities: Sequence[np.ndarray]) -> np.ndarray:
    """The logarithm of the mean of several models' probabilities; log probabilities (N, labels) each."""
    return np.logaddexp.reduce(np.array(log_probabilities), axis=0) - np.log(len(log_probabilities))


def classifier_rows(
    networks: Sequence[Network],
    splits: Sequence[tuple[Corpus, Split]],
    *,
    baseline: bool,
    say: Callable[[str], None],
) -> list[dict[str, Any]]:
    """A row of metrics for each model and split, and again for a split's rows that are not in the training data, if
    some of its rows are.

    All networks must have the labels of the first. Several networks also get a row for their mean.
    """
    rows = []
    known = networks[0].labels
    linear: dict[str, LinearBaseline] = {}
    for corpus, split in splits:
        say(f"{corpus.name}, {split.name}: {len(split)} rows")
        answers = [(network.name, network.log_probabilities(split.texts, known)) for network in networks]
        if len(answers) > 1:
            answers.append((MEAN, mean_of([found for _, found in answers])))
        if baseline:
            if corpus.name not in linear:
                say(f"{corpus.name}: linear baseline on {len(corpus.train)} training rows")
                linear[corpus.name] = LinearBaseline(corpus.train.texts, corpus.train.labels or [], len(known))
            answers.append(("linear", linear[corpus.name].log_probabilities(split.texts)))
        labels = np.array(split.labels)
        fresh = ~np.array(split.in_train)
        parts = {split.name: np.ones(len(split), dtype=bool)}
        if fresh.any() and not fresh.all():
            parts[f"{split.name}, rows not in train"] = fresh
        for part, chosen in parts.items():
            for name, found in answers:
                metrics = classification_metrics(found[chosen], labels[chosen], corpus.own_labels)
                metrics["calibration_error"] = calibration_error(found[chosen], labels[chosen])
                if len(own := sorted(corpus.own_labels)) < len(known):
                    asked = found[chosen][:, own]
                    error = calibration_error(asked, np.searchsorted(own, labels[chosen]))
                    metrics["calibration_error_own_labels"] = error
                about = {"data_set": corpus.name, "split": part, "rows": int(chosen.sum()), "model": name}
                rows.append({**about, **metrics})
    return rows


def classifier_notes(baseline: bool, several: bool = False) -> dict[str, str]:
    """How to read the metrics."""
    notes = {
        "own_labels": "choosing only among the labels that the data set uses",
        "macro": "mean over the labels that occur in the data",
        "calibration_error": (
            "expected calibration error over all labels, the most likely label's probability in "
            f"{CALIBRATION_BINS} equal bins"
        ),
    }
    if several:
        notes[MEAN] = "the most likely label by the mean of the networks' probabilities"
    if baseline:
        notes["linear"] = (
            "logistic regression on TF-IDF of words or Chinese characters and of their pairs, trained on the "
            "data set's own training rows"
        )
    return notes
