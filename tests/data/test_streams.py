"""Contiguous streams lose nothing and continue from batch to batch."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnn_models.data import InputError
from rnn_models.data.streams import IGNORED, TokenStreams
from rnn_models.data.token_store import encode_documents
from rnn_models.tokenization import train_tokenizer

PAD, BOS, EOS = 0, 2, 3


def documents_of(lengths: list[int]) -> list[np.ndarray]:
    """Documents whose tokens are all different, so that each can be recognised."""
    numbers = iter(range(4, 10_000))
    return [np.array([next(numbers) for _ in range(length)], dtype=np.int64) for length in lengths]


@st.composite
def corpora(draw: st.DrawFn) -> tuple[list[np.ndarray], int, int]:
    lengths = draw(st.lists(st.integers(1, 40), min_size=1, max_size=8).filter(lambda lengths: sum(lengths) > 1))
    return documents_of(lengths), draw(st.integers(1, 12)), draw(st.integers(1, 50))


def streams_of(case: tuple[list[np.ndarray], int, int], **options) -> TokenStreams:
    documents, batch_size, sequence_length = case
    return TokenStreams(documents, batch_size=batch_size, sequence_length=sequence_length, pad_token_id=PAD, **options)


def targets_of(streams: TokenStreams) -> list[int]:
    found = torch.cat([streams[i]["shift_labels"].flatten() for i in range(len(streams))])
    return sorted(found[found != IGNORED].tolist())


@given(corpora())
def test_every_token_but_the_first_is_a_target_exactly_once(case) -> None:
    assert targets_of(streams_of(case)) == sorted(np.concatenate(case[0]).tolist()[1:])


@given(corpora())
def test_each_stream_continues_where_the_previous_batch_ended(case) -> None:
    streams = streams_of(case)
    inputs = torch.cat([streams[i]["input_ids"] for i in range(len(streams))], dim=1)
    targets = torch.cat([streams[i]["shift_labels"] for i in range(len(streams))], dim=1)
    follows = targets[:, :-1][targets[:, 1:] != IGNORED]
    assert torch.equal(follows, inputs[:, 1:][targets[:, 1:] != IGNORED])
    tokens = np.concatenate(case[0])
    assert inputs.flatten()[: len(tokens) - 1].tolist() == tokens[:-1].tolist()


@given(corpora(), st.integers(0, 3))
def test_other_cuts_lose_nothing_and_change_no_order(case, epoch: int) -> None:
    even, random = streams_of(case), streams_of(case, random_truncation=True)
    for streams in (even, random):
        streams.set_epoch(epoch)
    whole = [torch.cat([streams[i]["input_ids"] for i in range(len(streams))], dim=1) for streams in (even, random)]
    assert len(random) == len(even) and torch.equal(*whole)
    assert all(random[i]["input_ids"].shape[1] > 0 for i in range(len(random)))


def test_every_epoch_cuts_elsewhere_and_the_seed_decides_where() -> None:
    bounds = []
    for seed, epoch in ((0, 0), (0, 1), (0, 0), (1, 0)):
        streams = TokenStreams(
            documents_of([400]), batch_size=2, sequence_length=20, pad_token_id=PAD, random_truncation=True, seed=seed
        )
        streams.set_epoch(epoch)
        bounds.append(streams.bounds.tolist())
    assert bounds[0] == bounds[2] and bounds[0] != bounds[1] and bounds[0] != bounds[3]


@given(corpora())
def test_batches_are_no_longer_than_asked_and_nearly_equal(case) -> None:
    streams = streams_of(case)
    lengths = [streams[i]["input_ids"].shape[1] for i in range(len(streams))]
    assert max(lengths) <= case[2]
    assert max(lengths) - min(lengths) <= 1
    assert [streams[i]["begins"] for i in range(len(streams))] == [True] + [False] * (len(streams) - 1)


@given(corpora(), st.integers(0, 5))
def test_shuffling_changes_only_the_order_of_the_documents(case, epoch: int) -> None:
    streams = streams_of(case, shuffle=True, seed=7)
    streams.set_epoch(epoch)
    inputs, targets = (
        torch.cat([streams[i][name] for i in range(len(streams))], dim=1) for name in ("input_ids", "shift_labels")
    )
    first = inputs[0, 0].item()
    assert first in {document[0] for document in case[0]}
    assert sorted([first, *targets_of(streams)]) == sorted(np.concatenate(case[0]).tolist())
    successors = {a: b for document in case[0] for a, b in pairwise(document)}
    pairs = zip(inputs.flatten().tolist(), targets.flatten().tolist(), strict=True)
    assert all(successors[given] == target for given, target in pairs if given in successors and target != IGNORED)


def test_an_epoch_is_shuffled_the_same_way_each_time_and_unlike_the_next() -> None:
    case = (documents_of([5] * 30), 2, 8)
    one, other = streams_of(case, shuffle=True, seed=1), streams_of(case, shuffle=True, seed=1)
    assert torch.equal(one[0]["input_ids"], other[0]["input_ids"])
    other.set_epoch(1)
    assert not torch.equal(one[0]["input_ids"], other[0]["input_ids"])


def test_the_beginning_token_is_not_a_target_if_it_is_given() -> None:
    documents = [np.array([BOS, 5, 6, EOS]), np.array([BOS, 7, EOS])]
    streams = streams_of((documents, 1, 100), bos_token_id=BOS)
    assert streams[0]["shift_labels"].tolist() == [[5, 6, EOS, IGNORED, 7, EOS]]


def test_one_token_is_not_enough_to_train_on() -> None:
    with pytest.raises(InputError, match="two tokens"):
        streams_of(([np.array([2])], 1, 8))


def test_an_index_past_the_end_is_an_error() -> None:
    streams = streams_of((documents_of([9]), 1, 4))
    with pytest.raises(IndexError):
        streams[len(streams)]


@given(st.lists(st.text(alphabet="ab \n床前", max_size=12), min_size=1, max_size=4))
def test_a_document_is_its_text_between_the_beginning_and_the_end_token(texts: list[str]) -> None:
    tokenizer = train_tokenizer("character", ["ab \n床前"])
    for text, document in zip(texts, encode_documents(tokenizer, texts), strict=True):
        assert (document[0], document[-1]) == (tokenizer.bos_token_id, tokenizer.eos_token_id)
        assert tokenizer.decode(document[1:-1]) == text
