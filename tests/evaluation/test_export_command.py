"""`python -m rnn_models export` from the command line to the files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoTokenizer

from rnn_models import RNNForTimeSeriesPrediction, RNNTimeSeriesConfig
from rnn_models.__main__ import main
from rnn_models.checkpoint import load_checkpoint
from rnn_models.evaluation import export as command
from rnn_models.graphs import arithmetic
from rnn_models.graphs.runtime import OnnxClassifier, OnnxLanguageModel

GENERATORS = ["shakespeare-rnn", "shakespeare-gru", "shakespeare-lstm"]
CLASSIFIERS = ["sentiment-en", "sentiment-zh"]


def run(*words: object) -> int:
    return main(["export", *map(str, words)])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`play.txt` for language models and `reviews.csv` for classifiers."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "play.txt").write_text("To be, or not to be, that is the question:\n" * 60, encoding="utf-8")
    rows = [
        f"it was {word} on day {day},{label}" for day in range(80) for label, word in enumerate(("bad", "so", "good"))
    ]
    (folder / "reviews.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", [*GENERATORS, *CLASSIFIERS])
def test_a_checkpoint_becomes_a_folder_that_stands_by_itself(name, tiny_checkpoints, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(tiny_checkpoints / name) == 0
    folder = tmp_path / f"{name}-onnx"
    shown = capsys.readouterr().out
    assert shown.startswith(f"{name}-onnx/model.onnx\nfloat32, ") and "not measured on text" in shown
    named = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("auto_map", {}).values()
    assert all((folder / f"{name.partition('.')[0]}.py").is_file() for name in named)
    metrics = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    assert metrics["random_tokens"]["error"] < 1e-5 and metrics["random_tokens"]["same_greedy_choice"] == 1
    assert AutoConfig.from_pretrained(folder).model_type == "rnn"
    tokens = AutoTokenizer.from_pretrained(folder)("To be", return_tensors="np")
    model = load_checkpoint(tiny_checkpoints / name).model
    expected = model(torch.from_numpy(tokens["input_ids"])).logits.detach().numpy()
    if name in GENERATORS:
        graph = OnnxLanguageModel(folder / "model.onnx")
        found, _ = graph.read(tokens["input_ids"], graph.initial_state(1))
    else:
        found = OnnxClassifier(folder / "model.onnx").logits(tokens["input_ids"], tokens["attention_mask"])
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_int8_is_measured_on_the_validation_split(tiny_checkpoints, data, tmp_path, capsys):
    for name, file, measure in (
        ("shakespeare-lstm", "play.txt", "perplexity"),
        ("sentiment-en", "reviews.csv", "accuracy"),
    ):
        options = ["--quantize", "int8", "--data", data / file, "--output", tmp_path / name]
        assert run(tiny_checkpoints / name, *options) == 0
        assert f"{measure} on " in capsys.readouterr().out
        assert (tmp_path / name / "model_int8.onnx").is_file()
        metrics = json.loads((tmp_path / name / "model_int8.json").read_text(encoding="utf-8"))
        found = metrics["on_text"]
        assert found["measure"] == measure
        assert found["model"] != 0 and abs(found["change"]) < 0.01


@pytest.mark.parametrize(
    ("name", "file", "limit", "message"),
    [
        ("shakespeare-lstm", "play.txt", "MOST_PERPLEXITY", "perplexity on validation texts rises by"),
        ("sentiment-en", "reviews.csv", "MOST_ACCURACY", "accuracy on validation rows falls by"),
    ],
)
def test_what_would_be_worse_on_text_than_allowed_is_not_written(
    name, file, limit, message, tiny_checkpoints, data, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(command, limit, -1.0)  # so that even no change is too much
    options = ["--quantize", "int8", "--data", data / file, "--output", tmp_path / "out"]
    assert run(tiny_checkpoints / name, *options) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["shakespeare-gru", "sentiment-zh"])
def test_a_graph_that_computes_something_else_is_not_written(name, tiny_checkpoints, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(arithmetic, "LIMIT", 1)  # each weight becomes -1, 0 or 1 times the largest of its row
    assert run(tiny_checkpoints / name, "--quantize", "int8", "--output", tmp_path / "out") == 1
    assert "standard deviations off the model; 0.1 is allowed" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_exported_is_said_in_a_sentence(tiny_checkpoints, tmp_path, capsys):
    folder = tmp_path / "backbone"
    load_checkpoint(tiny_checkpoints / "shakespeare-gru").model.rnn.save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny_checkpoints / "shakespeare-gru").save_pretrained(folder)
    (tmp_path / "file").write_text("", encoding="utf-8")
    for words, message in (
        ([tmp_path / "nothing"], "there is no such folder"),
        ([folder], "is a rnn for feature-extraction"),
        ([tiny_checkpoints / "shakespeare-gru", "--output", tmp_path / "file"], "file is a file"),
        ([tiny_checkpoints / "sentiment-en", "--data", tmp_path / "nothing.yaml"], "nothing.yaml"),
    ):
        assert run(*words) == 2
        error = capsys.readouterr().err.splitlines()[-1]
        assert error.startswith("rnn_models: error: ") and message in error


def test_a_forecaster_has_no_graph_and_one_line_says_so(tmp_path, capsys):
    RNNForTimeSeriesPrediction(RNNTimeSeriesConfig(hidden_size=2)).save_pretrained(tmp_path / "model")
    capsys.readouterr()
    assert run(tmp_path / "model", "--output", tmp_path / "graph") == 2
    error = capsys.readouterr().err
    assert "time-series-forecasting: only recurrent language models" in error and error.count("\n") == 1
    assert not (tmp_path / "graph").exists()
