"""Files of texts: reading uploads and writing downloads."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import gradio as gr

from ..inference import NotTextError, check_text, find_text_column
from .i18n import refuse, say
from .inputs import MAX_TEXT
from .uploads import MAX_MEGABYTES

MAX_ROWS = 10_000
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def read_texts(path: str | None, request: gr.Request | None) -> tuple[list[str], int]:
    """The texts of a file, and the number of blank rows that were left out.

    A CSV file has its texts in the column that `find_text_column` finds, or has only one column. Any other text file
    has one text per line.

    Raises:
        gr.Error: the file cannot be read; the sentence says what to change.
    """
    if not path:
        raise refuse("no_file", request)
    file = Path(path)
    if file.suffix.lower() not in (".csv", ".txt"):
        raise refuse("file_kind", request)
    size = file.stat().st_size / 1e6
    if size > MAX_MEGABYTES:
        raise refuse("file_too_big", request, size=size, limit=MAX_MEGABYTES)
    try:
        content = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refuse("file_encoding", request) from None
    rows = _csv_column(content, request) if file.suffix.lower() == ".csv" else content.splitlines()
    texts = [row.strip() for row in rows if row.strip()]
    if not texts:
        raise refuse("file_empty", request)
    if len(texts) > MAX_ROWS:
        raise refuse("file_rows", request, limit=MAX_ROWS)
    for row, text in enumerate(texts, start=1):
        problem = _problem(text, request)
        if problem:
            raise refuse("file_row", request, row=row, problem=problem)
    return texts, len(rows) - len(texts)


def write_results(path: Path, header: list[str], rows: list[list[str | float]]) -> None:
    """Write a CSV file that is safe to open in spreadsheets.

    A cell that starts like a formula gets a leading apostrophe, so that opening the file runs nothing
    (https://owasp.org/www-community/attacks/CSV_Injection). The byte order mark tells Excel that the file is UTF-8.
    """
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([[_inert(cell) for cell in row] for row in rows])


def _inert(cell: str | float) -> str | float:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


def _csv_column(content: str, request: gr.Request | None) -> list[str]:
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    try:
        rows = [row for row in reader if row]
    except csv.Error:
        raise refuse("file_broken", request, line=reader.line_num) from None
    if not rows:
        return []
    column = find_text_column(rows[0])
    if column is not None:
        return [row[column] if column < len(row) else "" for row in rows[1:]]
    if max(map(len, rows)) == 1:
        return [row[0] for row in rows]
    columns = ", ".join(re.sub(r"[<>&]", "", cell).strip()[:30] for cell in rows[0][:10])  # errors are shown as HTML
    raise refuse("file_columns", request, columns=columns)


def _problem(text: str, request: gr.Request | None) -> str | None:
    if len(text) > MAX_TEXT:
        return say("too_long", request, length=len(text), limit=MAX_TEXT)
    try:
        check_text(text)
    except NotTextError as error:
        return say("not_text", request, position=error.position, character=error.character)
    return None
