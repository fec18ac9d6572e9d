"""A run reports to trackio under the name of its folder, and goes on there after an interruption."""

from __future__ import annotations

import importlib.util
import sqlite3
from pathlib import Path

import pytest

from .test_going_on import PLAY, start, train, write_play

MISSING = importlib.util.find_spec("trackio") is None


@pytest.mark.slow
@pytest.mark.skipif(MISSING, reason="trackio is missing: pip install trackio")
def test_a_run_that_goes_on_is_the_same_run_to_trackio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))
    write_play(tmp_path)
    # both stop with a checkpoint, and the second one goes on from that of the first
    for epochs in ("1", "2"):
        words = [*PLAY, "--report_to", "trackio", "--num_train_epochs", epochs, "--keep_checkpoints"]
        process = start(*words, *(["--resume_from_checkpoint", "true"] if epochs == "2" else []))
        said, trouble = process.communicate()
        assert process.returncode == 0, (said + trouble).decode()
    (database,) = (tmp_path / "trackio").glob("*.db")
    with sqlite3.connect(database) as file:
        assert file.execute("SELECT DISTINCT run_name FROM metrics").fetchall() == [("model",)]
        logged = b"".join(bytes(row[0]) for row in file.execute("SELECT metrics FROM metrics"))
    for name in (b'"train/loss"', b'"train/grad_norm"', b'"eval/loss"', b'"train/epoch":2.0'):
        assert name in logged


@pytest.mark.skipif(not MISSING, reason="trackio is installed")
def test_without_trackio_a_run_says_so_before_it_trains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_play(tmp_path)
    assert train.main([*PLAY, "--report_to", "trackio"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "option report_to: " in line and "pip install trackio" in line
