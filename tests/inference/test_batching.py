"""Many texts at once: each equals its text alone, whatever joins and leaves; slots, order, errors, threads."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_models import RNNConfig, RNNForCausalLM
from rnn_models.graphs.runtime import OnnxEngine, engine_for
from rnn_models.inference import Decoder, Sampling
from rnn_models.inference.batching import READ_AHEAD, Batch, Job
from rnn_models.inference.sampling import Sampler

VOCABULARY, END = 23, 3

users = st.tuples(
    st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=30),
    st.integers(1, 25),
    st.builds(
        Sampling,
        temperature=st.sampled_from([0.0, 0.7, 1.0, 2.0]),
        top_k=st.sampled_from([0, 5]),
        top_p=st.sampled_from([0.8, 1.0]),
        repetition_penalty=st.sampled_from([1.0, 1.3]),
        seed=st.integers(0, 99),
    ),
)


@pytest.fixture(scope="module", params=["rnn", "gru", "lstm"])
def engine(request) -> OnnxEngine:
    torch.manual_seed(0)
    sizes = {"vocab_size": VOCABULARY, "embedding_size": 6, "hidden_size": 19, "num_hidden_layers": 2}
    return engine_for(RNNForCausalLM(RNNConfig(cell_type=request.param, initializer_range=0.7, **sizes)).eval())


def make(prompt: list[int], length: int, sampling: Sampling) -> Job:
    return Job(prompt, length, Sampler(sampling, VOCABULARY, prompt, never=[]))


def alone(engine, prompt: list[int], length: int, sampling: Sampling) -> list[int]:
    """The text from the simplest possible loop."""
    sampler = Sampler(sampling, VOCABULARY, prompt, never=[])
    state, unread, written = engine.initial_state(1), list(prompt), []
    while len(written) < length:
        for token in unread:
            logits, state = engine.step(np.array([token]), state)
        token = sampler.draw(logits[0])
        if token == END:
            break
        written.append(token)
        unread = [token]
    return written


@settings(max_examples=60, deadline=None)
@given(
    arrivals=st.lists(st.tuples(st.integers(0, 20), users, st.none() | st.integers(0, 20)), min_size=1, max_size=12),
)
def test_everybody_gets_the_text_that_they_would_have_got_alone(engine, arrivals):
    """Users arrive in any round, and some of them leave some rounds later."""
    batch = Batch(engine, {END})
    texts = [make(*user) for _, user, _ in arrivals]
    for round_ in range(100):
        if new := [text for text, (begin, *_) in zip(texts, arrivals, strict=True) if begin == round_]:
            batch.join(new)
        for text, (begin, _, stay) in zip(texts, arrivals, strict=True):
            if stay is not None and begin + stay == round_:
                text.close()
        batch.advance()
    assert not batch.jobs and all(text.ended.done() for text in texts)
    for text, (_, user, stay) in zip(texts, arrivals, strict=True):
        expected = alone(engine, *user)
        assert text.tokens == (expected if stay is None else expected[: len(text.tokens)])


def test_a_text_that_is_closed_has_no_part_in_the_next_step(engine):
    rows = []

    class Counting:
        vocab_size, initial_state = engine.vocab_size, engine.initial_state

        def step(self, tokens, state):
            rows.append(len(tokens))
            return engine.step(tokens, state)

    batch = Batch(Counting(), ())
    texts = [make([5], 100, Sampling(seed=seed)) for seed in range(3)]
    batch.join(texts)
    batch.advance()
    texts[1].close()
    batch.advance()
    assert rows == [3, 2] and texts[1].ended.done() and len(texts[1].tokens) == 1
    assert [len(text.tokens) for text in texts] == [2, 1, 2]


def test_everybody_gets_one_token_a_round_and_prompts_are_read_faster_than_texts_are_written(engine):
    batch = Batch(engine, ())
    writers = [make([5], 50, Sampling(seed=seed)) for seed in range(2)]
    reader = make([4] * (3 * (READ_AHEAD + 1)), 50, Sampling(seed=2))
    batch.join([*writers, reader])
    for round_ in range(1, 4):
        batch.advance()
        assert [len(text.tokens) for text in writers] == [round_] * 2
    assert len(reader.tokens) == 0 and len(reader.unread) == 1
    batch.advance()
    assert len(reader.tokens) == 1


def test_the_threaded_decoder_writes_for_forty_at_once_what_each_would_get_alone(engine):
    decoder = Decoder(engine, {END}, max_slots=16)
    asked = [([4 + user % 9] * (1 + user % 5), 10 + user, Sampling(seed=user)) for user in range(40)]
    jobs = [decoder.write(*user) for user in asked]
    for job, user in zip(jobs, asked, strict=True):
        job.ended.result(60)
        assert job.tokens == alone(engine, *user)


def test_waiting_jobs_get_the_next_free_slot_in_order(engine):
    decoder = Decoder(engine, (), max_slots=1)
    first, second, third = (decoder.write([5], length, Sampling(seed=0)) for length in (10_000_000, 2, 2))
    first.started.result(60)
    assert not second.started.done()
    first.close()
    third.ended.result(60)
    assert second.ended.done() and first.ended.done()


def decoder_threads() -> int:
    return sum(thread.name == "rnn-models-decoder" for thread in threading.enumerate())


def test_the_thread_is_there_only_while_there_is_work(engine):
    decoder = Decoder(engine, ())
    for _ in range(3):
        decoder.write([5], 5, Sampling()).ended.result(60)
        deadline = time.monotonic() + 60
        while decoder_threads():
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_an_error_of_the_engine_reaches_everybody_in_it_and_nobody_after(engine):
    class Failing:
        vocab_size, initial_state, broken = engine.vocab_size, engine.initial_state, True

        def step(self, tokens, state):
            if self.broken:
                raise RuntimeError("no memory")
            return engine.step(tokens, state)

    failing = Failing()
    decoder = Decoder(failing, {END})
    for job in [decoder.write([5], 5, Sampling(seed=0)) for _ in range(3)]:
        with pytest.raises(RuntimeError, match="no memory"):
            job.ended.result(60)
        assert job.started.done() and job.tokens == []
    failing.broken = False
    job = decoder.write([5], 5, Sampling(seed=0))
    job.ended.result(60)
    assert job.tokens == alone(engine, [5], 5, Sampling(seed=0))


@pytest.mark.parametrize(("prompt", "length"), [([], 5), ([VOCABULARY], 5), ([-1], 5), ([5], 0)])
def test_what_cannot_be_written_is_refused_at_once(engine, prompt, length):
    with pytest.raises(ValueError, match=r"must be at least 1|each from 0 to 22"):
        Decoder(engine, ()).write(prompt, length, Sampling())


def read_all(engine, tokens: list[int]) -> tuple[np.ndarray, list[np.ndarray]]:
    """The logits and the state after these tokens, one by one."""
    state = engine.initial_state(1)
    for token in tokens:
        logits, state = engine.step(np.array([token]), state)
    return logits[0], [part[0] for part in state]


def test_a_text_goes_on_from_a_kept_state_as_it_would_have_gone_on(engine):
    sampling = Sampling(seed=1, temperature=0)
    decoder = Decoder(engine, ())
    first = decoder.write([5, 6, 7], 8, sampling)
    first.ended.result()
    whole = decoder.write([5, 6, 7, *first.tokens], 8, sampling)
    whole.ended.result()
    again = decoder.write([*first.unread], 8, sampling, start=first.state)
    again.ended.result()
    assert list(first.unread) == first.tokens[-1:] and again.tokens == whole.tokens
    _, state = read_all(engine, [5, 6, 7, *first.tokens[:-1]])
    assert all((one == other).all() for one, other in zip(first.state, state, strict=True))


def test_the_state_of_a_text_that_the_model_ended_has_read_all_of_it(engine):
    logits, state = read_all(engine, [5, 6])
    job = Decoder(engine, {int(logits.argmax())}).write([5, 6], 8, Sampling(temperature=0))
    job.ended.result()
    assert job.tokens == [] and not job.unread and (job.logits == logits).all()
    assert all((one == other).all() for one, other in zip(job.state, state, strict=True))


def test_the_bits_of_given_tokens_are_those_that_they_had_when_they_were_written(engine):
    decoder = Decoder(engine, ())
    whole = decoder.write([5, 6, 7], 12, Sampling(seed=3))
    whole.ended.result()
    rest = decoder.write([5, 6, 7, *whole.tokens[:6]], 6, Sampling(seed=4), given=6)
    rest.ended.result()
    assert rest.bits[:6] == whole.bits[:6] and len(rest.bits) == 12


def test_a_state_of_another_size_is_refused(engine):
    with pytest.raises(ValueError, match="a state of this model has arrays of the shapes"):
        Decoder(engine, ()).write([5], 3, Sampling(), start=[np.zeros(4, np.float32)])


def test_logits_that_are_not_numbers_end_one_text_alone(engine):
    class Broken:
        vocab_size, initial_state = engine.vocab_size, engine.initial_state

        def step(self, tokens, state):
            logits, state = engine.step(tokens, state)
            logits[tokens == 6] = np.nan
            return logits, state

    batch = Batch(Broken(), {END})
    fine, broken = make([5], 1, Sampling(temperature=0)), make([6], 1, Sampling(temperature=0))
    batch.join([fine, broken])
    while batch.jobs:
        batch.advance()
    assert fine.tokens == alone(engine, [5], 1, Sampling(temperature=0))
    with pytest.raises(ValueError, match="the logits are not numbers"):
        broken.ended.result()
