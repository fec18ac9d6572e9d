"""Tables to try the tab Forecast with, each for the forecaster that was trained on its columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from .models import LoadedModel

AIRLINE = Path(__file__).parent / "airline.csv"
STATION = ["HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"]
HOURS, DAY, WEEK = 1344, 24, 168


@dataclass(frozen=True)
class SeriesExample:
    """A table.

    Attributes:
        key: of its name in the texts of the page.
        columns: which the forecaster has to read.
        write: writes the table into a folder, and gives its path.
    """

    key: str
    columns: list[str]
    write: Callable[[Path, LoadedModel], Path]

    def model(self, models: Sequence[LoadedModel]) -> LoadedModel | None:
        """The first forecaster that reads the columns, or None."""
        return next((one for one in models if one.model.config.channel_names == self.columns), None)


def station(mean: Sequence[float], scale: Sequence[float]) -> pd.DataFrame:
    """Eight weeks of a transformer station that nobody built: days, weeks and chance, in these units.

    The last column has a spike, and a sensor that stands still for 40 hours.
    """
    rng = np.random.default_rng(0)
    hours = np.arange(HOURS)[:, None]
    chance = np.zeros((HOURS, len(mean)))
    for hour in range(1, HOURS):
        chance[hour] = 0.9 * chance[hour - 1] + 0.15 * rng.normal(size=len(mean))
    phase = rng.uniform(-1, 1, len(mean))
    day = 0.6 * np.sin(hours * 2 * np.pi / DAY + phase) + 0.3 * np.sin(hours * 4 * np.pi / DAY + 2 * phase)
    weekend = -0.4 * (hours % WEEK >= 5 * DAY)
    z = day + weekend + chance
    z[-300, -1] += 5
    z[-200:-160, -1] = z[-200, -1]
    values = (np.asarray(mean) + np.asarray(scale) * z).round(3)
    times = pd.date_range("2018-01-01", periods=HOURS, freq="h")
    return pd.DataFrame({"date": times.astype(str), **dict(zip(STATION, values.T, strict=True))})


def write_station(folder: Path, model: LoadedModel) -> Path:
    """Write `station` in the units of a model's training data."""
    config = model.model.config
    path = folder / "station.csv"
    station(config.value_mean, config.value_scale).to_csv(path, index=False)
    return path


EXAMPLES = [
    SeriesExample("example_airline", ["passengers"], lambda folder, model: AIRLINE),
    SeriesExample("example_station", STATION, write_station),
]
