"""The benchmark of forecasts: which runs it makes, and what its tables say of them."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import forecasts
from benchmarks.forecasts import FEATURES, HORIZONS, SETTINGS, features, folder_of, runs
from rnn_models.training.arguments import parse_arguments


def test_each_feature_changes_what_its_row_names_and_nothing_else():
    rows = [features()[name] for name, _ in FEATURES]
    for (_, part), before, after in zip(FEATURES[1:], *zip(*pairwise(rows), strict=True), strict=True):
        assert part == {name: value for name, value in after.items() if before.get(name) != value}


def test_the_options_of_every_run_are_options_of_train_py(tmp_path: Path):
    for key, options in runs().items():
        recipe = tmp_path / "recipe.yaml"
        recipe.write_text(json.dumps({**options, "output_dir": folder_of(key)}), encoding="utf-8")
        arguments = parse_arguments([str(recipe)])
        assert arguments.horizons and max(arguments.horizons) == arguments.prediction_length


def test_every_run_has_a_folder_of_its_own():
    assert len({folder_of(key) for key in runs()}) == len(runs())


def test_test_is_reported_for_the_setting_that_is_best_on_validation(tmp_path: Path):
    good, bad = reversed(SETTINGS[96])
    for setting, validation, test in ((good, 0.5, 0.4), (bad, 0.6, 0.3)):
        own = tmp_path / folder_of((96, setting, (192,)))
        own.mkdir()
        (own / "eval_results.json").write_text(json.dumps({"validation": {"mse": validation}}), encoding="utf-8")
        (own / "test.json").write_text(json.dumps({"mse": test, "mae": test}), encoding="utf-8")
    (row,) = forecasts.look_back_rows(tmp_path, None)
    assert (row["look_back"], row["horizon"], row["setting"], row["mse"]) == (96, 192, good, 0.4)
    assert row["validation"] == {good: 0.5, bad: 0.6}
    assert "| 96 | one network per horizon | – | 0.400 / 0.400 | – | – |" in forecasts.look_back_table([row])


@pytest.mark.slow  # two trainings in processes of their own
def test_a_run_is_trained_once_and_read_on_test(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    data = tmp_path / "etth1" / "data"
    data.mkdir(parents=True)
    hours = pd.date_range("2020-01-01", periods=1200, freq="h")
    values = pd.DataFrame({"date": hours, "load": np.sin(np.arange(1200) / 24 * 2 * np.pi)})
    for split, rows in (("train", values[:500]), ("validation", values[500:800]), ("test", values[800:])):
        rows.to_parquet(data / f"{split}-00000-of-00001.parquet")
    tiny = {"hidden_size": 4, "embedding_size": 4, "max_steps": 2, "per_device_train_batch_size": 8}
    key = (96, next(iter(SETTINGS[96])), (HORIZONS[0],))
    job = (key, {**runs()[key], **tiny})
    for _ in range(2):
        forecasts.train(job, tmp_path / "runs", str(tmp_path), ends=float("inf"))
    assert capsys.readouterr().out.count("done") == 1, "what is there is not trained again"
    (row,) = forecasts.look_back_rows(tmp_path / "runs", str(tmp_path))
    assert 0 < row["mse"] < 10 and row["validation"].keys() == {key[1]}
