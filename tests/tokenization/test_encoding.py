from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import AutoTokenizer, ByT5Tokenizer, PreTrainedTokenizerFast

from rnn_models.tokenization import (
    TOKENIZER_KINDS,
    encode_with_offsets,
    length_limit,
    save_tokenizer,
    token_ids,
    train_tokenizer,
    with_html,
)

CORPUS = ["To be, or not to be: that is the question.", "白日依山尽，黄河入海流。"]
any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@pytest.fixture(scope="module", params=[*TOKENIZER_KINDS, "framed"])
def tokenizer(request):
    if request.param in TOKENIZER_KINDS:
        return train_tokenizer(request.param, CORPUS)
    # As in BERT: there is also a token at the end, which truncation must keep.
    backend = Tokenizer(models.WordLevel({"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "to": 3, "be": 4}, "[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    backend.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    return PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="[UNK]", pad_token="[UNK]")


@settings(deadline=None)
@given(
    texts=st.lists(any_text | st.sampled_from(["to be or not to be", "to"]), max_size=4),
    max_length=st.none() | st.integers(2, 9),
    side=st.sampled_from(["left", "right"]),
    special_tokens=st.booleans(),
)
def test_texts_are_encoded_and_truncated_as_in_transformers(tokenizer, texts, max_length, side, special_tokens):
    tokenizer.truncation_side = side
    found = token_ids(tokenizer, texts, max_length=max_length, special_tokens=special_tokens)
    for text, ids in zip(texts, found, strict=True):
        options = {"truncation": max_length is not None, "max_length": max_length}
        assert ids == tokenizer(text, add_special_tokens=special_tokens, **options)["input_ids"]
        theirs = tokenizer(text, return_offsets_mapping=True, **options)
        found = encode_with_offsets(tokenizer, text, max_length=max_length)
        assert found == (theirs["input_ids"], theirs["offset_mapping"])


def test_a_tokenizer_without_a_backend_truncates_too():
    assert token_ids(ByT5Tokenizer(), ["abcdef"], max_length=4) == [ByT5Tokenizer()("abc")["input_ids"]]


def test_no_setting_of_the_tokenizer_is_touched_and_none_matters(tokenizer):
    text = "to be or not to be"
    whole = token_ids(tokenizer, [text])
    backend = tokenizer.backend_tokenizer
    backend.enable_truncation(2)
    backend.enable_padding(length=50)
    before = backend.to_str()
    assert token_ids(tokenizer, [text]) == whole
    assert [len(ids) for ids in token_ids(tokenizer, [text], max_length=4)] == [4]
    assert backend.to_str() == before
    backend.no_truncation()
    backend.no_padding()


def test_tokens_that_are_added_later_are_recognised():
    tokenizer = train_tokenizer("word", CORPUS)
    assert token_ids(tokenizer, ["to zzz"])[0][-1] == tokenizer.unk_token_id
    tokenizer.add_tokens(["zzz"])
    assert token_ids(tokenizer, ["to zzz"])[0][-1] == tokenizer.convert_tokens_to_ids("zzz")


def test_threads_that_share_a_tokenizer_do_not_truncate_for_each_other():
    tokenizer = train_tokenizer("character", CORPUS)
    text = "to be or not to be " * 20
    lengths: dict[int | None, set[int]] = {None: set(), 7: set(), 30: set()}
    stop = threading.Event()
    together = threading.Barrier(len(lengths) + 1)

    def encode(max_length: int | None) -> None:
        together.wait()
        for _ in range(300):
            lengths[max_length].update(map(len, token_ids(tokenizer, [text] * 3, max_length=max_length)))

    def somebody_else() -> None:
        together.wait()
        while not stop.is_set():
            tokenizer(text, truncation=True, max_length=3)
            tokenizer(text)

    threads = [threading.Thread(target=encode, args=(max_length,)) for max_length in lengths]
    other = threading.Thread(target=somebody_else)
    for thread in (*threads, other):
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    other.join()
    assert lengths == {None: {1 + len(text)}, 7: {7}, 30: {30}}


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_saved_file_truncates_as_the_model_reads_whatever_was_set_before(side: str, tmp_path: Path):
    tokenizer = train_tokenizer("character", CORPUS)
    tokenizer.model_max_length = 9
    save_tokenizer(tokenizer, tmp_path / "stage")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "stage")
    tokenizer.model_max_length = tokenizer.init_kwargs["model_max_length"] = 12
    tokenizer.truncation_side = tokenizer.init_kwargs["truncation_side"] = side
    tokenizer("to be or not to be", truncation=True, max_length=5)  # sets the backend's truncation
    save_tokenizer(tokenizer, tmp_path / "model")
    text = "to be or not to be"
    (expected,) = token_ids(tokenizer, [text], max_length=length_limit(tokenizer))
    assert len(expected) == 12
    assert Tokenizer.from_file(str(tmp_path / "model" / "tokenizer.json")).encode(text).ids == expected
    again = AutoTokenizer.from_pretrained(tmp_path / "model")
    assert (again.model_max_length, again.truncation_side) == (12, side)
    assert again(text)["input_ids"] == tokenizer(text)["input_ids"]
    settings = json.loads((tmp_path / "model" / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert not settings.keys() & {"max_length", "stride", "truncation_strategy", "is_local", "local_files_only"}


def test_a_tokenizer_without_a_limit_is_saved_without_one(tmp_path: Path):
    tokenizer = train_tokenizer("character", CORPUS)
    tokenizer("to be", truncation=True, max_length=3)
    save_tokenizer(tokenizer, tmp_path)
    assert length_limit(tokenizer) is None
    assert Tokenizer.from_file(str(tmp_path / "tokenizer.json")).truncation is None


def test_what_a_tokenizer_learned_to_do_after_its_first_use_is_saved(tmp_path: Path):
    tokenizer = train_tokenizer("character", CORPUS)
    token_ids(tokenizer, ["to be"])
    tokenizer.backend_tokenizer.normalizer = with_html(None)
    save_tokenizer(tokenizer, tmp_path)
    alone = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert alone.encode("to<br>be").ids == alone.encode("to be").ids
