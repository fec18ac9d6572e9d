"""The benchmarks run, at sizes at which their results mean nothing; no test asserts a time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import NAMES
from benchmarks.common import compared, interleaved
from benchmarks.few_labels import MODELS

ROOT = Path(__file__).parents[1]


def test_baselines_take_turns_and_each_round_begins_with_another():
    calls: list[str] = []
    seconds = interleaved({name: lambda name=name: calls.append(name) for name in "abc"}, rounds=4)
    assert "".join(calls) == "abc" + "abc" + "bca" + "cab" + "abc"
    assert all(len(spent) == 4 for spent in seconds.values())


def test_a_baseline_may_report_its_own_time():
    assert interleaved({"a": lambda: 7.0}, rounds=2, warm=False) == {"a": [7.0, 7.0]}


def test_ratios_are_medians_over_rounds_and_rates_are_work_over_time():
    seconds = {"ours": [1.0, 2.0, 4.0], "theirs": [3.0, 10.0, 16.0]}
    ours, theirs = compared("group", seconds, work=8, unit="documents/s")
    assert (ours.ratio, theirs.ratio) == (1.0, 4.0)
    assert (ours.median, theirs.median) == (4.0, 0.8)
    assert compared("group", seconds, work=8)[1].median == 1250.0


@pytest.mark.slow  # takes a minute: many new processes import torch
@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_runs_and_writes_its_results(name: str, tmp_path: Path):
    output = tmp_path / "found.json"
    command = [sys.executable, "-m", f"benchmarks.{name}", "--quick", "--output", str(output)]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    found = json.loads(output.read_text(encoding="utf-8"))
    assert found["quick"] and len(found["machine"]["load_average"]) == 3
    assert all(row["least"] <= row["median"] <= row["greatest"] and row["least"] > 0 for row in found["rows"])


@pytest.mark.slow  # trains the network of sentiment-en four times
def test_few_labels_are_measured_once_for_each_model_size_and_draw(tmp_path: Path):
    rows = "".join(f"win {number} pounds now,spam\nsee you at {number},ham\n" for number in range(30))
    (tmp_path / "messages.csv").write_text(f"text,label\n{rows}", encoding="utf-8")
    output = tmp_path / "found.json"
    command = [sys.executable, "-m", "benchmarks.few_labels", str(tmp_path / "messages.csv"), "--output", str(output)]
    command += ["--sizes", "12", "--test_rows", "20", "--draws"]
    for draws in ("1", "2"):
        finished = subprocess.run([*command, draws], cwd=ROOT, capture_output=True, text=True)
        assert finished.returncode == 0, finished.stderr
        assert len(finished.stdout.splitlines()) == 3, "the second run adds a draw and keeps the first"
    found = json.loads(output.read_text(encoding="utf-8"))
    assert (found["labels"], found["test_rows"]) == (["ham", "spam"], 20)
    assert [(row["draw"], row["model"]) for row in found["rows"]] == [(d, name) for d in (0, 1) for name in MODELS]
    assert all(0 <= row[metric] <= 1 for row in found["rows"] for metric in ("accuracy", "macro_f1"))
