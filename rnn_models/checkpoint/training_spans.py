"""Which spans of characters a training text has, in little space: `training_spans.safetensors` beside the weights.

A Bloom filter (Bloom 1970) over the hashes of spans. Of each `every` hashes one is kept, so that the file stays small;
a text is measured on the same ones. The texts themselves cannot be read from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save

from .verify import as_load_error

SPANS = "training_spans.safetensors"
# Characters of a span: as many as chance does not repeat. A Chinese character says as much as a short word.
LENGTH, CHINESE_LENGTH = 20, 10
# Spans of a file, bits and probes for each: about one of a hundred others is taken for one of them.
MOST, BITS, PROBES = 250_000, 10, 7
# Spans of a text that must be there to say anything about it.
FEWEST = 20


@dataclass
class TrainingSpans:
    """Attributes:
    bits: (M,) uint8, the filter.
    length: characters of a span.
    every: of how many hashes one is kept.
    """

    bits: np.ndarray
    length: int
    every: int

    @classmethod
    def of(cls, texts: Iterable[str], length: int) -> TrainingSpans:
        """The spans of texts. No span crosses the border of two."""
        texts = list(texts)
        number = sum(max(len(text) - length + 1, 0) for text in texts)
        every = 1 << max(-(-number // MOST) - 1, 0).bit_length()
        found = [hashes[hashes % np.uint64(every) == 0] for hashes in (span_hashes(text, length) for text in texts)]
        kept = np.unique(np.concatenate([np.empty(0, np.uint64), *found]))
        spans = cls(np.zeros(-(-max(len(kept), 1) * BITS // 8), np.uint8), length, every)
        for places in spans._places(kept):
            np.bitwise_or.at(spans.bits, places >> 3, np.left_shift(1, places & 7).astype(np.uint8))
        return spans

    def share(self, text: str) -> float | None:
        """The share of a text's spans that stand in the training text; None if the text has too few to say."""
        hashes = span_hashes(text, self.length)
        hashes = hashes[hashes % np.uint64(self.every) == 0]
        if len(hashes) < max(FEWEST // self.every, 1) or len(text) < self.length + FEWEST:
            return None
        there = np.ones(len(hashes), dtype=bool)
        for places in self._places(hashes):
            there &= (self.bits[places >> 3] >> (places & 7)) & 1 == 1
        return float(there.mean())

    def _places(self, hashes: np.ndarray) -> Iterator[np.ndarray]:
        """The bits of each hash (Kirsch & Mitzenmacher 2006: two hashes make all others)."""
        step = (hashes >> np.uint64(32)) | np.uint64(1)
        for probe in range(PROBES):
            yield ((_mixed(hashes) + np.uint64(probe) * step) % np.uint64(8 * len(self.bits))).astype(np.int64)

    def write(self, folder: Path) -> Path:
        """Write the file. Returns its path."""
        about = {"length": str(self.length), "every": str(self.every)}
        # save_file would make a file that only its owner reads
        (folder / SPANS).write_bytes(save({"bits": self.bits}, metadata=about))
        return folder / SPANS

    @classmethod
    def read(cls, folder: Path) -> TrainingSpans | None:
        """The spans in a folder; None if there are none. Raises `LoadError` if the file is damaged."""
        path = folder / SPANS
        if not path.is_file():
            return None
        with as_load_error(path, "it does not hold the spans of a training text"), safe_open(path, "np") as file:
            about = file.metadata()
            bits, length, every = file.get_tensor("bits"), int(about["length"]), int(about["every"])
            if bits.dtype != np.uint8 or bits.ndim != 1 or not len(bits) or length < 1 or every < 1:
                raise ValueError("wrong values")
            return cls(bits, length, every)


def span_hashes(text: str, length: int) -> np.ndarray:
    """A hash of each span of `length` characters, (len(text) - length + 1,)."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    number = len(codes) - length + 1
    if number < 1:
        return np.empty(0, np.uint64)
    found = np.zeros(number, np.uint64)
    with np.errstate(over="ignore"):
        for place in range(length):
            found = found * np.uint64(0x9E3779B97F4A7C15) + codes[place : place + number]
        return _mixed(found)


def _mixed(values: np.ndarray) -> np.ndarray:
    """The finalizer of splitmix64 (Steele et al. 2014): every bit of the result depends on every bit of a value."""
    with np.errstate(over="ignore"):
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return values ^ (values >> np.uint64(31))
