"""Forecasts that anybody can make, and how good a forecast is.

`last value`, `drift` and `seasonal naive` are those of Hyndman & Athanasopoulos, "Forecasting: Principles and
Practice", section 5.2. `linear` is a linear map from the window to the forecast, the same for all channels: the
functions of DLinear and NLinear (Zeng et al. 2023, "Are Transformers Effective for Time Series Forecasting?"), found
as the solution of ridge regressions instead of by steps of gradient descent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np

from ..data.time_series import SeriesData, Span
from ..data.windows import Start, futures, in_batches, pasts, starts

# From a window (B, T, C) to the forecast (B, H, C), or that and its intervals (B, H, C, 2) for each of `LEVELS`.
Forecaster = Callable[[np.ndarray], Any]


class FromStarts(Protocol):
    """A forecaster that knows the series themselves, and reads all that is before a start in place of a window."""

    def at(self, starts: Sequence[Start]) -> np.ndarray:
        """(B, H, C) from each start."""


LEVELS = (0.8, 0.95)
RIDGES = (10.0, 100.0, 1000.0, 5000.0, 20000.0, 50000.0)
# The regression reads no more windows than this: neighbours are nearly the same.
MOST_WINDOWS = 4000
# Shares of the regression that knows the level, and how much worse one may be that is about as good.
LEVEL_SHARES, ABOUT = (0.0, 0.25, 0.5, 0.75, 1.0), 1.02


def filled(past: np.ndarray) -> np.ndarray:
    """A window (B, T, C) whose missing values are the ones before them, or the first known one."""
    steps = np.arange(past.shape[1])[None, :, None]
    known = np.isfinite(past)
    before = np.maximum.accumulate(np.where(known, steps, -1), axis=1)
    first = np.where(known, steps, past.shape[1] - 1).min(axis=1, keepdims=True)
    return np.take_along_axis(past, np.where(before < 0, first, before), axis=1)


def last_value(past: np.ndarray, horizon: int) -> np.ndarray:
    """The last value again and again: (B, T, C) -> (B, horizon, C)."""
    return np.repeat(filled(past)[:, -1:], horizon, axis=1)


def drift(past: np.ndarray, horizon: int) -> np.ndarray:
    """The line through the first and the last value goes on."""
    values = filled(past)
    slope = (values[:, -1:] - values[:, :1]) / max(1, past.shape[1] - 1)
    return values[:, -1:] + slope * np.arange(1, horizon + 1)[None, :, None]


def seasonal_naive(past: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """The last season again and again; the last value if the window is shorter than a season."""
    if past.shape[1] < season:
        return last_value(past, horizon)
    return filled(past)[:, -season:][:, np.arange(horizon) % season]


@dataclass
class Linear:
    """A linear map from the window to the forecast, the same for all channels, in the units of `scaled`.

    Attributes:
        weight: (H, T), of the window less its last value, for the forecast less the last value.
        level: (H,), of the last value itself, by which a forecast goes back to where the series usually is.
        bias: (H,).
        scaled: the units, of the logarithms of the values if `log`.
    """

    weight: np.ndarray
    level: np.ndarray
    bias: np.ndarray
    scaled: Scaling
    log: bool = False

    def __call__(self, past: np.ndarray) -> np.ndarray:
        """(B, T, C) -> (B, H, C)."""
        z = self.scaled(np.log(filled(past)) if self.log else filled(past))
        last = z[:, -1:]
        moved = np.moveaxis(z - last, 2, 1) @ self.weight.T  # (B, C, H)
        found = last + np.moveaxis(moved, 1, 2) + last * self.level[:, None] + self.bias[:, None]
        values = found * self.scaled.scale.astype(found.dtype) + self.scaled.mean.astype(found.dtype)
        return np.exp(values) if self.log else values


def fit_linear(
    data: SeriesData, context: int, horizon: int, scaled: Scaling, log: bool = False, level: bool = True
) -> Linear:
    """The mean of two ridge regressions on the windows of train, without and with the level and a constant.

    Each step of each has the ridge of `RIDGES` that is best on validation. The level helps a series that goes back to
    its mean, and harms one that has moved on: of the shares of `LEVEL_SHARES` that are about as good as the best one
    on validation, the most even is taken.

    `log`: whether it is one of the logarithms of the values, in whose units `scaled` is then. `level`: whether the
    second one takes part.
    """
    found = starts(data.series, data.train, horizon, context=context)
    found = found[:: -(-len(found) // MOST_WINDOWS) or 1]
    into = partial(_rows, data, context=context, horizon=horizon, scaled=scaled, log=log)
    gram, right = np.zeros((context + 2, context + 2)), np.zeros((context + 2, horizon))
    for batch in in_batches(found, 256):
        x, y = into(batch)
        good = np.isfinite(x).all(1) & np.isfinite(y).all(1)
        gram += x[good].T @ x[good]
        right += x[good].T @ y[good]
    held = [into(batch) for batch in in_batches(starts(data.series, data.validation, 1)[::4], 128)]
    # a constant has no price, and the level that of one step of the window at the least ridge
    price = np.concatenate([np.ones(context), [0.0, 0.0]])
    fixed = np.concatenate([np.zeros(context), [1.0, 1e-3]])
    maps = []
    for size in (context, context + 2):
        solved = [
            np.linalg.solve(gram[:size, :size] + np.diag(ridge * price[:size] + fixed[:size]), right[:size])
            for ridge in RIDGES
        ]
        errors = np.stack([_squares(held, np.pad(weight, ((0, context + 2 - size), (0, 0)))) for weight in solved])
        best = np.stack([solved[ridge][:, step] for step, ridge in enumerate(errors.argmin(0))], axis=1)
        maps.append(np.pad(best, ((0, context + 2 - size), (0, 0))))
    means = [(1 - share) * maps[0] + share * maps[1] for share in (LEVEL_SHARES if level else LEVEL_SHARES[:1])]
    sums = [_squares(held, weight).sum() for weight in means]
    good = [place for place, found in enumerate(sums) if found <= ABOUT * min(sums)]
    weight = means[min(good, key=lambda place: abs(LEVEL_SHARES[place] - 0.5))].astype(np.float32)
    return Linear(weight[:context].T.copy(), weight[context], weight[context + 1], scaled, log)


def _rows(
    data: SeriesData, batch: Sequence[Start], *, context: int, horizon: int, scaled: Scaling, log: bool
) -> tuple[np.ndarray, np.ndarray]:
    """What a linear map reads, (B * C, T + 2), and what it should give, (B * C, H), both less the last value.

    NaN after the end of validation, whose windows may begin shortly before it.
    """
    past, future = filled(pasts(data.series, batch, context)), futures(data.series, batch, horizon)
    left = np.array([data.validation.bounds[number][1] - row for number, row in batch])
    future[np.arange(horizon) >= left[:, None]] = np.nan
    past, future = (scaled(np.log(part) if log else part).astype(float) for part in (past, future))
    last = past[:, -1:]
    # (B, T, C) -> (B * C, T)
    x, level, y = (np.moveaxis(part, 2, 1).reshape(-1, part.shape[1]) for part in (past - last, last, future - last))
    return np.concatenate([x, level, np.ones_like(level)], axis=1), y


def _squares(held: Sequence[tuple[np.ndarray, np.ndarray]], weight: np.ndarray) -> np.ndarray:
    """The sum of the squared errors of a map (T + 2, H) at each step."""
    return np.sum([np.nansum((x @ weight - y) ** 2, axis=0) for x, y in held], axis=0)


@dataclass
class Scaling:
    """The mean and the standard deviation of each channel in train, (C,) each: the units of `mse` and `mae`."""

    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, data: SeriesData, log: bool = False) -> Scaling:
        values = np.concatenate([one.values[a:b] for one, (a, b) in zip(data.series, data.train.bounds, strict=True)])
        values = np.log(values) if log else values
        scale = np.nanstd(values, axis=0)
        return cls(np.nanmean(values, axis=0), np.where(scale > 0, scale, 1.0))

    def __call__(self, values: np.ndarray) -> np.ndarray:
        return (values - self.mean.astype(values.dtype)) / self.scale.astype(values.dtype)


def naive_error(data: SeriesData, season: int) -> np.ndarray:
    """The mean absolute error of the seasonal naive forecast one season ahead in train, (C,): the units of MASE."""
    errors = [
        np.abs(one.values[a + season : b] - one.values[a : b - season])
        for one, (a, b) in zip(data.series, data.train.bounds, strict=True)
    ]
    return np.nanmean(np.concatenate(errors), axis=0)


class Measure:
    """Errors of forecasts, added up batch by batch over every window.

    `mse` and `mae` are in units of the standard deviation in train; `mase` is the absolute error in units of
    `naive_error`; `coverage_80` is the share of values within the interval that should hold 80 % of them.
    """

    def __init__(self, horizons: Sequence[int], scaled: Scaling, units: dict[str, np.ndarray]) -> None:
        self.horizons, self.scaled, self.units = list(horizons), scaled, units
        self.sums: dict[str, float] = {}
        self.counts: dict[str, int] = {}

    def add(
        self, forecast: np.ndarray, future: np.ndarray, lengths: np.ndarray, intervals: np.ndarray | None = None
    ) -> None:
        """forecast and future (B, H, C), NaN where there is no value; intervals (levels, 2, B, H, C).

        `lengths` (B,): how many steps of each future are in the split. A window counts for the horizons that fit.
        """
        for horizon in self.horizons:
            whole = future[:, :horizon]
            error = (forecast[:, :horizon] - whole).astype(float)
            known = np.isfinite(whole) & (lengths >= horizon)[:, None, None]
            each = {"mse": (error / self.scaled.scale) ** 2, "mae": np.abs(error) / self.scaled.scale}
            units = {name: np.where(unit > 0, unit, np.nan) for name, unit in self.units.items()}
            each |= {name: np.abs(error) / unit for name, unit in units.items()}
            for level, bounds in zip(LEVELS, () if intervals is None else intervals, strict=False):
                low, high = bounds[:, :, :horizon]
                each[f"coverage_{level:.0%}".rstrip("%")] = ((whole >= low) & (whole <= high)).astype(float)
            for name, values in each.items():
                # no season differs from the one before: such a column has no MASE
                counts = known & np.isfinite(values) if name in self.units else known
                key = name if len(self.horizons) == 1 else f"{name}_{horizon}"
                self.sums[key] = self.sums.get(key, 0.0) + float(values[counts].sum())
                self.counts[key] = self.counts.get(key, 0) + int(counts.sum())

    def found(self) -> dict[str, float]:
        """The metrics; of several horizons also `mse` and `mae`, the means over them."""
        found = {name: self.sums[name] / count for name, count in self.counts.items() if count}
        if len(self.horizons) > 1:
            for name in ("mse", "mae"):
                several = [found[f"{name}_{h}"] for h in self.horizons if f"{name}_{h}" in found]
                found |= {name: float(np.mean(several))} if several else {}
        return found


def measure(
    predict: Forecaster | FromStarts,
    data: SeriesData,
    span: Span,
    *,
    context: int,
    horizons: Sequence[int],
    scaled: Scaling,
    units: dict[str, np.ndarray] | None = None,
    stride: int = 1,
    batch_size: int = 256,
) -> dict[str, float]:
    """The metrics of a forecaster over every window whose future lies in a span, or every `stride`-th."""
    measured = Measure(horizons, scaled, units or {})
    longest = max(horizons)
    ends = np.array([end for _, end in span.bounds])
    for batch in in_batches(starts(data.series, span, min(horizons), stride=stride), batch_size):
        lengths = np.array([ends[number] - row for number, row in batch])
        answer = predict(pasts(data.series, batch, context)) if callable(predict) else predict.at(batch)
        forecast, intervals = answer if isinstance(answer, tuple) else (answer, None)
        measured.add(forecast, futures(data.series, batch, longest), lengths, intervals)
    return measured.found()


def forecast_notes(season: int) -> dict[str, str]:
    """What has to be known to read the metrics of forecasts."""
    return {
        "mse": "mean squared error of values in units of each column's standard deviation in train, over every window",
        "mae": "mean absolute error in the same units",
        "mase": "mean absolute error in units of that of the forecast from one season before, in train; a season is"
        f" {season} steps",
        "coverage_80": "share of values within the interval that should hold 80 percent of them",
    }
