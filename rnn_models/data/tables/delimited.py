"""CSV and TSV: cells between commas, semicolons, tabs or vertical bars."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from .base import SAMPLE_ROWS, Cell, Chunk, EncodedTable, ReadOptions, Write, as_written, flat
from .charsets import lines_of
from .messages import table_error

# Longer cells are refused, so that an unclosed quotation mark does not swallow the rest of a file.
MAX_CELL = 2**24
# The limit belongs to the process, and setting it back while another thread reads would end its reading.
csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL))

QUOTED = re.compile(r'"(?:[^"]|"")*"')
PREAMBLE = re.compile(r"sep=([,;\t|])[\r\n]*", re.IGNORECASE)  # Excel's own first line for other delimiters
# What Excel runs as a formula: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = re.compile(r"[=+\-@\t\r\n]")
PLAIN_NUMBER = re.compile(r"[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?%?")


class Delimited(EncodedTable):
    """CSV or TSV.

    The delimiter is the one that divides the first rows into the same number of cells. Between tabs, quotation marks
    are characters unless all of them are a CSV writer's: around cells, and doubled within them.

    Attributes:
        delimiter: between cells.
        quotes: whether cells may stand in quotation marks.
    """

    suffixes = (".csv", ".tsv")
    header_is_a_question = True

    def __init__(self, path: Path, reading: ReadOptions):
        super().__init__(path, reading)
        self.quotes, self.preamble, self.line_end = True, False, "\n"
        usual = "\t" if path.suffix.lower() == ".tsv" else ","
        beginning = list(islice(lines_of(path, self.encoding), SAMPLE_ROWS))
        if not beginning:
            self.delimiter = usual
            return
        self.line_end = "\r\n" if beginning[0].endswith("\r\n") else "\n"
        if said := PREAMBLE.fullmatch(beginning[0]):
            self.delimiter, self.preamble = said[1], True
        else:
            self.delimiter = _delimiter(beginning, usual)
        if self.delimiter != usual:
            self.remark("delimiter", delimiter=self.delimiter)
        if self.delimiter == "\t":
            self.quotes = _has_quoted_cells(self._lines())
            if not self.quotes:
                self.remark("bare_quotes")
        rows = [row for _, row in islice(self._all_records(), SAMPLE_ROWS) if row]
        if rows:
            self.choose_in_rows(rows)

    def _lines(self) -> Iterator[str]:
        return islice(lines_of(self.path, self.encoding), int(self.preamble), None)

    def _all_records(self) -> Iterator[tuple[int, list[str]]]:
        """Every row with its number, the header too; a blank line is a row without cells."""
        if not self.quotes:
            for number, line in enumerate(self._lines(), start=1):
                line = line.rstrip("\r\n")
                yield number, line.split(self.delimiter) if line else []
            return
        reader = csv.reader(self._lines(), delimiter=self.delimiter, strict=True)
        number = 0
        try:
            for number, row in enumerate(reader, start=1):
                yield number, row
        except csv.Error as error:
            long = "limit" in str(error)
            raise table_error(
                "long_cell" if long else "quotes", file=self.path, row=number + 1, limit=MAX_CELL
            ) from None

    def records(self) -> Iterator[tuple[int, list[str]]]:
        records = self._all_records()
        width = len(self.columns)
        header = self.header
        for number, row in records:
            if header and row:
                header = False
            elif len(row) == width:
                yield number, row
            elif not row and not header:
                yield number, [""] * width
            elif row:
                raise table_error(
                    "cells", file=self.path, row=number, cells=len(row), expected=width, delimiter=self.delimiter
                )

    def values(self, rows: Sequence[list[str]], column: str) -> Sequence[object]:
        place = self.columns.index(column)
        return [row[place] for row in rows]

    @contextmanager
    def writing(self, path: Path, names: Sequence[str], *, for_spreadsheets: bool = False) -> Iterator[Write]:
        with path.open("w", encoding=self.out_encoding(for_spreadsheets), newline="") as file:
            usual, quoting = (
                csv.writer(file, delimiter=self.delimiter, lineterminator=self.line_end, quoting=kind)
                for kind in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL)
            )

            def write_row(row: Sequence[str]) -> None:
                if not self.quotes:
                    file.write(self.delimiter.join(row) + self.line_end)
                    return
                # older Python versions quote a carriage return only if lines end in it
                # https://github.com/python/cpython/issues/67044
                (quoting if any("\r" in cell for cell in row) else usual).writerow(row)

            def own(row: Sequence[str]) -> list[str]:
                return list(map(inert, row)) if for_spreadsheets else list(row)

            write_row([*own(self.columns), *names])

            def write(chunks: Sequence[Chunk], cells: Sequence[Sequence[Cell]]) -> None:
                for row, added in zip(flat(chunks), cells, strict=True):
                    write_row([*own(row), *map(as_written, added)])

            yield write

    def text(self, value: object, row: int) -> str:
        text = super().text(value, row)
        # what `inert` has put before a formula
        return text[1:] if text[:1] == "'" and _is_formula(text[1:]) else text


def inert(cell: str) -> str:
    """A cell that no spreadsheet runs: an apostrophe stands before what begins like a formula and is no number.

    Tables are read without this apostrophe.
    """
    return f"'{cell}" if _is_formula(cell) else cell


def _is_formula(cell: str) -> bool:
    return bool(FORMULA.match(cell)) and not PLAIN_NUMBER.fullmatch(cell)


def _delimiter(lines: Sequence[str], usual: str) -> str:
    """The delimiter that gives the first row several cells, and the most of the other rows as many."""
    best, agreed = usual, 0.0
    for delimiter in dict.fromkeys([usual, ",", ";", "\t", "|"]):
        try:
            rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            continue
        width = len(rows[0]) if rows else 0
        share = sum(len(row) == width for row in rows) / max(len(rows), 1) if width > 1 else 0.0
        if share > agreed:
            best, agreed = delimiter, share
    return best


def _has_quoted_cells(lines: Iterable[str]) -> bool:
    """Whether the quotation marks of a file with tabs are a CSV writer's.

    They are not if every line has as many cells without regard to them, and either one stands as a writer never puts
    it or none has to be there.
    """
    width = 0
    every_cell = needed = misplaced = False
    for line in lines:
        cells = line.rstrip("\r\n").split("\t")
        width = width or len(cells)
        if len(cells) != width and cells != [""]:
            return True
        marked = [cell for cell in cells if '"' in cell]
        misplaced |= not all(map(QUOTED.fullmatch, marked))
        needed |= any('""' in cell[1:-1] or cell == '""' for cell in marked)
        every_cell |= bool(marked) and len(marked) == len(cells)
    return not misplaced and (needed or every_cell)
