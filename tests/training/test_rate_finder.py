"""The learning rate that a range test suggests."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import pytest

from rnn_models.data import InputError
from rnn_models.training.rate_finder import HIGHEST, LOWEST, STEPS, smoothed, suggestion

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import train  # noqa: E402  (the script stands beside the package, not in it)

RATES = [LOWEST * (HIGHEST / LOWEST) ** (step / (STEPS - 1)) for step in range(STEPS)]


def test_the_rate_at_which_the_loss_falls_fastest_is_suggested() -> None:
    losses = [4 - 2 / (1 + math.exp(-(step - 50) / 4)) + max(step - 75, 0) for step in range(STEPS)]
    assert RATES[45] < suggestion(RATES, losses) < RATES[62]


def test_a_smoothed_curve_begins_with_the_first_loss_and_stays_among_the_losses() -> None:
    assert smoothed([3.0, 3.0, 3.0]) == pytest.approx([3.0, 3.0, 3.0])
    found = smoothed([3.0, 1.0])
    assert found[0] == pytest.approx(3.0) and 1 < found[1] < 3


def test_losses_that_are_never_finite_suggest_nothing() -> None:
    with pytest.raises(InputError, match="lowest rate"):
        suggestion(RATES[:2], [math.nan, math.nan])


@pytest.mark.parametrize("task", ["language-model", "classification"])
def test_a_range_test_suggests_a_rate_and_leaves_the_folder_of_the_run_alone(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("text,label\n" + "good,pos\nbad,neg\n" * 60, encoding="utf-8")
    words = ["--task", task, "--datasets", "rows.csv", "--tokenizer", "character", "--output_dir", "model"]
    words += ["--use_cpu"]
    words += ["--embedding_size", "8", "--hidden_size", "8", "--per_device_train_batch_size", "4"]
    words += ["--sequence_length", "4"] if task == "language-model" else []
    assert train.main([*words, "--lr_find"]) == 0
    found = json.loads((tmp_path / "model-rates.json").read_text(encoding="utf-8"))
    assert f"--learning_rate {found['learning_rate']:.2g}" in capsys.readouterr().out
    assert LOWEST < found["learning_rate"] < HIGHEST
    assert len(found["rates"]) == len(found["losses"]) <= STEPS
    assert found["rates"][:2] == pytest.approx(RATES[:2])
    assert (tmp_path / "model-rates.svg").is_file()
    assert not (tmp_path / "model" / "model.safetensors").exists()
    assert train.main([*words, "--learning_rate", str(found["learning_rate"]), "--max_steps", "1"]) == 0
