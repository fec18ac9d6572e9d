"""Corpora whose rows have lists of labels, like multi-label data sets on the Hub."""

from __future__ import annotations

from pathlib import Path

import pytest
from datasets import ClassLabel, Dataset, Features, List, Value
from hypothesis import given
from hypothesis import strategies as st

from rnn_models.data import InputError
from rnn_models.data.corpora import load_corpora, row_labels
from rnn_models.data.recipes import DatasetEntry
from rnn_models.data.sources import RawSplit

EMOTIONS = ["joy", "anger", "surprise", "none"]
GROUPS = {"joy": "positive", "anger": "negative", "surprise": "neutral", "none": "neutral"}
LABELS = ["negative", "neutral", "positive"]
ROWS = {
    "glad": ["joy"],
    "glad and astonished": ["joy", "surprise"],
    "astonished": ["surprise", "none"],
    "torn": ["joy", "anger"],
    "cross": ["anger", "none"],
    "nothing said": [],
}
KEPT = {"glad": "positive", "glad and astonished": "positive", "astonished": "neutral", "cross": "negative"}


def write(folder: Path, labels: Features) -> str:
    """`train` and `test` with the same rows, in the layout of a Hub data set."""
    (folder / "data").mkdir(parents=True)
    rows = Dataset.from_dict({"text": list(ROWS), "labels": list(ROWS.values())}, features=labels)
    for split in ("train", "validation"):
        rows.to_parquet(folder / "data" / f"{split}-00000-of-00001.parquet")
    return str(folder)


@pytest.mark.parametrize("kind", [ClassLabel(names=EMOTIONS), Value("string")])
def test_the_labels_of_a_row_become_one(tmp_path, kind):
    features = Features({"text": Value("string"), "labels": List(kind)})
    entry = DatasetEntry(write(tmp_path / "emotions", features), labels=GROUPS, gives_way=["neutral"])
    (corpus,), names = load_corpora([entry], labels=LABELS)
    for split in (corpus.train, corpus.validation):
        found = {text: names[label] for text, label in zip(split.texts, split.labels or [], strict=True)}
        assert found == KEPT


def test_without_a_label_that_gives_way_a_row_of_two_is_left_out():
    entry = DatasetEntry("emotions", labels=GROUPS)
    rows = [("joy", "surprise"), ("surprise", "none"), ("anger",)]
    assert row_labels(entry, RawSplit("train", "train", [""] * 3, rows, None, ""), LABELS) == [None, 1, 0]


def test_a_label_that_gives_way_is_one_of_the_labels():
    entry = DatasetEntry("emotions", labels=GROUPS, gives_way=["indifferent"])
    split = RawSplit("train", "train", ["glad"], [("joy",)], None, "emotions")
    with pytest.raises(InputError, match="gives_way names indifferent; the labels are negative, neutral, positive"):
        row_labels(entry, split, LABELS)


@given(st.lists(st.lists(st.sampled_from(EMOTIONS), unique=True).map(tuple), min_size=1))
def test_the_order_of_a_row_s_labels_does_not_matter(rows: list[tuple[str, ...]]):
    entry = DatasetEntry("emotions", labels=GROUPS, gives_way=["neutral"])
    found = row_labels(entry, RawSplit("train", "train", [""] * len(rows), list(rows), None, ""), LABELS)
    turned = [row[::-1] for row in rows]
    assert found == row_labels(entry, RawSplit("train", "train", [""] * len(rows), turned, None, ""), LABELS)
    for row, label in zip(rows, found, strict=True):
        spoken = {GROUPS[emotion] for emotion in row}
        loud = spoken - {"neutral"} or spoken
        assert label == (LABELS.index(loud.pop()) if len(loud) == 1 else None)
