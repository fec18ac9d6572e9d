"""Files of texts that tests write, and what is read of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from rnn_models.data.tables import ReadOptions, Table, open_table, written_whole

LABELS = ["label", "good"]
# What encodings other than UTF-8 hold as well, with all that other programs take for the end of a line or a formula.
CHINESE = "很好看的电影，服务太差了！一二三abc \t\"',;|=+-@'"
WESTERN = "très déçu – über „alles“ ¿qué? ñabc \t\"',;|=+-@'"
SEPARATORS = "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e"
any_text = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
same_folder = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def save(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def texts_of(path: Path, column: str | None = None, **how: Any) -> list[str]:
    return [text for chunk in open_table(path, ReadOptions(column, **how)).chunks() for text in chunk.texts]


def numbers_of(path: Path) -> list[int]:
    return [number for chunk in open_table(path).chunks() for number in chunk.numbers]


def count(table: Table) -> int:
    return sum(len(chunk.texts) for chunk in table.chunks())


def rows_of(path: Path, **how: Any) -> list[list[object]]:
    table = open_table(path, ReadOptions(**how))
    return [list(cells) for _, cells in table.read(table.columns)]


def with_cells(path: Path, cells: Iterable[list[Any]], *, for_spreadsheets: bool = False, **how: Any) -> Path:
    """The file with new cells for each row, all written at once."""
    table = open_table(path, ReadOptions(**how))
    count(table)
    output = path.with_name(f"out{path.suffix}")
    rest = list(cells)
    with (
        written_whole(output) as temporary,
        table.writing(temporary, LABELS, for_spreadsheets=for_spreadsheets) as write,
    ):
        for chunk in table.chunks():
            write([chunk], [rest.pop(0) for _ in chunk.texts])
    assert not rest
    return output


def save_sheet(path: Path, rows: Iterable[Sequence[object]], *more: str) -> Path:
    book = openpyxl.Workbook()
    for row, cells in enumerate(rows, start=1):
        for column, value in enumerate(cells, start=1):
            cell = book.active.cell(row, column, value)
            if isinstance(value, str):
                cell.data_type = "s"  # not a formula, whatever it begins with
    for name in more:
        book.create_sheet(name)
    book.save(path)
    return path
