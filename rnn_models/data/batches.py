"""Batches of texts of similar length for classifiers, with little padding and still in random order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from ..tokenization import token_ids
from .large_texts import LargeTexts
from .token_rows import row_lengths
from .token_store import encode_rows

# Before sorting, each length is scaled randomly by up to this share, so that the batches differ from epoch to epoch.
LENGTH_NOISE = 0.1


def encode_texts(tokenizer: Any, texts: Sequence[str], max_length: int) -> Sequence[np.ndarray]:
    """Token ids of each text, truncated to `max_length` on the tokenizer's `truncation_side`."""
    if isinstance(texts, LargeTexts):
        return encode_rows(tokenizer, texts, max_length)
    return [np.array(ids, dtype=np.int64) for ids in token_ids(tokenizer, texts, max_length=max_length)]


def pad_right(rows: Sequence[np.ndarray], pad_token_id: int) -> dict[str, torch.Tensor]:
    """`input_ids` and `attention_mask`, both (B, longest row)."""
    lengths = np.array([len(row) for row in rows])
    input_ids = np.full((len(rows), lengths.max()), pad_token_id, dtype=np.int64)
    for padded, row in zip(input_ids, rows, strict=True):
        padded[: len(row)] = row
    mask = np.arange(lengths.max()) < lengths[:, None]
    return {"input_ids": torch.from_numpy(input_ids), "attention_mask": torch.from_numpy(mask.astype(np.int64))}


def merge_parts(tokenizer: Any) -> np.ndarray:
    """The two tokens from which byte-pair merging made each token, (V, 2); -1 if the token is not from a merge."""
    model = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
    parts = np.full((len(tokenizer), 2), -1, dtype=np.int64)
    prefix = model.get("continuing_subword_prefix") or ""
    for left, right in model["merges"]:
        merged = left + right.removeprefix(prefix)
        parts[model["vocab"][merged]] = model["vocab"][left], model["vocab"][right]
    return parts


def undo_merges(
    rows: Sequence[np.ndarray], parts: np.ndarray, share: float, rng: np.random.Generator
) -> list[np.ndarray]:
    """Split each token into its two parts with probability `share`, and these parts again.

    The model sees a word in several spellings and learns what its pieces mean, as with BPE-dropout (Provilkov et al.
    2020). BPE-dropout itself drops merges during encoding, with random numbers that cannot be seeded.
    """
    ids, origin = undo_merges_of(np.concatenate(rows), parts, share, rng)
    owner = np.repeat(np.arange(len(rows)), [len(row) for row in rows])[origin]
    return np.split(ids, np.cumsum(np.bincount(owner, minlength=len(rows)))[:-1])


def undo_merges_of(
    ids: np.ndarray, parts: np.ndarray, share: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """As `undo_merges` for one row of `ids`; also the position in it from which each token comes."""
    origin, fresh = np.arange(len(ids)), np.ones(len(ids), dtype=bool)
    while fresh.any():
        split = fresh & (parts[ids, 0] >= 0) & (rng.random(len(ids)) < share)
        copies = 1 + split
        first = np.cumsum(copies) - copies
        ids, origin, fresh = np.repeat(ids, copies), np.repeat(origin, copies), np.repeat(split, copies)
        halves = parts[ids[first[split]]]
        ids[first[split]], ids[first[split] + 1] = halves[:, 0], halves[:, 1]
    return ids, origin


def random_spans(
    rows: Sequence[np.ndarray], share: float, rng: np.random.Generator, shortest: int = 6
) -> list[np.ndarray]:
    """Cut a share of the rows to their first token and a contiguous span of at least `shortest` tokens.

    So a model that is trained on long texts also reads short ones, whose label is usually that of the entire text.
    """
    cut = []
    for row, chosen in zip(rows, rng.random(len(rows)) < share, strict=True):
        if chosen and len(row) > shortest + 1:
            length = int(rng.integers(shortest, len(row) - 1))
            start = int(rng.integers(1, len(row) - length + 1))
            row = np.concatenate([row[:1], row[start : start + length]])
        cut.append(row)
    return cut


def variation(tokenizer: Any, split_tokens: float, crop: float) -> Callable[..., list[np.ndarray]] | None:
    """A function that varies the rows from epoch to epoch, with `undo_merges`, `random_spans` or both; or None."""
    parts = merge_parts(tokenizer) if split_tokens else None

    def vary(rows: Sequence[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
        varied = random_spans(rows, crop, rng) if crop else list(rows)
        return varied if parts is None else undo_merges(varied, parts, split_tokens, rng)

    return vary if split_tokens or crop else None


def batches_by_length(rows: Sequence[Any], batch_size: int) -> Iterator[np.ndarray]:
    """Indices of `rows` in batches, shortest rows first: the cheapest order if the order does not matter."""
    order = np.argsort(row_lengths(rows), kind="stable")
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]


class EpochBatches(Dataset):
    """Item `k` is the `k`-th batch of an epoch. The epoch and a seed decide the batches."""

    epoch: int | None = None
    rows: Sequence[np.ndarray]

    @property
    def token_rows(self) -> Sequence[np.ndarray]:
        """The token ids of all rows, as they were before an epoch changes them."""
        return self.rows

    def set_epoch(self, epoch: int) -> None:
        """Arrange the batches of an epoch, unless they are there already: Trainer sets each epoch twice."""
        if epoch != self.epoch:
            self.epoch = epoch
            self._arrange(epoch)

    def _arrange(self, epoch: int) -> None:
        raise NotImplementedError


class LengthGroupedBatches(EpochBatches):
    """Item `k` is the `k`-th batch of an epoch: `input_ids` (B, T), `attention_mask` (B, T) and, if there are labels,
    `labels` (B,).

    With `label_weights` (sources, C), one row per corpus, a batch has `label_weights` (B, C): how much each label
    counts in the loss of a row, 0 for labels that are excluded from it. With `targets` (rows, C), a batch has
    `targets` (B, C): the probability of each label, for rows with more than a single label.

    `sources[i]` is the corpus of row `i`, and `weights[source]` how often an epoch reads that corpus: its integer part
    repeats every row, its fraction adds a sample of the rows, drawn again each epoch. If all weights are 1, an epoch
    covers every row once. `vary(rows, rng=...)` changes the rows themselves for an epoch. All of this depends only on
    `seed` and the epoch.
    """

    def __init__(
        self,
        rows: Sequence[np.ndarray],
        labels: Sequence[int] | None,
        *,
        batch_size: int,
        pad_token_id: int,
        sources: Sequence[int] | np.ndarray | None = None,
        weights: Sequence[float] = (1.0,),
        label_weights: np.ndarray | None = None,
        targets: np.ndarray | None = None,
        vary: Callable[..., list[np.ndarray]] | None = None,
        seed: int = 0,
    ) -> None:
        self.rows = self.varied = rows
        self.vary = vary
        self.labels = None if labels is None else np.asarray(labels, dtype=np.int64)
        self.batch_size = batch_size
        self.pad_token_id = pad_token_id
        self.sources = np.zeros(len(rows), dtype=int) if sources is None else np.asarray(sources)
        self.label_weights = label_weights
        self.targets = None if targets is None else np.asarray(targets, dtype=np.float32)
        self.members = [np.flatnonzero(self.sources == source) for source in range(len(weights))]
        self.weights = list(weights)
        self.seed = seed
        self.set_epoch(0)

    def _arrange(self, epoch: int) -> None:
        """Draw the rows of an epoch and group them."""
        rng = np.random.default_rng([self.seed, epoch])
        if self.vary is not None:
            self.varied = self.vary(self.rows, rng=rng)
        lengths = row_lengths(self.varied)
        chosen = []
        for members, weight in zip(self.members, self.weights, strict=True):
            whole, fraction = divmod(weight, 1.0)
            chosen += [members] * int(whole)
            chosen.append(rng.choice(members, size=round(fraction * len(members)), replace=False))
        indices = np.concatenate(chosen)
        noise = rng.uniform(1 - LENGTH_NOISE, 1 + LENGTH_NOISE, size=len(indices))
        indices = indices[np.argsort(lengths[indices] * noise, kind="stable")]
        self.batches = [indices[start : start + self.batch_size] for start in range(0, len(indices), self.batch_size)]
        self.batches = [self.batches[i] for i in rng.permutation(len(self.batches))]

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        batch = self.batches[index]
        padded = pad_right([self.varied[i] for i in batch], self.pad_token_id)
        item = dict(padded)
        if self.labels is not None:
            item["labels"] = torch.from_numpy(self.labels[batch])
        if self.label_weights is not None:
            item["label_weights"] = torch.from_numpy(self.label_weights[self.sources[batch]])
        if self.targets is not None:
            item["targets"] = torch.from_numpy(self.targets[batch])
        return item
