"""Where a language model represents sentiment: a direction of its state, found by a linear probe, and its best unit.

    read = read_corpus("checkpoints/film-reviews", reviews)
    found = find_sentiment(read, labels)
    found.best.unit, found.balanced_accuracy, found.units

Radford, Jozefowicz & Sutskever (2017) found the sentiment neuron this way: a logistic regression with an L1 penalty,
which keeps few units, on the states of a model that was only trained to generate reviews.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .units import SENTIMENT, Activations, Score, check_labels, units_that_tell

# Inverse strengths of the penalty to try, and the number of folds of their cross-validation.
STRENGTHS, FOLDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0), 3


@dataclass(frozen=True)
class Probe:
    """A direction of a state that predicts sentiment. The state is the mean over a text's tokens, H numbers.

    Attributes:
        direction: (H,), of length 1. A text is predicted positive if `mean @ direction` is above `threshold`.
        threshold: of the prediction.
        units: the units that the penalty kept, those with the largest weights first.
        strength: the inverse strength of the penalty, the best of `STRENGTHS` in cross-validation on the first half.
        balanced_accuracy, auc: on the held-out half, see `Score`.
        positives, total: the number of positive texts in the held-out half, and of all its texts.
        low, high: (2,) each, mean and standard deviation of `mean @ direction` over the negative and the positive
            texts of the held-out half.
        best: the single unit that predicts sentiment best.
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
    """Fit the probe on every other text and score it on the rest.

    Args:
        read: the texts, from `read_corpus`; a good probe needs hundreds.
        labels: for each text, whether it is positive.

    Raises:
        ValueError: `labels` do not fit, a half has fewer than `FOLDS` positive or negative texts, or no unit separates
            them.
        ImportError: scikit-learn is not installed.
    """
    truth = check_labels(read, labels)
    held_out = np.arange(len(truth)) % 2 == 1
    for half in (truth[held_out], truth[~held_out]):
        if not FOLDS <= half.sum() <= len(half) - FOLDS:
            raise ValueError(
                f"each half of the texts needs at least {FOLDS} positive and {FOLDS} negative ones; one has "
                f"{half.sum()} and {len(half) - half.sum()}"
            )
    means = read.means()
    middle, deviation = means[~held_out].mean(0), means[~held_out].std(0)
    deviation[deviation == 0] = 1
    regression, strength = _regression((means[~held_out] - middle) / deviation, truth[~held_out])
    weights = regression.coef_[0] / deviation
    length = np.linalg.norm(weights)
    if length == 0:
        raise ValueError("no unit separates the labels of these texts: the probe kept none")
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
    # Releases before 1.8 take the penalty by name; 1.10 will no longer accept that.
    # https://scikit-learn.org/stable/modules/generated/sklearn.linear_model.LogisticRegression.html
    penalty: dict[str, Any] = {"penalty": "l1"} if LogisticRegression().l1_ratio is None else {"l1_ratio": 1.0}
    made = [
        LogisticRegression(**penalty, C=strength, solver="liblinear", class_weight="balanced", random_state=0)
        for strength in STRENGTHS
    ]
    scores = [cross_val_score(one, values, truth, cv=FOLDS, scoring="balanced_accuracy").mean() for one in made]
    best = int(np.argmax(scores))
    return made[best].fit(values, truth), STRENGTHS[best]
