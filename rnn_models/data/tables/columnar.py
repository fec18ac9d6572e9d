"""Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .base import CHUNK_ROWS, SAMPLE_ROWS, Cell, Chunk, ReadOptions, Table, Write
from .messages import table_error


class Parquet(Table):
    """Parquet; types and metadata are kept."""

    suffixes = (".parquet",)

    def __init__(self, path: Path, reading: ReadOptions):
        super().__init__(path, reading)
        import pyarrow.parquet as pq

        with self._trouble(), pq.ParquetFile(path) as file:
            self.schema = file.schema_arrow
            batch = next(file.iter_batches(SAMPLE_ROWS), None)
        self.columns = list(self.schema.names)
        rows: list[list[str]] = []
        if batch is not None:
            columns = [self.values((batch, range(1, len(batch) + 1)), name) for name in self.columns]
            rows = [[value if isinstance(value, str) else "" for value in row] for row in zip(*columns, strict=True)]
        self.choose(self.columns, rows)

    def batches(self) -> Iterator[tuple[Any, Sequence[int]]]:
        import pyarrow.parquet as pq

        with self._trouble(), pq.ParquetFile(self.path) as file:
            row = 0
            for batch in file.iter_batches(CHUNK_ROWS):
                numbers = range(row + 1, row + 1 + len(batch))
                yield (batch, numbers), numbers
                row += len(batch)

    def values(self, rows: Any, column: str) -> Sequence[object]:
        batch, numbers = rows
        values = []
        for number, value in zip(numbers, batch.column(self.columns.index(column)), strict=True):
            try:
                values.append(value.as_py())
            except UnicodeDecodeError:
                raise table_error("not_utf8", file=self.path, row=number, column=column) from None
        return values

    @contextmanager
    def writing(self, path: Path, names: Sequence[str], *, for_spreadsheets: bool = False) -> Iterator[Write]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        types = [pa.string(), *[pa.float32()] * (len(names) - 1)]
        schema = self.schema
        for name, kind in zip(names, types, strict=True):
            schema = schema.append(pa.field(name, kind))
        with pq.ParquetWriter(path, schema) as writer:

            def write(chunks: Sequence[Chunk], cells: Sequence[Sequence[Cell]]) -> None:
                table = pa.Table.from_batches([chunk.rows[0] for chunk in chunks])
                new = [pa.array(column, kind) for column, kind in zip(zip(*cells, strict=True), types, strict=True)]
                writer.write_table(pa.Table.from_arrays([*table.columns, *new], schema=schema))

            yield write

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        import pyarrow as pa

        try:
            yield
        except (pa.ArrowException, OSError) as error:
            reason = " ".join(str(error).split())[:200]
            raise table_error("not_parquet", file=self.path, reason=reason) from None
