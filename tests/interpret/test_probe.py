"""The probe, on texts whose sentiment was planted in some units."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from rnn_models.interpret import find_sentiment, read_corpus
from rnn_models.interpret.units import Activations

from .conftest import TEXT


@pytest.fixture
def planted(make_language_model, tokenizer):
    """40 texts and their labels: unit 4 predicts them well, unit 1 less well and inversely, the others not at all."""
    texts = [TEXT[start : start + 8] for start in range(20)] * 2
    read = read_corpus((make_language_model(hidden_size=12), tokenizer), texts)
    draw = np.random.default_rng(0)
    labels = draw.random(40) < 0.5
    of_text = draw.normal(size=(40, 12))
    of_text[:, 4] += 4 * labels
    of_text[:, 1] -= labels
    of_text[:, 7] = 1.0  # never changes
    values = of_text[read.text]
    return Activations(read.tokens, 0, 0, "hidden", values, read.text, read.position), labels


def test_the_direction_and_the_unit_that_tell_sentiment_are_found(planted):
    read, labels = planted
    found = find_sentiment(read, labels)
    assert found.units[0] == 4 and found.best.unit == 4 and found.best.told == "sentiment"
    assert found.direction[4] > 0.5 > 0 > found.direction[1]
    assert np.linalg.norm(found.direction) == pytest.approx(1)
    assert set(np.flatnonzero(found.direction)) == set(found.units) and 7 not in found.units
    assert found.balanced_accuracy > 0.8


def test_its_scores_are_those_of_the_half_that_did_not_decide(planted):
    read, labels = planted
    found = find_sentiment(read, labels)
    values = read.means()[1::2] @ found.direction
    told = labels[1::2]
    assert found.balanced_accuracy == pytest.approx(balanced_accuracy_score(told, values > found.threshold))
    assert found.auc == pytest.approx(roc_auc_score(told, values))
    assert (found.positives, found.total) == (told.sum(), 20)
    assert found.high == pytest.approx((values[told].mean(), values[told].std()))
    assert found.low == pytest.approx((values[~told].mean(), values[~told].std()))
    flipped = labels.copy()
    flipped[1::2] = ~flipped[1::2]
    assert find_sentiment(read, flipped).balanced_accuracy == pytest.approx(1 - found.balanced_accuracy)


def test_what_cannot_be_told_gets_a_sentence(planted):
    read, labels = planted
    with pytest.raises(ValueError, match="40 texts need as many labels, but there are 3"):
        find_sentiment(read, [True, False, True])
    one_half_alone = labels & (np.arange(40) % 2 == 0)
    with pytest.raises(ValueError, match="each half of the texts needs at least 3 positive and 3 negative ones"):
        find_sentiment(read, one_half_alone)
    constant = Activations(read.tokens, 0, 0, "hidden", np.ones_like(read.values), read.text, read.position)
    with pytest.raises(ValueError, match="no unit separates the labels"):
        find_sentiment(constant, labels)


def test_without_scikit_learn_there_is_a_sentence(planted, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    with pytest.raises(ImportError, match="the probe needs scikit-learn: pip install"):
        find_sentiment(*planted)
