"""Windows of series: what a forecast is made from, and what came after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch.utils.data import Dataset

from . import InputError
from .time_series import SeriesData, Span, TimeSeries

Start = tuple[int, int]


def starts(
    series: Sequence[TimeSeries], span: Span, horizon: int, *, context: int = 1, stride: int = 1
) -> list[Start]:
    """Each series and the first row of a future of `horizon` steps that lies in a span.

    `stride`: 1 for every one, 2 for every second. `context`: rows that there must be before it, in the span or not.
    """
    return [
        (number, row)
        for number, (first, end) in enumerate(span.bounds)
        for row in range(max(first, context), end - horizon + 1, stride)
    ]


def pasts(series: Sequence[TimeSeries], found: Sequence[Start], context: int) -> np.ndarray:
    """(B, context, C) before each start; NaN where a series has not begun."""
    windows = np.full((len(found), context, series[0].values.shape[1]), np.nan, dtype=np.float32)
    for window, (number, row) in zip(windows, found, strict=True):
        known = min(context, row)
        window[context - known :] = series[number].values[row - known : row]
    return windows


def futures(series: Sequence[TimeSeries], found: Sequence[Start], horizon: int) -> np.ndarray:
    """(B, horizon, C) from each start; NaN after the end of a series."""
    windows = np.full((len(found), horizon, series[0].values.shape[1]), np.nan, dtype=np.float32)
    for window, (number, row) in zip(windows, found, strict=True):
        values = series[number].values[row : row + horizon]
        window[: len(values)] = values
    return windows


def in_batches(found: Sequence[Start], size: int) -> Iterator[Sequence[Start]]:
    """`size` starts at a time."""
    return (found[first : first + size] for first in range(0, len(found), size))


class WindowBatches(Dataset):
    """Batches of windows of the training span, in another order in each epoch; item `k` is the `k`-th batch.

    With a stride above 1, each epoch reads other windows: neighbours are nearly the same. Of several horizons each
    batch has one by chance, and the values after it are missing: so the loss counts the steps as the mean of the
    errors at these horizons does.

    Raises:
        InputError: no series is long enough.
    """

    def __init__(
        self,
        data: SeriesData,
        *,
        context: int,
        horizon: int,
        batch_size: int,
        horizons: Sequence[int] = (),
        stride: int = 1,
        seed: int = 0,
    ) -> None:
        self.series, self.context, self.horizon = data.series, context, horizon
        self.horizons = list(horizons) or [horizon]
        self.batch_size, self.seed = batch_size, seed
        every = starts(data.series, data.train, horizon, context=context)
        if not every:
            longest = max(end - first for first, end in data.train.bounds)
            raise InputError(
                f"{data.name}: the longest series has {longest} steps for training; context_length {context} and"
                f" prediction_length {horizon} need {context + horizon}"
            )
        self.groups = [every[first::stride] for first in range(min(stride, len(every)))]
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Draw the windows of an epoch and their order."""
        rng = np.random.default_rng((self.seed, epoch))
        group = self.groups[epoch % len(self.groups)]
        self.order = [group[i] for i in rng.permutation(len(group))]
        self.counted = rng.choice(self.horizons, size=len(self))

    def __len__(self) -> int:
        # the groups differ in size by one window at most
        return -(-len(self.groups[-1]) // self.batch_size)

    def __getitem__(self, number: int) -> dict[str, torch.Tensor]:
        chosen = self.order[number * self.batch_size : (number + 1) * self.batch_size]
        past, future = pasts(self.series, chosen, self.context), futures(self.series, chosen, self.horizon)
        future[:, self.counted[number] :] = np.nan
        return {"past_values": torch.from_numpy(past), "future_values": torch.from_numpy(future)}
