import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_models.data.batches import encode_texts, merge_parts, undo_merges
from rnn_models.tokenization import train_tokenizer

CORPUS = ["这家酒店的服务太差了", "the hotel was far too bad", "hello world, hello hotel 🙂"] * 20


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer("byte-pair", CORPUS)


@given(texts=st.lists(st.text("这家店的hello wrdtb🙂,", min_size=1), min_size=1, max_size=5), seed=st.integers(0, 9))
@settings(max_examples=50, deadline=None)
def test_split_tokens_spell_the_same_text(tokenizer, texts, seed):
    rows = encode_texts(tokenizer, texts, 100)
    pieces = undo_merges(rows, merge_parts(tokenizer), 0.5, np.random.default_rng(seed))
    assert tokenizer.batch_decode(pieces) == tokenizer.batch_decode(rows)


def test_a_share_of_zero_changes_nothing_and_a_share_of_nearly_one_leaves_bytes(tokenizer):
    rows = encode_texts(tokenizer, CORPUS[:3], 100)
    parts = merge_parts(tokenizer)
    same = undo_merges(rows, parts, 0.0, np.random.default_rng(0))
    assert [row.tolist() for row in same] == [row.tolist() for row in rows]
    pieces = undo_merges(rows, parts, 1.0, np.random.default_rng(0))
    # The leading <s> stays one token; everything else is split into bytes.
    assert [len(row) - 1 for row in pieces] == [len(text.encode()) for text in CORPUS[:3]]


def test_the_seed_decides_which_tokens_are_split(tokenizer):
    rows = encode_texts(tokenizer, CORPUS, 100)
    parts = merge_parts(tokenizer)
    first, again, other = (undo_merges(rows, parts, 0.2, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert any(not np.array_equal(a, b) for a, b in zip(first, other, strict=True))
