"""What is said about a file: errors and remarks, each of a kind and with fields, for the page to say it in Chinese."""

from __future__ import annotations

from typing import NamedTuple

from .. import InputError

# What a user can do, in the words of `python -m rnn_models classify`. Others replace them by their own options.
ADVICE = {
    "column": "choose with --text_column",
    "encoding": "name it with --encoding, as --encoding big5",
    "other_encoding": "give another --encoding, or leave it out to have it found",
    "header": "--header yes or --header no says it",
}

ERRORS = {
    "no_file": "{file}: there is no such file",
    "unreadable": "{file} cannot be read: {reason}",
    "ending": "{file} must end in one of {endings}",
    "empty": "{file} is empty: there is no text in it",
    "no_codec": "option encoding: there is no encoding {encoding}; utf-8, utf-16, gb18030 and cp1252 are some",
    "encoding_unclear": "{file}, line {line} is not UTF-8, and the file is not clearly in UTF-16, GB18030 or"
    " Windows-1252: save it as UTF-8, or say its encoding ({advice})",
    "encoding_broken": "{file}, line {line} is not UTF-8, but other lines are: mend this line, or say the encoding"
    " ({advice})",
    "encoding_wrong": "{file}, line {line} is not {encoding} ({advice})",
    "no_columns": "{file} has one text per line and no columns: leave out --text_column",
    "no_column": "{file}{place} has no column {column}; its columns are: {columns} ({advice})",
    "which_column": "{file}: it is not clear which column has the texts; its columns are: {columns} ({advice})",
    "cells": "{file}, row {row} has {cells} cells, and the first row {expected}: quote cells that contain {delimiter},"
    " or save one text per line as .txt",
    "quotes": "{file}, row {row} cannot be read: its quotation marks are not closed, or something follows them; write"
    ' a quotation mark within a quoted cell as ""',
    "long_cell": "{file}, row {row} has a cell of more than {limit:,} characters: check whether a quotation mark is"
    " not closed",
    "not_json": "{file}, {unit} {row} is not JSON: {reason}",
    "not_object": '{file}, {unit} {row} is not a JSON object such as {{"text": "..."}}',
    "not_text": "{file}, {unit} {row}, column {column}: {value} is not a text",
    "not_utf8": "{file}, row {row}, column {column} is not UTF-8",
    "bad_character": "{file}, {unit} {row}: character {position} is {character}, which is not text: remove it",
    "not_parquet": "{file} is not a Parquet file that can be read: {reason}",
    "not_excel": "{file} is not an .xlsx file that can be read: {reason}",
    "no_openpyxl": "{file}: reading .xlsx needs openpyxl: pip install openpyxl",
    "too_large": "{file} holds {size:.0f} MB when unpacked; at most {limit:.0f} MB are allowed: split it",
}

REMARKS = {
    "encoding": "read as {encoding}",
    "delimiter": "separated by {delimiter}",
    "bare_quotes": "quotation marks are characters of the texts",
    "sheet": "only the sheet {sheet} of {count} is read",
    "column": "the texts are in column {column} ({advice})",
    "header_assumed": "the first row is taken for the names of the columns ({advice})",
    "no_header_assumed": "the first row is taken for a text, not for the names of the columns ({advice})",
}

ENCODINGS = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}
ENCODINGS |= {"gb18030": "GB18030 (GBK)", "cp1252": "Windows-1252 (Latin-1)"}
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}


class Remark(NamedTuple):
    """Something that was found or assumed: its kind, one of `REMARKS`, and the values of its sentence."""

    kind: str
    fields: dict[str, object]

    def __str__(self) -> str:
        return self.advising(ADVICE)

    def advising(self, advice: dict[str, str]) -> str:
        """The sentence in the words of a command."""
        return REMARKS[self.kind].format(**{**self.fields, "advice": _advice(self.fields, advice)})


class TableError(InputError):
    """A file cannot be read or written. The message is one sentence: which file, where, and what is allowed.

    Attributes:
        kind: one of `ERRORS`, or another that whoever raised it knows.
        fields: the values of its sentence.
    """

    def __init__(self, message: str, kind: str | None = None, fields: dict[str, object] | None = None) -> None:
        super().__init__(message)
        self.kind, self.fields = kind, fields or {}

    def __reduce__(self) -> tuple[type[TableError], tuple[str, str | None, dict[str, object]]]:
        return type(self), (str(self), self.kind, self.fields)

    def advising(self, advice: dict[str, str]) -> str:
        """The message in the words of another command."""
        if self.kind not in ERRORS:
            return str(self)
        return ERRORS[self.kind].format(**{**self.fields, "advice": _advice(self.fields, advice)})


def table_error(kind: str, **fields: object) -> TableError:
    """The error of this kind; `advice` is a key of `ADVICE`."""
    message = ERRORS[kind].format(**{**fields, "advice": _advice(fields)})
    return TableError(message, kind, fields)


def _advice(fields: dict[str, object], words: dict[str, str] = ADVICE) -> str:
    return words.get(str(fields.get("advice", "")), "")
