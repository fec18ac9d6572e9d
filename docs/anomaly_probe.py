"""How well a forecaster finds what is out of line: five kinds of anomalies, put into a split of its table.

    PYTHONPATH=. python docs/anomaly_probe.py checkpoints/forecast-etth1 etth1 --data_root FOLDER

Each kind is put into a copy of the series, at `PLACES` places and in one random column each. What is scored is every
value on its own: nothing is adjusted for neighbours. Beside the forecaster stands a rule of one line: the distance
from the median of the last week, in units of the median distance of the training data from it. F1 is at the threshold
that each comes with (the 99 % interval, and 6 such units); the area under precision and recall needs no threshold.
Values that are equal for a day in the table itself, a sensor that failed, are not scored.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
import torch

from rnn_models.bulk.series_files import load_forecaster
from rnn_models.data.recipes import DatasetEntry
from rnn_models.data.time_series import load_series
from rnn_models.inference.predicting import out_of_line

PLACES = 20
DAY, WEEK = 24, 168


def spike(window: np.ndarray, scale: float) -> np.ndarray:
    return np.concatenate([window[:1] + 4 * scale, window[1:]])


def shift(window: np.ndarray, scale: float) -> np.ndarray:
    return window + 2 * scale


def drift(window: np.ndarray, scale: float) -> np.ndarray:
    return window + 3 * scale * np.linspace(0, 1, len(window))


def flat(window: np.ndarray, scale: float) -> np.ndarray:
    return np.full_like(window, window[0])


def missing_season(window: np.ndarray, scale: float) -> np.ndarray:
    return np.full_like(window, window.mean()) + 0.05 * scale * np.random.default_rng(0).normal(size=len(window))


def stuck(values: np.ndarray) -> np.ndarray:
    """Which values of (T, C) are among `DAY` or more equal ones in a row."""
    same = pd.DataFrame(np.diff(values, axis=0, prepend=np.nan) == 0)
    ends = same.rolling(DAY - 1).sum() == DAY - 1
    return (ends[::-1].rolling(DAY, min_periods=1).max()[::-1] > 0).to_numpy()


# The kind, and how many steps it lasts.
KINDS = {spike: 1, shift: 24, drift: 48, flat: 48, missing_season: 72}


def average_precision(scores: np.ndarray, wrong: np.ndarray) -> float:
    """The area under precision and recall, as a sum over the wrong values in order of their scores."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(wrong[order])
    return float((hits / np.arange(1, len(hits) + 1))[wrong[order]].mean())


def f1(found: np.ndarray, wrong: np.ndarray) -> float:
    both = (found & wrong).sum()
    return float(2 * both / max(1, found.sum() + wrong.sum()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("data")
    parser.add_argument("--data_root")
    parser.add_argument("--block", type=int, default=24)
    parser.add_argument("--split", choices=("validation", "test"), default="test")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = load_forecaster(arguments.model)
    data = load_series(DatasetEntry(arguments.data), data_root=arguments.data_root)
    first, last = (data.validation if arguments.split == "validation" else data.tests[0]).bounds[0]
    values = data.series[0].values
    known = values[: data.train.bounds[0][1]]
    scale = known.std(0)
    unit = np.nanmedian(np.abs(pd.DataFrame(known) - pd.DataFrame(known).rolling(WEEK).median()).to_numpy(), axis=0)
    failed = stuck(values[first - model.config.context_length : last])
    print("| anomaly | F1, network | F1, median | area, network | area, median |\n|---|---:|---:|---:|---:|")
    for kind, length in KINDS.items():
        rng = np.random.default_rng(0)
        part = values[first - model.config.context_length : last].copy()
        wrong = np.zeros(part.shape, dtype=bool)
        places = model.config.context_length + (last - first - 100) * np.arange(PLACES) // PLACES
        for place in places + rng.integers(0, 40, PLACES):
            column = rng.integers(part.shape[1])
            part[place : place + length, column] = kind(part[place : place + length, column], scale[column])
            wrong[place : place + length, column] = True
        scores, _ = out_of_line(model, part, 0.99, arguments.block)
        rule = np.abs(pd.DataFrame(part) - pd.DataFrame(part).rolling(WEEK).median()).to_numpy() / unit
        tested = np.isfinite(scores) & (wrong | ~failed)
        network, median, truth = scores[tested], rule[tested], wrong[tested]
        row = [f1(network > 1, truth), f1(median > 6, truth)]
        row += [average_precision(network, truth), average_precision(median, truth)]
        print(
            f"| {kind.__name__.replace('_', ' ')} | " + " | ".join(f"{number:.3f}" for number in row) + " |",
            flush=True,
        )


if __name__ == "__main__":
    main()
