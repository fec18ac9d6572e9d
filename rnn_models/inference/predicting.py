"""What a forecaster says is to come, with intervals, and what of a series was out of line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from ..modeling.series import at_levels

# Samples from which the intervals of a distribution without known quantiles are taken.
SAMPLES = 400
# Steps of the shortest stretch whose variation is looked at, and what counts as none: a share of the interval's width.
SHORTEST, LEAST = 12, 0.02


@torch.no_grad()
def predict(model: Any, past: np.ndarray, levels: Sequence[float]) -> tuple[np.ndarray, np.ndarray | None]:
    """The forecast (B, H, C) after windows (B, T, C) and its intervals (levels, 2, B, H, C); None if it has none.

    `levels`: the share of values that each interval should hold; NaN in a window is a missing value.
    """
    values = torch.from_numpy(np.asarray(past, dtype=np.float32)).to(model.device)
    found = model(past_values=values)
    point = found.prediction_outputs.float().cpu().numpy()
    bounds = torch.tensor([share for level in levels for share in ((1 - level) / 2, (1 + level) / 2)])
    if found.quantile_outputs is not None:
        quantiles = found.quantile_outputs.float().cpu()
        at = at_levels(quantiles, model.config.quantiles, bounds.expand(*quantiles.shape[:3], -1)).movedim(-1, 0)
    elif model.config.is_probabilistic:
        at = model.generate(values, num_parallel_samples=SAMPLES).sequences.float().cpu().quantile(bounds, dim=1)
    else:
        return point, None
    return point, at.unflatten(0, (-1, 2)).numpy()


def out_of_line(model: Any, values: np.ndarray, level: float, block: int) -> tuple[np.ndarray, np.ndarray]:
    """How far each value of a series lies from what was to come, and the forecast that it was compared with.

    The series is read block by block: what a block should hold is forecast from what came before it. Values found out
    of line are missing in later windows, so that a spike does not spoil the next forecast, unless most of a block is:
    then the series has changed, and the forecast goes on from there. A series that stands still, or lost its season,
    is out of line within every interval: see `stillness`.

    Args:
        values: (T, C), NaN where a value is missing.
        level: the share of values that the interval should hold.
        block: steps of a block, at most `prediction_length`.

    Returns:
        scores (T, C): the distance from the forecast in units of the distance of the interval's bound on that side, or
            the stillness if it is higher; above 1 a value is out of line. NaN for the first window, and for missing
            values.
        forecast (T, C).

    Raises:
        ValueError: the model has no intervals.
    """
    if not model.config.is_probabilistic:
        raise ValueError("the model has no intervals: train it with the loss quantile or student_t")
    context = model.config.context_length
    known = np.array(values, dtype=float)
    scores, forecast, widths = np.full((3, *values.shape), np.nan)
    first = min(context, max(1, len(values) // 2))
    for start in range(first, len(values), block):
        window = known[max(0, start - context) : start]
        if not np.isfinite(window).any(0).all():
            continue
        found, intervals = predict(model, window[None], [level])
        assert intervals is not None
        stop = min(start + block, len(values))
        point, (low, high) = found[0, : stop - start], intervals[0][:, 0, : stop - start]
        own = values[start:stop]
        side = np.where(own >= point, high - point, point - low)
        scores[start:stop] = np.abs(own - point) / np.maximum(side, np.finfo(np.float32).tiny)
        forecast[start:stop], widths[start:stop] = point, high - low
        wrong = scores[start:stop] > 1
        known[start:stop][wrong & (wrong.mean(0) <= 0.5)] = np.nan
    still = stillness(values, forecast, widths, max(SHORTEST, 3 * block // 2))
    return np.where(np.isfinite(scores), np.fmax(scores, still), np.nan), forecast


def stillness(values: np.ndarray, forecast: np.ndarray, widths: np.ndarray, steps: int) -> np.ndarray:
    """How much less a series varies than was forecast: (T, C), above 1 where its deviation over `steps` steps is less
    than a quarter of the forecast's, 3 where it stands still.

    Each value has the highest number of all stretches that it is in. A forecast that varies little against the width
    of its intervals expects no variation. NaN where no stretch is known.

    Args:
        values, forecast, widths: (T, C), of the intervals the last; NaN where they are missing.
    """
    deviations = []
    for part in (values, forecast):
        part = pd.DataFrame(np.where(np.isfinite(values), part, np.nan))
        deviations.append(part.rolling(steps, min_periods=steps // 2 + 1).std(ddof=0))
    own, expected = deviations
    width = pd.DataFrame(widths).rolling(steps, min_periods=1).mean()
    share = own / expected.where(expected > LEAST * width)
    return (3 - 8 * share)[::-1].rolling(steps, min_periods=1).max()[::-1].to_numpy()
