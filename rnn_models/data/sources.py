"""Reading the corpora that a recipe names: data sets on the Hub, folders and files."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..tokenization import html_to_text
from . import InputError
from .large_texts import LARGE, TextColumn, TextFiles, each_of, taken
from .local import FILE, LABEL, ROW, LocalFiles, local_files, read_local, stored_labels, typed_labels
from .recipes import DatasetEntry, advised
from .streamed import read_stream
from .tables import LABEL_COLUMNS, SUFFIXES, TEXT_COLUMNS, plain_text_column
from .tables.base import messages_text

VALIDATION_SPLITS = ("validation", "valid", "val", "dev")
# What `datasets` reads where rows are lists of words or numbers: texts go through the reader of data/tables.
FILE_FORMATS = {
    ".csv": "csv", ".tsv": "csv", ".json": "json", ".jsonl": "json", ".parquet": "parquet", ".conll": "conll",
    ".conllu": "conll",
}  # fmt: skip
CONLLU = ["id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc"]


@dataclass
class RawSplit:
    """A split with its labels as in the source, and the source's label names if it has any.

    A row of a multi-label corpus has a tuple of labels. Of local files, `places` (N, 2) has for each row the number of
    its file in `files` and that of the row in it. `label_column` is the one with the labels, and `notes` has what was
    found or assumed.
    """

    name: str
    role: str
    texts: Sequence[str]
    labels: list[Any] | None
    label_names: list[str] | None
    where: str
    places: np.ndarray = field(default_factory=lambda: np.empty((0, 2), dtype=int))
    files: list[Path] = field(default_factory=list)
    label_column: str = ""
    notes: list[str] = field(default_factory=list)

    def place_of(self, label: Any) -> str:
        """Where the first row with this label is."""
        if not len(self.places):
            return f"{self.where}, split {self.name}"
        file, row = self.places[(self.labels or []).index(label)]
        return f"{self.files[file].name}, row {row}"


def read_splits(
    entry: DatasetEntry,
    data_root: str | None,
    with_labels: bool,
    encoding: str | None = None,
    labelled_on_disk: bool = False,
    streaming: bool = False,
) -> list[RawSplit]:
    """Read the train, validation and test splits of one corpus; find and check their columns.

    Args:
        encoding: of local text files; None has it found.
        labelled_on_disk: whether the texts of rows with labels, too, stay on disk if there are many.
        streaming: whether a data set of the Hub is read while it is downloaded.
    """
    where = display_name(entry)
    if streaming:
        _check_is_on_hub(entry, data_root, where)
    # what changes a document as a whole needs it as a whole
    whole = entry.strip_html or entry.detokenize
    may_be_large = labelled_on_disk if with_labels else not whole
    local = _local(
        entry, data_root, encoding, may_be_large, _wanted(entry, "label", LABEL_COLUMNS) if with_labels else None
    )
    splits = load_splits(entry, data_root, streaming) if local is None else local.splits

    def rows_of(name: str, role: str) -> Any:
        if not streaming:
            return split_rows(splits, name, where)
        return read_stream(splits, _on_hub(entry), name, where, lambda rows: columns(rows, name, role))

    def columns(rows: Any, name: str, role: str) -> list[str]:
        text = _text_column(rows, entry, None, name, where)
        if not with_labels or role == "unlabelled":
            return [text]
        return [text, find_column(rows, entry, LABEL_COLUMNS, "label", name, where)]

    found = [
        _read_split(entry, rows, local, role, name, where, with_labels and role != "unlabelled", labelled_on_disk)
        for role, name, rows in _used(entry, splits, rows_of)
    ]
    found[0].notes += local.notes if local else []
    return found


def open_splits(entry: DatasetEntry, data_root: str | None) -> list[tuple[str, str, Any]]:
    """The role, the name and the rows of each split of one corpus that is used, none of them empty."""
    splits, where = load_splits(entry, data_root), display_name(entry)
    return _used(entry, splits, lambda name, role: split_rows(splits, name, where))


def _used(entry: DatasetEntry, splits: Any, rows_of: Callable[[str, str], Any]) -> list[tuple[str, str, Any]]:
    where = display_name(entry)
    trains = [entry.train_split] if isinstance(entry.train_split, str) else entry.train_split
    roles = [("train", name) for name in trains]
    validation = entry.validation_split or next((name for name in VALIDATION_SPLITS if name in splits), None)
    if validation:
        roles.append(("validation", validation))
    tests = entry.test_split or (["test"] if "test" in splits else [])
    roles += [("test", name) for name in ([tests] if isinstance(tests, str) else tests)]
    if entry.unlabelled_split:
        roles.append(("unlabelled", entry.unlabelled_split))
    found = [(role, name, rows_of(name, role)) for role, name in roles]
    for _, name, rows in found:
        if len(rows) == 0:
            raise InputError(f"split {name} of {where} is empty")
    return found


def display_name(entry: DatasetEntry) -> str:
    """The name of a corpus in results and messages: its Hub name, or the file name without folders."""
    names = [entry.name] if isinstance(entry.name, str) else entry.name
    return ", ".join(Path(name).name if Path(name).is_absolute() else name for name in names)


def _local(
    entry: DatasetEntry,
    data_root: str | None,
    encoding: str | None,
    may_be_large: bool,
    label_columns: Sequence[str] | None,
) -> LocalFiles | None:
    """The files or the folder that an entry names; None for a data set that `datasets` reads."""
    names = [entry.name] if isinstance(entry.name, str) else list(entry.name)
    where = display_name(entry)
    folder = Path(data_root, entry.folder or Path(names[0]).name) if data_root else Path(names[0])
    if len(names) == 1 and folder.is_dir():
        splits = local_files(folder)
    elif any(Path(name).suffix.lower() in SUFFIXES for name in names) or len(names) > 1:
        for name in names:
            if Path(name).suffix.lower() not in SUFFIXES:
                raise InputError(f"{where}: a file must end in one of {', '.join(SUFFIXES)}")
            if not Path(name).is_file():
                raise InputError(f"there is no file {name}")
        if {Path(name).suffix.lower() for name in names} == {".parquet"}:
            return None
        splits = {"train": [Path(name) for name in names]}
    else:
        if Path(names[0]).suffix and Path(names[0]).is_file():
            raise InputError(f"{where}: a file must end in one of {', '.join(SUFFIXES)}")
        splits = None
    if splits is None:
        return None
    return read_local(splits, entry.text_column, encoding, may_be_large, label_columns)


def _check_is_on_hub(entry: DatasetEntry, data_root: str | None, where: str) -> None:
    names = [entry.name] if isinstance(entry.name, str) else entry.name
    copy = Path(data_root, entry.folder or Path(names[0]).name) if data_root else None
    for path in (*map(Path, names), *([copy] if copy else [])):
        if path.exists() or path.suffix.lower() in SUFFIXES:
            raise InputError(f"option streaming: {where} is no data set of the Hub, but {path}; leave the option out")


def _on_hub(entry: DatasetEntry) -> dict[str, Any]:
    """The arguments with which `datasets` opens a data set of the Hub."""
    return {"path": entry.name, "name": entry.config, "revision": entry.revision}


def load_splits(entry: DatasetEntry, data_root: str | None, streaming: bool = False) -> Any:
    """The splits of a data set, a folder or files by their names, as `datasets` reads them. Raises `InputError`."""
    # Takes a second to import, so it is imported only when it is needed.
    import datasets

    datasets.disable_progress_bars()
    names = [entry.name] if isinstance(entry.name, str) else list(entry.name)
    where = display_name(entry)
    options: dict[str, Any] = {"name": entry.config, "revision": entry.revision, "streaming": streaming}
    source = names[0]
    folder = Path(data_root, entry.folder or Path(names[0]).name) if data_root else None
    if folder is not None and folder.is_dir():
        source, options = str(folder), {}
    elif Path(source).suffix.lower() in FILE_FORMATS:
        suffix = Path(source).suffix.lower()
        for name in names:
            if Path(name).suffix.lower() != suffix:
                raise InputError(f"{where}: several files must have the same ending")
            if not Path(name).is_file():
                raise InputError(f"there is no file {name}")
        # its patterns would take brackets and asterisks of a name for more than characters
        source, options = FILE_FORMATS[suffix], {"data_files": [glob.escape(name) for name in names]}
        if suffix == ".tsv":
            options["sep"] = "\t"
        if suffix == ".conllu":
            options |= {"column_names": CONLLU, "delimiter": "\t", "comment_prefix": "#"}
        if suffix == ".conll":
            options["column_names"] = _conll_columns(names[0])
    elif Path(source).suffix and Path(source).is_file():
        raise InputError(f"{where}: a file must end in one of {', '.join(FILE_FORMATS)}")
    try:
        return datasets.load_dataset(source, **options)
    except Exception as error:
        # Whatever goes wrong inside (no such name, no network, a broken file), one line is enough for the user to act.
        reason = " ".join(str(error.__cause__ or error).split())[:300]
        if empty := re.search(r'"(\w+)" corresponds to no data', reason):
            raise InputError(f"split {empty[1]} of {where} is empty") from error
        raise InputError(f"data set {where} cannot be loaded: {reason or type(error).__name__}") from error


def _read_split(
    entry: DatasetEntry,
    rows: Any,
    local: LocalFiles | None,
    role: str,
    name: str,
    where: str,
    with_labels: bool,
    labelled_on_disk: bool,
) -> RawSplit:
    if isinstance(rows, TextFiles):
        return RawSplit(name, role, rows.take(_not_blank(rows, name, where, "text")), None, None, where)
    column = _text_column(rows, entry, local, name, where)
    large = local is not None and local.columns is not None
    texts: Sequence[str]
    if (local is None or large) and (labelled_on_disk or not with_labels) and rows.data.nbytes >= LARGE:
        place = f"column {column} of {where}, split {name}"
        texts = TextColumn(rows, column, lambda value: _changed(value, entry, place))
    else:
        texts = _texts(rows, column, entry, name, where)
    if not with_labels:
        kept = _not_blank(texts, name, where, column)
        return RawSplit(name, role, taken(texts, kept), None, None, where)
    names = None
    if local is not None and (stored := next((c for c in rows.column_names if c.startswith(LABEL)), None)):
        label_column, labels = stored.removeprefix(LABEL), stored_labels(rows[stored])
    else:
        label_column = find_column(rows, entry, LABEL_COLUMNS, "label", name, where, local.columns if local else None)
        feature = rows.features[label_column]
        names = getattr(getattr(feature, "feature", feature), "names", None)
        labels = [tuple(label) if isinstance(label, list) else label for label in rows[label_column]]
        if local is None:
            return RawSplit(name, role, texts, labels, names, where, label_column=label_column)
        labels = typed_labels(labels)
    kept = _not_blank(texts, name, where, column)
    blank = len(texts) - len(kept)
    notes = [f"{where}: {blank} rows without text are left out"] if blank > 1 else []
    notes += [f"{where}: 1 row without text is left out"] if blank == 1 else []
    places = np.stack([rows[FILE], rows[ROW]], axis=1)[kept]
    labels = [labels[row] for row in kept]
    return RawSplit(name, role, taken(texts, kept), labels, names, where, places, local.files, label_column, notes)


def _texts(rows: Any, column: str, entry: DatasetEntry, name: str, where: str) -> list[str]:
    texts = [value if isinstance(value, str) else _joined(value) for value in rows[column]]
    for row, text in enumerate(texts, 1):
        if not isinstance(text, str):
            raise InputError(
                f"column {column} of {where}, split {name}, is not text: row {row} holds {text!r:.40}"
                f" ({type(text).__name__})"
            )
    if entry.strip_html:
        texts = [html_to_text(text) for text in texts]
    if entry.detokenize:
        texts = [detokenize(text) for text in texts]
    return texts


def _changed(value: Any, entry: DatasetEntry, where: str) -> str:
    """A value of a text column as the text that is trained on."""
    text = value if isinstance(value, str) else _joined(value)
    if not isinstance(text, str):
        raise InputError(f"{where}, is not text: a row holds {text!r:.40} ({type(text).__name__})")
    text = html_to_text(text) if entry.strip_html else text
    return detokenize(text) if entry.detokenize else text


def _not_blank(texts: Sequence[str], name: str, where: str, column: str) -> np.ndarray:
    """The rows that have a text. Raises `InputError` if none has."""
    kept = np.flatnonzero([any(block.strip() for block in blocks) for blocks in each_of(texts)])
    if not len(kept):
        raise InputError(f"split {name} of {where} has no text in column {column}")
    return kept


def _text_column(rows: Any, entry: DatasetEntry, local: LocalFiles | None, split: str, where: str) -> str:
    if local is not None and local.text_column in rows.column_names:
        return str(local.text_column)
    plain = plain_text_column(rows.column_names)
    if entry.text_column is None and plain is not None:
        return rows.column_names[plain]
    return find_column(rows, entry, TEXT_COLUMNS, "text", split, where)


def _conll_columns(path: str) -> list[str]:
    """The names of a CoNLL file's columns: the first has the words and the last their tags."""
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = (line.split() for line in file if not line.startswith("-DOCSTART-"))
        width = next((len(line) for line in lines if line), 1)
    return ["tokens", *(f"column_{number}" for number in range(2, width)), "tags"][: max(width, 2)]


def _joined(value: Any) -> Any:
    """The text of a list of words or of messages; anything else as it is."""
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        return " ".join(value)
    return messages_text(value) or value


def split_rows(splits: Any, name: str, where: str) -> Any:
    """The rows of a split, or of several slices such as train+train[90%:], which `datasets` defines."""
    from datasets import ReadInstruction, concatenate_datasets

    if name in splits:
        return splits[name]
    try:
        parts = ReadInstruction.from_spec(name).to_absolute({split: len(rows) for split, rows in splits.items()})
    except ValueError as error:
        there = ", ".join(splits)
        raise InputError(
            f"{where} has no split {name}; its splits are {there} (a slice of one: {next(iter(splits))}[:90%])"
        ) from error
    parts = [part for part in parts if part.from_ < part.to]
    if any(isinstance(splits[part.splitname], TextFiles) for part in parts):
        return TextFiles([file for part in parts for file in splits[part.splitname].parts[part.from_ : part.to]])
    found = [splits[part.splitname].select(range(part.from_, part.to)) for part in parts]
    return concatenate_datasets(found) if found else []


def find_column(
    rows: Any,
    entry: DatasetEntry,
    defaults: Sequence[str],
    kind: str,
    split: str,
    where: str,
    columns: Sequence[str] | None = None,
) -> str:
    """The first column that an entry wants, or else of the defaults, that the rows have.

    Raises `InputError`, which lists the `columns` of the source, by default those of the rows.
    """
    candidates = _wanted(entry, kind, defaults)
    found = next((name for name in candidates if name in rows.column_names), None)
    if found is None:
        there = [name for name in columns or rows.column_names if name not in (FILE, ROW)]
        raise InputError(
            f"{where}, split {split}, has no {kind} column {' or '.join(candidates)}; its columns are"
            f" {', '.join(there)} (say which: {advised(entry.name, f'{kind}_column: NAME')})"
        )
    return found


def _wanted(entry: DatasetEntry, kind: str, defaults: Sequence[str]) -> Sequence[str]:
    wanted = entry.text_column if kind == "text" else entry.label_column
    return [wanted] if isinstance(wanted, str) else wanted or defaults


# The spaces that a treebank inserts, and its symbols for brackets and quotation marks; in WikiText's `well @-@ known`
# the signs mark that the words belong together.
TREEBANK = [
    (r" @([-,.])@ ", r"\1"),
    (r"-lrb-", "("), (r"-rrb-", ")"), (r"`` ?| ?''", '"'), (r" (n't|'(?:s|re|ve|ll|d|m))\b", r"\1"),
    (r" ([.,:;?!%)\]}]|\.\.\.)", r"\1"), (r"([(\[{$]) ", r"\1"), (r"\b(can) (not)\b", r"\1\2"),
]  # fmt: skip


def detokenize(text: str) -> str:
    """A treebank's text in normal spelling: `it is n't bad , -lrb- at all -rrb-` is "it isn't bad, (at all)"."""
    for pattern, written in TREEBANK:
        text = re.sub(pattern, written, text, flags=re.IGNORECASE)
    return text.strip()


def resolve_data_root(option: str | None) -> str | None:
    """The option, or the environment variable RNN_MODELS_DATA. Raises `InputError` if it is not a folder."""
    root = option or os.environ.get("RNN_MODELS_DATA")
    if root and not Path(root).is_dir():
        raise InputError(f"data_root {root} is not a folder")
    return root
