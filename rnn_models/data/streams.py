"""Contiguous token streams for language models, which carry their state from batch to batch.

Every document is `<s>` + text + `</s>`. The documents are concatenated and cut into `B` parallel streams; batch
`k + 1` continues each stream where batch `k` ended (truncated backpropagation through time).

    tokens   a b c d e f g h i      2 streams      inputs  a b c d   targets  b c d e
                                                           e f g h            f g h i
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from . import InputError
from .batches import EpochBatches, LengthGroupedBatches
from .token_rows import Stream, TokenRows

IGNORED = -100


class SeparateDocuments(Dataset):
    """Item `k` is the `k`-th batch of an epoch: complete documents of similar length, each read from a zero state, as
    `input_ids` (B, T), `shift_labels` (B, T) and `begins` (always true).

    A model trained only on streams has hardly ever seen the zero state, so the first line that it generates from it is
    bad. Documents are not cut, so they must be short. Shorter ones are padded, with targets of -100.
    """

    def __init__(self, documents: Sequence[np.ndarray], *, batch_size: int, pad_token_id: int, seed: int = 0) -> None:
        self.rows = documents
        self.batches = LengthGroupedBatches(
            self.rows, [0] * len(self.rows), batch_size=batch_size, pad_token_id=pad_token_id, seed=seed
        )

    def set_epoch(self, epoch: int) -> None:
        """Group the documents for this epoch."""
        self.batches.set_epoch(epoch)

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> dict[str, Any]:
        batch = self.batches[index]
        targets = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, IGNORED)
        return {
            "input_ids": batch["input_ids"][:, :-1].contiguous(),
            "shift_labels": targets[:, 1:].contiguous(),
            "begins": True,
        }


class TokenStreams(EpochBatches):
    """Item `k` is the `k`-th batch of an epoch: `input_ids` (B, T), `shift_labels` (B, T), `begins` (true for `k` 0).

    Every token except the very first is a target exactly once per epoch. The end of the last stream is padded, with
    targets of -100, instead of being dropped. `T` is at most `sequence_length`: the streams are cut into equal parts,
    so that the last batch is not shorter than the others. With `shuffle`, the order of the documents changes from
    epoch to epoch; with `random_truncation` the cuts move too, so that gradients are not always cut at the same
    tokens, and `T` varies by up to half (Merity et al. 2018). `seed` decides both.

    Raises `InputError` if the documents have fewer than two tokens.
    """

    def __init__(
        self,
        documents: Sequence[np.ndarray],
        *,
        batch_size: int,
        sequence_length: int,
        pad_token_id: int,
        bos_token_id: int | None = None,
        shuffle: bool = False,
        random_truncation: bool = False,
        seed: int = 0,
    ) -> None:
        """`bos_token_id`: if given, this token is never a target: evaluation provides it instead of predicting it."""
        self.documents = documents if isinstance(documents, TokenRows) else TokenRows.of(documents)
        self.rows = self.documents
        targets = int(self.documents.lengths.sum()) - 1
        if targets < 1:
            raise InputError("a language model needs at least two tokens of text, but the corpus has fewer")
        self.batch_size = min(batch_size, targets)
        self.stream_length = -(-targets // self.batch_size)
        batches = -(-self.stream_length // sequence_length)
        self.even_bounds = np.linspace(0, self.stream_length, batches + 1)
        self.random_truncation = random_truncation
        self.pad_token_id = pad_token_id
        self.bos_token_id = bos_token_id
        self.shuffle = shuffle
        self.seed = seed
        self.set_epoch(0)

    def _arrange(self, epoch: int) -> None:
        """Order and cut the documents for this epoch."""
        order = np.arange(len(self.rows))
        rng = np.random.default_rng([self.seed, epoch])
        if self.shuffle:
            rng.shuffle(order)
        bounds = self.even_bounds.copy()
        if self.random_truncation:
            # At most a quarter of a part in either direction, so that the cuts stay in order.
            bounds[1:-1] += rng.uniform(-0.25, 0.25, len(bounds) - 2) * bounds[1]
        self.bounds = bounds.round().astype(int)
        self.stream = Stream(self.documents.take(order) if self.shuffle else self.documents)

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def __getitem__(self, index: int) -> dict[str, Any]:
        if not 0 <= index < len(self):
            raise IndexError(index)
        first, last = int(self.bounds[index]), int(self.bounds[index + 1])
        shape = (self.batch_size, last - first)
        inputs = np.full(shape, self.pad_token_id, dtype=np.int64)
        targets = np.full(shape, IGNORED, dtype=np.int64)
        for row in range(self.batch_size):
            begin = row * self.stream_length
            tokens = self.stream.read(begin + first, begin + last + 1)
            size = max(len(tokens) - 1, 0)
            inputs[row, :size], targets[row, :size] = tokens[:-1], tokens[1:]
        if self.bos_token_id is not None:
            targets[targets == self.bos_token_id] = IGNORED
        return {
            "input_ids": torch.from_numpy(inputs),
            "shift_labels": torch.from_numpy(targets),
            "begins": index == 0,
        }
