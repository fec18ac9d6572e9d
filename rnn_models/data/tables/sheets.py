"""Excel's .xlsx: the first sheet of a workbook."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from .base import CHUNK_ROWS, SAMPLE_ROWS, Cell, Chunk, ReadOptions, Table, Write, flat
from .messages import table_error

FORMULA = "f"


class Sheet(Table):
    """The first sheet of a workbook.

    Values, formulas and number formats come back; colours, widths and other sheets do not, because the rows are read
    and written one by one. A text that begins like a formula stays a text.
    """

    suffixes = (".xlsx",)
    header_is_a_question = True

    def __init__(self, path: Path, reading: ReadOptions):
        super().__init__(path, reading)
        try:
            import openpyxl  # noqa: F401
        except ImportError:
            raise table_error("no_openpyxl", file=path) from None
        with self._trouble(), zipfile.ZipFile(path) as packed:
            size = sum(each.file_size for each in packed.infolist())
            if reading.max_unpacked is not None and size > reading.max_unpacked:
                limit = reading.max_unpacked / 2**20
                raise table_error("too_large", file=path, size=size / 2**20, limit=limit)
        rows = [list(map(_shown, values)) for _, (_, values) in islice(self._all_records(), SAMPLE_ROWS)]
        rows = [row for row in rows if any(row)]
        if not rows:
            return
        width = max(map(len, rows))
        self.choose_in_rows([row + [""] * (width - len(row)) for row in rows])

    def _all_records(self) -> Iterator[tuple[int, tuple[Sequence[Any], Sequence[object]]]]:
        """The number of each row, its cells, and their values; formulas have those that Excel computed last. Blank
        rows behind the last one with a value are left out: Excel keeps rows that were only ever formatted."""
        blank: list[tuple[int, tuple[Sequence[Any], Sequence[object]]]] = []
        with self._sheet(data_only=False) as cells, self._sheet(data_only=True) as values:
            for number, (row, found) in enumerate(zip(cells.iter_rows(), values.iter_rows(), strict=True), start=1):
                held = [cell.value for cell in found]
                blank.append((number, (row, held)))
                if any(value is not None for value in (*held, *(cell.value for cell in row))):
                    yield from blank
                    blank = []

    @contextmanager
    def _sheet(self, *, data_only: bool) -> Iterator[Any]:
        import openpyxl

        with self._trouble():
            book = openpyxl.load_workbook(self.path, read_only=True, data_only=data_only)
            try:
                if not book.worksheets:
                    raise ValueError("it has no sheet with cells")
                sheet = book.worksheets[0]
                if len(book.worksheets) > 1 and not self.remarks and not data_only:
                    self.remark("sheet", sheet=sheet.title, count=len(book.worksheets))
                sheet.reset_dimensions()  # programs write wrong ones
                yield sheet
            finally:
                book.close()

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError, ParseError, EOFError, OSError) as error:
            if isinstance(error, type(table_error("empty", file=""))):
                raise
            reason = " ".join(str(error).split())[:200]
            raise table_error("not_excel", file=self.path, reason=reason) from None

    def batches(self) -> Iterator[tuple[Any, Sequence[int]]]:
        width, header = len(self.columns), self.header
        held: list[tuple[int, Any]] = []
        for number, (cells, values) in self._all_records():
            if header and any(value is not None for value in values):
                header = False
                continue
            if header:
                continue
            if len(values) > width and any(value is not None for value in values[width:]):
                raise table_error(
                    "cells", file=self.path, row=number, cells=len(values), expected=width, delimiter="..."
                )
            missing = width - len(values)
            held.append((number, ([*cells[:width], *[None] * missing], [*values[:width], *[None] * missing])))
            if len(held) == CHUNK_ROWS:
                yield [row for _, row in held], [number for number, _ in held]
                held = []
        if held:
            yield [row for _, row in held], [number for number, _ in held]

    def values(self, rows: Any, column: str) -> Sequence[object]:
        place = self.columns.index(column)
        return [_shown(values[place]) for _, values in rows]

    @contextmanager
    def writing(self, path: Path, names: Sequence[str], *, for_spreadsheets: bool = False) -> Iterator[Write]:
        import openpyxl

        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("Sheet1")
        sheet.append([_text_cell(sheet, name) for name in (*self.columns, *names)])

        def write(chunks: Sequence[Chunk], cells: Sequence[Sequence[Cell]]) -> None:
            for (own, _), added in zip(flat(chunks), cells, strict=True):
                new = [_text_cell(sheet, cell) if isinstance(cell, str) else cell for cell in added]
                sheet.append([*(_copy(sheet, cell) for cell in own), *new])

        yield write
        book.save(path)


def _shown(value: object) -> str:
    """A value as a text."""
    if value is None:
        return ""
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return str(value)


def _text_cell(sheet: Any, text: str) -> Any:
    """A cell that is a text whatever it begins with."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell = WriteOnlyCell(sheet)
    legal = ILLEGAL_CHARACTERS_RE.sub(lambda found: f"_x{ord(found[0]):04x}_", text)  # as Excel writes them
    cell.value, cell.data_type = legal, "s"
    return cell


def _copy(sheet: Any, cell: Any) -> Any:
    from openpyxl.cell import WriteOnlyCell

    if cell is None or cell.value is None:
        return None
    if isinstance(cell.value, str) and cell.data_type != FORMULA:
        return _text_cell(sheet, cell.value)
    copy = WriteOnlyCell(sheet, value=cell.value)
    copy.number_format = cell.number_format
    return copy
