"""`plot` and `info`: what a training left beside its weights, drawn and printed."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from rnn_models.__main__ import main
from rnn_models.checkpoint import TrainingLog
from rnn_models.evaluation.curves import curve, log_of


def write_log(folder: Path, factor: float) -> TrainingLog:
    log = TrainingLog("language-model")
    for step in range(1, 40):
        log.add("train", step, epoch=step / 20, loss=factor / step, learning_rate=0.01, gradient_norm=None if step == 5
                else 1.0, gradient_norms={}, tokens_per_second=1.0, seconds=1.0)  # fmt: skip
    log.add("evaluation", 20, epoch=1.0, metrics={"loss": 2.0 * factor})
    folder.mkdir(parents=True)
    log.write(folder)
    return log


def test_curves_of_several_runs_are_drawn_as_svg_and_png(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason='matplotlib is missing: pip install "rnn-models[plot]"')
    monkeypatch.chdir(tmp_path)
    write_log(Path("one"), 3.0)
    write_log(Path("two", "runs", "checkpoint-7"), 4.0)  # a run that is going on
    write_log(Path("two", "runs", "checkpoint-10"), 5.0)
    assert main(["plot", "one", "two", "--output", "drawn"]) == 0
    assert capsys.readouterr().out == "wrote drawn.svg\nwrote drawn.png\n"
    assert Path("drawn.png").read_bytes().startswith(b"\x89PNG")
    svg = ElementTree.parse("drawn.svg").getroot()
    comments = Path("drawn.svg").read_text(encoding="utf-8")
    assert svg.tag.endswith("svg") and all(f"<!-- {name} -->" in comments for name in ("one", "two", "training loss"))


def test_a_curve_is_what_the_newest_log_of_a_run_says(tmp_path: Path) -> None:
    write_log(tmp_path / "run" / "runs" / "checkpoint-9", 3.0)
    write_log(tmp_path / "run" / "runs" / "checkpoint-10", 4.0)
    log = log_of(tmp_path / "run")
    assert curve(log, "training loss") == [(step, 4.0 / step) for step in range(1, 40)]
    assert curve(log, "validation loss") == [(20, 8.0)]
    assert curve(log, "norm of the gradient")[4] == (5, None)


def test_a_folder_without_a_log_or_a_run_gets_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("plot", "info"):
        assert main([command, str(tmp_path)]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert re.match(r"rnn_models: error: .* has no (training_log\.jsonl|run\.json)", line)
    (tmp_path / "run.json").write_text("[]", encoding="utf-8")
    assert main(["info", str(tmp_path)]) == 2
    assert "does not contain a JSON object" in capsys.readouterr().err


def test_info_prints_how_a_model_was_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = {
        "command": "python train.py a.yaml",
        "options": {"seed": 3, "vocab_size": None, "datasets": [{"name": "a.txt", "weight": 1.0}]},
        "environment": {"torch": "2.13"},
    }
    (tmp_path / "runs" / "checkpoint-9").mkdir(parents=True)
    (tmp_path / "runs" / "checkpoint-9" / "run.json").write_text(json.dumps(run), encoding="utf-8")
    assert main(["info", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "state: interrupted after checkpoint-9",
        "command: python train.py a.yaml",
        "options:",
        "  seed: 3",
        "  datasets:",
        "    name: a.txt",
        "    weight: 1.0",
        "environment:",
        "  torch: 2.13",
    ]
    (tmp_path / "run.json").write_text(json.dumps({"command": "x"}), encoding="utf-8")
    (tmp_path / "eval_results.json").write_text('{"validation": {}}', encoding="utf-8")
    assert main(["info", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines() == ["state: finished", "command: x"]
