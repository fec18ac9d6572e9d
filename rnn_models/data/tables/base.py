"""What a table is: rows with a text in each, read piece by piece and written back with additional columns."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

from .charsets import find_encoding
from .columns import TEXT_COLUMNS, header_of, letters_of, likely_text_columns, plain_text_column
from .messages import Remark, table_error

CHUNK_ROWS = 256
SAMPLE_ROWS = 200  # that decide about header and column
SHOWN_NAMES = 20

Cell = str | float | None


@dataclass(frozen=True)
class Chunk:
    """Some rows of a file.

    Attributes:
        rows: in the representation of their format.
        numbers: of each row in the file, counted from 1 as an editor or a spreadsheet counts.
        texts: the text of each row, empty if there is none.
    """

    rows: Any
    numbers: Sequence[int]
    texts: list[str]


Write = Callable[[Sequence[Chunk], Sequence[Sequence[Cell]]], None]


@dataclass(frozen=True)
class ReadOptions:
    """How to read a file where it does not say it itself; None has it found.

    Attributes:
        text_column: the column with the texts, by its name, or by its letter in a table without names.
        encoding: of a text file, as Python names it.
        header: whether the first row has the names of the columns.
        max_unpacked: the most bytes that a compressed file may hold; None for any number.
    """

    text_column: str | None = None
    encoding: str | None = None
    header: bool | None = None
    max_unpacked: int | None = None


class Table:
    """A file with a text in each row. What is found out about it at its opening comes from its first rows.

    Attributes:
        columns: the names of its columns.
        column: the name of the one with the texts; None if it is not clear which.
        likely: the names of those that may have them, if it is not clear.
        header: whether its first row has the names.
        header_is_a_question: whether it could be otherwise in a table of this format.
        remarks: what was found or assumed.
    """

    suffixes: ClassVar[tuple[str, ...]]
    spreadsheet_suffix: ClassVar[str | None] = None  # of what `writing` writes for spreadsheets, if it is another one
    unit: ClassVar[str] = "row"
    header_is_a_question: ClassVar[bool] = False

    def __init__(self, path: Path, reading: ReadOptions):
        self.path, self.reading = path, reading
        self.columns: list[str] = []
        self.column: str | None = None
        self.likely: list[str] = []
        self.header = True
        self.remarks: list[Remark] = []

    def batches(self) -> Iterator[tuple[Any, Sequence[int]]]:
        """The rows in order, at most `CHUNK_ROWS` at a time, and their numbers. Raises `TableError`."""
        raise NotImplementedError

    def values(self, rows: Any, column: str) -> Sequence[object]:
        """The cells of a column in rows that `batches` gave."""
        raise NotImplementedError

    def writing(
        self, path: Path, names: Sequence[str], *, for_spreadsheets: bool = False
    ) -> AbstractContextManager[Write]:
        """A context with a function that writes chunks, and for each of their rows the cells of the new columns.

        Args:
            for_spreadsheets: whether the file is to be opened in Excel: it gets a byte order mark, and no cell of it
                is run as a formula.
        """
        raise NotImplementedError

    def chunks(self) -> Iterator[Chunk]:
        """The rows in order, at most `CHUNK_ROWS` at a time. Raises `TableError`, also if there are none."""
        column = self.chosen()
        numbers: Sequence[int] = ()
        for rows, numbers in self.batches():
            values = self.values(rows, column)
            yield Chunk(rows, numbers, [self.text(value, row) for value, row in zip(values, numbers, strict=True)])
        if not numbers:
            raise table_error("empty", file=self.path)

    def chosen(self) -> str:
        """The name of the column with the texts. Raises `TableError` if there is none or it is not clear which."""
        if self.column is not None:
            return self.column
        if not self.columns:
            raise table_error("empty", file=self.path)
        kind, column = "which_column", ""
        if not self.likely:
            kind, column = "no_column", ", ".join(TEXT_COLUMNS[:7]) + " or " + TEXT_COLUMNS[7]
        raise table_error(kind, file=self.path, place="", column=column, columns=shown(self.columns), advice="column")

    def read(self, columns: Sequence[str]) -> Iterator[tuple[int, tuple[object, ...]]]:
        """The number of each row, and its cells in some columns. Raises `TableError`."""
        for name in columns:
            if name not in self.columns:
                raise self.no_column(name)
        for rows, numbers in self.batches():
            yield from zip(numbers, zip(*(self.values(rows, name) for name in columns), strict=True), strict=True)

    def text(self, value: object, row: int) -> str:
        """A cell as a text: None is empty, the messages of a chat stand below each other. Raises `TableError`."""
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        chat = messages_text(value)
        if chat is not None:
            return chat
        written = f"{json.dumps(value, default=str, ensure_ascii=False):.40}"
        raise table_error("not_text", file=self.path, unit=self.unit, row=row, column=self.column or "", value=written)

    def no_column(self, name: str, place: str = "") -> Exception:
        return table_error(
            "no_column", file=self.path, place=place, column=name, columns=shown(self.columns), advice="column"
        )

    def choose(self, names: Sequence[str], sample: Sequence[Sequence[str]], *, named: bool = True) -> None:
        """Set the columns, and which has the texts.

        Args:
            sample: cells of some rows.
            named: whether the names are the file's own.
        """
        self.columns = list(names)
        wanted = self.reading.text_column
        if wanted is not None:
            folded = [name.strip().casefold() for name in names]
            close = folded.index(wanted.strip().casefold()) if wanted.strip().casefold() in folded else None
            if wanted not in names and close is None:
                raise self.no_column(wanted)
            self.column = wanted if wanted in names else names[close or 0]
            return
        index = plain_text_column(names) if named else None
        if index is None:
            likely = likely_text_columns(sample, len(names))
            self.likely = [names[each] for each in likely]
            index = likely[0] if len(likely) == 1 else 0 if len(names) == 1 else None
            if index is not None and len(names) > 1:
                self.remark("column", column=names[index], advice="column")
        self.column = None if index is None else names[index]

    def choose_in_rows(self, rows: Sequence[Sequence[str]]) -> None:
        """As `choose`, by the first rows of a table whose first row may have the names of the columns."""
        first, below = rows[0], rows[1:]
        if self.reading.header is None:
            self.header, certain = header_of(first, below)
            if not certain:
                self.remark("header_assumed" if self.header else "no_header_assumed", advice="header")
        else:
            self.header = self.reading.header
        names = list(first) if self.header else letters_of(len(first))
        self.choose(names, below if self.header else rows, named=self.header)

    def remark(self, kind: str, **fields: object) -> None:
        self.remarks.append(Remark(kind, fields))


class EncodedTable(Table):
    """A text file, read row by row.

    Attributes:
        encoding: the name of its codec.
    """

    def __init__(self, path: Path, reading: ReadOptions):
        super().__init__(path, reading)
        self.encoding = find_encoding(path, reading.encoding)
        if not self.encoding.startswith("utf-8"):
            self.remark("encoding", encoding=self.encoding)

    def records(self) -> Iterator[tuple[int, Any]]:
        """The rows in order, each with its number. Raises `TableError`."""
        raise NotImplementedError

    def batches(self) -> Iterator[tuple[Any, Sequence[int]]]:
        records = self.records()
        while batch := list(islice(records, CHUNK_ROWS)):
            yield [row for _, row in batch], [number for number, _ in batch]

    def out_encoding(self, for_spreadsheets: bool) -> str:
        """UTF-8; with a byte order mark for spreadsheets, and if the file has one or is in an older encoding: it was
        written for a program that takes UTF-8 without a mark for something else."""
        return "utf-8" if self.encoding == "utf-8" and not for_spreadsheets else "utf-8-sig"


def shown(names: Sequence[str]) -> str:
    """Names of columns in an error."""
    return ", ".join(f"{name:.30}" for name in names[:SHOWN_NAMES]) or "none"


def messages_text(value: object) -> str | None:
    """The text of a chat's messages, `[{"role": "user", "content": "..."}, ...]` or `[{"from": ..., "value": ...}]`:
    one paragraph each, after its role if there are several. None for anything else."""
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)) or not value:
        return None
    found = []
    for message in value:
        if not isinstance(message, Mapping):
            return None
        content = message.get("content", message.get("value"))
        if isinstance(content, Sequence) and not isinstance(content, (str, bytes)):
            parts = [part.get("text") for part in content if isinstance(part, Mapping)]
            content = "\n".join(part for part in parts if isinstance(part, str))
        if not isinstance(content, str):
            return None
        role = message.get("role", message.get("from"))
        found.append(f"{role}: {content}" if role and len(value) > 1 else content)
    return "\n\n".join(found)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`: moved to `path` on success, removed on failure."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def as_written(cell: Cell) -> str:
    return "" if cell is None else str(cell)


def flat(chunks: Sequence[Chunk]) -> list[Any]:
    """The rows of several chunks."""
    return [row for chunk in chunks for row in chunk.rows]
