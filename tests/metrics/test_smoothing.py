"""Exponential smoothing: its forecasts after any row are those of its equations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnn_models.data.recipes import DatasetEntry
from rnn_models.data.time_series import SeriesData, load_series
from rnn_models.data.windows import starts
from rnn_models.metrics.forecasts import Scaling, measure
from rnn_models.metrics.smoothing import PARAMETERS, Smoothing

holtwinters = pytest.importorskip(
    "statsmodels.tsa.holtwinters", reason="statsmodels is missing: pip install 'rnn-models[series]'"
)
ROWS, SEASON, HORIZON = 120, 6, 15


def series(folder: Path, **columns: object) -> SeriesData:
    pd.DataFrame(columns).to_csv(folder / "t.csv", index=False)
    return load_series(DatasetEntry(str(folder / "t.csv")), validation_size=20, test_size=30)


def wave(multiplied: bool) -> np.ndarray:
    steps = np.arange(ROWS)
    trend, season = 10 + 0.3 * steps, np.sin(steps * 2 * np.pi / SEASON)
    noise = np.random.default_rng(0).normal(0, 0.1, ROWS)
    return trend * (1 + 0.4 * season) + noise if multiplied else trend - 12 + 2 * season + noise


@pytest.mark.parametrize("multiplied", [False, True])
def test_a_forecast_after_any_row_is_that_of_the_equations(tmp_path: Path, multiplied: bool):
    values = wave(multiplied)
    data = series(tmp_path, v=values)
    smoothing = Smoothing(data, HORIZON, SEASON)
    assert smoothing.states[0][0].multiplied == multiplied
    fit = holtwinters.ExponentialSmoothing(
        values[:70], trend="add", damped_trend=True, seasonal="mul" if multiplied else "add", seasonal_periods=SEASON,
        initialization_method="heuristic",
    ).fit()  # fmt: skip
    alpha, beta, gamma, phi = (fit.params[name] for name in PARAMETERS)
    level, trend, seasons = fit.params["initial_level"], fit.params["initial_trend"], [*fit.params["initial_seasons"]]
    for row, value in enumerate(values):
        if row >= 90:
            lines = level + np.cumsum(phi ** np.arange(1, HORIZON + 1)) * trend
            again = np.resize(seasons[-SEASON:], HORIZON)
            expected = lines * again if multiplied else lines + again
            assert smoothing.at([(0, row)])[0, :, 0] == pytest.approx(expected)
        before, line = seasons[-SEASON], level + phi * trend
        new = alpha * (value / before if multiplied else value - before) + (1 - alpha) * line
        seasons.append(gamma * (value / line if multiplied else value - line) + (1 - gamma) * before)
        level, trend = new, beta * (new - level) + (1 - beta) * phi * trend


def test_every_window_is_measured_and_a_clean_wave_is_forecast(tmp_path: Path):
    data = series(tmp_path, v=10 + np.sin(np.arange(ROWS) * 2 * np.pi / SEASON), constant=np.full(ROWS, 3.0))
    options = {"context": 12, "horizons": [6], "scaled": Scaling.of(data)}
    assert measure(Smoothing(data, 6, SEASON), data, data.tests[0], **options)["mse"] < 1e-3
    every = starts(data.series, data.tests[0], 6)
    forecast = Smoothing(data, 6, SEASON).at(every)
    assert forecast.shape == (25, 6, 2) and np.isfinite(forecast).all()
    assert (forecast[:, :, 1] == 3).all()


def test_missing_values_and_short_series_are_forecast_too(tmp_path: Path):
    values = wave(False)
    values[[3, 40, 95]] = np.nan
    smoothing = Smoothing(series(tmp_path, v=values), 4, 60)  # no two seasons in train
    assert np.isfinite(smoothing.at([(0, 90), (0, 97)])).all()
    assert not smoothing.states[0][0].season.any()
    pd.DataFrame({"v": [1.0, 4.0, 2.0, 8.0, 5.0, 7.0]}).to_csv(tmp_path / "few.csv", index=False)
    few = load_series(DatasetEntry(str(tmp_path / "few.csv")), validation_size=1, test_size=1)
    assert Smoothing(few, 2, 1).at([(0, 5)]).tolist() == [[[5.0], [5.0]]]
