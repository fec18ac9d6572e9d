"""No command replaces or deletes a file that it did not write."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest

from rnn_models.__main__ import main
from rnn_models.evaluation import report


@pytest.fixture(autouse=True)
def here(tmp_path: Path, tiny_checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(tiny_checkpoints / "shakespeare-gru", tmp_path / "play")
    shutil.copytree(tiny_checkpoints / "sentiment-en", tmp_path / "judge")
    (tmp_path / "play.txt").write_text("To be, or not to be, that is the question:\n" * 60, encoding="utf-8")
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


EVALUATE = ["evaluate", "play", "--data", "play.txt", "--no_baseline", "--samples", "0", "--output"]


@pytest.mark.parametrize("mine", ["# Mine\n", "{}", '{"command": "python train.py"}', "[1]"])
def test_evaluate_replaces_its_own_output_and_no_other_file(
    here: Path, capsys: pytest.CaptureFixture[str], mine: str
) -> None:
    (here / "mine").write_text(mine, encoding="utf-8")
    before = files(here)
    assert main([*EVALUATE, "mine"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "rnn_models: error: option output: mine already exists, and evaluate did not write it"
    assert files(here) == before
    for split in ("validation", "validation"):
        assert main([*EVALUATE, "metrics.json", "--split", split]) == 0
    assert json.loads((here / "metrics.json").read_text(encoding="utf-8"))["task"] == "text-generation"


@pytest.mark.parametrize("trouble", ["nan", "a folder"])
def test_metrics_that_cannot_be_written_are_still_printed(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    evaluate = report.evaluate

    def evaluated(*words: Any, **options: Any) -> dict[str, Any]:
        found = evaluate(*words, **options)
        if trouble == "nan":
            found["rows"][0]["perplexity"] = math.nan
        else:
            (here / "metrics.json").mkdir()
        return found

    monkeypatch.setattr(report, "evaluate", evaluated)
    assert main([*EVALUATE, "metrics.json"]) == (1 if trouble == "nan" else 2)
    shown = capsys.readouterr()
    assert "nats/char" in shown.out
    assert "metrics.json" in shown.err.splitlines()[-1]
    assert not (here / "metrics.json").is_file()


@pytest.mark.parametrize("folder", [".", "judge", "mine"])
def test_export_writes_only_into_its_own_folder(here: Path, capsys: pytest.CaptureFixture[str], folder: str) -> None:
    (here / "mine").mkdir()
    (here / "mine" / "config.json").write_text("{}", encoding="utf-8")
    before = files(here)
    assert main(["export", "play", "--output", folder]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"option output: {folder} holds " in line and "which no export of play wrote" in line
    assert files(here) == before


def test_export_adds_a_precision_only_to_the_export_of_the_same_model(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "play"]) == main(["export", "play", "--quantize", "int8"]) == main(["export", "play"]) == 0
    assert {"model.onnx", "model_int8.onnx"} <= files(here / "play-onnx").keys()
    before = files(here)
    assert main(["export", "judge", "--output", "play-onnx"]) == 2
    assert "which no export of judge wrote" in capsys.readouterr().err
    assert files(here) == before
