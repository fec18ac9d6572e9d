"""What is out of line: a series that stands still or lost its season lies within every interval."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from rnn_models.inference.predicting import stillness

DAY = 24
WAVE = np.sin(np.arange(10 * DAY) / DAY * 2 * np.pi)[:, None]
WIDTHS = np.full_like(WAVE, 3.0)
NOISE = 0.1 * np.random.default_rng(0).normal(size=WAVE.shape)


@pytest.mark.parametrize("left", [0.0, 0.1, 1.0])
def test_exactly_the_steps_without_their_season_are_out_of_line(left: float):
    values = WAVE + NOISE
    values[100:160] = 0.3 + left * NOISE[100:160]
    out = stillness(values, WAVE, WIDTHS, 36)[:, 0] > 1
    # a stretch may begin or end a few steps within the season, where it varies little
    assert out[100:160].all() and not out[:92].any() and not out[168:].any()


def test_a_series_that_does_not_move_at_all_is_three_times_out_of_line():
    assert stillness(np.full_like(WAVE, 7.0), WAVE, WIDTHS, 36) == pytest.approx(np.full_like(WAVE, 3.0))


def test_a_series_that_moves_as_was_forecast_is_not_out_of_line():
    assert (stillness(WAVE + NOISE, WAVE, WIDTHS, 36) < 1).all()


@pytest.mark.parametrize("forecast", [np.zeros_like(WAVE), 0.01 * WAVE])
def test_no_rain_is_not_out_of_line_where_none_was_forecast(forecast: np.ndarray):
    assert np.isnan(stillness(np.zeros_like(WAVE), forecast, WIDTHS, 36)).all()


def test_missing_values_say_nothing_of_a_stretch():
    values = WAVE + NOISE
    values[100:130:2] = np.nan
    assert not (stillness(values, WAVE, WIDTHS, 36) > 1).any()
    values[100:150] = np.nan
    assert not (stillness(values, WAVE, WIDTHS, 36) > 1).any()


@given(arrays.arrays(float, (30, 2), elements=st.one_of(st.floats(-1e6, 1e6), st.just(np.nan))), st.integers(2, 40))
def test_any_series_has_a_stillness_of_three_at_most(values: np.ndarray, steps: int):
    forecast = np.repeat(np.sin(np.arange(30.0))[:, None], 2, axis=1)
    found = stillness(values, forecast, np.ones_like(values), steps)
    assert found.shape == values.shape and not (found > 3).any()
