"""Metrics of generated text, against slower ways to count."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_models.checkpoint import load_checkpoint
from rnn_models.data.token_store import encode_documents
from rnn_models.evaluation.samples import (
    beginning,
    copied_share,
    distinct,
    has_loop,
    held_out_spans,
    longest_copy,
    sample_metrics,
    words,
    write_samples,
)

few_letters = st.text(alphabet="ab \n", max_size=40)
# most of these have a loop, or miss one by a character
nearly_loops = st.builds(
    lambda before, piece, times, cut, after: before + (piece * times)[cut:] + after,
    st.text(alphabet="xy", max_size=3),
    st.text(alphabet="abc", min_size=1, max_size=9),
    st.integers(2, 8),
    st.integers(0, 3),
    st.text(alphabet="xy", max_size=3),
)


def test_distinct_counts_words_signs_and_chinese_characters():
    assert distinct(["the cat, the dog"], 1) == 4 / 5
    assert distinct(["the cat, the dog"], 2) == 1
    assert distinct(["a b a b", "a b"], 2) == 2 / 4
    assert distinct(["床前明月光明月"], 1) == 5 / 7
    assert distinct(["one", ""], 2) == 0


@given(st.lists(st.text(), max_size=4), st.integers(1, 3))
def test_distinct_is_a_share_and_halves_where_a_text_stands_twice(texts: list[str], n: int):
    once = distinct(texts, n)
    assert 0 <= once <= 1
    assert distinct(texts * 2, n) == pytest.approx(once / 2)


@settings(max_examples=200)
@given(few_letters | nearly_loops)
def test_a_loop_is_a_piece_three_times_in_a_row_over_twenty_characters(text: str):
    spans = (text[i:j] for i in range(len(text)) for j in range(i + 20, len(text) + 1))
    found = any(
        all(span[k] == span[k - period] for k in range(period, len(span)))
        for span in spans
        for period in range(1, len(span) // 3 + 1)
    )
    assert has_loop(text) == found


@pytest.mark.parametrize("loop", ["ab" * 10, "to be or not " * 3, "x" * 20, "明月照高楼，流光正徘徊。" * 3])
def test_loops_are_found_wherever_they_stand(loop: str):
    assert has_loop(loop)
    assert has_loop(f"Once upon {loop} a time")
    assert not has_loop("".join(dict.fromkeys(loop)))


def test_a_line_said_twice_is_no_loop():
    assert not has_loop("the very same line of words\n" * 2)
    assert not has_loop("no, no, no!")
    assert not has_loop("x" * 19)
    assert has_loop("x" * 20)
    assert not has_loop(("abcdefgh" * 3)[1:])


@settings(max_examples=200)
@given(st.lists(few_letters, max_size=3), st.lists(few_letters, max_size=3), st.integers(1, 6))
def test_copies_are_what_a_search_by_hand_finds(samples: list[str], training: list[str], length: int):
    spans = [sample[i:j] for sample in samples for i in range(len(sample)) for j in range(i + 1, len(sample) + 1)]
    copied = [span for span in spans if any(span in text for text in training)]
    assert longest_copy(samples, training) == max(map(len, copied), default=0)
    grams = [span for span in spans if len(span) == length]
    share = sum(len(span) == length for span in copied) / len(grams) if grams else 0
    assert copied_share(samples, training, length) == share


def test_a_copy_never_runs_across_two_training_texts():
    assert longest_copy(["one two"], ["say one", " two more"]) == 4


def test_samples_are_decided_by_their_seed_and_leave_other_random_numbers_alone(tiny_checkpoints: Path):
    checkpoint = load_checkpoint(tiny_checkpoints / "shakespeare-gru")
    checkpoint.model.generation_config.do_sample = True
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    options = {"number": 3, "length": 30, "prompt": "To be"}
    first, again, other = (
        write_samples(checkpoint.model, checkpoint.tokenizer, **options, seed=seed) for seed in (0, 0, 1)
    )
    assert torch.equal(torch.rand(1), expected)
    assert first == again != other
    assert len(set(first)) == 3
    assert not any(text.startswith("To be") for text in first)
    # special tokens may be drawn, and they are not text
    assert all(20 <= len(text) <= 30 for text in first)


def test_held_out_spans_are_parts_of_the_text_and_beginnings_of_separate_documents(tiny_checkpoints: Path):
    tokenizer = load_checkpoint(tiny_checkpoints / "shakespeare-gru").tokenizer
    texts = ["To be, or not to be", "Whether 'tis nobler"]
    documents = encode_documents(tokenizer, texts)
    spans = held_out_spans(tokenizer, documents, number=20, length=8, separate=False, seed=0)
    assert len(set(spans)) > 5
    assert all(span in "".join(texts) and len(span) <= 8 for span in spans)
    spans = held_out_spans(tokenizer, documents, number=20, length=8, separate=True, seed=0)
    assert set(spans) == {"To be, ", "Whether"}


def test_all_metrics_of_a_sample_that_is_copied_whole():
    text = "it is the east, and Juliet is the sun"
    metrics = sample_metrics([text], [f"what light? {text}."])
    assert metrics["longest_copy"] == len(text)
    assert metrics["copied_20_grams"] == 1
    assert metrics["distinct_1"] == len(set(re.findall(r"\w+|,", text))) / 10
    assert metrics["looping"] == 0
    assert metrics["new_words"] == 0 and metrics["readable"] == 1


def test_a_sample_is_readable_where_its_first_words_hold_no_loop_and_no_new_word():
    training = ["The film is good, and so are the people in it. One two three"]
    written = ["x the people in the film are good x", "x the peeple are good x", "x" + " good" * 9 + " x"]
    metrics = sample_metrics(written, training)
    assert metrics["readable"] == 1 / 3
    assert metrics["new_words"] == 1 / (7 + 4 + 9)
    pairs = zip(["the", "people", "are"] * 10, ["one", "two", "three", "good", "in"] * 6, strict=True)
    sixty = "".join(f" {one} {other}" for one, other in pairs)
    assert sample_metrics([sixty + " peeple and more"], training)["readable"] == 1, "later words do not count"
    assert sample_metrics([" peeple" + sixty], training)["readable"] == 0


@given(st.text())
def test_words_are_letters_in_lower_case_and_a_beginning_is_a_part_of_the_text(text: str):
    assert all(word.isalpha() and word == word.lower() for word in words(text))
    assert beginning(text, 60) in text
    assert len(words(beginning(text, 2))) <= 2


def test_a_beginning_leaves_out_what_may_be_a_part_of_a_word():
    assert beginning("ilms are good and wh", 60) == " are good and "
    assert beginning(" films are good.", 60) == " films are good."
    assert beginning(" films are good and", 2) == " films are"
    assert words("床前 It's 3 o'clock") == ["it", "s", "o", "clock"]
