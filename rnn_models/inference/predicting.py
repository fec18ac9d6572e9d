"""What a forecaster says is to come, with intervals, and what of a series was out of line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ..modeling.series import at_levels

# Samples from which the intervals of a distribution without known quantiles are taken.
SAMPLES = 400


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
    then the series has changed, and the forecast goes on from there.

    Args:
        values: (T, C), NaN where a value is missing.
        level: the share of values that the interval should hold.
        block: steps of a block, at most `prediction_length`.

    Returns:
        scores (T, C): the distance from the forecast in units of the distance of the interval's bound on that side;
            above 1 a value is out of line. NaN for the first window, and for missing values.
        forecast (T, C).

    Raises:
        ValueError: the model has no intervals.
    """
    if not model.config.is_probabilistic:
        raise ValueError("the model has no intervals: train it with the loss quantile or student_t")
    context = model.config.context_length
    known = np.array(values, dtype=float)
    scores, forecast = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
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
        forecast[start:stop] = point
        wrong = scores[start:stop] > 1
        known[start:stop][wrong & (wrong.mean(0) <= 0.5)] = np.nan
    return scores, forecast
