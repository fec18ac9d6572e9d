"""`python -m rnn_models evaluate --by COLUMN`, and the sentences on which the project tests its classifiers."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from rnn_models.__main__ import main
from rnn_models.checkpoint import load_checkpoint
from rnn_models.inference import classify
from rnn_models.inference.classify import likeliest

ROOT = Path(__file__).parents[2]
LABELS = {"negative", "neutral", "positive"}


def rows_of(language: str) -> list[dict[str, str]]:
    with (ROOT / "everyday" / f"{language}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_everyday_sentences_are_many_and_of_every_label_and_none_stands_twice(language):
    rows = rows_of(language)
    assert len(rows) >= 150 and len({row["text"] for row in rows}) == len(rows)
    assert {row["label"] for row in rows} == LABELS
    assert all(row["text"].strip() == row["text"] and row["text"] and row["kind"] for row in rows)
    assert min(Counter(row["kind"] for row in rows).values()) >= 5


def test_each_value_of_the_column_has_its_accuracy_and_each_error_is_named(
    tiny_checkpoints: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    folder = tiny_checkpoints / "sentiment-en"
    checkpoint = load_checkpoint(folder)
    texts = ["good", "bad", "so so", "a play", "the end", "to be"]
    said = [likeliest(answer) for answer in classify(checkpoint.model, checkpoint.tokenizer, texts)]
    other = {"negative": "positive", "neutral": "negative", "positive": "neutral"}
    # all of one kind are right, and one in three of the other
    labels = [*said[:3], said[3], *(other[label] for label in said[4:])]
    kinds = ["easy"] * 3 + ["hard"] * 3
    lines = ["text\tlabel\tkind", *map("\t".join, zip(texts, labels, kinds, strict=True))]
    path = tmp_path / "rows.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    output = tmp_path / "found.json"
    assert main(["evaluate", str(folder), "--data", str(path), "--by", "kind", "--output", str(output)]) == 0
    found = json.loads(output.read_text(encoding="utf-8"))
    accuracy = {row["split"]: (row["rows"], row["accuracy"]) for row in found["rows"]}
    assert accuracy == {"easy": (3, 1.0), "hard": (3, pytest.approx(1 / 3)), "all": (6, pytest.approx(4 / 6))}
    assert [(row["text"], row["kind"], row["predicted"]) for row in found["errors"]] == [
        (text, "hard", label) for text, label in zip(texts[4:], said[4:], strict=True)
    ]
    assert f"{said[4]} for {labels[4]} (hard): the end" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("header", "options", "said"),
    [
        ("text\tlabel\tsort", ["--by", "kind"], "kind"),
        ("text\tlabel\tkind", ["--by", "kind", "--split", "test"], "no test split"),
    ],
)
def test_what_cannot_be_grouped_is_said_in_a_line(header, options, said, tiny_checkpoints, tmp_path, capsys):
    path = tmp_path / "rows.tsv"
    path.write_text(f"{header}\ngood\tpositive\teasy\nbad\tnegative\teasy\n", encoding="utf-8")
    assert main(["evaluate", str(tiny_checkpoints / "sentiment-en"), "--data", str(path), *options]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert said in line


def test_a_language_model_has_no_groups(tiny_checkpoints, tmp_path, capsys):
    path = tmp_path / "rows.csv"
    path.write_text("text,kind\ngood,easy\n", encoding="utf-8")
    assert main(["evaluate", str(tiny_checkpoints / "tang-poems"), "--data", str(path), "--by", "kind"]) == 2
    assert "--by is for classifiers" in capsys.readouterr().err
