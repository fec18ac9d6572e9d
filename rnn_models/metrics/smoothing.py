"""Exponential smoothing, the forecast of Holt and Winters, as a baseline; needs statsmodels.

With a damped trend, and a season that is added or multiplied: Hyndman & Athanasopoulos, "Forecasting: Principles and
Practice", section 8.3. The parameters are fitted once for each column, on train; level, trend and season then follow
the series, so that a forecast has seen all that is before it, and each window is forecast.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..data.time_series import SeriesData
from ..data.windows import Start
from .forecasts import filled

INSTALL = "pip install 'statsmodels>=0.14.6,<0.16'"
# What statsmodels needs to guess where level and trend begin.
FEWEST_ROWS = 10
PARAMETERS = ("smoothing_level", "smoothing_trend", "smoothing_seasonal", "damping_trend")


@dataclass
class SmoothingStates:
    """What one column has come to after each of its T steps.

    Attributes:
        level, trend, season: (T,) each; `season` is 0 if the series has none.
        damping: the share of the trend that is left after a step.
        multiplied: whether the season is multiplied, not added.
        steps: in a season.
    """

    level: np.ndarray
    trend: np.ndarray
    season: np.ndarray
    damping: float
    multiplied: bool
    steps: int

    def after(self, rows: np.ndarray, horizon: int) -> np.ndarray:
        """(B, horizon): what follows the first `rows` (B,) values of the column, all above 0.

        statsmodels' own forecast needs a model for each row, and takes the season before the last at every last step
        of a season: https://github.com/statsmodels/statsmodels/blob/main/statsmodels/tsa/holtwinters/model.py
        """
        last = rows[:, None] - 1
        ahead = np.arange(horizon)
        level = self.level[last] + np.cumsum(self.damping ** (ahead + 1.0)) * self.trend[last]
        season = self.season[np.maximum(last + 1 - self.steps, 0) + ahead % self.steps]
        return level * season if self.multiplied else level + season


class Smoothing:
    """The forecasts of exponential smoothing after any row of the series of a data set.

    Args:
        horizon: steps of a forecast.
        season: steps in a season; left out for a series with fewer than two seasons in train.

    Raises:
        ImportError: statsmodels is not installed.
    """

    def __init__(self, data: SeriesData, horizon: int, season: int) -> None:
        self.horizon = horizon
        self.states = [
            [smooth(column, end, season) for column in filled(one.values[None])[0].T]
            for one, (_, end) in zip(data.series, data.train.bounds, strict=True)
        ]

    def at(self, starts: Sequence[Start]) -> np.ndarray:
        """(B, horizon, C) from each start; NaN at the first row of a series."""
        forecast = np.full((len(starts), self.horizon, len(self.states[0])), np.nan)
        numbers, rows = np.array(starts, dtype=int).reshape(-1, 2).T
        for number in np.unique(numbers):
            own = (numbers == number) & (rows > 0)
            for channel, states in enumerate(self.states[number]):
                forecast[own, :, channel] = states.after(rows[own], self.horizon)
        return forecast


def smooth(values: np.ndarray, train: int, season: int) -> SmoothingStates:
    """The states of a column (T,) without missing values, by the parameters that fit its first `train` values best."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    known = values[:train]
    if train < FEWEST_ROWS or (known == known[0]).all():  # nothing to fit: the last value
        nothing = np.zeros(len(values))
        return SmoothingStates(values, nothing, nothing, 1.0, False, 1)
    kinds: list[str | None] = [None]
    if season > 1 and train >= max(2 * season, FEWEST_ROWS + 2 * (season // 2)):
        # a season that is multiplied needs values above 0
        kinds = ["add", "mul"] if (values > 0).all() else ["add"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # not converged: still the best that was found
        fits = []
        for kind in kinds:
            options = {"trend": "add", "damped_trend": True, "seasonal": kind}
            options |= {"seasonal_periods": season} if kind else {}
            fits.append((ExponentialSmoothing(known, **options, initialization_method="heuristic").fit(), options))
        best, options = min(fits, key=lambda fit: fit[0].aicc)
        seasonal, fitted = options["seasonal"], best.params
        begin = {name: fitted[name] for name in ("initial_level", "initial_trend")}
        begin |= {"initial_seasonal": fitted["initial_seasons"]} if seasonal else {}
        fixed = {name: fitted[name] for name in PARAMETERS if seasonal or name != "smoothing_seasonal"}
        model = ExponentialSmoothing(values, **options, initialization_method="known", **begin)
        found = model.fit(optimized=False, **fixed)
    return SmoothingStates(
        np.asarray(found.level),
        np.asarray(found.trend),
        np.asarray(found.season) if seasonal else np.zeros(len(values)),
        float(fitted["damping_trend"]),
        seasonal == "mul",
        season if seasonal else 1,
    )
