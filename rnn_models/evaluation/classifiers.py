"""Figures of a classifier and of the linear baseline on the same rows."""

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

    B_b are the rows whose greatest probability lies in ((b - 1) / bins, b / bins], acc the share of them that is
    right and conf the mean of that probability.
    """
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    confidence = 1 / probabilities.sum(axis=1)
    right = logits.argmax(axis=1) == labels
    number = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    # |B_b| / N times a difference of means is a difference of sums over N
    gaps = np.bincount(number, weights=right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


@dataclass(frozen=True)
class Network:
    """A classifier of a table.

    Attributes:
        name: what its rows are called.
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
        """(N, labels), in the order of `labels`, which are its own."""
        encoded = encode_texts(self.tokenizer, texts, self.max_length)
        logits = classifier_logits(self.model, encoded, batch_size=BATCH_SIZE)
        logits = logits[:, [self.labels.index(label) for label in labels]].astype(np.float64)
        return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def mean_of(log_probabilities: Sequence[np.ndarray]) -> np.ndarray:
    """The logarithm of the mean of several answers' probabilities, each (N, labels)."""
    return np.logaddexp.reduce(np.array(log_probabilities), axis=0) - np.log(len(log_probabilities))


def classifier_rows(
    networks: Sequence[Network],
    splits: Sequence[tuple[Corpus, Split]],
    *,
    baseline: bool,
    say: Callable[[str], None],
) -> list[dict[str, Any]]:
    """A row of figures for each split, for its rows that are not in training where some are, and for each model.

    The labels are those of the first network, and the others have the same. Of several the mean is a row too.
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
                figures = classification_metrics(found[chosen], labels[chosen], corpus.own_labels)
                figures["calibration_error"] = calibration_error(found[chosen], labels[chosen])
                if len(own := sorted(corpus.own_labels)) < len(known):
                    asked = found[chosen][:, own]
                    error = calibration_error(asked, np.searchsorted(own, labels[chosen]))
                    figures["calibration_error_own_labels"] = error
                about = {"data_set": corpus.name, "split": part, "rows": int(chosen.sum()), "model": name}
                rows.append({**about, **figures})
    return rows


def classifier_notes(baseline: bool, several: bool = False) -> dict[str, str]:
    """How the figures are to be read."""
    notes = {
        "own_labels": "choosing among the labels that the data set itself uses",
        "macro": "mean over the labels that occur among the true ones",
        "calibration_error": (
            "expected calibration error over all labels, the likeliest label's probability in "
            f"{CALIBRATION_BINS} equal bins"
        ),
    }
    if several:
        notes[MEAN] = "the label that the mean of the networks' probabilities finds likeliest"
    if baseline:
        notes["linear"] = (
            "trained on the data set's own training rows: TF-IDF of words or Chinese characters and of their pairs, "
            "logistic regression"
        )
    return notes
