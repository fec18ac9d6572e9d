"""The baseline for language models: interpolated Kneser-Ney n-grams over the same tokens, counted in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# If nearly every n-gram is frequent (single characters), the estimated discount would leave nothing, or everything, to
# the shorter context.
LEAST_DISCOUNT, MOST_DISCOUNT = 0.1, 0.95


@dataclass
class CountTable:
    """The n-grams of one order.

    Attributes:
        keys: context * V + token of each n-gram, sorted; a context is a row of the table of the next lower order.
        counts: how often each n-gram occurs; below the highest order, after how many different tokens it occurs.
        totals, followers: per context, the sum of the counts and the number of different tokens that follow.
        discount: the amount subtracted from each count in favour of the shorter context.
    """

    keys: np.ndarray
    counts: np.ndarray
    totals: np.ndarray
    followers: np.ndarray
    discount: float


class KneserNey:
    """Interpolated Kneser-Ney with one discount per order (Kneser and Ney 1995; Chen and Goodman 1999, section 3.1).

        p_n(w | h) = max(c_n(h w) - D_n, 0) / c_n(h)  +  D_n N(h) / c_n(h)  p_{n-1}(w | h')

    h is the context, h' the context without its first token, N(h) the number of different tokens after h, and
    D = n1 / (n1 + 2 n2), with n1 and n2 the number of n-grams counted once and twice. At the highest order and at the
    beginning of a document, c_n counts occurrences; otherwise it counts the different tokens that precede the n-gram,
    so that a token that always follows the same token does not become likely after others. p_0 is uniform over the
    vocabulary.

    Contexts do not extend across the beginning of a document.
    """

    def __init__(self, documents: Sequence[np.ndarray], *, vocab_size: int, order: int) -> None:
        """`documents`: token ids. The first is the beginning token, which serves as context and is never predicted."""
        self.vocab_size = vocab_size
        self.tables: list[CountTable] = []
        tokens, place = _joined(documents)
        ids = np.zeros(len(tokens), dtype=np.int64)
        keys = counts = opening = np.empty(0, dtype=np.int64)
        contexts = 1
        for n in range(1, min(order, max(place) + 1) + 1):
            positions = np.flatnonzero(place >= n - 1)
            before = ids[positions - 1] if n > 1 else 0
            longer = np.unique(
                before * vocab_size + tokens[positions], return_index=True, return_inverse=True, return_counts=True
            )
            if n > 1:
                # Each longer n-gram is a different token in front of the n-gram that ends it.
                fronts = np.bincount(ids[positions[longer[1]]], minlength=len(keys))
                self._add(keys, np.where(opening, counts, fronts), contexts)
                contexts = len(keys)
            keys, first, inverse, counts = longer
            if n == 1:
                counts = np.bincount(inverse[place > 0], minlength=len(keys))
            opening = (place[positions[first]] == n - 1) & (n > 1)
            ids = np.full(len(tokens), -1)
            ids[positions] = inverse
        self._add(keys, counts, contexts)

    def _add(self, keys: np.ndarray, counts: np.ndarray, contexts: int) -> None:
        once, twice = (counts == 1).sum(), (counts == 2).sum()
        discount = float(np.clip(once / max(once + 2 * twice, 1), LEAST_DISCOUNT, MOST_DISCOUNT))
        context = keys // self.vocab_size
        totals = np.bincount(context, weights=counts, minlength=contexts)
        followers = np.bincount(context, weights=counts > 0, minlength=contexts)
        self.tables.append(CountTable(keys, counts, totals, followers, discount))

    def probabilities(self, documents: Sequence[np.ndarray]) -> np.ndarray:
        """The probability of each token except the first of each document, document by document."""
        tokens, place = _joined(documents)
        probability = np.full(len(tokens), 1 / self.vocab_size)
        ids = np.zeros(len(tokens), dtype=np.int64)
        for n, table in enumerate(self.tables, 1):
            before = np.roll(ids, 1) if n > 1 else ids
            known = (place >= n - 1) & (before >= 0)
            context = np.where(known, before, 0)
            total = table.totals[context]
            key = context * self.vocab_size + tokens
            index = np.minimum(np.searchsorted(table.keys, key), len(table.keys) - 1)
            found = known & (table.keys[index] == key)
            own = np.where(found, np.maximum(table.counts[index] - table.discount, 0), 0)
            mixed = (own + table.discount * table.followers[context] * probability) / np.maximum(total, 1)
            probability = np.where(known & (total > 0), mixed, probability)
            ids = np.where(found, index, -1)
        return probability[place > 0]

    def total_nats(self, documents: Sequence[np.ndarray]) -> tuple[float, int]:
        """Negative log-likelihood in nats of all tokens except the first of each document, and the number of them."""
        probability = self.probabilities(documents)
        return float(-np.log(probability).sum()), len(probability)


def _joined(documents: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """All tokens, and the position of each in its document."""
    return np.concatenate(list(documents)), np.concatenate([np.arange(len(document)) for document in documents])
