"""Batches and rows of data sets, of pandas and of Ray."""

from __future__ import annotations

import json
import math
import pickle
import re
import shutil
from pathlib import Path

import datasets
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch

from rnn_models.bulk.run import Classifier
from rnn_models.checkpoint import Checkpoint, load_classifier
from rnn_models.data.tables import TableError
from tests.bulk.answers import LABELS, expected


def test_a_data_set_is_mapped_and_mapped_anew_when_the_folder_holds_another_model(
    folder: Path, checkpoint: Checkpoint, tmp_path: Path
):
    copy = Path(shutil.copytree(folder, tmp_path / "model"))
    texts = ["so", "", "to be", "not to be"]
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["bad", "good"])}
    )
    datasets.Dataset.from_dict({"text": texts, "label": [0, 1, 0, 1]}, features).to_parquet(tmp_path / "a.parquet")
    rows = datasets.Dataset.from_parquet(str(tmp_path / "a.parquet"), cache_dir=str(tmp_path / "cache"))
    found = rows.map(Classifier(copy), batched=True, batch_size=2)
    assert found.features["label"] == rows.features["label"]
    assert [row["predicted_label"] == "" for row in found] == [False, True, False, False]
    for row in (found[0], found[2], found[3]):
        answer = expected(checkpoint, row["text"])
        assert {label: row[f"predicted_{label}"] for label in LABELS} == pytest.approx(answer, abs=1e-5)
    files = found.cache_files
    assert rows.map(Classifier(copy), batched=True, batch_size=2).cache_files == files
    with torch.no_grad():
        checkpoint_of_copy = load_classifier(copy)
        checkpoint_of_copy.model.classifier.bias += 1
    checkpoint_of_copy.model.save_pretrained(copy)
    assert rows.map(Classifier(copy), batched=True, batch_size=2).cache_files != files


def test_a_model_that_reads_more_of_a_text_is_another_model(folder: Path, tmp_path: Path):
    copy = Path(shutil.copytree(folder, tmp_path / "model"))
    before = Classifier(copy).digests
    assert Classifier(copy).digests == before
    settings = json.loads((copy / "tokenizer_config.json").read_text(encoding="utf-8"))
    (copy / "tokenizer_config.json").write_text(json.dumps({**settings, "model_max_length": 3}), encoding="utf-8")
    assert Classifier(copy).digests != before


def test_two_processes_map_a_data_set(folder: Path):
    rows = datasets.Dataset.from_dict({"text": ["so", "to be", "not to be", "be"]})
    alone, shared = (rows.map(Classifier(folder), batched=True, num_proc=number) for number in (None, 2))
    assert shared["label"][:] == alone["label"][:]
    for label in LABELS:
        assert shared[label][:] == pytest.approx(alone[label][:], abs=1e-5)


def test_a_pickled_classifier_takes_the_batches_of_ray(folder: Path, checkpoint: Checkpoint):
    pickled = pickle.dumps(Classifier(folder, column="review"))
    assert len(pickled) < 1000
    batch = {"review": np.array(["so", "to be"], dtype=object), "id": np.array([1, 2])}
    found = pickle.loads(pickled)(batch)
    assert list(found) == ["review", "id", "label", *LABELS]
    assert found["id"] is batch["id"]
    for row, text in enumerate(["so", "to be"]):
        assert {label: found[label][row] for label in LABELS} == pytest.approx(expected(checkpoint, text), abs=1e-5)


def answers_in(found, row: int | None = None) -> list:
    return [found[name] if row is None else found[name][row] for name in ("label", *LABELS)]


def test_a_row_gets_what_it_gets_in_a_batch(folder: Path):
    classifier = Classifier(folder)
    rows = datasets.Dataset.from_dict({"text": ["so", None, "to be"], "id": [1, 2, 3]})
    alone, together = (rows.map(classifier, batched=batched) for batched in (False, True))
    assert alone.column_names == together.column_names == ["text", "id", "label", *LABELS]
    for one, other in zip(alone, together, strict=True):
        assert answers_in(one)[0] == answers_in(other)[0]
        assert answers_in(one)[1:] == pytest.approx(answers_in(other)[1:], abs=1e-6, nan_ok=True)
    assert [row["label"] == "" for row in alone] == [False, True, False]
    assert answers_in(classifier("to be")) == answers_in(classifier({"text": "to be"})) == answers_in(alone[2])
    assert [row["label"] for row in pd.Series(["so", math.nan]).map(classifier)] == [alone[0]["label"], ""]


@pytest.mark.parametrize("kind", [None, "numpy", "pandas", "arrow"])
@pytest.mark.parametrize("batched", [True, False])
def test_a_data_set_is_mapped_in_every_format(folder: Path, kind: str | None, batched: bool):
    classifier = Classifier(folder)
    rows = datasets.Dataset.from_dict({"text": ["so", "to be"], "id": [1, 2]})
    found = rows.with_format(kind).map(classifier, batched=batched).with_format(None)
    assert found["text"][:] == ["so", "to be"] and found["id"][:] == [1, 2]
    expected = classifier(["so", "to be"])
    assert found["label"][:] == expected["label"]
    for label in LABELS:
        assert found[label][:] == pytest.approx(expected[label], abs=1e-5)


def test_texts_may_lie_in_whatever_holds_them_in_order(folder: Path):
    classifier = Classifier(folder)
    texts = ["so", None, "to be", math.nan, " "]
    expected = classifier(texts)
    assert [label == "" for label in expected["label"]] == [False, True, False, True, True]
    series = pd.Series(texts, index=list("abcde"))
    frame = pd.DataFrame({"text": series, "id": range(5)})
    table = pa.table({"text": [text if isinstance(text, str) else None for text in texts]})
    for found in (
        classifier(series), classifier(np.array(texts, dtype=object)), classifier(tuple(texts)),
        classifier({"text": series}), classifier({"text": [*texts[:3], pd.NA, pd.NaT]}),
        classifier(table["text"]), classifier(table).to_pydict(), classifier(frame),
        frame.assign(**classifier(series)),
    ):  # fmt: skip
        assert list(found["label"]) == expected["label"]
        for label in LABELS:
            assert list(found[label]) == pytest.approx(expected[label], nan_ok=True)
    assert list(classifier(frame).index) == list("abcde") and list(classifier(frame)["id"]) == list(range(5))
    assert classifier([])["label"] == []


@pytest.mark.parametrize(
    ("batch", "error", "said"),
    [
        (3, TypeError, "expected a list of texts, an array of them or a column, got int"),
        ({"so"}, TypeError, "got set"),
        ({"text": b"so"}, TypeError, "got bytes"),
        ({"text": ["so", 2.5]}, TypeError, "row 1 (the first is 0): expected a string, got float (2.5)"),
        ({"text": [["so"]]}, TypeError, "row 0 (the first is 0): expected a string, got list (['so'])"),
        (["so", "s\0"], ValueError, "row 1 (the first is 0): character 2 is U+0000"),
        ({"words": "so"}, TableError, "the batch has no column text; its columns are: words"),
        (pa.table({"words": ["so"]}), TableError, "the batch has no column text; its columns are: words"),
        (pd.DataFrame({1: ["so"]}), TableError, "the batch has no column text; its columns are: 1"),
    ],
)
def test_what_is_no_text_is_named_with_its_row(folder: Path, batch, error: type[Exception], said: str):
    with pytest.raises(error, match=re.escape(said)):
        Classifier(folder)(batch)


def test_a_batch_without_the_column_is_refused(folder: Path):
    with pytest.raises(TableError, match="no column words; its columns are: text"):
        Classifier(folder, column="words")({"text": ["so"]})
