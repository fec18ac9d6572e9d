"""Recipes: YAML files of options, the corpora that they name, and the conversion of values to their types.

Standard library and yaml only.
"""

from __future__ import annotations

import math
import re
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from . import InputError


@dataclass
class DatasetEntry:
    """One corpus of a recipe's `datasets`.

    Args:
        name: a name on the Hub, a folder, or one or more files (`.txt`, which is one document, `.csv`, `.tsv`,
            `.json`, `.jsonl`, `.xlsx`, `.parquet`), whose names are taken literally.
        config, revision: of a data set on the Hub.
        folder: its folder under the option `data_root`; by default the last part of `name`.
        text_column, label_column: a column name, or several, of which the first that exists is used.
        labels: maps each label of the source to ours; null leaves out its rows, and a map of nulls alone leaves the
            other labels as they are. The empty string stands for a missing label. If a row of the source has a list of
            labels, it is kept only if all of them map to the same label.
        gives_way: labels (ours) that do not count in a row that also has another label.
        train_split, validation_split, test_split: split names as in `datasets`, including slices and sums:
            `train+train[90%:]` reads the last tenth twice.
        unlabelled_split: texts for the objectives that need no label.
        teachers: `linear`, which is fitted to this corpus; folders, Hub names or recipes of classifiers.
        teachers_share: how much of the target of a row is the mean of their answers; the rest is its label. A row
            without a label learns their answer alone.
        label_smoothing: the share of the targets that is spread over the labels of this corpus, beside what
            `label_smoothing_factor` spreads. One temperature fits all corpora if those that are hard get more.
        weight: how often an epoch reads the corpus.
        loss_over_own_labels: whether to exclude labels that this corpus does not use from the loss of its rows.
        balance: weighs each row by the rarity of its label to this power: 0 weighs all rows equally, 1 all labels.
        strip_html: whether the texts are HTML: `a<br />b &amp; c` is read as "a b & c". The tokenizer does the same
            with every text that the model reads later.
        detokenize: whether the texts are from a treebank: `is n't` is read as "isn't".
        drop_test_rows_from_train: whether to drop rows from the training split that also occur in a test split.
        license, source: shown in the results and the card of the trained model.
    """

    name: str | list[str]
    config: str | None = None
    revision: str | None = None
    folder: str | None = None
    text_column: str | list[str] | None = None
    label_column: str | list[str] | None = None
    labels: dict[Any, str | None] | None = None
    train_split: str | list[str] = "train"
    validation_split: str | None = None
    test_split: str | list[str] | None = None
    unlabelled_split: str | None = None
    teachers: list[str] = field(default_factory=list)
    teachers_share: float = 0.5
    label_smoothing: float = 0.0
    weight: float = 1.0
    loss_over_own_labels: bool = False
    balance: float = 0.0
    gives_way: list[str] = field(default_factory=list)
    strip_html: bool = False
    detokenize: bool = False
    drop_test_rows_from_train: bool = False
    license: str | None = None
    source: str | None = None


def read_recipe(path: str) -> dict[str, Any]:
    """Read a YAML recipe, a flat mapping."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputError(f"recipe {path} cannot be read: {reason}") from None
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"recipe {path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict) or not all(isinstance(name, str) for name in values):
        raise InputError(f"recipe {path} must consist of `option: value` lines")
    return values


def convert(value: Any, hint: Any, where: str) -> Any:
    """Convert `value`, from YAML or the command line, to the type `hint`. Raises `InputError` if it does not fit."""
    choices = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    if value is None and type(None) in choices:
        return None
    for choice in choices:
        fitted = _fit(value, choice, where)
        if fitted is not _MISFIT:
            return fitted
    raise InputError(f"{where}: {value!r} is not {' or '.join(_describe(c) for c in choices if c is not type(None))}")


_MISFIT = object()
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)e[-+]?\d+", re.IGNORECASE)
WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _fit(value: Any, hint: Any, where: str) -> Any:
    origin = typing.get_origin(hint)
    if origin is Literal:
        # YAML reads a bare `no` as false.
        value = "no" if value is False else value
        return value if value in typing.get_args(hint) else _MISFIT
    if origin is list:
        if isinstance(value, str) and value.lstrip().startswith(("[", "{")):
            value = parse_yaml(value, where)
        items = value if isinstance(value, list) else [value]
        return [convert(item, typing.get_args(hint)[0], where) for item in items]
    if origin is dict:
        value = parse_yaml(value, where) if isinstance(value, str) else value
        return value if isinstance(value, dict) else _MISFIT
    if hint is DatasetEntry:
        return _dataset_entry(value, where)
    if hint is bool:
        return value if isinstance(value, bool) else WORDS.get(str(value).lower(), _MISFIT)
    if hint in (int, float) and not isinstance(value, bool):
        try:
            number = hint(value)
            return number if math.isfinite(number) and (isinstance(value, str) or number == value) else _MISFIT
        except (TypeError, ValueError, OverflowError):
            return _MISFIT
    if hint is str and isinstance(value, (str, int, float)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value if hint is Any else _MISFIT


def _dataset_entry(value: Any, where: str) -> DatasetEntry:
    if isinstance(value, str):
        return DatasetEntry(name=value)
    if not isinstance(value, dict) or "name" not in value:
        raise InputError(f"{where}: {value!r} must be a name or a mapping with a name")
    hints = typing.get_type_hints(DatasetEntry)
    for key in value:
        if key not in hints:
            raise InputError(f"{where}: unknown key {key} of {value['name']}; allowed are {', '.join(hints)}")
    entry = {key: convert(item, hints[key], f"{where}, {value['name']}, {key}") for key, item in value.items()}
    return DatasetEntry(**entry)


def advised(name: str | list[str], settings: str) -> str:
    """The option that names a corpus with more settings, to be pasted: `--datasets "[{name: a.csv, labels: ...}]"`."""
    names = [name] if isinstance(name, str) else name
    spelled = [each if re.fullmatch(r"[\w./\\~-]+", each) else f"'{each}'" for each in names]
    entry = spelled[0] if isinstance(name, str) else f"[{', '.join(spelled)}]"
    return f'--datasets "[{{name: {entry}, {settings}}}]"'


def _describe(hint: Any) -> str:
    if typing.get_origin(hint) is Literal:
        return ", ".join(map(str, typing.get_args(hint)))
    return {bool: "true or false", int: "a whole number", float: "a number", str: "text"}.get(hint, "a mapping")


def literal(text: str, where: str) -> Any:
    """Parse a command line value as YAML, but read 1e-8 as a number (YAML 1.1 needs 1.0e-8)."""
    return with_numbers(text if NUMBER.fullmatch(text) else parse_yaml(text, where))


def with_numbers(value: Any) -> Any:
    """A value from YAML in which 1e-8 is a number, inside lists and mappings too."""
    if isinstance(value, dict):
        return {name: with_numbers(part) for name, part in value.items()}
    if isinstance(value, list):
        return [with_numbers(part) for part in value]
    return float(value) if isinstance(value, str) and NUMBER.fullmatch(value) else value


def parse_yaml(text: str, where: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise InputError(f"{where}: {text!r} is not YAML") from None
