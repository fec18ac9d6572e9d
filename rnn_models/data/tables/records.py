"""JSON: one object per line, or a list of objects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from .base import SAMPLE_ROWS, Cell, Chunk, EncodedTable, ReadOptions, Write, flat
from .charsets import lines_of
from .messages import table_error

BLOCK = 2**20
LONGEST_OBJECT = 2**26  # characters: a list that lacks a bracket is not read to its end
SPACE = re.compile(r"\s*")
_DECODER = json.JSONDecoder()


class Record(NamedTuple):
    """An object as it is written in the file, and what it holds."""

    written: str
    values: Mapping[str, object]


class JsonRecords(EncodedTable):
    """JSON objects, one per line or in a list. They come back character by character: numbers keep their spelling.

    Attributes:
        is_list: whether they stand in a list.
    """

    suffixes = (".jsonl", ".json")

    def __init__(self, path: Path, reading: ReadOptions):
        super().__init__(path, reading)
        beginning = next((line for line in lines_of(path, self.encoding) if line.strip()), "")
        self.is_list = path.suffix.lower() == ".json" and beginning.lstrip().startswith("[")
        self.unit = "row" if self.is_list else "line"  # type: ignore[misc]
        sample = [record.values for _, record in islice(self.records(), SAMPLE_ROWS)]
        names = list(dict.fromkeys(name for values in sample for name in values))
        self.choose(names, [[str(values.get(name, "")) for name in names] for values in sample])

    def records(self) -> Iterator[tuple[int, Record]]:
        for number, written, value in self._elements() if self.is_list else self._objects():
            if not isinstance(value, dict):
                raise table_error("not_object", file=self.path, unit=self.unit, row=number)
            yield number, Record(written, value)

    def batches(self) -> Iterator[tuple[Any, Sequence[int]]]:
        names = dict.fromkeys(self.columns)
        for rows, numbers in super().batches():
            for record in rows:
                names.update(dict.fromkeys(record.values))
            yield rows, numbers
        self.columns = list(names)

    def values(self, rows: Sequence[Record], column: str) -> Sequence[object]:
        return [record.values.get(column) for record in rows]

    def _objects(self) -> Iterator[tuple[int, str, object]]:
        for number, line in enumerate(lines_of(self.path, self.encoding), start=1):
            if line.strip():
                try:
                    yield number, line.strip(), json.loads(line)
                except (ValueError, RecursionError) as error:
                    raise self._not_json(number, error) from None

    def _elements(self) -> Iterator[tuple[int, str, object]]:
        """The elements of a list, without the list in memory."""
        blocks = self._blocks()
        text = next(blocks, "")
        at, number, close = text.index("[") + 1, 0, -1
        while close < 0:
            at = _behind_space(text, at)
            if number == 0 and text[at : at + 1] == "]":
                close = at
                break
            try:
                value, end = _DECODER.raw_decode(text, at)
                behind = _behind_space(text, end)
                if text[behind : behind + 1] not in (",", "]"):
                    raise ValueError(f"',' or ']' is missing behind it, before {text[behind : behind + 9]!r}")
            except (ValueError, RecursionError) as error:
                more = None if isinstance(error, RecursionError) else next(blocks, None)
                if more is None or len(text) - at > LONGEST_OBJECT:
                    raise self._not_json(number + 1, error) from None
                text, at = text[at:] + more, 0
                continue
            number += 1
            yield number, text[at:end], value
            at, close = behind + 1, behind if text[behind] == "]" else -1
        if text[close + 1 :].strip() or any(block.strip() for block in blocks):
            raise self._not_json(number, ValueError("something follows the list"))

    def _blocks(self) -> Iterator[str]:
        """The text in blocks that grow, so that what spans several is not read again for each."""
        lines, held, size, wanted = lines_of(self.path, self.encoding), [], 0, BLOCK // 16
        for line in lines:
            held.append(line)
            size += len(line)
            if size >= wanted:
                yield "".join(held)
                held, size, wanted = [], 0, min(2 * wanted, BLOCK)
        yield "".join(held)

    def _not_json(self, number: int, error: Exception) -> Exception:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        return table_error("not_json", file=self.path, unit=self.unit, row=number, reason=reason)

    @contextmanager
    def writing(self, path: Path, names: Sequence[str], *, for_spreadsheets: bool = False) -> Iterator[Write]:
        # JSON has no byte order mark, and no spreadsheet opens it
        with path.open("w", encoding="utf-8", newline="") as file:
            first = True

            def write(chunks: Sequence[Chunk], cells: Sequence[Sequence[Cell]]) -> None:
                nonlocal first
                for record, added in zip(flat(chunks), cells, strict=True):
                    own = record.written.removesuffix("}").rstrip()
                    new = json.dumps(dict(zip(names, added, strict=True)), ensure_ascii=False)[1:]
                    if self.is_list:
                        file.write("[\n" if first else ",\n")
                    file.write(own + (", " if record.values else "") + new + ("" if self.is_list else "\n"))
                    first = False

            yield write
            if self.is_list:
                file.write("[]\n" if first else "\n]\n")


def _behind_space(text: str, at: int) -> int:
    found = SPACE.match(text, at)
    return at if found is None else found.end()
