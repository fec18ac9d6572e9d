# ruff: noqa: SIM905  options read better as a line than as a list
"""Bulk classification: files, from the command line to the output, and batches of data sets."""

from __future__ import annotations

import csv
import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import datasets
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import DistilBertConfig, DistilBertForSequenceClassification

from rnn_models.__main__ import main
from rnn_models.bulk import run
from rnn_models.bulk.run import Classifier, added_names, mean_probabilities, windows
from rnn_models.checkpoint import Checkpoint, LoadError, load_classifier
from rnn_models.data.tables import Chunk, TableError
from rnn_models.modeling.cells import has_lstm_in
from tests.bulk.answers import LABELS, expected

ROOT = Path(__file__).parents[2]
any_text = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)


def classified(*words: object) -> int:
    return main(["classify", *map(str, words)])


def test_rows_come_out_in_their_order_each_with_its_own_answer(
    folder: Path, checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
):
    monkeypatch.setattr(run, "WINDOW_TEXTS", 600)
    words = "To be, or not to be, that is the question: whether it is nobler in the mind to suffer".split()
    texts = [" ".join(words[: 1 + (7 * number) % len(words)]) for number in range(1000)]
    with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "review"], *enumerate(texts)])
    assert classified(tmp_path / "a.csv", "--model", folder, "--batch_size", 8) == 0
    shown = capsys.readouterr()
    assert "a.classified.csv: " in shown.out and "1000/1000" in shown.err
    with (tmp_path / "a.classified.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["id", "review", "label", *LABELS]
    assert [row[:2] for row in rows] == [[str(number), text] for number, text in enumerate(texts)]
    for _, text, label, *probabilities in rows[::97]:
        found = expected(checkpoint, text)
        assert [float(p) for p in probabilities] == pytest.approx(list(found.values()), abs=1e-5)
        assert label == max(found, key=found.__getitem__)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.txt", "so\n\n"), ("a.tsv", "text\tid\nso\t1\n \t2\n"), ("a.jsonl", '{"text": "so"}\n{"text": null}\n')],
)
def test_every_format_comes_out_as_it_came_in_and_blank_texts_get_no_label(
    folder: Path, checkpoint: Checkpoint, tmp_path: Path, name: str, content: str, capsys
):
    (tmp_path / name).write_text(content, encoding="utf-8")
    output = tmp_path / f"out{Path(name).suffix}"
    assert classified(tmp_path / name, "--model", folder, "--output", output) == 0
    assert "no label (blank) 1" in capsys.readouterr().out
    answer = {label: round(p, 6) for label, p in expected(checkpoint, "so").items()}
    label = max(answer, key=answer.__getitem__)
    written = output.read_text(encoding="utf-8")
    if name == "a.jsonl":
        first, second = map(json.loads, written.splitlines())
        assert first == {"text": "so", "label": label, **answer}
        assert second == {"text": None, "label": None, **dict.fromkeys(LABELS)}
    else:
        cells, blank = [label, *map(str, answer.values())], [""] * 4
        rows = [line.split("\t") for line in written.split("\n")[1:3]]
        assert rows == (
            [[*cells, "so"], [*blank, ""]] if name == "a.txt" else [["so", "1", *cells], [" ", "2", *blank]]
        )


def test_parquet_goes_to_datasets_and_back(folder: Path, tmp_path: Path):
    rows = {"sentence": ["so", None, "not"], "label": [1, 0, 1]}
    features = datasets.Features(
        {"sentence": datasets.Value("string"), "label": datasets.ClassLabel(names=["bad", "good"])}
    )
    datasets.Dataset.from_dict(rows, features).to_parquet(tmp_path / "a.parquet")
    assert classified(tmp_path / "a.parquet", "--model", folder) == 0
    found = datasets.Dataset.from_parquet(str(tmp_path / "a.classified.parquet"), cache_dir=str(tmp_path))
    assert found.column_names == ["sentence", "label", "predicted_label", *(f"predicted_{label}" for label in LABELS)]
    assert found.features["label"].names == ["bad", "good"]
    assert found["sentence"][:] == rows["sentence"] and found["label"][:] == rows["label"]
    assert found["predicted_label"][1] is None and found["predicted_label"][2] in LABELS


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing.csv"], "nothing.csv: there is no such file"),
        (["a.docx"], "must end in one of"),
        (["a.csv", "--encoding", "klingon"], "option encoding: there is no encoding klingon"),
        (["unclear.csv"], "not clear which column has the texts; .* one, two .choose with --text_column"),
        (["nul.txt"], "nul.txt, line 2: character 2 is U[+]0000, which is not text: remove it"),
        (["half.jsonl"], "half.jsonl, line 1: character 1 is U[+]D83D"),
        (["a.csv", "--text_column", "words"], "has no column words; its columns are: text, more"),
        (["a.csv", "--output", "b.jsonl"], "must end in .csv"),
        (["a.csv", "--output", "nowhere/b.csv"], "nowhere: there is no such folder"),
        (["a.csv", "--output", "there.csv"], "there.csv already exists; choose another --output or give --overwrite"),
        (["a.csv", "--output", "a.csv", "--overwrite"], "a.csv already exists; choose another --output"),
        (["a.csv", "--batch_size", "0"], "option batch_size: 0"),
        (["a.csv", "--model", "nothing"], "nothing"),
        (["a.csv", "--model", "shakespeare-lstm"], "is a model for text-generation"),
        (["taken.csv"], "the columns predicted_label, .* would be added, but predicted_positive already exists"),
    ],
)
def test_bad_input_is_one_line_and_exit_status_2(
    words: list[str], said: str, tiny_checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
):
    monkeypatch.chdir(tmp_path)
    Path("nul.txt").write_text("one\na\0b\n", encoding="utf-8")
    Path("half.jsonl").write_text('{"text": "\\ud83d"}\n', encoding="utf-8")
    Path("unclear.csv").write_text("one,two\nsome words,more words\nthree words,four words\n", encoding="utf-8")
    for name in ("a.csv", "there.csv", "a.docx"):
        Path(name).write_text("text,more\none,two\n", encoding="utf-8")
    Path("taken.csv").write_text("text,label,predicted_positive\none,1,2\n", encoding="utf-8")
    before = sorted(tmp_path.iterdir())
    model = [] if "--model" in words else ["--model", "sentiment-en"]
    words = [str(tiny_checkpoints / word) if (tiny_checkpoints / word).is_dir() else word for word in [*words, *model]]
    assert classified(*words) == 2
    shown = capsys.readouterr()
    lines = [line for line in shown.err.splitlines() if "texts/s" not in line and "first row is taken" not in line]
    assert shown.out == "" and len(lines) == 1
    assert re.search(said, lines[0])
    assert sorted(tmp_path.iterdir()) == before
    assert Path("there.csv").read_text(encoding="utf-8") == "text,more\none,two\n"


def test_an_output_is_replaced_when_that_is_asked_for(folder: Path, tmp_path: Path):
    (tmp_path / "a.txt").write_text("so\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("old", encoding="utf-8")
    assert classified(tmp_path / "a.txt", "--model", folder, "--output", tmp_path / "b.txt", "--overwrite") == 0
    assert (tmp_path / "b.txt").read_text(encoding="utf-8").startswith("label\t")


def test_an_interrupted_run_leaves_nothing_behind(folder: Path, tmp_path: Path):
    (tmp_path / "a.txt").write_text("to be or not to be\n" * 200_000, encoding="utf-8")
    command = [sys.executable, "-m", "rnn_models", "classify", str(tmp_path / "a.txt"), "--model", str(folder)]
    # if a shell starts the tests in the background, they and their children ignore interrupts
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, preexec_fn=heed)
    while process.poll() is None and not list(tmp_path.glob(".*.partial")):
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.splitlines()[-1] == "rnn_models: error: stopped: nothing was written"
    assert "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(any_text, max_size=9))
def test_any_texts_get_the_answers_that_they_get_alone(checkpoint: Checkpoint, texts: list[str]):
    done: list[int] = []
    found = mean_probabilities([checkpoint], texts, 4, done.append)
    assert sum(done) == len(texts)
    for text, answer in zip(texts, found, strict=True):
        assert answer == (pytest.approx(expected(checkpoint, text), abs=1e-5) if text.strip() else None)


@given(sizes=st.lists(st.tuples(st.integers(1, 4), st.integers(0, 9)), max_size=40))
def test_windows_keep_all_chunks_in_order_within_their_bounds(sizes: list[tuple[int, int]]):
    chunks = [Chunk(number, range(rows), ["a" * length] * rows) for number, (rows, length) in enumerate(sizes)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "WINDOW_TEXTS", 10)
        patch.setattr(run, "WINDOW_CHARACTERS", 30)
        found = list(windows(chunks))
    assert [chunk for window in found for chunk in window] == chunks
    for window in found:
        assert sum(len(chunk.texts) for chunk in window) <= 10
        assert sum(len(text) for chunk in window[:-1] for text in chunk.texts) < 30


def test_a_window_is_written_before_the_next_is_read():
    read: list[int] = []

    def chunks():
        for number in range(100):
            read.append(number)
            yield Chunk(number, range(1000), ["a"] * 1000)

    for number, window in enumerate(windows(chunks())):
        assert len(window) == 8 or number == 12
        assert len(read) <= 8 * (number + 1) + 1


def test_new_columns_find_free_names():
    assert added_names(["good"], ["text"]) == ["label", "good"]
    assert added_names(["good"], ["text", "label"]) == ["predicted_label", "predicted_good"]
    assert added_names(["good"], ["text", "good"]) == ["predicted_label", "predicted_good"]
    for labels, columns in ((["good"], ["label", "predicted_good"]), (["label"], [])):
        with pytest.raises(TableError, match="already exists: rename it"):
            added_names(labels, columns)


@pytest.mark.parametrize("dtype", ["bfloat16", "int8"])
def test_in_less_precision_probabilities_stay_within_a_hundredth(folder: Path, tmp_path: Path, dtype: str):
    texts = ["so", "To be, or not to be, that is the question", "a b c d e f g"]
    expected = Classifier(folder)({"text": texts})
    found = pickle.loads(pickle.dumps(Classifier(folder, dtype=dtype)))({"text": texts})
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    assert classified(tmp_path / "a.jsonl", "--model", folder, "--dtype", dtype) == 0
    lines = (tmp_path / "a.classified.jsonl").read_text(encoding="utf-8").splitlines()
    for label in LABELS:
        assert found[label] != expected[label]
        assert found[label] == pytest.approx(expected[label], abs=0.01)
        assert [json.loads(line)[label] for line in lines] == pytest.approx(found[label], abs=1e-6)


def test_of_several_classifiers_the_mean_of_their_answers_is_given(
    tiny_checkpoints: Path, folder: Path, tmp_path: Path
):
    texts = ["so", "", "To be, or not to be, that is the question", "a b c d e f g"]
    both = [folder, tiny_checkpoints / "sentiment-zh"]
    one, other = (Classifier(each)({"text": texts}) for each in both)
    mean = pickle.loads(pickle.dumps(Classifier(both)))({"text": texts})
    table = tmp_path / "a.jsonl"
    table.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    assert classified(table, "--model", both[0], "--model", both[1]) == 0
    written = [json.loads(line) for line in (tmp_path / "a.classified.jsonl").read_text(encoding="utf-8").splitlines()]
    for label in LABELS:
        expected = [(a + b) / 2 for a, b in zip(one[label], other[label], strict=True)]
        assert mean[label] == pytest.approx(expected, nan_ok=True)
        assert [row[label] for row in written if row["text"]] == pytest.approx(
            [value for value in expected if value == value], abs=1e-5
        )


def test_progress_counts_a_row_once_however_many_classifiers_there_are(checkpoint: Checkpoint):
    done: list[int] = []
    mean_probabilities([checkpoint] * 3, ["so", "", "to be", "or", "not"], 2, done.append)
    assert sum(done) == 5 and min(done) >= 0


def test_classifiers_of_other_labels_are_not_averaged(folder: Path, tmp_path: Path):
    copy = Path(shutil.copytree(folder, tmp_path / "model"))
    changed = load_classifier(copy)
    changed.model.config.id2label = {0: "a", 1: "b", 2: "c"}
    changed.model.config.save_pretrained(copy)
    with pytest.raises(LoadError, match="has the labels a, b, c, but "):
        Classifier([folder, copy])


def test_who_wants_bfloat16_of_a_processor_that_lacks_it_is_told(folder: Path, tmp_path: Path, capsys):
    (tmp_path / "a.csv").write_text("text\nso\n", encoding="utf-8")
    for dtype in ("float32", "bfloat16"):
        assert classified(tmp_path / "a.csv", "--model", folder, "--dtype", dtype, "--overwrite") == 0
        told = "does not compute in bfloat16" in capsys.readouterr().err
        assert told == (dtype == "bfloat16" and not has_lstm_in(torch.bfloat16))


def test_there_is_no_other_precision(folder: Path):
    with pytest.raises(ValueError, match="dtype is int4; it must be one of float32, bfloat16, int8"):
        Classifier(folder, dtype="int4")


def test_a_model_of_another_package_is_not_computed_in_int8(folder: Path, tmp_path: Path, capsys):
    foreign = tmp_path / "distilbert"
    config = DistilBertConfig(vocab_size=280, dim=8, n_layers=1, n_heads=2, hidden_dim=8, num_labels=3)
    DistilBertForSequenceClassification(config).save_pretrained(foreign)
    load_classifier(folder).tokenizer.save_pretrained(foreign)
    (tmp_path / "a.csv").write_text("text\nso\n", encoding="utf-8")
    assert classified(tmp_path / "a.csv", "--model", foreign, "--dtype", "int8") == 2
    assert capsys.readouterr().err.endswith(f"{foreign} is a distilbert, which cannot compute in int8\n")
    assert not (tmp_path / "a.classified.csv").exists()
    assert classified(tmp_path / "a.csv", "--model", foreign) == 0


def test_a_classifier_does_not_arrive_as_another_model(folder: Path, tmp_path: Path):
    copy = Path(shutil.copytree(folder, tmp_path / "model"))
    pickled = pickle.dumps(Classifier(copy))
    changed = load_classifier(copy)
    changed.model.config.id2label = {0: "a", 1: "b", 2: "c"}
    changed.model.config.save_pretrained(copy)
    # not while unpickling, where an error kills a pool's process without any message
    arrived = pickle.loads(pickled)
    with pytest.raises(LoadError, match="is another model here"):
        arrived({"text": ["so"]})


def test_models_that_give_no_single_label_are_refused(folder: Path, tmp_path: Path):
    copy = Path(shutil.copytree(folder, tmp_path / "model"))
    changed = load_classifier(copy)
    changed.model.config.problem_type = "multi_label_classification"
    changed.model.config.save_pretrained(copy)
    with pytest.raises(LoadError, match="is for multi_label_classification"):
        load_classifier(copy)
