"""What a run is: the data by a hash, the options by name."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_models.data import InputError
from rnn_models.data.corpora import Corpus, Split
from rnn_models.tokenization import train_tokenizer
from rnn_models.training.arguments import parse_arguments
from rnn_models.training.identity import (
    check_environment,
    check_options,
    environment,
    fingerprints,
    hash_of,
    options_of,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(one=VALUES, other=VALUES)
def test_only_equal_data_have_the_same_hash(one: object, other: object) -> None:
    assert hash_of(one) == hash_of(one)
    if repr(one) != repr(other):
        assert hash_of([one]) != hash_of([other])


def test_where_one_text_ends_and_the_next_begins_counts() -> None:
    assert hash_of(["ab", "c"]) != hash_of(["a", "bc"]) != hash_of(["abc"])
    assert hash_of(np.zeros(4)) != hash_of(np.zeros((2, 2))) != hash_of(np.zeros((2, 2), dtype=np.float32))


def test_each_split_has_its_own_hash_and_a_corpus_without_texts_one() -> None:
    @dataclass
    class Series:
        name: str
        train: np.ndarray

    corpus = Corpus("a.csv", Split("train", ["x"], [0]), Split("validation", ["y"], [1]), [Split("test", ["z"], [1])])
    tokenizer = train_tokenizer("character", ["xyz"])
    before = fingerprints([corpus, Series("b.csv", np.arange(3))], tokenizer)
    assert list(before) == ["a.csv, train", "a.csv, validation", "a.csv, test test", "b.csv", "tokenizer"]
    corpus.validation.labels = [0]
    after = fingerprints([corpus, Series("b.csv", np.arange(4))], train_tokenizer("character", ["xy"]))
    assert [name for name in before if before[name] != after[name]] == ["a.csv, validation", "b.csv", "tokenizer"]


def test_options_have_no_folders_of_this_machine(tmp_path) -> None:
    words = ["--task", "language-model", "--datasets", str(tmp_path / "play.txt"), "--output_dir", str(tmp_path)]
    words += ["--tokenizer", "character", "--sample_prompt", "/tmp/x", "--adam_beta2", "0.9", "--keep_checkpoints"]
    options = options_of(parse_arguments(words))
    assert str(tmp_path) not in json.dumps(options)
    assert (options["datasets"][0]["name"], options["adam_beta2"]) == ("play.txt", 0.9)
    assert options["sample_prompt"] == "/tmp/x"
    assert not {"output_dir", "keep_checkpoints", "data_root"} & options.keys()


def test_what_a_pretrained_network_keeps_is_not_told_as_an_option_of_the_run() -> None:
    words = ["--task", "classification", "--datasets", "a.csv", "--output_dir", "b"]
    words += ["--tokenizer", "character", "--output_dropout", "0.1"]
    alone = options_of(parse_arguments(words))
    beside = options_of(parse_arguments([*words, "--pretrained_model", "c"]))
    assert (alone["output_dropout"], alone["embedding_dropout"]) == (0.1, 0.0)
    assert (beside["output_dropout"], beside["embedding_dropout"]) == (0.1, None)


def test_a_run_goes_on_that_began_before_there_was_an_option() -> None:
    words = ["--task", "tagging", "--datasets", "a.csv", "--output_dir", "b", "--tokenizer", "word"]
    now, with_crf = options_of(parse_arguments(words)), options_of(parse_arguments([*words, "--crf", "true"]))
    then = {name: value for name, value in now.items() if name != "crf"}
    assert check_options(then, now, "b") == []
    with pytest.raises(InputError, match="crf was null and is true"):
        check_options(then, with_crf, "b")


@pytest.mark.parametrize("name", ["python", "torch", "processor"])
def test_the_environment_names_versions_and_processor(name: str) -> None:
    assert environment()[name]


def test_another_number_of_processes_is_told_of_a_run_too_that_began_before_there_could_be_several() -> None:
    of_old = {name: value for name, value in environment().items() if name != "processes"}
    assert check_environment({"environment": of_old}, environment()) == []
    assert check_environment({"environment": of_old}, environment(2)) == ["processes was 1 and is 2"]
    assert check_environment({"environment": environment(3)}, environment(2)) == ["processes was 3 and is 2"]
