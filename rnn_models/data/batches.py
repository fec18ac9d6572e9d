"""Batches of texts of similar length: what a classifier reads, with little padding and still in random order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

# Lengths are scaled by up to this share before sorting, so that each epoch mixes its batches anew.
LENGTH_NOISE = 0.1


def encode_texts(tokenizer: Any, texts: Sequence[str], max_length: int) -> list[np.ndarray]:
    """Token ids of each text, cut to `max_length` on the tokenizer's `truncation_side`."""
    encoded = tokenizer(list(texts), truncation=True, max_length=max_length)["input_ids"]
    return [np.array(ids, dtype=np.int64) for ids in encoded]


def pad_right(rows: Sequence[np.ndarray], pad_token_id: int) -> dict[str, torch.Tensor]:
    """`input_ids` and `attention_mask`, both (B, longest row)."""
    lengths = np.array([len(row) for row in rows])
    input_ids = np.full((len(rows), lengths.max()), pad_token_id, dtype=np.int64)
    for padded, row in zip(input_ids, rows, strict=True):
        padded[: len(row)] = row
    mask = np.arange(lengths.max()) < lengths[:, None]
    return {"input_ids": torch.from_numpy(input_ids), "attention_mask": torch.from_numpy(mask.astype(np.int64))}


def batches_by_length(rows: Sequence[np.ndarray], batch_size: int) -> Iterator[np.ndarray]:
    """Indices of `rows` in batches, shortest first: the cheapest order where the order does not matter."""
    order = np.argsort([len(row) for row in rows], kind="stable")
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]


class LengthGroupedBatches(Dataset):
    """Item `k` is the `k`-th batch of an epoch: `input_ids` (B, T), `attention_mask` (B, T), `labels` (B,).

    `sources[i]` says which corpus row `i` is from, and `weights[source]` how often an epoch reads that corpus: its
    whole part repeats every row, its fraction adds a sample of the rows, drawn anew each epoch. With all weights 1, an
    epoch covers every row once. `seed` and the epoch decide the batches.
    """

    def __init__(
        self,
        rows: Sequence[np.ndarray],
        labels: Sequence[int],
        *,
        batch_size: int,
        pad_token_id: int,
        sources: Sequence[int] | np.ndarray | None = None,
        weights: Sequence[float] = (1.0,),
        seed: int = 0,
    ) -> None:
        self.rows = rows
        self.labels = np.asarray(labels, dtype=np.int64)
        self.lengths = np.array([len(row) for row in rows])
        self.batch_size = batch_size
        self.pad_token_id = pad_token_id
        origin = np.zeros(len(rows), dtype=int) if sources is None else np.asarray(sources)
        self.members = [np.flatnonzero(origin == source) for source in range(len(weights))]
        self.weights = list(weights)
        self.seed = seed
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Draw the rows of this epoch and group them."""
        rng = np.random.default_rng([self.seed, epoch])
        chosen = []
        for members, weight in zip(self.members, self.weights, strict=True):
            whole, fraction = divmod(weight, 1.0)
            chosen += [members] * int(whole)
            chosen.append(rng.choice(members, size=round(fraction * len(members)), replace=False))
        indices = np.concatenate(chosen)
        noise = rng.uniform(1 - LENGTH_NOISE, 1 + LENGTH_NOISE, size=len(indices))
        indices = indices[np.argsort(self.lengths[indices] * noise, kind="stable")]
        self.batches = [indices[start : start + self.batch_size] for start in range(0, len(indices), self.batch_size)]
        self.batches = [self.batches[i] for i in rng.permutation(len(self.batches))]

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        batch = self.batches[index]
        padded = pad_right([self.rows[i] for i in batch], self.pad_token_id)
        return {**padded, "labels": torch.from_numpy(self.labels[batch])}
