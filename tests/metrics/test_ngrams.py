"""Kneser-Ney n-grams give a distribution, and the one of the formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_models.metrics.ngrams import KneserNey

BOS, EOS, VOCABULARY = 2, 3, 8


def document(text: list[int]) -> np.ndarray:
    return np.array([BOS, *text, EOS])


texts = st.lists(st.integers(1, VOCABULARY - 1), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(texts, min_size=1, max_size=6), st.integers(1, 5), texts)
def test_the_probabilities_of_all_next_tokens_sum_to_one(training: list[list[int]], order: int, history: list[int]):
    model = KneserNey([document(text) for text in training], vocab_size=VOCABULARY, order=order)
    following = [model.probabilities([np.array([BOS, *history, token])])[-1] for token in range(VOCABULARY)]
    assert sum(following) == pytest.approx(1)
    assert min(following) > 0


def test_bigrams_follow_the_formula_by_hand():
    # <s> a b a b </s> and <s> a c </s>: bigrams (<s> a) 2, (a b) 2, (b a), (b </s>), (a c), (c </s>) 1
    a, b, c = 4, 5, 6
    model = KneserNey([document([a, b, a, b]), document([a, c])], vocab_size=VOCABULARY, order=2)
    discount = 4 / (4 + 2 * 2)
    # different tokens in front: a 2 (<s>, b), b 1 (a), c 1 (a), </s> 2 (b, c); so two of each, and the discount is
    lower_discount = 2 / (2 + 2 * 2)
    unigram_b = (1 - lower_discount) / 6 + lower_discount * 4 / 6 / VOCABULARY
    unigram_a = (2 - lower_discount) / 6 + lower_discount * 4 / 6 / VOCABULARY
    after_a = (2 - discount) / 3 + discount * 2 / 3 * unigram_b
    unseen_after_a = discount * 2 / 3 * unigram_a
    after_unknown = unigram_b
    assert model.probabilities([np.array([BOS, a, b])])[-1] == pytest.approx(after_a)
    assert model.probabilities([np.array([BOS, a, a])])[-1] == pytest.approx(unseen_after_a)
    assert model.probabilities([np.array([BOS, 7, b])])[-1] == pytest.approx(after_unknown)


def test_a_token_that_follows_only_one_other_is_unlikely_elsewhere():
    # `5` is frequent, but only after `4`; `6` is rarer and follows many tokens.
    rows = [[4, 5]] * 20 + [[token, 6] for token in (4, 7, 1)]
    model = KneserNey([document(row) for row in rows], vocab_size=VOCABULARY, order=2)
    elsewhere = {token: model.probabilities([np.array([BOS, 6, token])])[-1] for token in (5, 6)}
    assert elsewhere[5] < elsewhere[6]


def test_a_longer_context_predicts_a_periodic_text_better():
    rng = np.random.default_rng(0)
    rows = [document(([4, 4, 5, 4, 6] * 20)[start : start + 60]) for start in rng.integers(5, size=10)]
    nats = [KneserNey(rows, vocab_size=VOCABULARY, order=order).total_nats(rows)[0] for order in (1, 2, 3, 4)]
    assert nats == sorted(nats, reverse=True)
    assert nats[3] < nats[0] / 8


def test_contexts_end_at_the_beginning_of_their_document_and_every_target_is_counted():
    rows = [document([4, 5, 6]), document([]), document([5])]
    model = KneserNey(rows, vocab_size=VOCABULARY, order=4)
    together = model.probabilities(rows)
    assert len(together) == model.total_nats(rows)[1] == 4 + 1 + 2
    assert together == pytest.approx(np.concatenate([model.probabilities([row]) for row in rows]))
