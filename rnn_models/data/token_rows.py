"""The token ids of many rows, in as little memory as they need, or in files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol, overload

import numpy as np

# Tokens that are looked at together.
BLOCK = 1 << 20


class TokenArray(Protocol):
    """One long array of token ids."""

    def __len__(self) -> int: ...

    def read(self, start: int, stop: int) -> np.ndarray:
        """A part of it."""


class TokensInMemory:
    """Token ids in an array."""

    def __init__(self, ids: np.ndarray) -> None:
        self.ids = ids

    def __len__(self) -> int:
        return len(self.ids)

    def read(self, start: int, stop: int) -> np.ndarray:
        return self.ids[start:stop]


class TokensInFiles:
    """Token ids in files, one after the other.

    They are read and not mapped: what is mapped and was read once counts as memory of the process.
    """

    def __init__(self, paths: Sequence[Path], dtype: np.dtype) -> None:
        self.dtype = dtype
        self.files = [path.open("rb") for path in paths]
        sizes = [path.stat().st_size // dtype.itemsize for path in paths]
        self.starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    def __len__(self) -> int:
        return int(self.starts[-1])

    def read(self, start: int, stop: int) -> np.ndarray:
        found = []
        file = int(np.searchsorted(self.starts, start, side="right")) - 1
        while start < stop:
            end = min(stop, int(self.starts[file + 1]))
            place, size = start - int(self.starts[file]), end - start
            found.append(_read(self.files[file].fileno(), place * self.dtype.itemsize, size, self.dtype))
            start, file = end, file + 1
        return np.concatenate(found) if found else np.empty(0, self.dtype)


def _read(file: int, place: int, size: int, dtype: np.dtype) -> np.ndarray:
    content = os.pread(file, size * dtype.itemsize, place)
    if len(content) < size * dtype.itemsize:
        raise OSError("a file of tokens has become shorter while it was read")
    return np.frombuffer(content, dtype)


class TokenRows(Sequence[np.ndarray]):
    """Rows of token ids. Item `i` is a row as int64, (T,).

    Attributes:
        starts, lengths: (N,), where each row lies in the tokens.
    """

    def __init__(self, tokens: TokenArray, starts: np.ndarray, lengths: np.ndarray) -> None:
        self.tokens, self.starts, self.lengths = tokens, starts, lengths

    @classmethod
    def of(cls, rows: Iterable[np.ndarray], dtype: np.dtype | None = None) -> TokenRows:
        """Rows in memory."""
        rows = list(rows)
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        if dtype is None:
            dtype = dtype_for(max((int(row.max(initial=0)) for row in rows), default=0) + 1)
        ids = np.concatenate([np.empty(0, dtype), *(row.astype(dtype, copy=False) for row in rows)])
        return cls(TokensInMemory(ids), np.cumsum(lengths) - lengths, lengths)

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, index: int) -> np.ndarray: ...
    @overload
    def __getitem__(self, index: slice) -> list[np.ndarray]: ...
    def __getitem__(self, index: int | slice) -> np.ndarray | list[np.ndarray]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        start = int(self.starts[index])
        return self.tokens.read(start, start + int(self.lengths[index])).astype(np.int64)

    def take(self, rows: np.ndarray) -> TokenRows:
        """The given rows, of which one may occur several times."""
        return TokenRows(self.tokens, self.starts[rows], self.lengths[rows])

    def count(self, token: int) -> int:
        """How often a token occurs."""
        stream = Stream(self)
        return sum(int((stream.read(i, i + BLOCK) == token).sum()) for i in range(0, len(stream), BLOCK))


class Stream:
    """Rows one after the other as one long array."""

    def __init__(self, rows: TokenRows) -> None:
        self.rows = rows
        self.ends = np.cumsum(rows.lengths)

    def __len__(self) -> int:
        return int(self.ends[-1]) if len(self.ends) else 0

    def read(self, start: int, stop: int) -> np.ndarray:
        """Tokens `start` to `stop`, as int64; fewer where the stream ends."""
        found = []
        row = int(np.searchsorted(self.ends, start, side="right"))
        while start < stop and row < len(self.ends):
            end = int(self.ends[row])
            first = int(self.rows.starts[row]) + int(self.rows.lengths[row]) - (end - start)
            size = min(stop, end) - start
            found.append(self.rows.tokens.read(first, first + size))
            start, row = start + size, row + 1
        return np.concatenate([np.empty(0, np.int64), *found])


def row_lengths(rows: Sequence[Any]) -> np.ndarray:
    """The length of each row."""
    return rows.lengths if isinstance(rows, TokenRows) else np.array([len(row) for row in rows], dtype=np.int64)


def chosen(rows: Sequence[np.ndarray], numbers: Sequence[int] | np.ndarray) -> Sequence[np.ndarray]:
    """The given ones of some rows."""
    return rows.take(np.asarray(numbers, dtype=int)) if isinstance(rows, TokenRows) else [rows[i] for i in numbers]


def together(parts: Sequence[Sequence[np.ndarray]]) -> Sequence[np.ndarray]:
    """The rows of several, in order; in files if those of one are."""
    if any(isinstance(part, TokenRows) for part in parts):
        return joined([part if isinstance(part, TokenRows) else TokenRows.of(part) for part in parts])
    return [row for part in parts for row in part]


def dtype_for(vocab_size: int) -> np.dtype:
    """The smallest type of a number below `vocab_size`."""
    return np.min_scalar_type(max(vocab_size - 1, 0))


def joined(parts: Sequence[TokenRows]) -> TokenRows:
    """The rows of several, in order."""
    if len(parts) == 1:
        return parts[0]
    tokens = _Several([part.tokens for part in parts])
    starts = [part.starts + start for part, start in zip(parts, tokens.starts, strict=False)]
    return TokenRows(tokens, np.concatenate(starts), np.concatenate([part.lengths for part in parts]))


class _Several:
    """Tokens of several sources; each row lies in one of them."""

    def __init__(self, parts: Sequence[TokenArray]) -> None:
        self.parts = parts
        self.starts = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)

    def __len__(self) -> int:
        return int(self.starts[-1])

    def read(self, start: int, stop: int) -> np.ndarray:
        if start == stop:
            return np.empty(0, np.int64)
        part = int(np.searchsorted(self.starts, start, side="right")) - 1
        first = int(self.starts[part])
        return self.parts[part].read(start - first, stop - first)
