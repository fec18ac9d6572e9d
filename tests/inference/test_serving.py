"""Texts streamed in an event loop, and texts of many users classified together."""

from __future__ import annotations

import asyncio
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

import rnn_models  # noqa: F401  registers the models
from rnn_models.graphs.runtime import engine_for
from rnn_models.inference import (
    Decoder,
    NotTextError,
    Sampling,
    SharedClassifier,
    classify,
    follow,
    special_tokens,
    stream,
)

any_text = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)


@pytest.fixture(scope="module")
def loaded(tiny_checkpoints: Path):
    folder = tiny_checkpoints / "shakespeare-lstm"
    return AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)


@pytest.fixture(scope="module")
def writer(loaded):
    model, tokenizer = loaded
    return Decoder(engine_for(model, quantize=None), *special_tokens(model, tokenizer)), tokenizer


@pytest.fixture(scope="module")
def classifier(tiny_checkpoints: Path) -> SharedClassifier:
    folder = tiny_checkpoints / "sentiment-en"
    return SharedClassifier(
        AutoModelForSequenceClassification.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    )


async def read(*arguments, interval: float = 0.001, **options) -> list[str]:
    return [text async for text in follow(*arguments, interval=interval, **options)]


def test_texts_grow_to_what_was_asked_for(writer):
    texts = asyncio.run(read(*writer, "To be", max_new_tokens=150, sampling=Sampling(seed=1)))
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))
    assert len(texts[-1]) == 150 and "<" not in texts[-1]


def test_temperature_zero_writes_what_stream_writes(writer, loaded):
    greedy = Sampling(temperature=0)
    *_, text = asyncio.run(read(*writer, "To be", max_new_tokens=30, sampling=greedy))
    *_, expected = stream(*loaded, "To be", max_new_tokens=30, temperature=0)
    assert text == expected


def test_many_tasks_of_one_loop_get_what_each_gets_alone(writer):
    async def everybody() -> list[list[str]]:
        tasks = [read(*writer, "The", max_new_tokens=60, sampling=Sampling(seed=seed)) for seed in range(20)]
        return await asyncio.gather(*tasks)

    together = asyncio.run(everybody())
    assert len({texts[-1] for texts in together}) == 20
    for seed in (0, 7, 19):
        assert (
            together[seed][-1]
            == asyncio.run(read(*writer, "The", max_new_tokens=60, sampling=Sampling(seed=seed)))[-1]
        )


@pytest.mark.parametrize("how", ["close", "cancel"])
def test_a_reader_who_goes_takes_the_text_out_of_the_decoder(writer, how):
    decoder, tokenizer = writer

    async def leave() -> None:
        texts = follow(decoder, tokenizer, "The", max_new_tokens=10_000_000, interval=0.001, sampling=Sampling(seed=0))
        if how == "close":
            await anext(texts)
            await texts.aclose()
            return
        task = asyncio.create_task(_exhaust(texts))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    for thread in threading.enumerate():
        if thread.name == "rnn-models-decoder":
            thread.join(60)
            assert not thread.is_alive()


async def _exhaust(texts) -> None:
    async for _ in texts:
        pass


@settings(max_examples=25, deadline=None)
@given(text=any_text)
def test_any_text_can_be_a_prompt(writer, text):
    assert len(asyncio.run(read(*writer, text, max_new_tokens=5, sampling=Sampling(seed=0)))[-1]) == 5


def test_what_is_wrong_is_said_at_once(writer):
    with pytest.raises(NotTextError):
        follow(*writer, "a\x00", max_new_tokens=5, interval=0.1, sampling=Sampling())
    with pytest.raises(ValueError, match="max_new_tokens is 0"):
        follow(*writer, "a", max_new_tokens=0, interval=0.1, sampling=Sampling())


def test_an_error_of_the_engine_reaches_the_reader(loaded):
    model, tokenizer = loaded
    engine = engine_for(model)
    engine.state_shape = ["batch", engine.state_shape[-1] + 1]
    with pytest.raises(Exception, match="Got invalid dimensions"):
        asyncio.run(read(Decoder(engine, ()), tokenizer, "a", max_new_tokens=5, sampling=Sampling()))


@settings(max_examples=25, deadline=None)
@given(texts=st.lists(any_text, min_size=1, max_size=40))
def test_texts_classified_together_get_what_each_gets_alone(classifier, texts):
    answers = [classifier.classify(text) for text in texts]
    for text, answer in zip(texts, answers, strict=True):
        (alone,) = classify(classifier.model, classifier.tokenizer, [text])
        assert answer.result(60) == pytest.approx(alone, abs=1e-5)


def test_texts_that_wait_are_classified_in_one_pass_and_long_ones_apart(classifier):
    passes = []
    started, go_on = threading.Event(), threading.Event()

    def watch(_module, _arguments, options) -> None:
        passes.append(len(options["input_ids"]))
        started.set()
        go_on.wait(60)

    handle = classifier.model.register_forward_pre_hook(watch, with_kwargs=True)
    try:
        answers = [classifier.classify("first")]
        assert started.wait(60)
        answers += [classifier.classify(text) for text in ["a", "b", "word " * 1000, "c"]]
        go_on.set()
        for answer in answers:
            answer.result(60)
    finally:
        handle.remove()
    assert passes == [1, 3, 1]


def test_what_is_not_text_is_refused_and_the_others_are_answered(classifier):
    answer = classifier.classify("fine")
    with pytest.raises(NotTextError):
        classifier.classify("a\x00")
    assert answer.result(60) and classifier.classify("fine too").result(60)


def test_an_error_reaches_those_who_wait_and_an_answer_that_nobody_waits_for_is_dropped(classifier):
    def fail(*_) -> None:
        raise RuntimeError("no memory")

    handle = classifier.model.register_forward_pre_hook(fail)
    try:
        with pytest.raises(RuntimeError, match="no memory"):
            classifier.classify("a").result(60)
    finally:
        handle.remove()
    dropped = classifier.classify("b")
    dropped.cancel()
    assert classifier.classify("c").result(60)
