"""Files of series through a forecaster: what is to come, and what was out of line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..checkpoint import LoadError, load_checkpoint
from ..data import InputError
from ..data.tables.delimited import inert
from ..data.time_series import TimeSeries, file_table, read_series, season_of
from ..inference.predicting import out_of_line, predict
from ..metrics.forecasts import seasonal_naive
from ..modeling.heads import FORECASTING

FORMATS = (".csv", ".parquet")


@dataclass
class Forecast:
    """What is to come after a series: all (H, C).

    Attributes:
        low, high: the bounds of the interval; None if the model has none.
        naive: the seasonal naive forecast.
    """

    times: pd.Index
    point: np.ndarray
    low: np.ndarray | None
    high: np.ndarray | None
    naive: np.ndarray


def load_forecaster(name: str | Path) -> Any:
    """A model that forecasts. Raises `LoadError`."""
    checkpoint = load_checkpoint(name)
    if checkpoint.task != FORECASTING:
        raise LoadError(f"{name} is a model for {checkpoint.task}; a forecaster is a ...ForTimeSeriesPrediction")
    return checkpoint.model


def series_for(
    model: Any,
    table: pd.DataFrame,
    where: str,
    *,
    columns: Sequence[str] = (),
    time_column: str | None = None,
    id_column: str | None = None,
) -> list[TimeSeries]:
    """The series of a table with the columns that a model reads: those named, or those of its training, or all.

    Raises `InputError` if there are more or fewer than it reads.
    """
    config = model.config
    named = [str(name) for name in config.channel_names or []]
    there = [str(name).strip() for name in table.columns]
    if not columns and named and all(name in there for name in named):
        columns = named
    series, _ = read_series(table, where, time_column=time_column, value_columns=list(columns), id_column=id_column)
    found = series[0].columns
    if len(found) != config.num_input_channels:
        trained = f" ({', '.join(named)} in its training)" if named else ""
        raise InputError(
            f"{where} has the columns {', '.join(found)}; the model reads {config.num_input_channels}{trained}: name"
            " them with --columns"
        )
    return series


def forecast_series(model: Any, one: TimeSeries, horizon: int, level: float) -> Forecast:
    """What is to come after a series, `horizon` steps of it. Raises `InputError` if the model does not see so far."""
    longest = model.config.prediction_length
    if not 0 < horizon <= longest:
        raise InputError(f"horizon {horizon} must lie between 1 and {longest}, the steps that the model forecasts")
    if not 0 < level < 1:
        raise InputError(f"level {level} must lie between 0 and 1")
    if model.config.value_log and (one.values <= 0).any():
        raise InputError("the model reads logarithms, and the series has values of 0 or less")
    past = one.values[-model.config.context_length :]
    if not np.isfinite(past).any(0).all():
        raise InputError(f"the last {len(past)} steps have a column without any number")
    point, intervals = predict(model, past[None], [level])
    low, high = (None, None) if intervals is None else intervals[0][:, 0, :horizon]
    naive = seasonal_naive(one.values[None], horizon, season_of(one))[0]
    return Forecast(one.times_after(horizon), point[0, :horizon], low, high, naive)


def forecast_rows_of(one: TimeSeries, found: Forecast, level: float) -> list[dict[str, Any]]:
    """A row for each time and column."""
    rows = []
    for step, time in enumerate(found.times):
        for channel, column in enumerate(one.columns):
            row = {"time": shown_time(time), "column": column, "forecast": float(found.point[step, channel])}
            if found.low is not None and found.high is not None:
                row |= {f"low_{level:g}": float(found.low[step, channel])}
                row |= {f"high_{level:g}": float(found.high[step, channel])}
            row |= {"seasonal_naive": float(found.naive[step, channel])}
            rows.append({"series": one.name, **row} if one.name else row)
    return rows


def anomaly_rows_of(model: Any, one: TimeSeries, level: float, block: int) -> list[dict[str, Any]]:
    """A row for each value that a forecast was made for, the missing ones left out. Raises `InputError`."""
    if not 0 < block <= model.config.prediction_length:
        raise InputError(f"block {block} must lie between 1 and {model.config.prediction_length}")
    if model.config.value_log and (one.values <= 0).any():
        raise InputError("the model reads logarithms, and the series has values of 0 or less")
    try:
        scores, forecast = out_of_line(model, one.values, level, block)
    except ValueError as error:
        raise InputError(str(error)) from error
    rows = []
    for step, channel in zip(*np.nonzero(np.isfinite(scores)), strict=True):
        row = {
            "time": shown_time(one.times[step]),
            "column": one.columns[channel],
            "value": float(one.values[step, channel]),
            "forecast": float(forecast[step, channel]),
            "score": float(scores[step, channel]),
            "anomaly": bool(scores[step, channel] > 1),
        }
        rows.append({"series": one.name, **row} if one.name else row)
    return rows


def shown_time(time: Any) -> Any:
    if not isinstance(time, pd.Timestamp):
        return int(time)
    return str(time.date()) if time == time.normalize() else str(time)


def write_table(rows: pd.DataFrame, path: Path) -> None:
    """Write a Parquet file, or a CSV file that spreadsheets read as UTF-8 and in which they compute nothing."""
    if path.suffix.lower() == ".parquet":
        rows.to_parquet(path, index=False)
        return
    safe = rows.map(lambda cell: inert(cell) if isinstance(cell, str) else cell)
    safe.rename(columns=inert).to_csv(path, index=False, encoding="utf-8-sig")


def _run(file: str, model: str, output: str | None, overwrite: bool, kind: str, make: Any, **columns: Any) -> str:
    path = Path(file)
    target = Path(output) if output else path.with_name(f"{path.stem}.{kind}.csv")
    if target.suffix.lower() not in FORMATS:
        raise InputError(f"output {target}: its name must end in {' or '.join(FORMATS)}")
    if target.exists() and not overwrite:
        raise InputError(f"{target} exists; give another --output, or --overwrite")
    if target.parent != Path() and not target.parent.is_dir():
        raise InputError(f"output {target}: there is no folder {target.parent}")
    network = load_forecaster(model)
    series = series_for(network, file_table(path), path.name, **columns)
    rows = pd.DataFrame([row for one in series for row in make(network, one)])
    write_table(rows, target)
    about = f", {int(rows['anomaly'].sum())} of them out of line" if "anomaly" in rows else ""
    return f"{target}: {len(rows)} rows{about}"


def forecast_file(
    file: str, *, model: str, horizon: int | None, level: float, output: str | None, overwrite: bool, **columns: Any
) -> str:
    """Write what is to come after the series of a file; returns a line that says where.

    Raises `InputError`, `LoadError`, or `OSError`.
    """

    def make(network: Any, one: TimeSeries) -> list[dict[str, Any]]:
        steps = horizon or network.config.prediction_length
        return forecast_rows_of(one, forecast_series(network, one, steps, level), level)

    return _run(file, model, output, overwrite, "forecast", make, **columns)


def anomalies_file(
    file: str, *, model: str, level: float, block: int, output: str | None, overwrite: bool, **columns: Any
) -> str:
    """Write the score of each value of a file; returns a line that says where.

    Raises `InputError`, `LoadError`, or `OSError`.
    """

    def make(network: Any, one: TimeSeries) -> list[dict[str, Any]]:
        return anomaly_rows_of(network, one, level, min(block, network.config.prediction_length))

    return _run(file, model, output, overwrite, "anomalies", make, **columns)
