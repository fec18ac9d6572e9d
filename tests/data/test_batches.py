"""Batches of similar length have every row, padded on the right, in an order that the seed decides."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rnn_models.data.batches import LengthGroupedBatches, batches_by_length, encode_texts, pad_right, random_spans
from rnn_models.tokenization import train_tokenizer

PAD = 0
lengths = st.lists(st.integers(1, 30), min_size=1, max_size=60)


def rows_of(lengths: list[int]) -> list[np.ndarray]:
    """Row `i` begins with the token `i + 10`, by which it is recognised."""
    return [np.array([i + 10] + [5] * (length - 1), dtype=np.int64) for i, length in enumerate(lengths)]


def grouped(rows: list[np.ndarray], **options) -> LengthGroupedBatches:
    options = {"batch_size": 4, "pad_token_id": PAD, **options}
    return LengthGroupedBatches(rows, np.arange(len(rows)), **options)


def rows_read(batches: LengthGroupedBatches) -> list[int]:
    return [int(row[0]) - 10 for i in range(len(batches)) for row in batches[i]["input_ids"]]


@given(lengths, st.integers(1, 9), st.integers(0, 3))
def test_an_epoch_reads_every_row_once_with_its_own_label(lengths: list[int], batch_size: int, epoch: int) -> None:
    batches = grouped(rows_of(lengths), batch_size=batch_size)
    batches.set_epoch(epoch)
    assert sorted(rows_read(batches)) == list(range(len(lengths)))
    for i in range(len(batches)):
        assert batches[i]["labels"].tolist() == [int(row[0]) - 10 for row in batches[i]["input_ids"]]


@given(lengths)
def test_padding_is_on_the_right_and_in_the_mask(lengths: list[int]) -> None:
    batch = pad_right(rows_of(lengths), PAD)
    assert batch["input_ids"].shape == batch["attention_mask"].shape == (len(lengths), max(lengths))
    assert batch["attention_mask"].sum(1).tolist() == lengths
    assert (batch["input_ids"] != PAD).long().equal(batch["attention_mask"])
    assert all(row.tolist() == sorted(row.tolist(), reverse=True) for row in batch["attention_mask"])


def test_rows_of_a_batch_have_similar_lengths() -> None:
    rng = np.random.default_rng(0)
    batches = grouped(rows_of(rng.integers(5, 200, size=400).tolist()), batch_size=16)
    masks = [batches[i]["attention_mask"] for i in range(len(batches))]
    share_of_padding = 1 - sum(mask.sum() for mask in masks) / sum(mask.numel() for mask in masks)
    assert share_of_padding < 0.12


def test_epochs_differ_and_a_seed_repeats_them() -> None:
    rows = rows_of([7] * 40)
    one, same, other = grouped(rows, seed=1), grouped(rows, seed=1), grouped(rows, seed=2)
    first = rows_read(one)
    assert first == rows_read(same)
    assert first != rows_read(other)
    one.set_epoch(1)
    assert first != rows_read(one)
    one.set_epoch(0)
    assert first == rows_read(one)


def test_short_batches_do_not_come_before_long_ones() -> None:
    batches = grouped(rows_of(list(range(1, 101))))
    lengths = [batches[i]["input_ids"].shape[1] for i in range(len(batches))]
    assert lengths != sorted(lengths)
    assert lengths != sorted(lengths, reverse=True)


def test_a_weight_repeats_a_corpus_and_samples_its_fraction_again_each_epoch() -> None:
    rows = rows_of([3] * 60)
    sources = [0] * 40 + [1] * 20
    batches = grouped(rows, sources=sources, weights=[0.5, 2.0])
    drawn = []
    for epoch in range(2):
        batches.set_epoch(epoch)
        read = rows_read(batches)
        assert sorted(row for row in read if row >= 40) == sorted(2 * list(range(40, 60)))
        drawn.append(sorted(row for row in read if row < 40))
        assert len(set(drawn[-1])) == len(drawn[-1]) == 20
    assert drawn[0] != drawn[1]


def test_a_weight_of_zero_leaves_a_corpus_out() -> None:
    batches = grouped(rows_of([3] * 6), sources=[0, 0, 0, 1, 1, 1], weights=[0.0, 1.0])
    assert sorted(rows_read(batches)) == [3, 4, 5]


@given(lengths, st.integers(1, 9))
def test_evaluation_reads_every_row_once_shortest_first(lengths: list[int], batch_size: int) -> None:
    batches = list(batches_by_length(rows_of(lengths), batch_size))
    order = [int(i) for batch in batches for i in batch]
    assert sorted(order) == list(range(len(lengths)))
    assert [lengths[i] for i in order] == sorted(lengths)
    assert all(len(batch) <= batch_size for batch in batches)


def test_texts_are_truncated_on_the_tokenizer_s_side() -> None:
    tokenizer = train_tokenizer("character", ["abcdef"])
    tokenizer.truncation_side = "left"
    (tail,) = encode_texts(tokenizer, ["abcdef"], 3)
    tokenizer.truncation_side = "right"
    (head,) = encode_texts(tokenizer, ["abcdef"], 3)
    assert tokenizer.decode(head, skip_special_tokens=True) == "ab"
    assert tokenizer.decode(tail, skip_special_tokens=True) == "ef"
    assert head[0] == tail[0] == tokenizer.bos_token_id


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30), st.floats(0, 1), st.integers(0, 5))
def test_a_cut_row_is_its_first_token_and_a_span_of_the_rest(lengths: list[int], share: float, seed: int) -> None:
    rows = [np.concatenate([[2], np.arange(10, 10 + length)]) for length in lengths]
    cut = random_spans(rows, share, np.random.default_rng(seed))
    for row, part in zip(rows, cut, strict=True):
        assert part[0] == 2 and len(part) >= min(len(row), 7)
        assert len(part) == 1 or (np.diff(part[1:]) == 1).all()
    if share == 0:
        assert all(np.array_equal(row, part) for row, part in zip(rows, cut, strict=True))


def test_every_part_of_a_row_is_read_eventually() -> None:
    row = np.concatenate([[2], np.arange(10, 20)])
    starts = {random_spans([row], 1.0, np.random.default_rng(seed))[0][1] for seed in range(200)}
    ends = {random_spans([row], 1.0, np.random.default_rng(seed))[0][-1] for seed in range(200)}
    assert starts == {10, 11, 12, 13, 14} and ends == {15, 16, 17, 18, 19}
