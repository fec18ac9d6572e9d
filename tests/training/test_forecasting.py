"""A forecaster from its table to its metrics, its forecasts and its card."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from rnn_models.__main__ import main as command
from rnn_models.checkpoint import load_checkpoint
from rnn_models.data.recipes import DatasetEntry
from rnn_models.data.time_series import load_series
from rnn_models.data.windows import WindowBatches
from rnn_models.metrics.forecasts import Scaling, drift, fit_linear, last_value, measure, naive_error, seasonal_naive
from rnn_models.modeling import RNNForTimeSeriesPrediction, RNNTimeSeriesConfig
from rnn_models.training.arguments import parse_arguments
from rnn_models.training.preparation import prepare

sys.path.insert(0, str(Path(__file__).parents[2]))

import train

SMALL = [
    "--context_length", "24", "--prediction_length", "6", "--segment_length", "6", "--embedding_size", "8",
    "--hidden_size", "8", "--cell_type", "gru", "--decoding", "parallel", "--use_cpu", "--test_size", "30",
    "--validation_size", "30",
]  # fmt: skip


def table(rows: int = 240) -> pd.DataFrame:
    hours = np.arange(rows)
    noise = np.random.default_rng(0).normal(0, 0.05, (rows, 2))
    day = np.sin(hours * 2 * np.pi / 24)
    times = pd.date_range("2020-01-01", periods=rows, freq="h").astype(str)
    return pd.DataFrame({"date": times, "load": 10 + day + noise[:, 0], "heat": 50 - 5 * day + 5 * noise[:, 1]})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table and a forecaster that was trained on it."""
    folder = tmp_path_factory.mktemp("made")
    table().to_csv(folder / "station.csv", index=False)
    words = ["--task", "forecasting", "--datasets", str(folder / "station.csv"), "--output_dir", str(folder / "model")]
    more = ["--num_train_epochs", "12", "--learning_rate", "1e-2", "--autoregression", "--horizons", "[3, 6]"]
    assert train.main([*words, *SMALL, *more]) == 0
    return folder


def test_a_run_leaves_a_model_in_the_units_of_its_table_with_results_and_a_card(made: Path):
    checkpoint = load_checkpoint(made / "model")
    config = checkpoint.model.config
    assert checkpoint.task == "time-series-forecasting" and checkpoint.tokenizer is None
    assert config.channel_names == ["load", "heat"]
    train_rows = table()[["load", "heat"]].to_numpy()[:180]
    assert config.value_mean == pytest.approx(train_rows.mean(0).tolist())
    assert config.value_scale == pytest.approx(train_rows.std(0).tolist())
    results = json.loads((made / "model" / "eval_results.json").read_text())
    assert results["test"]["rows"] == 30 and {"mse_3", "mae_6", "mase_3", "coverage_80_6"} <= results["test"].keys()
    card = (made / "model" / "README.md").read_text(encoding="utf-8")
    assert "pipeline_tag: time-series-forecasting" in card and "forecasts the next 6 steps of load, heat" in card
    assert "| station.csv | held out for testing, 3 steps |" in card


def test_the_results_are_what_evaluate_measures_and_the_network_learns_the_day(made: Path, capsys):
    recipe = made / "recipe.yaml"
    recipe.write_text(
        f"datasets: {made / 'station.csv'}\ntest_size: 30\nvalidation_size: 30\nhorizons: [3, 6]\n", encoding="utf-8"
    )
    output = made / "metrics.json"
    assert command(["evaluate", str(made / "model"), "--data", str(recipe), "--output", str(output)]) == 0
    assert "| last value" in capsys.readouterr().out
    found = json.loads(output.read_text())
    results = json.loads((made / "model" / "eval_results.json").read_text())["test"]
    mse = {(row["model"], row["split"].split(", ")[1]): row["mse"] for row in found["rows"]}
    assert mse["network", "3 steps"] == pytest.approx(results["mse_3"], rel=1e-4)
    assert mse["network", "6 steps"] == pytest.approx(results["mse_6"], rel=1e-4)
    assert mse["network", "6 steps"] < mse["last value", "6 steps"] / 4
    if importlib.util.find_spec("statsmodels"):
        assert mse["exponential smoothing", "6 steps"] < mse["last value", "6 steps"] / 4

    assert {row["rows"] for row in found["rows"]} == {28, 25}
    assert command(["evaluate", str(made / "model"), "--data", str(recipe), "--by", "place"]) == 2
    assert "--by is for models that read texts" in capsys.readouterr().err


def test_without_statsmodels_the_other_baselines_are_measured_and_the_note_says_how_to_install_it(
    made: Path, capsys, monkeypatch
):
    for name in ("statsmodels", "statsmodels.tsa", "statsmodels.tsa.holtwinters"):
        monkeypatch.setitem(sys.modules, name, None)
    output = made / "without.json"
    words = ["evaluate", str(made / "model"), "--data", str(made / "station.csv"), "--output", str(output)]
    assert command(words) == 0
    found = json.loads(output.read_text())
    names = {row["model"] for row in found["rows"]}
    assert {"network", "linear", "drift"} <= names and "exponential smoothing" not in names
    assert "pip install 'statsmodels>=" in found["notes"]["exponential smoothing"]
    assert "pip install 'statsmodels>=" in capsys.readouterr().err


def test_a_forecast_of_a_file_is_the_model_s_own_with_its_times(made: Path, tmp_path: Path, capsys):
    output = tmp_path / "next.csv"
    words = ["forecast", str(made / "station.csv"), "--model", str(made / "model"), "--horizon", "4"]
    assert command([*words, "--output", str(output)]) == 0
    rows = pd.read_csv(output)
    assert list(rows.columns) == ["time", "column", "forecast", "low_0.8", "high_0.8", "seasonal_naive"]
    assert rows.time.unique().tolist() == [f"2020-01-11 0{hour}:00:00" if hour else "2020-01-11" for hour in range(4)]
    model = RNNForTimeSeriesPrediction.from_pretrained(made / "model").eval()
    past = torch.tensor(table()[["load", "heat"]].to_numpy()[None, -24:], dtype=torch.float32)
    with torch.no_grad():
        found = model(past_values=past)
    assert rows.forecast.tolist() == pytest.approx(found.prediction_outputs[0, :4].flatten().tolist(), rel=1e-4)
    low = found.quantile_outputs[0, :4, :, model.config.quantiles.index(0.1)].flatten().tolist()
    assert rows["low_0.8"].tolist() == pytest.approx(low, rel=1e-4)
    assert command([*words, "--output", str(output)]) == 2
    assert "exists; give another --output" in capsys.readouterr().err


@pytest.mark.parametrize(
    "change, words, message",
    [
        (lambda rows: rows, ["--horizon", "7"], "horizon 7 must lie between 1 and 6"),
        (lambda rows: rows, ["--level", "1"], "level 1.0 must lie between 0 and 1"),
        (lambda rows: rows, ["--columns", "load"], "the model reads 2 (load, heat in its training)"),
        (lambda rows: rows.drop(index=7), [], "row 8, column date"),
        (lambda rows: rows, ["--output", "next.txt"], "must end in .csv or .parquet"),
        (lambda rows: rows.assign(heat=[None] * 210 + [1] * 0 + [None] * 30), [], "heat"),
    ],
)
def test_what_cannot_be_forecast_is_said_in_a_line(made: Path, tmp_path: Path, capsys, change, words, message):
    change(table()).to_csv(tmp_path / "t.csv", index=False)
    assert command(["forecast", str(tmp_path / "t.csv"), "--model", str(made / "model"), *words]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_a_spike_is_out_of_line_and_does_not_spoil_what_comes_after(made: Path, tmp_path: Path):
    rows = table()
    rows.loc[200, "load"] += 5
    rows.to_csv(tmp_path / "t.csv", index=False)
    output = tmp_path / "found.csv"
    words = ["anomalies", str(tmp_path / "t.csv"), "--model", str(made / "model"), "--block", "3"]
    assert command([*words, "--output", str(output)]) == 0
    found = pd.read_csv(output)
    load = found[found.column == "load"].set_index("time")
    assert load.score.idxmax() == rows.date[200] and load.anomaly[rows.date[200]]
    after = load.iloc[[time > rows.date[203] for time in load.index]]
    assert after.score.median() < 1
    assert (found.anomaly == (found.score > 1)).all()


def test_a_sensor_that_stands_still_is_out_of_line_and_its_neighbour_is_not(made: Path, tmp_path: Path):
    rows = table()
    rows.loc[180:205, "load"] = rows.load[180]
    rows.to_csv(tmp_path / "t.csv", index=False)
    output = tmp_path / "found.csv"
    words = ["anomalies", str(tmp_path / "t.csv"), "--model", str(made / "model"), "--block", "6"]
    assert command([*words, "--output", str(output)]) == 0
    found = pd.read_csv(output).set_index("time")
    still = found.loc[str(rows.date[180]) : str(rows.date[205])]
    assert still[still.column == "load"].anomaly.all() and still[still.column == "load"].score.min() > 2
    assert still[still.column == "heat"].anomaly.mean() < 0.3


def test_a_run_goes_on_where_it_was_broken_off(made: Path, tmp_path: Path):
    def run(name: str, *more: str) -> Path:
        words = [
            "--task",
            "forecasting",
            "--datasets",
            str(made / "station.csv"),
            "--output_dir",
            str(tmp_path / name),
        ]
        assert train.main([*words, *SMALL, "--window_stride", "3", "--keep_checkpoints", *more]) == 0
        return tmp_path / name

    whole = run("whole", "--num_train_epochs", "3", "--lr_scheduler_type", "constant")
    run("part", "--num_train_epochs", "2", "--lr_scheduler_type", "constant")
    part = run(
        "part", "--num_train_epochs", "3", "--lr_scheduler_type", "constant", "--resume_from_checkpoint", "true"
    )
    one, other = (RNNForTimeSeriesPrediction.from_pretrained(folder).state_dict() for folder in (whole, part))
    torch.testing.assert_close(one, other)


@pytest.mark.parametrize(
    "words, message",
    [
        (["--context_length", "500"], "context_length 500 and prediction_length 6 need 506"),
        (["--prediction_length", "40"], "30 steps are too few for a horizon of 40"),
        (["--horizons", "[9]"], "option horizons: 9 must lie between 1 and prediction_length 6"),
        (["--value_columns", "[cold]"], "has no column cold"),
        (["--tokenizer", "word"], "option tokenizer belongs to the tasks"),
        (["--autoregression", "--scaling", "none"], "scaling must be last"),
        (["--validation_size", "300"], "300 of 210 steps cannot be held out"),
        (["--hidden_size", "0"], "hidden_size is 0"),
        (["--segment_length", "0"], "segment_length: 0 must be above 0"),
    ],
)
def test_what_cannot_be_trained_is_said_in_a_line(made: Path, tmp_path: Path, capsys, words, message):
    about = ["--task", "forecasting", "--datasets", str(made / "station.csv"), "--output_dir", str(tmp_path / "out")]
    assert train.main([*about, *SMALL, *words]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_the_logarithm_of_what_is_not_positive_is_refused(tmp_path: Path, capsys):
    table().assign(load=-1).to_csv(tmp_path / "t.csv", index=False)
    words = ["--task", "forecasting", "--datasets", str(tmp_path / "t.csv"), "--output_dir", str(tmp_path / "out")]
    assert train.main([*words, *SMALL, "--value_log"]) == 2
    assert "option value_log: t.csv has values of 0 or less" in capsys.readouterr().err


def test_the_baselines_are_what_their_names_say():
    past = np.array([1.0, 2.0, np.nan, 4.0, 5.0])[None, :, None]
    assert last_value(past, 3)[0, :, 0].tolist() == [5, 5, 5]
    assert drift(past, 2)[0, :, 0].tolist() == [6, 7]
    assert seasonal_naive(past, 5, 3)[0, :, 0].tolist() == [2, 4, 5, 2, 4]
    assert seasonal_naive(past, 2, 9)[0, :, 0].tolist() == [5, 5]


def test_the_linear_forecast_of_a_line_or_a_wave_is_exact_and_metrics_count_every_window(tmp_path: Path):
    steps = np.arange(200)
    rows = pd.DataFrame({"v": 3 * np.sin(steps * 2 * np.pi / 12) + 0.1 * steps})
    rows.to_csv(tmp_path / "t.csv", index=False)
    data = load_series(DatasetEntry(str(tmp_path / "t.csv")), validation_size=20, test_size=20)
    scaled = Scaling.of(data)
    linear = fit_linear(data, 24, 6, Scaling(np.zeros(1), np.ones(1) * 0.01))
    options = {"context": 24, "horizons": [6], "scaled": scaled, "units": {"mase": naive_error(data, 12)}}
    found = measure(linear, data, data.tests[0], **options)
    assert found["mse"] < 1e-6
    naive = measure(lambda past: seasonal_naive(past, 6, 12), data, data.tests[0], **options)
    # the trend of a season, in units of itself
    assert naive["mase"] == pytest.approx(1) and naive["mae"] == pytest.approx(1.2 / scaled.scale[0])


def test_batches_count_the_steps_as_the_mean_over_the_horizons_does(made: Path):
    data = load_series(DatasetEntry(str(made / "station.csv")), validation_size=30, test_size=30)
    options = {"context": 24, "horizon": 6, "batch_size": 4}
    batches = WindowBatches(data, horizons=[2, 6], **options)
    counted = [int(batch["future_values"].isfinite().all(0).all(-1).sum()) for batch in batches]
    assert set(counted) == {2, 6} and 0.3 < counted.count(2) / len(counted) < 0.7
    batches.set_epoch(1)
    again = [int(batch["future_values"].isfinite().all(0).all(-1).sum()) for batch in batches]
    assert again != counted, "each epoch draws anew"
    batches.set_epoch(0)
    assert [int(batch["future_values"].isfinite().all(0).all(-1).sum()) for batch in batches] == counted
    assert all(batch["future_values"].isfinite().all() for batch in WindowBatches(data, **options))


@pytest.mark.parametrize("rows, context", [(144, 33), (257, 79), (400, 96)])
def test_a_short_series_is_forecast_without_an_option_for_its_length(tmp_path: Path, capsys, rows: int, context: int):
    months = pd.date_range("1949-01-01", periods=rows, freq="MS").astype(str)
    values = 100 + np.arange(rows) + 20 * np.sin(np.arange(rows) * 2 * np.pi / 12)
    pd.DataFrame({"month": months, "passengers": values}).to_csv(tmp_path / "air.csv", index=False)
    words = ["--task", "forecasting", "--datasets", str(tmp_path / "air.csv"), "--output_dir", str(tmp_path / "model")]
    assert train.main([*words, "--max_steps", "2", "--hidden_size", "4", "--use_cpu"]) == 0
    config = RNNTimeSeriesConfig.from_pretrained(tmp_path / "model")
    assert (config.context_length, config.prediction_length) == (context, 24)
    found = json.loads((tmp_path / "model" / "eval_results.json").read_text())
    assert min(found["validation"]["rows"], found["test"]["rows"]) >= 24
    assert command(["evaluate", str(tmp_path / "model"), "--data", str(tmp_path / "air.csv"), "--no_baseline"]) == 0
    assert f"{found['test']['mse']:.4f}" in capsys.readouterr().out


def test_a_series_that_is_too_short_for_a_forecast_is_refused_in_a_line(tmp_path: Path, capsys):
    pd.DataFrame({"v": np.arange(60.0)}).to_csv(tmp_path / "t.csv", index=False)
    words = ["--task", "forecasting", "--datasets", str(tmp_path / "t.csv"), "--output_dir", str(tmp_path / "model")]
    assert train.main([*words, "--use_cpu"]) == 2
    error = capsys.readouterr().err
    assert (
        "12 steps for training; context_length 1 and prediction_length 24 need 25" in error and error.count("\n") == 1
    )


def test_a_run_that_starts_from_a_forecaster_reads_windows_of_its_length(made: Path, tmp_path: Path):
    words = ["--task", "forecasting", "--datasets", str(made / "station.csv"), "--output_dir", str(tmp_path / "model")]
    more = ["--pretrained_model", str(made / "model"), "--prediction_length", "6", "--max_steps", "2", "--use_cpu"]
    assert train.main([*words, *more]) == 0
    assert RNNTimeSeriesConfig.from_pretrained(tmp_path / "model").context_length == 24


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("kind", ["goes back to its mean", "has moved on"])
def test_the_linear_forecast_knows_the_level_of_a_series_that_goes_back_to_it(tmp_path: Path, kind: str, log: bool):
    rng, values = np.random.default_rng(0), [0.0]
    for _ in range(1500):
        values.append((0.8 if kind == "goes back to its mean" else 1.0) * values[-1] + rng.normal())
    values = np.exp(np.array(values) / 10) if log else np.array(values)
    pd.DataFrame({"v": values}).to_csv(tmp_path / "t.csv", index=False)
    data = load_series(DatasetEntry(str(tmp_path / "t.csv")))
    scaled, units = Scaling.of(data), Scaling.of(data, log)
    linear = fit_linear(data, 24, 12, units, log)
    options = {"context": 24, "horizons": [12], "scaled": scaled}
    found = measure(linear, data, data.tests[0], **options)["mse"]
    naive = measure(lambda past: last_value(past, 12), data, data.tests[0], **options)["mse"]
    if kind == "goes back to its mean":
        mean = np.exp(units.mean) if log else units.mean
        usual = measure(lambda past: np.tile(mean, (len(past), 12, 1)), data, data.tests[0], **options)["mse"]
        assert found < 0.95 * usual < 0.8 * naive and (linear.level < -0.1).all()
    else:
        assert found < 1.1 * naive


def test_the_linear_map_in_a_model_is_the_one_that_is_measured_beside_it(made: Path):
    model = RNNForTimeSeriesPrediction.from_pretrained(made / "model")
    data = load_series(DatasetEntry(str(made / "station.csv")), validation_size=30, test_size=30)
    linear = fit_linear(data, 24, 6, Scaling.of(data))
    for ours, theirs in (
        (model.autoregression.weight, linear.weight),
        (model.level.weight[:, 0], linear.level),
        (model.level.bias, linear.bias),
    ):
        np.testing.assert_allclose(ours.detach().numpy(), theirs, rtol=1e-5, atol=1e-7)


def test_a_model_s_folder_is_pushed_with_the_code_of_a_forecaster(made: Path, tmp_path: Path):
    assert command(["stage", str(made / "model"), str(tmp_path / "staged")]) == 0
    config = json.loads((tmp_path / "staged" / "config.json").read_text())
    assert config["auto_map"]["AutoModelForTimeSeriesPrediction"].endswith("RNNForTimeSeriesPrediction")
    assert (tmp_path / "staged" / "modeling_rnn_time_series.py").is_file()
    assert not (tmp_path / "staged" / "tokenizer.json").exists()


def test_a_damaged_forecaster_is_refused(made: Path, tmp_path: Path, capsys):
    folder = shutil.copytree(made / "model", tmp_path / "model")
    (folder / "SHA256SUMS").unlink()
    values = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(values | {"segment_length": 5}))
    assert command(["forecast", str(made / "station.csv"), "--model", str(folder)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_run_may_learn_all_steps_in_every_batch_and_have_a_map_that_does_not_know_the_level(made: Path):
    words = ["--task", "forecasting", "--datasets", str(made / "station.csv"), "--output_dir", str(made / "other")]
    words += [*SMALL, "--horizons", "[2, 6]", "--autoregression_level", "false", "--draw_horizons", "false"]
    task, trainer = prepare(parse_arguments(words))
    assert not hasattr(trainer.model, "level")
    weight = trainer.model.autoregression.weight
    assert weight.abs().sum() > 0 and not weight.requires_grad
    assert set(task.training_data().counted) == {6}
    without = fit_linear(task.data, 24, 6, Scaling.of(task.data), level=False)
    assert not without.level.any() and not without.bias.any()
    np.testing.assert_allclose(weight.detach().numpy(), without.weight, rtol=1e-5)
