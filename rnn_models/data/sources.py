"""Reading the corpora that a recipe names: data sets on the Hub, folders and files."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..tokenization import html_to_text
from . import InputError
from .recipes import DatasetEntry

TEXT_COLUMNS = ("text", "sentence", "content", "review", "tweet", "document", "body")
LABEL_COLUMNS = ("label", "labels", "sentiment", "class", "category", "target", "stars")
VALIDATION_SPLITS = ("validation", "valid", "val", "dev")
FILE_FORMATS = {
    ".txt": "text", ".csv": "csv", ".tsv": "csv", ".json": "json", ".jsonl": "json", ".parquet": "parquet",
    ".conll": "conll", ".conllu": "conll",
}  # fmt: skip
CONLLU = ["id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc"]


@dataclass
class RawSplit:
    """A split with its labels as in the source, and the source's label names if it has any.

    A row of a multi-label corpus has a tuple of labels.
    """

    name: str
    role: str
    texts: list[str]
    labels: list[Any] | None
    label_names: list[str] | None
    where: str


def read_splits(entry: DatasetEntry, data_root: str | None, with_labels: bool) -> list[RawSplit]:
    """Read the train, validation and test splits of one corpus; find and check their columns."""
    where = display_name(entry)
    return [
        _read_split(entry, rows, role, name, where, with_labels and role != "unlabelled")
        for role, name, rows in open_splits(entry, data_root)
    ]


def open_splits(entry: DatasetEntry, data_root: str | None) -> list[tuple[str, str, Any]]:
    """The role, the name and the rows of each split of one corpus that is used, none of them empty."""
    splits = load_splits(entry, data_root)
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
    found = [(role, name, split_rows(splits, name, where)) for role, name in roles]
    for _, name, rows in found:
        if len(rows) == 0:
            raise InputError(f"split {name} of {where} is empty")
    return found


def display_name(entry: DatasetEntry) -> str:
    """The name of a corpus in results and messages: its Hub name, or the file name without folders."""
    names = [entry.name] if isinstance(entry.name, str) else entry.name
    return ", ".join(Path(name).name if Path(name).is_absolute() else name for name in names)


def load_splits(entry: DatasetEntry, data_root: str | None) -> Any:
    """The splits of a data set, a folder or files by their names, as `datasets` reads them. Raises `InputError`."""
    # Takes a second to import, so it is imported only when it is needed.
    import datasets

    datasets.disable_progress_bars()
    names = [entry.name] if isinstance(entry.name, str) else list(entry.name)
    where = display_name(entry)
    suffixes = {Path(name).suffix.lower() for name in names}
    options: dict[str, Any] = {}
    folder = Path(data_root, entry.folder or Path(names[0]).name) if data_root else None
    if folder is not None and folder.is_dir():
        source = str(folder)
    elif len(suffixes) == 1 and (suffix := suffixes.pop()) in FILE_FORMATS:
        for name in names:
            if not Path(name).is_file():
                raise InputError(f"there is no file {name}")
        source, options = FILE_FORMATS[suffix], {"data_files": names}
        if suffix == ".txt":
            options["sample_by"] = "document"
        if suffix == ".tsv":
            options["sep"] = "\t"
        if suffix == ".conllu":
            options |= {"column_names": CONLLU, "delimiter": "\t", "comment_prefix": "#"}
        if suffix == ".conll":
            options["column_names"] = _conll_columns(names[0])
    elif len(names) > 1:
        raise InputError(f"{where}: several files must have the same ending, one of {', '.join(FILE_FORMATS)}")
    else:
        source = names[0]
        if Path(source).suffix and Path(source).is_file():
            raise InputError(f"{where}: a file must end in one of {', '.join(FILE_FORMATS)}")
        options = {"name": entry.config, "revision": entry.revision}
    try:
        return datasets.load_dataset(source, **options)
    except Exception as error:
        # Whatever goes wrong inside (no such name, no network, a broken file), one line is enough for the user to act.
        reason = " ".join(str(error.__cause__ or error).split())[:300]
        if empty := re.search(r'"(\w+)" corresponds to no data', reason):
            raise InputError(f"split {empty[1]} of {where} is empty") from error
        raise InputError(f"data set {where} cannot be loaded: {reason or type(error).__name__}") from error


def _read_split(entry: DatasetEntry, rows: Any, role: str, name: str, where: str, with_labels: bool) -> RawSplit:
    column = find_column(rows, entry.text_column, TEXT_COLUMNS, "text", name, where)
    texts = [" ".join(text) if _is_words(text) else text for text in rows[column]]
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise InputError(
                f"column {column} of {where}, split {name}, is not text: row {row} holds {text!r:.40}"
                f" ({type(text).__name__})"
            )
    if entry.strip_html:
        texts = [html_to_text(text) for text in texts]
    if entry.detokenize:
        texts = [detokenize(text) for text in texts]
    if not with_labels:
        texts = [text for text in texts if text.strip()]
        if not texts:
            raise InputError(f"split {name} of {where} has no text in column {column}")
        return RawSplit(name, role, texts, None, None, where)
    label_column = find_column(rows, entry.label_column, LABEL_COLUMNS, "label", name, where)
    feature = rows.features[label_column]
    names = getattr(getattr(feature, "feature", feature), "names", None)
    labels = [tuple(label) if isinstance(label, list) else label for label in rows[label_column]]
    return RawSplit(name, role, texts, labels, names, where)


def _conll_columns(path: str) -> list[str]:
    """The names of a CoNLL file's columns: the first has the words and the last their tags."""
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = (line.split() for line in file if not line.startswith("-DOCSTART-"))
        width = next((len(line) for line in lines if line), 1)
    return ["tokens", *(f"column_{number}" for number in range(2, width)), "tags"][: max(width, 2)]


def _is_words(text: Any) -> bool:
    return isinstance(text, list) and all(isinstance(word, str) for word in text)


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
    found = [splits[part.splitname].select(range(part.from_, part.to)) for part in parts if part.from_ < part.to]
    return concatenate_datasets(found) if found else []


def find_column(rows: Any, wanted: Any, defaults: Sequence[str], kind: str, split: str, where: str) -> str:
    """The first of the wanted columns, or of the defaults, that the rows have. Raises `InputError`."""
    candidates = [wanted] if isinstance(wanted, str) else wanted or defaults
    found = next((name for name in candidates if name in rows.column_names), None)
    if found is None:
        raise InputError(
            f"{where}, split {split}, has no {kind} column {' or '.join(candidates)};"
            f" its columns are {', '.join(rows.column_names)} (set {kind}_column)"
        )
    return found


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
