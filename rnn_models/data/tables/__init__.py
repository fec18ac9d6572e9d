"""The one reader of files: `classify`, the page and training read tables and texts with it.

    table = open_table(Path("reviews.csv"))
    table.columns, table.column, table.remarks
    for chunk in table.chunks(): chunk.numbers, chunk.texts
    for row, (text, stars) in table.read(["text", "stars"]): ...

A file is never in memory as a whole, and everything in it besides the texts is written back unchanged.
"""

from __future__ import annotations

from pathlib import Path

from .base import CHUNK_ROWS, Cell, Chunk, ReadOptions, Table, Write, as_written, written_whole
from .columnar import Parquet
from .columns import LABEL_COLUMNS, TEXT_COLUMNS, plain_text_column
from .delimited import Delimited
from .lines import TextLines
from .messages import DELIMITERS, ENCODINGS, ERRORS, REMARKS, Remark, TableError, table_error
from .records import JsonRecords
from .sheets import Sheet

__all__ = [
    "CHUNK_ROWS",
    "DELIMITERS",
    "ENCODINGS",
    "ERRORS",
    "LABEL_COLUMNS",
    "REMARKS",
    "SUFFIXES",
    "TEXT_COLUMNS",
    "Cell",
    "Chunk",
    "ReadOptions",
    "Remark",
    "Table",
    "TableError",
    "Write",
    "as_written",
    "open_table",
    "plain_text_column",
    "table_error",
    "written_whole",
]

FORMATS: tuple[type[Table], ...] = (TextLines, Delimited, JsonRecords, Sheet, Parquet)
SUFFIXES = tuple(suffix for kind in FORMATS for suffix in kind.suffixes)


def open_table(path: Path, reading: ReadOptions = ReadOptions()) -> Table:  # noqa: B008
    """Open the file at `path`, with the format by its ending, and look at its first rows.

    Raises:
        TableError: there is no such file, its ending is not in `SUFFIXES`, or its first rows cannot be read.
    """
    kind = next((kind for kind in FORMATS if path.suffix.lower() in kind.suffixes), None)
    if not path.is_file():
        raise table_error("no_file", file=path)
    if kind is None:
        raise table_error("ending", file=path, endings=", ".join(SUFFIXES))
    return kind(path, reading)
