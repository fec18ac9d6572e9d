from __future__ import annotations

import threading
import time
from itertools import islice, pairwise
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, AutoTokenizer

import rnn_models  # noqa: F401  registers the models
from rnn_models.inference import NotTextError, stream
from rnn_models.tokenization import train_tokenizer


@pytest.fixture(scope="module", params=["rnn", "gru", "lstm"])
def model_and_tokenizer(request, tiny_checkpoints: Path):
    folder = tiny_checkpoints / f"shakespeare-{request.param}"
    return AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)


@pytest.fixture(scope="module")
def lstm(tiny_checkpoints: Path):
    folder = tiny_checkpoints / "shakespeare-lstm"
    return AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)


def last(texts) -> str:
    *_, text = texts
    return text


def generation_threads() -> int:
    return sum(thread.name == "rnn-models-generation" for thread in threading.enumerate())


def test_temperature_zero_writes_what_greedy_generate_writes(model_and_tokenizer):
    model, tokenizer = model_and_tokenizer
    streamed = last(stream(model, tokenizer, "To be", max_new_tokens=30, temperature=0))
    inputs = tokenizer("To be", return_tensors="pt")
    out = model.generate(**inputs, max_new_tokens=30, do_sample=False, suppress_tokens=[0, 1, 2], pad_token_id=0)
    assert streamed == tokenizer.decode(out[0, inputs["input_ids"].shape[1] :])
    assert len(streamed) == 30


def test_only_the_likeliest_token_is_left_by_top_p_zero_and_by_top_k_one(lstm):
    greedy = last(stream(*lstm, "To be", max_new_tokens=30, temperature=0))
    assert last(stream(*lstm, "To be", max_new_tokens=30, top_p=0)) == greedy
    assert last(stream(*lstm, "To be", max_new_tokens=30, top_k=1)) == greedy


def test_a_seed_gives_the_same_text_again_and_another_seed_another_text(model_and_tokenizer):
    texts = [last(stream(*model_and_tokenizer, "To be", max_new_tokens=40, seed=seed)) for seed in (7, 7, 8)]
    assert texts[0] == texts[1] != texts[2]


def test_a_seed_gives_the_same_text_while_others_generate(lstm):
    def write(seed: int) -> str:
        return last(stream(*lstm, "The", max_new_tokens=120, seed=seed))

    alone = [write(seed) for seed in range(4)]
    together: dict[int, str] = {}
    threads = [threading.Thread(target=lambda s=seed: together.update({s: write(s)})) for seed in range(4)]
    for thread in threads:
        thread.start()
    torch.manual_seed(0)
    for thread in threads:
        thread.join()
    assert [together[seed] for seed in range(4)] == alone


def test_generation_leaves_the_global_random_generator_alone(lstm):
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    last(stream(*lstm, "The", max_new_tokens=20, seed=1))
    assert torch.equal(torch.rand(3), expected)


def test_closing_the_iterator_stops_the_computation(lstm):
    model, tokenizer = lstm
    forwards = 0

    def count(*_):
        nonlocal forwards
        forwards += 1

    handle = model.register_forward_hook(count)
    try:
        texts = stream(model, tokenizer, "To be", max_new_tokens=20_000)
        list(islice(texts, 3))
        assert generation_threads() == 1
        texts.close()
        assert generation_threads() == 0
        stopped_at = forwards
        time.sleep(0.2)
        assert 0 < forwards == stopped_at < 20_000
    finally:
        handle.remove()


def test_every_text_begins_with_the_one_before_and_nothing_is_sent_faster_than_asked(lstm):
    begin = time.monotonic()
    texts = list(stream(*lstm, "To be", max_new_tokens=400, seed=0, interval=0.05))
    elapsed = time.monotonic() - begin
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))
    assert len(texts[-1]) == 400
    assert len(texts) <= elapsed / 0.05 + 2


def test_half_a_character_is_never_shown():
    """A byte-pair model with random weights generates random bytes; the shown text may only grow."""
    from rnn_models import RNNConfig, RNNForCausalLM

    torch.manual_seed(0)
    tokenizer = train_tokenizer("byte-pair", ["床前明月光，疑是地上霜。"], vocab_size=280)
    model = RNNForCausalLM(RNNConfig(vocab_size=len(tokenizer), embedding_size=4, hidden_size=4))
    with torch.no_grad():
        model.lm_head.bias[tokenizer.eos_token_id] = -1000.0
    texts = list(stream(model, tokenizer, "床", max_new_tokens=300, seed=0))
    assert not any(text.endswith("\ufffd") for text in texts)
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))


def test_an_empty_prompt_begins_at_the_beginning_of_text(lstm):
    assert len(last(stream(*lstm, "", max_new_tokens=10, seed=0))) == 10


def test_special_tokens_are_never_written(lstm):
    model, tokenizer = lstm
    text = last(stream(model, tokenizer, "a", max_new_tokens=500, temperature=5.0, seed=0))
    assert len(text) == 500
    assert "<" not in text


def test_the_end_of_text_token_ends_the_text(lstm):
    import copy

    model, tokenizer = copy.deepcopy(lstm[0]), lstm[1]
    with torch.no_grad():
        model.lm_head.bias[tokenizer.eos_token_id] = 1000.0
    assert list(stream(model, tokenizer, "To be", max_new_tokens=50)) == []


def test_an_error_while_generating_reaches_the_reader(lstm):
    import copy

    model, tokenizer = copy.deepcopy(lstm[0]), lstm[1]
    model.register_forward_pre_hook(lambda *_: (_ for _ in ()).throw(RuntimeError("no memory")))
    with pytest.raises(RuntimeError, match="no memory"):
        list(stream(model, tokenizer, "To be"))
    assert generation_threads() == 0


@pytest.mark.parametrize(
    ("argument", "value"),
    [("max_new_tokens", 0), ("temperature", -1), ("temperature", float("nan")), ("top_k", -1), ("top_p", 1.5)],
)
def test_a_number_out_of_range_is_named(lstm, argument, value):
    with pytest.raises(ValueError, match=rf"{argument} is .*must be"):
        stream(*lstm, "To be", **{argument: value})


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
def test_what_is_not_text_is_refused_with_its_place(lstm, text):
    with pytest.raises(NotTextError, match="character 2 is U"):
        stream(*lstm, text)


@settings(max_examples=25, deadline=None)
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40))
def test_any_text_can_be_a_prompt(lstm, text):
    assert len(last(stream(*lstm, text, max_new_tokens=5, seed=0))) == 5
