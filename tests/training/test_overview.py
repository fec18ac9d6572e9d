"""The table before a training, and its warnings."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnn_models.data.corpora import Corpus, Split
from rnn_models.tokenization import train_tokenizer
from rnn_models.training.arguments import parse_arguments
from rnn_models.training.classification import ClassificationTask
from rnn_models.training.overview import alike, overview

WORDS = ["--task", "classification", "--datasets", "a.csv", "--tokenizer", "character", "--output_dir", "model"]


def task_of(tmp_path: Path, validation: Split, labels: list[str], known: str = "good bad") -> ClassificationTask:
    train = Split("train", ["good"] * 3 + ["bad good"], [0, 0, 0, 1])
    tokenizer = train_tokenizer("character", [known])
    corpus = Corpus("a.csv", train, validation, [], label_weights=[1.0, 1.0])
    return ClassificationTask(parse_arguments(WORDS), [corpus], labels, tokenizer)


def test_it_has_rows_lengths_labels_and_the_share_of_unknown_tokens(tmp_path: Path) -> None:
    validation = Split("validation", ["good", "bax"], [0, 1], [True, False])
    task = task_of(tmp_path, validation, ["neg", "pos"])
    lines, warnings = overview(task, task.training_data())
    assert [line.split() for line in lines] == [
        ["rows", "characters", "longest", "unknown", "in", "train"],
        ["a.csv,", "train", "4", "4", "8", "0.0%"],
        ["a.csv,", "validation", "2", "3", "4", "11.1%", "50.0%"],
        ["a.csv,", "labels", "of", "train:", "neg", "3,", "pos", "1"],
    ]
    assert warnings == []


def test_odd_things_are_warnings_by_name(tmp_path: Path) -> None:
    validation = Split("validation", ["床前明月光", "\ufeffgood"], [0, 1], [True, True])
    task = task_of(tmp_path, validation, ["pos", "POS"])
    _, warnings = overview(task, task.training_data())
    assert [warning.partition(": ")[2] or warning for warning in warnings] == [
        "50% of the tokens are unknown to the tokenizer",
        "every row stands in train too, so that its metrics say little",
        "'pos', 'POS' are 2 labels, which differ only in case or spaces",
    ]


@pytest.mark.parametrize(
    ("labels", "count"), [(["pos", "POS", "pos "], 3), (["a", "b"], 0), (["0", "1", "-1"], 0), ([], 0)]
)
def test_labels_that_look_alike_are_told(labels: list[str], count: int) -> None:
    assert [f"are {count} labels" in warning for warning in alike(labels)] == ([True] if count else [])
