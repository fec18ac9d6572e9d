"""Uploaded tables: reading them within limits, and what is wrong with one in the user's language."""

from __future__ import annotations

import re
from pathlib import Path

import gradio as gr

from ..bulk.run import checked
from ..data.tables import DELIMITERS, ENCODINGS, Chunk, ReadOptions, Table, TableError, open_table
from .i18n import refuse, say
from .uploads import MAX_MEGABYTES

MAX_ROWS = 10_000
MAX_UNPACKED = 40 * 2**20  # of an .xlsx, whose 5 MB may hold a thousand times as much
DELIMITER_KEYS = {",": "delimiter_comma", ";": "delimiter_semicolon", "\t": "delimiter_tab", "|": "delimiter_bar"}


def open_upload(
    path: str | None, request: gr.Request | None, *, column: str | None = None, header: bool | None = None
) -> Table:
    """The uploaded table.

    Args:
        column: the one with the texts; None or an empty string has it found.
        header: whether its first row has the names of the columns; None has it found.

    Raises:
        gr.Error: the file cannot be read; the sentence says what to change.
    """
    if not path:
        raise refuse("no_file", request)
    file = Path(path)
    try:
        size = file.stat().st_size / 1e6 if file.is_file() else 0
        if size > MAX_MEGABYTES:
            raise refuse("file_too_big", request, size=size, limit=MAX_MEGABYTES)
        return open_table(file, ReadOptions(column or None, header=header, max_unpacked=MAX_UNPACKED))
    except TableError as error:
        raise refused(error, request) from None


def read_rows(table: Table, request: gr.Request | None) -> list[Chunk]:
    """All rows of a table, at most `MAX_ROWS`, of which one at least has a text. Raises `gr.Error`."""
    chunks: list[Chunk] = []
    rows = 0
    try:
        for chunk in checked(table):
            chunks.append(chunk)
            rows += len(chunk.texts)
            if rows > MAX_ROWS:
                raise refuse("file_rows", request, limit=MAX_ROWS)
    except TableError as error:
        raise refused(error, request) from None
    if not any(text.strip() for chunk in chunks for text in chunk.texts):
        raise refuse("table_empty", request)
    return chunks


def refused(error: TableError, request: gr.Request | None) -> gr.Error:
    """What is wrong with a file, to be raised."""
    # errors are shown as HTML
    fields = {
        name: re.sub(r"[<>&]", "", value) if isinstance(value, str) else value for name, value in error.fields.items()
    }
    fields["file"] = Path(str(fields.get("file", ""))).name
    if "delimiter" in fields:
        fields["delimiter"] = delimiter_name(str(fields["delimiter"]), request)
    return refuse(f"table_{error.kind}", request, **fields)


def remarks_on(table: Table, request: gr.Request | None) -> list[str]:
    """What was found or assumed about a table, a clause each."""
    found = []
    for kind, fields in table.remarks:
        named = dict(fields)
        if kind == "encoding":
            named["encoding"] = ENCODINGS.get(str(fields["encoding"]), str(fields["encoding"]).upper())
        if kind == "delimiter":
            named["delimiter"] = delimiter_name(str(fields["delimiter"]), request)
        found.append(say(f"table_{kind}", request, **named))
    return found


def delimiter_name(delimiter: str, request: gr.Request | None) -> str:
    return say(DELIMITER_KEYS[delimiter], request) if delimiter in DELIMITERS else delimiter
