"""Files with a text in each row: reading them piece by piece, and writing them with additional columns.

Text (one text per line), CSV and TSV, JSON Lines and Parquet. A file is never in memory as a whole, and everything in
it besides the texts is written back unchanged.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..inference.text import NOT_TEXT, TEXT_COLUMNS, NotTextError, check_text, find_text_column

CHUNK_ROWS = 256
# Longer cells are refused, so that an unclosed quotation mark does not swallow the rest of a file.
MAX_CELL = 2**24

Cell = str | float | None


class TableError(ValueError):
    """A file cannot be read or written. The message is one sentence: which file, where, and what is allowed."""


@dataclass(frozen=True)
class Chunk:
    """Some rows of a file.

    Attributes:
        rows: in the representation of their format.
        texts: the text of each row, empty if there is none.
    """

    rows: Any
    texts: list[str]


Write = Callable[[Sequence[Chunk], Sequence[Sequence[Cell]]], None]


class Table:
    """A file with a text in each row.

    Attributes:
        columns: the names of its columns.
    """

    suffixes: tuple[str, ...]
    columns: list[str]

    def __init__(self, path: Path, column: str | None):
        self.path = path
        self.wanted = column

    def chunks(self) -> Iterator[Chunk]:
        """The rows in order, at most `CHUNK_ROWS` at a time. Raises `TableError`."""
        raise NotImplementedError

    def writing(self, path: Path, names: Sequence[str]) -> Any:
        """A context with a function that writes chunks, and for each of their rows the cells of the new columns."""
        raise NotImplementedError

    def count(self) -> int:
        """Read and check all rows, and return their number. Raises `TableError` if there are none."""
        rows = sum(len(chunk.texts) for chunk in self.chunks())
        if rows == 0:
            raise TableError(f"{self.path} is empty: there is no text in it")
        return rows

    def text_column(self, names: Sequence[str], where: str) -> str:
        """The name of the column with the texts. Raises `TableError`."""
        if self.wanted is None:
            found = find_text_column(names)
            if found is not None:
                return names[found]
        elif self.wanted in names:
            return self.wanted
        sought = self.wanted or ", ".join(TEXT_COLUMNS[:-1]) + " or " + TEXT_COLUMNS[-1]
        there = ", ".join(f"{name:.30}" for name in names[:20]) or "none"
        raise TableError(f"{where} has no column {sought}; its columns are: {there} (choose with --text_column)")

    def checked(self, text: object, where: str) -> str:
        if text is None:
            return ""
        if not isinstance(text, str):
            raise TableError(f"{where}: {json.dumps(text, default=str):.40} is not a text")
        try:
            return check_text(text)
        except NotTextError as error:
            raise TableError(f"{where}: {error}") from None


class LineTable(Table):
    """A UTF-8 text file, read line by line."""

    def rows(self) -> Iterator[tuple[int, Any, object]]:
        """For each row its line, counted from 1, the row itself, and its text."""
        raise NotImplementedError

    def chunks(self) -> Iterator[Chunk]:
        chunk = Chunk([], [])
        for line, row, text in self.rows():
            chunk.rows.append(row)
            chunk.texts.append(self.checked(text, f"{self.path}, line {line}"))
            if len(chunk.texts) == CHUNK_ROWS:
                yield chunk
                chunk = Chunk([], [])
        if chunk.texts:
            yield chunk

    def lines(self) -> Iterator[tuple[int, str]]:
        """The number of each line, and the line with its line break. Raises `TableError`."""
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield number, line.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError:
                    raise TableError(f"{self.path}, line {number} is not UTF-8: save the file as UTF-8") from None


class TextLines(LineTable):
    """One text per line. The output is tab-separated with a header, and the new columns come before the text."""

    suffixes = (".txt",)

    def rows(self) -> Iterator[tuple[int, Any, object]]:
        if self.wanted is not None:
            raise TableError(f"{self.path} has one text per line and no columns: leave out --text_column")
        self.columns = ["text"]
        for number, line in self.lines():
            text = line.rstrip("\r\n")
            yield number, text, text

    @contextmanager
    def writing(self, path: Path, names: Sequence[str]) -> Iterator[Write]:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write("\t".join([*names, "text"]) + "\n")

            def write(chunks: Sequence[Chunk], cells: Sequence[Sequence[Cell]]) -> None:
                texts = [text for chunk in chunks for text in chunk.rows]
                for text, added in zip(texts, cells, strict=True):
                    file.write("\t".join([*map(_shown, added), text]) + "\n")

            yield write


class Delimited(LineTable):
    """CSV or TSV with a header."""

    suffixes = (".csv", ".tsv")

    def __init__(self, path: Path, column: str | None):
        super().__init__(path, column)
        self.delimiter = "\t" if path.suffix.lower() == ".tsv" else ","

    def rows(self) -> Iterator[tuple[int, Any, object]]:
        limit = csv.field_size_limit(MAX_CELL)
        reader = csv.reader((line for _, line in self.lines()), delimiter=self.delimiter, strict=True)
        try:
            self.columns = next(reader, [])
            if not self.columns:
                return
            place = self.columns.index(self.text_column(self.columns, str(self.path)))
            for row in reader:
                if len(row) == len(self.columns):
                    yield reader.line_num, row, row[place]
                elif row:
                    raise TableError(
                        f"{self.path}, line {reader.line_num} has {len(row)} cells, and the header {len(self.columns)}"
                    )
        except csv.Error as error:
            raise TableError(f"{self.path}, line {reader.line_num} cannot be read: {error}") from None
        finally:
            csv.field_size_limit(limit)

    @contextmanager
    def writing(self, path: Path, names: Sequence[str]) -> Iterator[Write]:
        with self.path.open("rb") as source:
            # Excel needs the byte order mark that it wrote
            encoding = "utf-8-sig" if source.read(3) == b"\xef\xbb\xbf" else "utf-8"
        with path.open("w", encoding=encoding, newline="") as file:
            usual, quoting = (
                csv.writer(file, delimiter=self.delimiter, lineterminator="\n", quoting=kind)
                for kind in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL)
            )

            def write_row(row: Sequence[str]) -> None:
                # older Python versions quote a carriage return only if lines end in it
                # https://github.com/python/cpython/issues/67044
                (quoting if any("\r" in cell for cell in row) else usual).writerow(row)

            write_row([*self.columns, *names])

            def write(chunks: Sequence[Chunk], cells: Sequence[Sequence[Cell]]) -> None:
                rows = [row for chunk in chunks for row in chunk.rows]
                for row, added in zip(rows, cells, strict=True):
                    write_row([*row, *map(_shown, added)])

            yield write


class JsonLines(LineTable):
    """One JSON object per line."""

    suffixes = (".jsonl",)

    def rows(self) -> Iterator[tuple[int, Any, object]]:
        seen: dict[str, None] = {}
        for number, line in self.lines():
            if not line.strip():
                continue
            where = f"{self.path}, line {number}"
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise TableError(f"{where} is not JSON: {error}") from None
            if not isinstance(row, dict):
                raise TableError(f'{where} is not a JSON object such as {{"text": "..."}}')
            column = self.text_column(list(row), where)
            seen.update(dict.fromkeys(row))
            yield number, row, row[column]
        self.columns = list(seen)

    @contextmanager
    def writing(self, path: Path, names: Sequence[str]) -> Iterator[Write]:
        with path.open("w", encoding="utf-8", newline="") as file:

            def write(chunks: Sequence[Chunk], cells: Sequence[Sequence[Cell]]) -> None:
                rows = [row for chunk in chunks for row in chunk.rows]
                for row, added in zip(rows, cells, strict=True):
                    whole = {**row, **dict(zip(names, added, strict=True))}
                    line = json.dumps(whole, ensure_ascii=False)
                    # half a character can only be written as a JSON escape, as it was read
                    file.write((json.dumps(whole) if NOT_TEXT.search(line) else line) + "\n")

            yield write


class Parquet(Table):
    """Parquet; types and metadata are kept."""

    suffixes = (".parquet",)

    def chunks(self) -> Iterator[Chunk]:
        with _arrow_trouble(self.path), pq.ParquetFile(self.path) as file:
            self.schema = file.schema_arrow
            self.columns = self.schema.names
            column = self.text_column(self.columns, str(self.path))
            row = 0
            for batch in file.iter_batches(CHUNK_ROWS):
                texts = []
                for value in batch.column(self.columns.index(column)):
                    row += 1
                    texts.append(self.checked(self._text(value, row), f"{self.path}, row {row}"))
                yield Chunk(batch, texts)

    def _text(self, value: pa.Scalar, row: int) -> object:
        try:
            return value.as_py()
        except UnicodeDecodeError:
            raise TableError(f"{self.path}, row {row} is not UTF-8") from None

    @contextmanager
    def writing(self, path: Path, names: Sequence[str]) -> Iterator[Write]:
        types = [pa.string(), *[pa.float32()] * (len(names) - 1)]
        schema = self.schema
        for name, kind in zip(names, types, strict=True):
            schema = schema.append(pa.field(name, kind))
        with pq.ParquetWriter(path, schema) as writer:

            def write(chunks: Sequence[Chunk], cells: Sequence[Sequence[Cell]]) -> None:
                table = pa.Table.from_batches([chunk.rows for chunk in chunks])
                new = [pa.array(column, kind) for column, kind in zip(zip(*cells, strict=True), types, strict=True)]
                writer.write_table(pa.Table.from_arrays([*table.columns, *new], schema=schema))

            yield write


FORMATS: tuple[type[Table], ...] = (TextLines, Delimited, JsonLines, Parquet)
SUFFIXES = tuple(suffix for kind in FORMATS for suffix in kind.suffixes)


def open_table(path: Path, column: str | None = None) -> Table:
    """Open the file at `path`, with the format by its ending and the texts in `column`, or else in the first of
    `TEXT_COLUMNS`.

    Raises:
        TableError: there is no such file, or its ending is not in `SUFFIXES`.
    """
    kind = next((kind for kind in FORMATS if path.suffix.lower() in kind.suffixes), None)
    if not path.is_file():
        raise TableError(f"{path}: there is no such file")
    if kind is None:
        raise TableError(f"{path} must end in one of {', '.join(SUFFIXES)}")
    return kind(path, column)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`: moved to `path` on success, removed on failure."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _arrow_trouble(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise TableError(
            f"{path} is not a Parquet file that can be read: {' '.join(str(error).split())[:200]}"
        ) from None


def _shown(cell: Cell) -> str:
    return "" if cell is None else str(cell)
