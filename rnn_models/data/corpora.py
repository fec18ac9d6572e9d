"""Text corpora from the Hub, from local folders or from files, as plain lists of texts and labels."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from . import InputError
from .large_texts import Chained, LargeTexts, cut, lengths_of, taken
from .recipes import DatasetEntry, advised
from .sources import RawSplit, read_splits

# A corpus with fewer documents has the end of each one held out instead of entire documents.
FEW_DOCUMENTS = 20


@dataclass
class Split:
    """Texts of one split and, for classification, their label indices.

    `in_train[i]`: the text also occurs verbatim in a training split. `targets` (rows, C): the probability of each
    label, if rows have more than a single label.
    """

    name: str
    texts: Sequence[str]
    labels: list[int] | None = None
    in_train: list[bool] = field(default_factory=list)
    targets: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Sequence[int] | np.ndarray) -> Split:
        """The given rows as a split of the same name."""
        labels = None if self.labels is None else [self.labels[i] for i in rows]
        in_train = [self.in_train[i] for i in rows] if self.in_train else []
        targets = None if self.targets is None else self.targets[rows]
        return Split(self.name, taken(self.texts, rows), labels, in_train, targets)


@dataclass
class Corpus:
    """One loaded corpus. `own_labels` are the label indices that its rows use.

    `notes` has what was found or assumed about its files.

    `label_weights` has one weight per label of the model: how much a row with this label counts in the loss. A label
    of weight 0 is excluded from this corpus's loss entirely.
    """

    name: str
    train: Split
    validation: Split
    tests: list[Split]
    weight: float = 1.0
    own_labels: list[int] = field(default_factory=list)
    label_weights: list[float] = field(default_factory=list)
    unlabelled: Split | None = None
    notes: list[str] = field(default_factory=list)

    def parts(self) -> list[tuple[Split, float]]:
        """The splits that training reads, with their weights: the rows with labels, and those without, once."""
        return [(self.train, self.weight), *([(self.unlabelled, 1.0)] if self.unlabelled else [])]

    @property
    def short_name(self) -> str:
        """The last part of the name, as used in the names of metrics."""
        return re.sub(r"\W+", "_", Path(self.name).stem.lower())


def load_corpora(
    entries: Sequence[DatasetEntry],
    *,
    labels: Sequence[str] | None,
    data_root: str | None = None,
    validation_size: float = 0.05,
    seed: int = 0,
    encoding: str | None = None,
    labelled_on_disk: bool = False,
    streaming: bool = False,
) -> tuple[list[Corpus], list[str]]:
    """Load all corpora and determine the labels.

    `encoding` is that of local text files; None has it found. With `labelled_on_disk`, the texts of a large corpus
    stay on disk even if its rows have labels, unless it has teachers, who read all of it. With `streaming`, those of
    the Hub are read while they are downloaded.

    `labels` is None for language models. For classifiers it lists the labels in order; if it is empty, the labels of
    the corpora are used. Returns the corpora and the labels. Raises `InputError` for anything that cannot be trained
    on.
    """
    raw = []
    for entry in entries:
        on_disk = labelled_on_disk and not entry.teachers
        raw.append((entry, read_splits(entry, data_root, labels is not None, encoding, on_disk, streaming)))
    names: list[str] = []
    if labels is not None:
        names = list(labels) or list(
            dict.fromkeys(name for entry, splits in raw for name in _label_names(entry, splits))
        )
        if len(names) < 2:
            raise InputError(f"a classifier needs at least two labels; found: {', '.join(names) or 'none'}")
        if len(set(names)) < len(names):
            raise InputError(f"option labels contains a label twice: {', '.join(names)}")
    corpora = [_corpus(entry, splits, names, validation_size, seed, labels is None) for entry, splits in raw]
    if labels is not None:
        _check_every_label(corpora, names)
    mark_rows_in_train(corpora, entries)
    return corpora, names


def _label_names(entry: DatasetEntry, splits: list[RawSplit]) -> list[str]:
    """The labels of a corpus: the targets of its map, else its class names, else its sorted values."""
    if entry.labels is not None and not _only_leaves_out(entry):
        return [name for name in entry.labels.values() if name is not None]
    left_out = set(map(str, entry.labels or ()))
    if splits[0].label_names:
        return [name for name in splits[0].label_names if name not in left_out]
    found = {label for labels in splits[0].labels or [] for label in _several(labels) if label is not None}
    whole = all(isinstance(label, int) for label in found)
    names = map(str, sorted(found) if whole else sorted(map(str, found)))
    return [name for name in dict.fromkeys(names) if name not in left_out]


def _only_leaves_out(entry: DatasetEntry) -> bool:
    """Whether the entry's label map names only labels whose rows are left out; all others keep their names."""
    return bool(entry.labels) and all(name is None for name in (entry.labels or {}).values())


def _corpus(
    entry: DatasetEntry, splits: list[RawSplit], names: list[str], validation_size: float, seed: int, documents: bool
) -> Corpus:
    parts: dict[str, list[Split]] = {"train": [], "validation": [], "test": [], "unlabelled": []}
    for raw in splits:
        if raw.labels is None:
            parts[raw.role].append(Split(raw.name, raw.texts))
            continue
        labels = row_labels(entry, raw, names)
        kept = np.flatnonzero([label is not None for label in labels])
        if not len(kept):
            raise InputError(f"split {raw.name} of {raw.where} has no rows left after its labels were mapped")
        own_labels = [label for label in labels if label is not None]
        parts[raw.role].append(Split(raw.name, taken(raw.texts, kept), own_labels))
    train = _join(parts["train"])
    if parts["validation"]:
        validation = parts["validation"][0]
    else:
        train, validation = hold_out(train, validation_size, seed, documents, splits[0].where)
    own = sorted(set(train.labels or []) | set(validation.labels or []))
    weights = _label_weights(entry, train.labels, own, len(names)) if train.labels else []
    unlabelled = parts["unlabelled"][0] if parts["unlabelled"] else None
    notes = [note for raw in splits for note in raw.notes]
    return Corpus(splits[0].where, train, validation, parts["test"], entry.weight, own, weights, unlabelled, notes)


def _join(splits: Sequence[Split]) -> Split:
    """Concatenate several splits."""
    if len(splits) == 1:
        return splits[0]
    labels = None if splits[0].labels is None else [label for split in splits for label in split.labels or []]
    large = any(isinstance(split.texts, LargeTexts) for split in splits)
    texts = Chained([split.texts for split in splits]) if large else [text for split in splits for text in split.texts]
    return Split(" + ".join(split.name for split in splits), texts, labels)


def _label_weights(entry: DatasetEntry, labels: list[int], own: list[int], number: int) -> list[float]:
    """Weigh rare labels more, by their rarity to the power of `balance`; the mean over the rows stays 1."""
    counts = np.bincount(labels, minlength=number).astype(float)
    present = counts > 0
    weights = np.ones(number)
    weights[present] = (counts[present].mean() / counts[present]) ** entry.balance
    weights /= (weights * counts).sum() / counts.sum()
    if entry.loss_over_own_labels:
        weights[np.setdiff1d(np.arange(number), own)] = 0.0
    return weights.tolist()


def row_labels(entry: DatasetEntry, raw: RawSplit, names: list[str]) -> list[int | None]:
    """The label of each row as an index into `names`; None for a row that is left out.

    If a row has several labels, those in `gives_way` count only if there is no other. A row that still has two
    different labels is left out.
    """
    unknown = [name for name in entry.gives_way if name not in names]
    if unknown:
        raise InputError(f"{raw.where}: gives_way names {', '.join(unknown)}; the labels are {', '.join(names)}")
    weak = {names.index(name) for name in entry.gives_way}
    found: dict[Any, int | None] = {}
    for value in dict.fromkeys(raw.labels or []):
        own = {_map_label(entry, raw, names, label) for label in _several(value)} - {None}
        kept = (own - weak) or own
        found[value] = kept.pop() if len(kept) == 1 else None
    return [found[value] for value in raw.labels or []]


def _several(label: Any) -> tuple[Any, ...]:
    return label if isinstance(label, tuple) else (label,)


def _map_label(entry: DatasetEntry, raw: RawSplit, names: list[str], value: Any) -> int | None:
    """A label of the source as an index into `names`; None if the entry's map leaves it out."""
    where = f"{raw.where}, split {raw.name}"
    is_index = isinstance(value, int) and not isinstance(value, bool)
    name = raw.label_names[value] if raw.label_names and is_index and 0 <= value < len(raw.label_names) else value
    if entry.labels is not None:
        mapping = {"" if key is None else str(key): label for key, label in entry.labels.items()}
        spellings = ("", "None") if value is None else (str(name), str(value))
        key = next((key for key in spellings if key in mapping), None)
        if key is not None and mapping[key] is None:
            return None
        if key is None and not _only_leaves_out(entry):
            raise InputError(f"{where}: label {name!r} is not in the label map, which has {', '.join(mapping)}")
        if key is not None:
            label = mapping[key]
            if label not in names:
                raise InputError(f"{where}: label {name!r} maps to {label!r}, which is none of {', '.join(names)}")
            return names.index(label)
    # in a data set with names for its labels, as those on the Hub, -1 stands for none
    if value is None or (is_index and value < 0 and raw.label_names):
        spelled = "''" if value is None else str(value)
        raise InputError(
            f"{raw.place_of(value)}, has no label in column {raw.label_column or 'label'}: give it one, or leave such"
            f" rows out: {advised(entry.name, f'labels: {{{spelled}: null}}')}"
        )
    if str(name) in names:
        return names.index(str(name))
    if is_index and not raw.label_names and 0 <= value < len(names):
        return value
    values = dict.fromkeys(
        str(label) for labels in raw.labels or [] for label in _several(labels) if label is not None
    )
    first = ", ".join(f"{each}: {names[min(place, len(names) - 1)]}" for place, each in enumerate(sorted(values)[:9]))
    raise InputError(
        f"{where}: label {name!r} is none of {', '.join(names)}; give the entry a label map, as"
        f" {advised(entry.name, f'labels: {{{first}}}')} (null in place of a label leaves its rows out)"
    )


def hold_out(train: Split, size: float, seed: int, documents: bool, where: str) -> tuple[Split, Split]:
    """The training split, and the validation split taken out of it."""
    name = f"held out of {train.name}"
    if documents and len(train) < FEW_DOCUMENTS:
        if size >= 1:
            raise InputError(f"{where} has only {len(train)} documents: validation_size must be a share below 1")
        lengths = lengths_of(train.texts)
        cuts = [int(length) - int(length * size) for length in lengths]
        held_out = np.flatnonzero(lengths > cuts)
        if not len(held_out):
            raise InputError(f"{where} is too short to hold out a share of {size} for validation")
        kept, ends = cut(train.texts, cuts)
        return Split(train.name, kept), Split(name, taken(ends, held_out))
    rows = round(size) if size >= 1 else max(1, round(len(train) * size))
    if rows >= len(train):
        raise InputError(f"{where}: {rows} rows cannot be held out of {len(train)}; lower validation_size")
    order = np.random.default_rng(seed).permutation(len(train))
    validation = train.take(np.sort(order[:rows]))
    validation.name = name
    return train.take(np.sort(order[rows:])), validation


def _check_every_label(corpora: list[Corpus], names: list[str]) -> None:
    used = {label for corpus in corpora for label in corpus.train.labels or []}
    missing = [name for index, name in enumerate(names) if index not in used]
    if missing:
        raise InputError(f"no training row has the label {', '.join(missing)}; the labels are {', '.join(names)}")


def mark_rows_in_train(corpora: list[Corpus], entries: Sequence[DatasetEntry]) -> None:
    """Mark validation and test rows that also occur verbatim in training, or drop them from training if asked to.

    Drops every row that any of the corpora holds out, ignoring case and whitespace, because corpora copy from each
    other. Rows without labels are always dropped.
    """
    splits = [split for corpus in corpora for split in [corpus.validation, *corpus.tests]]
    held_out = {_digest(_normalized(text)) for split in splits for text in split.texts}
    for corpus, entry in zip(corpora, entries, strict=True):
        if entry.drop_test_rows_from_train:
            corpus.train = corpus.train.take(_rows_beside(corpus.train, held_out))
            if not len(corpus.train):
                raise InputError(f"{corpus.name}: every training row also occurs in validation or test")
        if corpus.unlabelled:
            corpus.unlabelled = corpus.unlabelled.take(_rows_beside(corpus.unlabelled, held_out))
    wanted, longest = set(), 0
    for split in splits:
        for text in split.texts:
            wanted.add(_digest(text))
            longest = max(longest, len(text))
    seen = {digest for corpus in corpora for digest in _digests(corpus.train.texts, longest) if digest in wanted}
    for corpus in corpora:
        for split in [corpus.validation, *corpus.tests]:
            split.in_train = [_digest(text) in seen for text in split.texts]


def _rows_beside(split: Split, held_out: set[bytes]) -> np.ndarray:
    """The rows of which no copy is held out."""
    return np.flatnonzero([_digest(_normalized(text)) not in held_out for text in split.texts])


def _digests(texts: Sequence[str], longest: int) -> Iterator[bytes]:
    """Those of the texts that are not longer; a longer one may not fit into memory."""
    return map(_digest, taken(texts, np.flatnonzero(lengths_of(texts) <= longest)))


def _digest(text: str) -> bytes:
    """What stands for a text among many, so that not all of them are in memory."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _normalized(text: str) -> str:
    return "".join(text.lower().split())
