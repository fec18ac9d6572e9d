"""Text files with one text per line."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .base import Cell, Chunk, EncodedTable, ReadOptions, Write, as_written, flat
from .charsets import lines_of
from .delimited import inert
from .messages import table_error


class TextLines(EncodedTable):
    """One text per line. The output is tab-separated with a header, and the new columns come before the text; for
    spreadsheets it is CSV, and they come behind it."""

    suffixes = (".txt",)
    spreadsheet_suffix = ".csv"
    unit = "line"

    def __init__(self, path: Path, reading: ReadOptions):
        super().__init__(path, reading)
        if reading.text_column is not None:
            raise table_error("no_columns", file=path)
        self.columns, self.column, self.header = ["text"], "text", False

    def records(self) -> Iterator[tuple[int, str]]:
        for number, line in enumerate(lines_of(self.path, self.encoding), start=1):
            yield number, line.rstrip("\r\n")

    def values(self, rows: Sequence[str], column: str) -> Sequence[object]:
        return rows

    @contextmanager
    def writing(self, path: Path, names: Sequence[str], *, for_spreadsheets: bool = False) -> Iterator[Write]:
        with path.open("w", encoding=self.out_encoding(for_spreadsheets), newline="") as file:
            if for_spreadsheets:
                writer = csv.writer(file, lineterminator="\r\n")
                writer.writerow(["text", *names])
            else:
                file.write("\t".join([*names, "text"]) + "\n")

            def write(chunks: Sequence[Chunk], cells: Sequence[Sequence[Cell]]) -> None:
                for text, added in zip(flat(chunks), cells, strict=True):
                    if for_spreadsheets:
                        writer.writerow([inert(text), *map(as_written, added)])
                    else:
                        file.write("\t".join([*map(as_written, added), text]) + "\n")

            yield write
