"""Where a language model keeps sentiment: one direction of its state, found by a linear probe, and its best unit.

    read = read_corpus("checkpoints/film-reviews", reviews)
    found = find_sentiment(read, labels)
    found.best.unit, found.balanced_accuracy, found.units

Radford, Jozefowicz & Sutskever (2017) found the sentiment neuron so: a logistic regression with an L1 penalty, which
leaves few units, on the states of a model that had only learnt to write reviews.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .units import SENTIMENT, Activations, Score, check_labels, units_that_tell

# Inverse strengths of the penalty that are tried, and in how many parts the deciding half is cut for that.
STRENGTHS, FOLDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0), 3


@dataclass(frozen=True)
class Probe:
    """A direction of a state that tells sentiment. The state is the mean over a text's tokens, H numbers.

    Attributes:
        direction: (H,), of length 1. A text is positive where `mean @ direction` is above `threshold`.
        threshold: where.
        units: the units that the penalty left, by how much they count, the most first.
        strength: the inverse strength of the penalty that did best within the deciding half, of `STRENGTHS`.
        balanced_accuracy, auc: on the other half: see `Score`.
        positives, total: how many texts of it are positive, and how many there are.
        low, high: (2,) each, mean and standard deviation of `mean @ direction` over its negative and positive texts.
        best: the single unit that tells sentiment best.
    """

    direction: np.ndarray
    threshold: float
    units: tuple[int, ...]
    strength: float
    balanced_accuracy: float
    auc: float
    positives: int
    total: int
    low: tuple[float, float]
    high: tuple[float, float]
    best: Score


def find_sentiment(read: Activations, labels: Sequence[bool]) -> Probe:
    """Fit the probe on every other text and score it on the others.

    Args:
        read: the texts, as `read_corpus` has them; hundreds are needed to tell well.
        labels: of each text whether it is positive.

    Raises:
        ValueError: `labels` do not fit, a half has fewer than `FOLDS` texts of a kind, or nothing tells them apart.
        ImportError: scikit-learn is not installed.
    """
    truth = check_labels(read, labels)
    held_out = np.arange(len(truth)) % 2 == 1
    for half in (truth[held_out], truth[~held_out]):
        if not FOLDS <= half.sum() <= len(half) - FOLDS:
            raise ValueError(
                f"each half of the texts needs {FOLDS} positive and {FOLDS} negative ones at least; one has "
                f"{half.sum()} and {len(half) - half.sum()}"
            )
    means = read.means()
    middle, deviation = means[~held_out].mean(0), means[~held_out].std(0)
    deviation[deviation == 0] = 1
    regression, strength = _regression((means[~held_out] - middle) / deviation, truth[~held_out])
    weights = regression.coef_[0] / deviation
    length = np.linalg.norm(weights)
    if length == 0:
        raise ValueError("no unit tells the labels of these texts apart: the probe left none")
    direction = weights / length
    threshold = float(middle @ direction - regression.intercept_[0] / length)
    values, told = means[held_out] @ direction, truth[held_out]
    said = values > threshold
    counts = regression.coef_[0]
    return Probe(
        direction,
        threshold,
        tuple(int(unit) for unit in np.argsort(-abs(counts), kind="stable")[: np.count_nonzero(counts)]),
        strength,
        float((said[told].mean() + (~said[~told]).mean()) / 2),
        float((values[told][:, None] > values[~told]).mean()),
        int(told.sum()),
        len(told),
        (float(values[~told].mean()), float(values[~told].std())),
        (float(values[told].mean()), float(values[told].std())),
        units_that_tell(read, SENTIMENT, labels=labels, count=1)[0],
    )


def _regression(values: np.ndarray, truth: np.ndarray) -> tuple[Any, float]:
    """A logistic regression with the L1 penalty that does best in cross-validation, and its inverse strength."""
    try:
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import cross_val_score
    except ImportError:
        raise ImportError("the probe needs scikit-learn: pip install 'scikit-learn>=1.5,<2'") from None
    # Releases before 1.8 ask for the penalty by its name; 1.10 will not know that any more.
    # https://scikit-learn.org/stable/modules/generated/sklearn.linear_model.LogisticRegression.html
    penalty: dict[str, Any] = {"penalty": "l1"} if LogisticRegression().l1_ratio is None else {"l1_ratio": 1.0}
    made = [
        LogisticRegression(**penalty, C=strength, solver="liblinear", class_weight="balanced", random_state=0)
        for strength in STRENGTHS
    ]
    scores = [cross_val_score(one, values, truth, cv=FOLDS, scoring="balanced_accuracy").mean() for one in made]
    best = int(np.argmax(scores))
    return made[best].fit(values, truth), STRENGTHS[best]
