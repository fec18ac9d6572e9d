"""Texts that do not fit into memory: they are read from where they lie, when they are needed."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import numpy as np

from .tables.charsets import find_encoding, lines_of

# Bytes of a corpus from which on it is not read into memory.
LARGE = 64 << 20
# Characters that are read at once.
BLOCK = 1 << 20
# Rows of a data set that are read at once.
ROWS = 1000


class LargeTexts(Sequence[str]):
    """Texts of which one at a time, or a part of one, is in memory."""

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return "".join(self.blocks(index % len(self)))

    def __iter__(self) -> Iterator[str]:
        return ("".join(blocks) for blocks in self.each())

    @abstractmethod
    def blocks(self, row: int) -> Iterator[str]:
        """A text in parts of at most `BLOCK` characters."""

    def each(self) -> Iterator[Iterator[str]]:
        """The blocks of each text."""
        return (self.blocks(row) for row in range(len(self)))

    @abstractmethod
    def take(self, rows: Sequence[int] | np.ndarray) -> LargeTexts:
        """The texts of some rows."""

    @cached_property
    def _read_once(self) -> tuple[np.ndarray, str]:
        lengths, sums = np.zeros(len(self), dtype=np.int64), hashlib.sha256()
        for row, blocks in enumerate(self.each()):
            for block in blocks:
                lengths[row] += len(block)
                sums.update(block.encode("utf-8", "surrogatepass"))
            sums.update(f"\x00{lengths[row]}".encode())
        return lengths, sums.hexdigest()[:16]

    @property
    def lengths(self) -> np.ndarray:
        """The characters of each text, (N,)."""
        return self._read_once[0]

    @property
    def fingerprint(self) -> str:
        """A hash of all texts."""
        return self._read_once[1]


@dataclass(frozen=True)
class FilePart:
    """The characters of a text file from `start` on, up to `stop` if it is given."""

    path: Path
    encoding: str
    start: int = 0
    stop: int | None = None

    def blocks(self) -> Iterator[str]:
        """Its text, each line ending in `\\n`. Raises `TableError` if it is not in this encoding."""
        try:
            yield from self._blocks()
        except UnicodeError:
            for _ in lines_of(self.path, self.encoding):  # names the line
                pass
            raise

    def _blocks(self) -> Iterator[str]:
        place = 0
        with self.path.open(encoding=self.encoding) as file:
            while block := file.read(BLOCK):
                begin, place = place, place + len(block)
                stop = len(block) if self.stop is None else self.stop - begin
                if part := block[max(self.start - begin, 0) : max(stop, 0)]:
                    yield part
                if self.stop is not None and place >= self.stop:
                    return


class TextFiles(LargeTexts):
    """Each text is a file, or a part of one."""

    def __init__(self, parts: Sequence[FilePart]) -> None:
        self.parts = list(parts)

    def __len__(self) -> int:
        return len(self.parts)

    def blocks(self, row: int) -> Iterator[str]:
        return self.parts[row].blocks()

    def take(self, rows: Sequence[int] | np.ndarray) -> TextFiles:
        return TextFiles([self.parts[row] for row in rows])

    def cut(self, places: Sequence[int]) -> tuple[TextFiles, TextFiles]:
        """As `cut`. No part must have been cut before."""
        pairs = list(zip(self.parts, places, strict=True))
        return TextFiles([replace(p, stop=place) for p, place in pairs]), TextFiles(
            [replace(p, start=place) for p, place in pairs]
        )


class TextColumn(LargeTexts):
    """A column of a `datasets.Dataset`, which lies in Arrow files.

    Args:
        read: from a value of the column to a text.
        rows: those that count, by default all.
    """

    def __init__(self, data: Any, column: str, read: Callable[[Any], str], rows: np.ndarray | None = None) -> None:
        self.data, self.column, self.read = data, column, read
        self.rows = np.arange(len(data)) if rows is None else rows

    def __len__(self) -> int:
        return len(self.rows)

    def blocks(self, row: int) -> Iterator[str]:
        yield self.read(self.data[int(self.rows[row])][self.column])

    def each(self) -> Iterator[Iterator[str]]:
        for first in range(0, len(self), ROWS):
            for value in self.data[self.rows[first : first + ROWS]][self.column]:
                yield iter([self.read(value)])

    def take(self, rows: Sequence[int] | np.ndarray) -> TextColumn:
        return TextColumn(self.data, self.column, self.read, self.rows[np.asarray(rows, dtype=int)])


class Chained(LargeTexts):
    """The texts of several, in order."""

    def __init__(self, parts: Sequence[Sequence[str]]) -> None:
        self.parts = [part for part in parts if len(part)]
        self.starts = np.cumsum([0, *map(len, self.parts)])

    def __len__(self) -> int:
        return int(self.starts[-1])

    def blocks(self, row: int) -> Iterator[str]:
        part = int(np.searchsorted(self.starts, row, side="right")) - 1
        return blocks_of(self.parts[part], row - int(self.starts[part]))

    def each(self) -> Iterator[Iterator[str]]:
        for part in self.parts:
            yield from each_of(part)

    def take(self, rows: Sequence[int] | np.ndarray) -> LargeTexts:
        rows = np.asarray(rows, dtype=int)
        if (rows[1:] < rows[:-1]).any():
            return Chosen(self, rows)
        # each part can then be read from front to back
        borders = np.searchsorted(rows, self.starts)
        own = [rows[borders[number] : borders[number + 1]] - start for number, start in enumerate(self.starts[:-1])]
        return Chained([taken(part, chosen) for part, chosen in zip(self.parts, own, strict=True)])


class Chosen(LargeTexts):
    """Some rows of others."""

    def __init__(self, texts: LargeTexts, rows: np.ndarray) -> None:
        self.texts, self.rows = texts, rows

    def __len__(self) -> int:
        return len(self.rows)

    def blocks(self, row: int) -> Iterator[str]:
        return self.texts.blocks(int(self.rows[row]))

    def take(self, rows: Sequence[int] | np.ndarray) -> Chosen:
        return Chosen(self.texts, self.rows[np.asarray(rows, dtype=int)])


def large_files(paths: Sequence[Path], encoding: str | None, notes: list[str]) -> TextFiles:
    """Text files as documents. Adds to `notes` how they are read if not as UTF-8. Raises `TableError`."""
    parts = []
    for path in paths:
        name = find_encoding(path, encoding)
        if not name.startswith("utf-8"):
            notes.append(f"{path.name}: read as {name}")
        parts.append(FilePart(path, name))
    return TextFiles(parts)


def blocks_of(texts: Sequence[str], row: int) -> Iterator[str]:
    """A text in parts that fit into memory."""
    return texts.blocks(row) if isinstance(texts, LargeTexts) else iter([texts[row]])


def each_of(texts: Sequence[str]) -> Iterator[Iterator[str]]:
    """The parts of each text."""
    return texts.each() if isinstance(texts, LargeTexts) else (iter([text]) for text in texts)


def lengths_of(texts: Sequence[str]) -> np.ndarray:
    """The characters of each text."""
    return texts.lengths if isinstance(texts, LargeTexts) else np.array([len(text) for text in texts], dtype=np.int64)


def cut(texts: Sequence[str], places: Sequence[int]) -> tuple[Sequence[str], Sequence[str]]:
    """Each text up to a place, and from it on."""
    if isinstance(texts, TextFiles):
        return texts.cut(places)
    pairs = list(zip(texts, places, strict=True))
    return [text[:place] for text, place in pairs], [text[place:] for text, place in pairs]


def taken(texts: Sequence[str], rows: Sequence[int] | np.ndarray) -> Sequence[str]:
    """The texts of some rows."""
    return texts.take(rows) if isinstance(texts, LargeTexts) else [texts[row] for row in rows]
