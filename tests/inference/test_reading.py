"""Prompts reach a model in characters that it knows, and what it does not know is named."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_models.inference import Reader
from rnn_models.inference.loops import is_looping
from rnn_models.inference.reading import to_simplified
from rnn_models.inference.text import Continuation
from rnn_models.tokenization import train_tokenizer
from tests.conftest import CHINESE, ENGLISH


@cache
def poet() -> Reader:
    return Reader(train_tokenizer("character", [CHINESE + "隣"]), "zh")


@cache
def player() -> Reader:
    return Reader(train_tokenizer("character", [ENGLISH]), "en")


@cache
def bytes_reader() -> Reader:
    return Reader(train_tokenizer("byte-pair", [ENGLISH + "café café"], vocab_size=300), "en")


def test_ascii_punctuation_in_a_poem_is_read_as_chinese():
    reading = poet().read("床前明月光,疑是地上霜.")
    assert reading.text == "床前明月光，疑是地上霜。" and reading.other_marks
    assert not reading.unknown and not reading.from_traditional


def test_chinese_punctuation_in_an_english_prompt_is_read_as_ascii():
    assert player().read("To be， or not：").text == "To be, or not:"


def test_blanks_that_a_model_does_not_know_are_left_out_and_line_ends_are_one():
    assert poet().read("床前 明月\r\n光").text == "床前明月\n光"


@pytest.mark.parametrize(("typed", "read"), [("舉頭望明月", "举头望明月"), ("床前明月光", "床前明月光"), ("乾", "乾")])
def test_traditional_characters_reach_a_model_of_simplified_ones_as_simplified(typed, read):
    reading = poet().read(typed)
    assert reading.text == read and reading.from_traditional == (typed != read)


def test_a_model_of_another_language_or_script_gets_the_characters_as_they_are():
    assert player().script("舉頭") == "舉頭"
    traditional = Reader(train_tokenizer("character", ["舉頭望見國家與書畫，這樣說話"]), "zh")
    assert traditional.script("舉頭") == "舉頭" and traditional.unusual == []


@pytest.mark.parametrize("word", ["著名", "干净", "只有", "发展", "这家酒店的服务太差了，后面的台子"])
def test_simplified_text_is_never_converted(word):
    assert to_simplified(word) == word


def test_unknown_characters_are_named_each_once():
    reading = player().read("To be Привет Привет")
    assert set(reading.unknown) == set("Привет") and not reading.nothing_known
    assert player().read("Привет").nothing_known and player().read("😀😀").nothing_known
    assert not player().read("").nothing_known and not player().read("  ").nothing_known


def test_a_byte_level_model_knows_a_character_only_as_a_whole():
    assert bytes_reader().read("café").unknown == ()
    assert bytes_reader().read("Привет").nothing_known


def test_variants_are_never_written_by_a_model_of_simplified_chinese():
    tokenizer = poet().tokenizer
    assert tokenizer.convert_tokens_to_ids("隣") in poet().unusual
    assert tokenizer.convert_tokens_to_ids("明") not in poet().unusual
    assert poet().read("隣").unknown == ()  # but read


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_can_be_read_and_reading_it_again_changes_nothing(text):
    for reader in (poet(), player(), bytes_reader()):
        once = reader.read(text)
        again = reader.read(once.text)
        assert again.text == once.text and again.unknown == once.unknown


@settings(deadline=None)
@given(st.lists(st.integers(0, 299), max_size=40))
def test_no_tokens_make_half_a_character_and_the_pieces_make_the_text(ids):
    tokenizer = bytes_reader().tokenizer
    ids = [token for token in ids if token < len(tokenizer) and token not in tokenizer.all_special_ids]
    continuation = Continuation(tokenizer, tokenizer("To")["input_ids"])
    text = continuation.text(ids)
    assert "\ufffd" not in text
    pieces = continuation.pieces(ids)
    assert pieces == [] or ("".join(pieces) == text and len(pieces) == len(ids))


@pytest.mark.parametrize(
    ("text", "looping"),
    [
        ("the king of the world and " * 4, True),
        ("a" * 30, True),
        ("First: " + "I will not be so,\n" * 3, True),
        ("no, no, no", False),
        ("To be, or not to be, that is the question", False),
        ("", False),
        ("\n" * 100, True),
    ],
)
def test_a_text_that_goes_round_in_circles_is_noticed(text, looping):
    assert is_looping(text) == looping
