"""The benchmarks run, at sizes at which their results mean nothing; no test asserts a time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import NAMES
from benchmarks.common import compared, interleaved

ROOT = Path(__file__).parents[1]


def test_entries_take_turns_and_each_round_begins_with_another():
    calls: list[str] = []
    seconds = interleaved({name: lambda name=name: calls.append(name) for name in "abc"}, rounds=4)
    assert "".join(calls) == "abc" + "abc" + "bca" + "cab" + "abc"
    assert all(len(spent) == 4 for spent in seconds.values())


def test_an_entry_may_return_its_own_time():
    assert interleaved({"a": lambda: 7.0}, rounds=2, warm=False) == {"a": [7.0, 7.0]}


def test_ratios_are_medians_over_rounds_and_rates_are_work_over_time():
    seconds = {"ours": [1.0, 2.0, 4.0], "theirs": [3.0, 10.0, 16.0]}
    ours, theirs = compared("group", seconds, work=8, unit="documents/s")
    assert (ours.ratio, theirs.ratio) == (1.0, 4.0)
    assert (ours.median, theirs.median) == (4.0, 0.8)
    assert compared("group", seconds, work=8)[1].median == 1250.0


@pytest.mark.slow  # a minute: new processes import torch again and again
@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_runs_and_writes_what_it_found(name: str, tmp_path: Path):
    output = tmp_path / "found.json"
    command = [sys.executable, "-m", f"benchmarks.{name}", "--quick", "--output", str(output)]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    found = json.loads(output.read_text(encoding="utf-8"))
    assert found["quick"] and len(found["machine"]["load_average"]) == 3
    assert all(row["least"] <= row["median"] <= row["greatest"] and row["least"] > 0 for row in found["rows"])
