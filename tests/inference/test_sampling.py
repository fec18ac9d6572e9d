"""Sampling tokens, against transformers' own processors and against the probabilities."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import LogitsProcessorList, RepetitionPenaltyLogitsProcessor, SuppressTokensLogitsProcessor
from transformers.generation import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from rnn_models.inference import Sampling
from rnn_models.inference.sampling import Sampler, draw, surprisal, surprisals

settings_of_a_user = st.builds(
    Sampling,
    temperature=st.floats(0.05, 5),
    top_k=st.integers(0, 30),
    top_p=st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]),
    repetition_penalty=st.floats(0.5, 3),
    seed=st.integers(0, 2**31),
)
# far enough apart that rounding makes no two of them equal
rows_of_logits = st.lists(st.integers(-3000, 3000).map(lambda n: n / 100), min_size=4, max_size=25, unique=True)


@settings(max_examples=200, deadline=None)
@given(asked=settings_of_a_user, row=rows_of_logits, prompt=st.lists(st.integers(0, 3), min_size=1))
def test_the_tokens_that_may_be_drawn_and_their_probabilities_are_those_of_transformers(asked, row, prompt):
    theirs = LogitsProcessorList([RepetitionPenaltyLogitsProcessor(asked.repetition_penalty)])
    theirs += [SuppressTokensLogitsProcessor([1])]
    if asked.temperature != 1:
        theirs += [TemperatureLogitsWarper(asked.temperature)]
    if asked.top_k:
        theirs += [TopKLogitsWarper(asked.top_k)]
    if asked.top_p < 1:
        theirs += [TopPLogitsWarper(asked.top_p)]
    # in double precision, where the order of summation does not move a sum of probabilities across top_p
    expected = theirs(torch.tensor([prompt]), torch.tensor([row], dtype=torch.float64))[0].softmax(-1)
    ours = Sampler(asked, len(row), prompt, never=[1]).scores(np.array(row, dtype=np.float32))
    weights = np.exp(ours)
    np.testing.assert_allclose(weights / weights.sum(), expected.numpy(), atol=1e-5)


def test_tokens_are_drawn_as_often_as_softmax_says():
    logits = np.array([2.0, 0.0, 1.0, -np.inf, -1.0], dtype=np.float32)
    sampler = Sampler(Sampling(seed=0), 5, [0], never=[])
    drawn = np.bincount([sampler.draw(logits) for _ in range(20_000)], minlength=5) / 20_000
    expected = torch.from_numpy(logits).softmax(-1).numpy()
    np.testing.assert_allclose(drawn, expected, atol=0.012)
    assert drawn[3] == 0


def test_a_random_number_next_to_one_draws_a_token_that_may_be_drawn():
    class Largest:
        def random(self) -> float:
            return 1 - 2**-53

    for size in (3, 7, 100):
        sampler = Sampler(Sampling(), size + 2, [0], never=[size, size + 1])
        sampler.random = Largest()
        assert sampler.draw(np.zeros(size + 2, dtype=np.float32)) == size - 1


@pytest.mark.parametrize("asked", [{"temperature": 0}, {"top_k": 1}, {"top_p": 0}, {"temperature": 1e-310}])
def test_the_likeliest_token_is_taken_where_no_other_is_left(asked):
    logits = np.array([0.5, 3.0, 2.9, 1e30], dtype=np.float32)
    assert Sampler(Sampling(seed=0, **asked), 4, [0], never=[3]).draw(logits) == 1


def test_tokens_that_occurred_are_less_likely_the_prompt_s_and_those_that_were_drawn():
    sampler = Sampler(Sampling(temperature=0, repetition_penalty=2.0), 4, [0], never=[])
    logits = np.array([3.0, 2.0, 1.8, -1.0], dtype=np.float32)
    assert [sampler.draw(logits) for _ in range(3)] == [1, 2, 0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", -1),
        ("temperature", float("nan")),
        ("top_k", -1),
        ("top_p", 1.5),
        ("repetition_penalty", 0),
        ("seed", -1),
    ],
)
def test_a_setting_out_of_range_is_named(name, value):
    with pytest.raises(ValueError, match=rf"{name} is .*must be"):
        Sampling(**{name: value})


@settings(deadline=None)
@given(st.data())
def test_a_text_gets_the_same_tokens_whatever_is_drawn_beside_it(data):
    size = data.draw(st.integers(2, 40))
    finite = st.floats(-30, 30, width=32)
    settings_of = st.builds(
        Sampling,
        temperature=st.sampled_from([0.0, 0.7, 1.0]),
        top_k=st.sampled_from([0, 1, 3, 50]),
        top_p=st.sampled_from([0.0, 0.5, 0.9, 1.0]),
        repetition_penalty=st.sampled_from([0.8, 1.0, 1.3]),
        seed=st.integers(0, 9),
    )
    asked = data.draw(st.lists(settings_of, min_size=1, max_size=6))
    beside, alone = ([Sampler(one, size, [0], never=[size - 1]) for one in asked] for _ in range(2))
    for _ in range(3):
        rows = data.draw(
            st.lists(st.lists(finite, min_size=size, max_size=size), min_size=len(asked), max_size=len(asked))
        )
        logits = np.array(rows, dtype=np.float32)
        broken = data.draw(st.sampled_from([None, *range(len(asked))]))
        if broken is not None:
            logits[broken] = np.nan
        tokens = draw(beside, logits)
        for number, (sampler, row) in enumerate(zip(alone, logits, strict=True)):
            if number == broken:
                assert tokens[number] is None
                with pytest.raises(ValueError, match="not numbers"):
                    sampler.draw(row)
            else:
                assert tokens[number] == sampler.draw(row)
                assert surprisals(logits, [0] * len(asked))[number] == surprisal(row, 0)


@pytest.mark.parametrize("other", [{"top_k": 1}, {"top_p": 0.0}, {"temperature": 0.0}, {"repetition_penalty": 1e9}])
def test_texts_of_other_settings_are_not_drawn_alike(other):
    logits = np.array([[0.0, 0.0, 0.1]] * 2, dtype=np.float32)
    texts = [Sampler(Sampling(seed=1, **asked), 3, [2], never=[]) for asked in ({}, other)]
    alone = Sampler(Sampling(seed=1, **other), 3, [2], never=[])
    for _ in range(20):
        assert draw(texts, logits)[1] == alone.draw(logits[1])
