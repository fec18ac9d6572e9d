"""Corpora in files and folders of this machine, read by the one reader of tables."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from . import InputError
from .large_texts import LARGE, large_files
from .recipes import advised
from .tables import SUFFIXES, ReadOptions, Table, TableError, open_table
from .tables.charsets import find_encoding, lines_of

# Where a row comes from: the number of its file among those read, and of the row in it.
FILE, ROW = " file", " row"
# Of a large corpus, a column of this name and that of the column with the labels has them as JSON: an Arrow column
# has one type, which its first rows decide, and a column of a file may have several.
LABEL = " label "
SPLIT_NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "eval"),
}
# `train-00000-of-00001`, as the Hub names the files of a split.
SHARD = re.compile(r".+-\d{5}-of-\d{5}")
# What lies beside a corpus and is not part of it.
BESIDE = re.compile(r"(readme|licen[cs]e|notice|citation|changelog|requirements)\b.*", re.IGNORECASE)
WHOLE_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,17})(?:\.0+)?")
ADVICE = {
    "encoding": "name it with --encoding, as --encoding big5",
    "other_encoding": "give another --encoding, or leave it out to have it found",
    "header": "write the names of the columns into the first row if they are not there",
}


@dataclass
class LocalFiles:
    """The splits of a local corpus.

    Attributes:
        splits: by name, as `datasets.Dataset` with the columns `FILE` and `ROW` besides the files' own. If they are
            large, only with `text` and, if labels are needed and there, `FILE`, `ROW` and `LABEL`.
        text_column: the column with the texts.
        files: those that were read.
        notes: what was found or assumed about them, a line each.
        columns: of large files, all that they have.
    """

    splits: dict[str, Any]
    text_column: str | None
    files: list[Path]
    notes: list[str] = field(default_factory=list)
    columns: list[str] | None = None


def local_files(folder: Path) -> dict[str, list[Path]] | None:
    """The files of a folder by split, or None for a folder in the layout of the Hub, which `datasets` reads.

    A file or folder whose name has a word such as train, dev or test belongs to that split; all others are for
    training.

    Raises:
        InputError: the folder has files of several formats, and it is not clear which are the corpus.
    """
    card = folder / "README.md"
    if card.is_file() and re.search(r"^(configs|dataset_info):", card.read_text("utf-8", "replace"), re.MULTILINE):
        return None
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and not BESIDE.fullmatch(path.name)
    ]
    endings = sorted({path.suffix.lower() for path in files})
    if not files or ".parquet" in endings or any(SHARD.fullmatch(path.stem) for path in files):
        return None
    if len(endings) > 1:
        first = next(path for path in files if path.suffix.lower() != ".txt")
        raise InputError(
            f"{folder} has files of several formats ({', '.join(endings)}): name those to read, as --datasets {first}"
        )
    splits: dict[str, list[Path]] = {}
    for path in files:
        words = re.findall(r"[a-z]+", str(path.relative_to(folder)).lower())
        name = next((name for name, usual in SPLIT_NAMES.items() if set(usual) & set(words)), "train")
        splits.setdefault(name, []).append(path)
    return splits


def read_local(
    splits: dict[str, list[Path]],
    text_column: str | Sequence[str] | None,
    encoding: str | None,
    may_be_large: bool = False,
    label_columns: Sequence[str] | None = None,
) -> LocalFiles:
    """Read files: a `.txt` is one document, any other a table. Names are taken literally.

    Args:
        may_be_large: whether only texts, and labels, are needed. If there are many, those of tables get into Arrow
            files and other documents stay where they are.
        label_columns: the first of these that a large split has holds its labels; None if none are needed.

    Raises:
        InputError: a file cannot be read; the message names it, the row and the option that helps.
    """
    from datasets import Dataset

    files: list[Path] = []
    notes: list[str] = []
    found: dict[str, Any] = {}
    chosen: str | None = None
    large = may_be_large and sum(path.stat().st_size for paths in splits.values() for path in paths) >= LARGE
    try:
        if large:
            return _read_large(splits, text_column, encoding, label_columns)
        for split, paths in splits.items():
            columns: dict[str, list[Any]] = {FILE: [], ROW: []}
            for path in paths:
                if path.suffix.lower() == ".txt":
                    own, rows, chosen = {"text": [document(path, encoding, notes)]}, [1], chosen or "text"
                else:
                    table = _open(path, text_column, encoding)
                    notes += [f"{path.name}: {remark.advising(_advice(path))}" for remark in table.remarks]
                    own, rows = _columns(table)
                    chosen = table.chosen()
                _append(columns, own, rows, len(files))
                files.append(path)
            found[split] = Dataset.from_dict({name: _arrow(values) for name, values in columns.items()})
    except TableError as error:
        raise InputError(error.advising(_advice(Path(str(error.fields.get("file", "")))))) from None
    return LocalFiles(found, chosen, files, notes)


def _read_large(
    splits: dict[str, list[Path]],
    text_column: str | Sequence[str] | None,
    encoding: str | None,
    label_columns: Sequence[str] | None,
) -> LocalFiles:
    files = [path for paths in splits.values() for path in paths]
    notes: list[str] = []
    if label_columns is None and all(path.suffix.lower() == ".txt" for path in files):
        found: dict[str, Any] = {name: large_files(paths, encoding, notes) for name, paths in splits.items()}
        return LocalFiles(found, "text", files, notes)
    from datasets import Dataset, disable_progress_bars
    from datasets.exceptions import DatasetGenerationError

    if sys.stderr is None or not sys.stderr.isatty():
        disable_progress_bars()
    found, columns = {}, dict[str, None]()
    for split, paths in splits.items():
        there: dict[str, None] = {}
        for path in paths:
            if path.suffix.lower() == ".txt":
                there["text"] = None
                continue
            table = _open(path, text_column, encoding)
            notes += [f"{path.name}: {remark.advising(_advice(path))}" for remark in table.remarks]
            there |= dict.fromkeys(table.columns)
        columns |= there
        options: dict[str, Any] = {
            "paths": tuple(map(str, paths)),
            # so that a file which changed is read again
            "stamps": tuple((path.stat().st_size, path.stat().st_mtime_ns) for path in paths),
            "text_column": text_column if text_column is None else tuple(np.atleast_1d(text_column).tolist()),
            "encoding": encoding,
        }
        label = next((name for name in label_columns or () if name in there), None)
        if label is not None:
            options |= {"label_column": label, "first": files.index(paths[0])}
        try:
            found[split] = Dataset.from_generator(_rows, gen_kwargs=options)
        except DatasetGenerationError as error:
            raise error.__cause__ or error from None
    return LocalFiles(found, "text", files, notes, list(columns))


def _rows(
    paths: Sequence[str],
    stamps: Any,
    text_column: Sequence[str] | None,
    encoding: str | None,
    label_column: str | None = None,
    first: int = 0,
) -> Iterator[dict[str, Any]]:
    """The texts of files, for a `datasets.Dataset` with the column `text` and, with a `label_column`, `FILE`, which
    counts from `first`, `ROW` and `LABEL`."""
    for file, path in enumerate(map(Path, paths), start=first):
        if path.suffix.lower() == ".txt":
            row = {"text": document(path, encoding, [])}
            yield row if label_column is None else {**row, FILE: file, ROW: 1, f"{LABEL}{label_column}": "null"}
            continue
        table = _open(path, text_column, encoding)
        name = table.chosen()
        for batch, numbers in table.batches():
            values = table.values(batch, name)
            texts = [_text(table, value, number) for value, number in zip(values, numbers, strict=True)]
            if label_column is None:
                yield from ({"text": text} for text in texts)
                continue
            there = label_column in table.columns
            labels = table.values(batch, label_column) if there else [None] * len(texts)
            for text, label, number in zip(texts, labels, numbers, strict=True):
                stored = json.dumps(label, default=str)
                yield {"text": text, FILE: file, ROW: number, f"{LABEL}{label_column}": stored}


def stored_labels(stored: Iterable[str]) -> list[Any]:
    """The labels of a column `LABEL`, of the types that they have if the files are read into memory."""
    from datasets import Dataset

    numbers: dict[str, int] = {}
    rows = [numbers.setdefault(label, len(numbers)) for label in stored]
    different = Dataset.from_dict({LABEL: _arrow([json.loads(label) for label in numbers])})[LABEL]
    labels = typed_labels([tuple(label) if isinstance(label, list) else label for label in different])
    return [labels[row] for row in rows]


def document(path: Path, encoding: str | None, notes: list[str]) -> str:
    """The text of a file; each line ends in `\\n`. Adds to `notes` how it was read if not as UTF-8."""
    name = find_encoding(path, encoding)
    if not name.startswith("utf-8"):
        notes.append(f"{path.name}: read as {name}")
    return "".join(lines_of(path, name)).replace("\r\n", "\n").replace("\r", "\n")


def typed_labels(labels: Sequence[Any]) -> list[Any]:
    """Labels from a file of text: whole numbers if all are, None for a blank cell."""
    cells = [None if isinstance(label, str) and not label.strip() else label for label in labels]
    texts = [cell for cell in cells if cell is not None]
    if texts and all(isinstance(cell, str) and WHOLE_NUMBER.fullmatch(cell.strip()) for cell in texts):
        return [None if cell is None else int(float(cell)) if "." in cell else int(cell) for cell in cells]
    return cells


def _advice(path: Path) -> dict[str, str]:
    return {**ADVICE, "column": f"say which: {advised(str(path), 'text_column: NAME')}"}


def _open(path: Path, text_column: str | Sequence[str] | None, encoding: str | None) -> Table:
    """The table, with the first of several text columns that it has."""
    wanted = [text_column] if isinstance(text_column, str) else list(text_column or [])
    if len(wanted) < 2:
        return open_table(path, ReadOptions(wanted[0] if wanted else None, encoding))
    there = open_table(path, ReadOptions(encoding=encoding)).columns
    return open_table(path, ReadOptions(next((name for name in wanted if name in there), wanted[0]), encoding))


def _columns(table: Table) -> tuple[dict[str, list[Any]], list[int]]:
    text = table.chosen()
    own: dict[str, list[Any]] = {}
    rows: list[int] = []
    for batch, numbers in table.batches():
        for name in table.columns:
            values = table.values(batch, name)
            if name == text:
                values = [_text(table, value, row) for value, row in zip(values, numbers, strict=True)]
            own.setdefault(name, [None] * len(rows)).extend(values)
        rows += numbers
    return own, rows


def _text(table: Table, value: object, row: int) -> str:
    """A cell as a text; a sentence may be a list of its words."""
    if isinstance(value, list) and value and all(isinstance(word, str) for word in value):
        return " ".join(value)
    return table.text(value, row)


def _append(columns: dict[str, list[Any]], own: dict[str, list[Any]], rows: list[int], file: int) -> None:
    """Add a file's columns below those of the files before it; what one file lacks is None."""
    before = len(columns[ROW])
    columns[FILE] += [file] * len(rows)
    columns[ROW] += rows
    for name in {**columns, **own}:
        if name not in (FILE, ROW):
            values = own.get(name, [])
            columns.setdefault(name, [None] * before).extend([*values, *[None] * (len(rows) - len(values))])


def _arrow(values: list[Any]) -> list[Any]:
    """Values that one Arrow column can hold: of several types, as they are written."""
    import pyarrow as pa

    try:
        pa.array(values)
        return values
    except (pa.ArrowException, OverflowError):
        return [None if value is None else str(value) for value in values]
