"""Corpora of sentences as lists of words, each word with a tag: treebanks, named entities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import InputError
from .corpora import Corpus, Split, hold_out, mark_rows_in_train
from .recipes import DatasetEntry
from .sources import display_name, find_column, open_splits

WORD_COLUMNS = ("tokens", "words", "form")
TAG_COLUMNS = ("upos", "tags", "pos_tags", "ner_tags", "labels")
# A word that the label map of its corpus leaves out takes no part in training and metrics.
NO_TAG = -100


@dataclass
class TaggedSplit(Split):
    """Sentences: row i has the words `words[i]` with the tag indices `tags[i]`; its text has blanks between them."""

    words: list[list[str]] = field(default_factory=list)
    tags: list[list[int]] = field(default_factory=list)

    def take(self, rows: Sequence[int] | np.ndarray) -> TaggedSplit:
        plain = super().take(rows)
        words, tags = [self.words[i] for i in rows], [self.tags[i] for i in rows]
        return TaggedSplit(plain.name, plain.texts, None, plain.in_train, None, words, tags)


@dataclass
class RawTags:
    """A split with its tags as the source writes them."""

    role: str
    name: str
    where: str
    words: list[list[str]]
    tags: list[list[str]]
    names: list[str] | None


def load_tagged(
    entries: Sequence[DatasetEntry],
    *,
    tags: Sequence[str] = (),
    data_root: str | None = None,
    validation_size: float = 0.05,
    seed: int = 0,
) -> tuple[list[Corpus], list[str]]:
    """Load all corpora and determine the tags: those given in order, else those of the corpora.

    A column of words or tags holds a list, or a string with blanks between its parts.

    Raises:
        InputError: a column is missing, or a row is not what it should be; the message names it, the first row is 0.
    """
    raw = [(entry, _read(entry, data_root)) for entry in entries]
    names = list(tags) or list(dict.fromkeys(name for entry, splits in raw for name in _names(entry, splits)))
    if len(names) < 2:
        raise InputError(f"a tagger needs at least two tags; found: {', '.join(names) or 'none'}")
    if len(set(names)) < len(names):
        raise InputError(f"option labels contains a tag twice: {', '.join(names)}")
    corpora = [_corpus(entry, splits, names, validation_size, seed) for entry, splits in raw]
    used = {tag for corpus in corpora for row in split_tags(corpus.train) for tag in row}
    if missing := [name for index, name in enumerate(names) if index not in used]:
        raise InputError(f"no word of train has the tag {', '.join(missing)}; the tags are {', '.join(names)}")
    mark_rows_in_train(corpora, entries)
    return corpora, names


def split_tags(split: Split) -> list[list[int]]:
    assert isinstance(split, TaggedSplit)
    return split.tags


def split_words(split: Split) -> list[list[str]]:
    assert isinstance(split, TaggedSplit)
    return split.words


def _read(entry: DatasetEntry, data_root: str | None) -> list[RawTags]:
    where = display_name(entry)
    found = []
    for role, name, rows in open_splits(entry, data_root):
        word_column = find_column(rows, entry, WORD_COLUMNS, "text", name, where)
        tag_column = find_column(rows, entry, TAG_COLUMNS, "label", name, where)
        feature = rows.features[tag_column]
        names = getattr(getattr(feature, "feature", feature), "names", None)
        place = f"{where}, split {name}"
        words, tags = [], []
        # of CoNLL-U, where "don't" stands in a line 1-2 above "do" and "n't", and left out words are called 8.1
        numbers = rows["id"] if word_column == "form" and "id" in rows.column_names else [None] * len(rows)
        for row, (own, theirs, ids) in enumerate(zip(rows[word_column], rows[tag_column], numbers, strict=True), 1):
            own = _parts(own, word_column, place, row)
            theirs = [_tag(tag, names) for tag in _parts(theirs, tag_column, place, row)]
            if isinstance(ids, list):
                kept = [i for i, number in enumerate(ids) if str(number).isdigit()]
                own, theirs = [own[i] for i in kept], [theirs[i] for i in kept]
            _check(own, theirs, place, row)
            words.append(own)
            tags.append(theirs)
        found.append(RawTags(role, name, where, words, tags, names))
    return found


def _parts(value: Any, column: str, place: str, row: int) -> list[Any]:
    if isinstance(value, str):
        return value.split()
    if not isinstance(value, list):
        raise InputError(f"{place}, row {row}: column {column} holds {value!r:.40}; it must be a list")
    return value


def _tag(tag: Any, names: list[str] | None) -> str:
    is_index = isinstance(tag, int) and not isinstance(tag, bool)
    return names[tag] if names and is_index and 0 <= tag < len(names) else "" if tag is None else str(tag)


def _check(words: list[Any], tags: list[str], place: str, row: int) -> None:
    if len(words) != len(tags):
        raise InputError(f"{place}, row {row}: {len(words)} words have {len(tags)} tags")
    if not words:
        raise InputError(f"{place}, row {row}: the sentence has no words")
    for number, (word, tag) in enumerate(zip(words, tags, strict=True)):
        if not isinstance(word, str) or not word.strip():
            raise InputError(f"{place}, row {row}: word {number} is {word!r}; it must be text and not empty")
        if not tag:
            raise InputError(f"{place}, row {row}: the word {word!r:.40} has no tag")


def _names(entry: DatasetEntry, splits: Sequence[RawTags]) -> list[str]:
    """The tags of a corpus: the targets of its map, else those that occur in train, in the order of its class names if
    it has any."""
    if entry.labels is not None:
        return [name for name in entry.labels.values() if name is not None]
    occur = {tag for raw in splits if raw.role == "train" for row in raw.tags for tag in row}
    return [name for name in splits[0].names or sorted(occur) if name in occur]


def _corpus(
    entry: DatasetEntry, splits: Sequence[RawTags], names: list[str], validation_size: float, seed: int
) -> Corpus:
    parts: dict[str, list[TaggedSplit]] = {"train": [], "validation": [], "test": []}
    for raw in splits:
        tags = _indices(entry, raw, names)
        texts = [" ".join(row) for row in raw.words]
        parts[raw.role].append(TaggedSplit(raw.name, texts, words=raw.words, tags=tags))
    train: Split = _join(parts["train"])
    if parts["validation"]:
        validation: Split = parts["validation"][0]
    else:
        train, validation = hold_out(train, validation_size, seed, False, splits[0].where)
    own = sorted({tag for split in (train, validation) for row in split_tags(split) for tag in row} - {NO_TAG})
    return Corpus(splits[0].where, train, validation, [*parts["test"]], entry.weight, own)


def _indices(entry: DatasetEntry, raw: RawTags, names: Sequence[str]) -> list[list[int]]:
    known: dict[str, int] = {name: index for index, name in enumerate(names)}
    if entry.labels is not None:
        known = {str(theirs): NO_TAG if ours is None else known.get(ours, -1) for theirs, ours in entry.labels.items()}
    for row, (words, tags) in enumerate(zip(raw.words, raw.tags, strict=True), 1):
        for word, tag in zip(words, tags, strict=True):
            if known.get(tag, -1) == -1:
                where = f"{raw.where}, split {raw.name}, row {row}"
                raise InputError(f"{where}: the tag {tag!r} of {word!r:.40} is none of {', '.join(names)}")
    return [[known[tag] for tag in tags] for tags in raw.tags]


def _join(splits: Sequence[TaggedSplit]) -> TaggedSplit:
    return TaggedSplit(
        " + ".join(split.name for split in splits),
        [text for split in splits for text in split.texts],
        words=[row for split in splits for row in split.words],
        tags=[row for split in splits for row in split.tags],
    )
