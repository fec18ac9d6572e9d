"""Series of numbers from tables: CSV, Parquet or a data set, one series or many, split by time.

Everything that would make a forecast wrong in silence is an error that names the row: a gap, a time that occurs twice,
times that go backwards, text among numbers. A number that is missing in a row that is there is fine.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from . import InputError
from .recipes import DatasetEntry
from .sources import VALIDATION_SPLITS, display_name, load_splits, split_rows

TIME_COLUMNS = ("date", "time", "timestamp", "datetime", "ds", "month", "day", "year")
# A column with fewer numbers than this share of its cells is a column of text, and not read unless it is named.
NUMBERS = 0.5


@dataclass
class TimeSeries:
    """One series at equal steps in time.

    Attributes:
        name: its value in the column that tells series apart; empty if there is only one.
        times: (T,), dates or whole numbers; counted from 0 if the table has no times.
        step: the distance between two times, by which they go on.
        columns: the names of the C channels.
        values: (T, C) float64, NaN where a value is missing.
    """

    name: str
    times: pd.Index
    step: Any
    columns: list[str]
    values: np.ndarray

    def __len__(self) -> int:
        return len(self.values)

    def times_after(self, count: int) -> pd.Index:
        """The `count` times after the last one."""
        if isinstance(self.times, pd.DatetimeIndex):
            return pd.DatetimeIndex([self.times[-1] + self.step * (i + 1) for i in range(count)])
        return pd.Index([self.times[-1] + self.step * (i + 1) for i in range(count)])


@dataclass
class Span:
    """The part of each series whose values are forecast in one split; `bounds[i]` are the first row and that after the
    last one of series `i`. What a forecast is made from may lie before it."""

    name: str
    bounds: list[tuple[int, int]]

    def __len__(self) -> int:
        return sum(end - start for start, end in self.bounds)


@dataclass
class SeriesData:
    """A data set of series with its splits; the names are those of `Corpus`."""

    name: str
    series: list[TimeSeries]
    train: Span
    validation: Span
    tests: list[Span]


def load_series(
    entry: DatasetEntry,
    *,
    time_column: str | None = None,
    value_columns: Sequence[str] = (),
    id_column: str | None = None,
    validation_size: float = 0.1,
    test_size: float = 0.2,
    least: int = 0,
    data_root: str | None = None,
) -> SeriesData:
    """The series of a data set. Its splits are its own, which follow each other in time, or are cut off the end.

    Args:
        time_column: column of the times; by default the first of `TIME_COLUMNS` that exists. Without one, the rows are
            taken to follow each other.
        value_columns: the columns to read; by default all with numbers.
        id_column: column that tells series apart.
        validation_size, test_size: what is held out of a data set without such splits: a share of each series, or a
            number of steps.
        least: the steps that a share is at least, as the horizon of a forecast.

    Raises:
        InputError: the table cannot be read, or is not one of series at equal steps; the message names the row.
    """
    where = display_name(entry)
    splits = load_splits(entry, data_root)
    if not isinstance(entry.train_split, str) or not isinstance(entry.test_split, str | None):
        raise InputError(f"{where}: a series has one train_split and one test_split; join several with +")
    in_train = re.split(r"[+\[]", entry.train_split)
    held = (name for name in VALIDATION_SPLITS if name in splits and name not in in_train)
    validation = entry.validation_split or next(held, None)
    test = entry.test_split or ("test" if "test" in splits and "test" not in in_train else None)
    names = [entry.train_split, *filter(None, [validation, test])]
    tables = [split_rows(splits, name, where).to_pandas().assign(**{_SPLIT: i}) for i, name in enumerate(names)]
    table = pd.concat(tables, ignore_index=True)
    series, parts = read_series(
        table, where, time_column=time_column, value_columns=value_columns, id_column=id_column
    )
    # the row after the last one of each split, for each series
    ends = [[int((part <= place).sum()) for part in parts] for place in range(len(names))]
    if validation is None:
        before = ends[0]
        if test is None and test_size:
            before = [end - _steps(test_size, end, where, least) for end in before]
            ends, names = [before, *ends], [names[0], "held out for testing"]
        ends = [[end - _steps(validation_size, end, where, least) for end in before], before, *ends[1:]]
        names = [names[0], "held out for validation", *names[1:]]
    starts = [[0] * len(series), *ends]
    spans = [
        Span(name, list(zip(first, last, strict=True))) for name, first, last in zip(names, starts, ends, strict=False)
    ]
    return SeriesData(where, series, spans[0], spans[1], spans[2:])


_SPLIT = "\0split"


def _steps(size: float, length: int, where: str, least: int) -> int:
    steps = round(size) if size >= 1 else max(least, round(size * length))
    if steps >= length or (size and not steps):
        raise InputError(
            f"{where}: {size:g} of {length} steps cannot be held out; change validation_size or test_size"
        )
    return steps


def read_series(
    table: pd.DataFrame,
    where: str,
    *,
    time_column: str | None = None,
    value_columns: Sequence[str] = (),
    id_column: str | None = None,
) -> tuple[list[TimeSeries], list[np.ndarray]]:
    """The series of a table, and for each row of each the split that it is from. Raises `InputError`."""
    splits = table.pop(_SPLIT).to_numpy() if _SPLIT in table else np.zeros(len(table), dtype=int)
    table.columns = [str(name).strip() for name in table.columns]
    if not len(table):
        raise InputError(f"{where} has no rows")
    for name in (time_column, id_column, *value_columns):
        if name is not None and name not in table.columns:
            raise InputError(f"{where} has no column {name}; its columns are {', '.join(table.columns)}")
    lower = {name.lower(): name for name in reversed(table.columns)}
    time_column = time_column or next((lower[name] for name in TIME_COLUMNS if name in lower), None)
    numbers = _numbers(table, where, value_columns, {time_column, id_column})
    times = None if time_column is None else _times(table[time_column], where, time_column)
    names = pd.Series("", index=table.index) if id_column is None else table[id_column].astype(str)
    found, parts = [], []
    for name, rows in names.groupby(names, sort=False).indices.items():
        about = f"{where}, series {name}" if id_column else where
        own = pd.RangeIndex(len(rows)) if times is None else times[rows]
        step = 1 if times is None else _step(own, rows, about, str(time_column))
        found.append(TimeSeries(str(name), own, step, list(numbers.columns), numbers.to_numpy(dtype=float)[rows]))
        parts.append(splits[rows])
    for one in found:
        for column, known in zip(one.columns, np.isfinite(one.values).any(0), strict=True):
            if not known:
                raise InputError(
                    f"{where}: column {column}{f' of series {one.name}' if one.name else ''} has no number"
                )
    return found, parts


def _numbers(table: pd.DataFrame, where: str, wanted: Sequence[str], others: set[str | None]) -> pd.DataFrame:
    """The columns of numbers. A cell that is no number is an error, unless the column is one of text and not named."""
    found = {}
    for name in wanted or [name for name in table.columns if name not in others]:
        column = table[name]
        is_time = pd.api.types.is_datetime64_any_dtype(column)
        numbers = pd.to_numeric(column, errors="coerce") if not is_time else pd.Series(np.nan, index=column.index)
        numbers = numbers.astype(float)
        text = numbers.isna() & column.notna()
        if not wanted and text.sum() > (1 - NUMBERS) * column.notna().sum():
            continue
        wrong = (text | np.isinf(numbers)).to_numpy()
        if wrong.any():
            row = int(wrong.argmax())
            raise InputError(f"{where}, row {row + 1}, column {name}: {str(column.iloc[row])[:40]!r} is not a number")
        found[name] = numbers
    if not found:
        raise InputError(f"{where} has no column of numbers; its columns are {', '.join(table.columns)}")
    return pd.DataFrame(found)


def _times(column: pd.Series, where: str, name: str) -> pd.Index:
    missing = column.isna().to_numpy()
    if missing.any():
        raise InputError(f"{where}, row {int(missing.argmax()) + 1}, column {name}: there is no time")
    if pd.api.types.is_integer_dtype(column):
        return pd.Index(column)
    text = column if pd.api.types.is_datetime64_any_dtype(column) else column.astype(str).str.strip()
    try:
        return pd.DatetimeIndex(pd.to_datetime(text))
    except (ValueError, TypeError, OverflowError):
        pass
    for row, cell in enumerate(text):
        try:
            pd.to_datetime(cell)
        except (ValueError, TypeError, OverflowError):
            raise InputError(f"{where}, row {row + 1}, column {name}: {cell[:40]!r} is not a time") from None
    raise InputError(f"{where}, column {name}: the times are not all written the same way")


def _step(times: pd.Index, rows: np.ndarray, where: str, name: str) -> Any:
    """The step of times that must be equally far apart: in days and their parts, in months, or in whole numbers."""
    if len(times) < 3:
        raise InputError(f"{where} has {len(times)} rows; a series needs at least 3")
    dated = isinstance(times, pd.DatetimeIndex)
    distances = np.diff(times.to_numpy().astype("datetime64[ns]").astype(np.int64) if dated else times.to_numpy())
    for wrong, problem in (
        (distances == 0, "occurs twice"),
        (distances < 0, "is earlier than the row before: sort the rows"),
    ):
        if wrong.any():
            row = int(wrong.argmax()) + 1
            raise InputError(f"{where}, row {rows[row] + 1}, column {name}: {times[row]} {problem}")
    if dated and (months := _months(times)) is not None:
        distances, unit = np.diff(months), "months"
    else:
        unit = "time"
    usual = _most_frequent(distances)
    if (distances != usual).any():
        row = int((distances != usual).argmax()) + 1
        step = f"{usual} months" if unit == "months" else str(pd.Timedelta(int(usual))) if dated else str(usual)
        raise InputError(
            f"{where}, row {rows[row] + 1}, column {name}: {times[row]} follows {times[row - 1]}, but the step is"
            f" {step}: fill the gap with rows without a value"
        )
    if unit == "months":
        ends = bool(times.is_month_end.all()) and not bool((times.day == times.day[0]).all())
        return pd.offsets.MonthEnd(int(usual)) if ends else pd.DateOffset(months=int(usual))
    return pd.Timedelta(int(usual)) if dated else int(usual)


def _months(times: pd.DatetimeIndex) -> np.ndarray | None:
    """The months as numbers, if all times are the same day of a month, or all its last."""
    same = (times.day == times.day[0]).all() or times.is_month_end.all()
    if not same or (times.normalize() != times).any():
        return None
    return times.year.to_numpy() * 12 + times.month.to_numpy()


def _most_frequent(numbers: np.ndarray) -> Any:
    values, counts = np.unique(numbers, return_counts=True)
    return values[counts.argmax()]


def season_of(series: TimeSeries) -> int:
    """Steps in the season that a series of its step usually has: a day, a week or a year; 1 if none is usual."""
    if isinstance(series.step, pd.offsets.MonthEnd):
        return max(1, 12 // series.step.n)
    if isinstance(series.step, pd.DateOffset):
        return max(1, 12 // series.step.kwds["months"])
    if isinstance(series.step, pd.Timedelta):
        day, week = pd.Timedelta(days=1), pd.Timedelta(days=7)
        for season, longest in ((day, day), (week, week), (52 * week, 53 * week)):
            if series.step < longest and season % series.step == pd.Timedelta(0):
                return int(season / series.step)
    return 1


READERS = {".csv": pd.read_csv, ".tsv": partial(pd.read_csv, sep="\t"), ".parquet": pd.read_parquet}
READERS |= dict.fromkeys((".jsonl", ".json"), partial(pd.read_json, lines=True))


def file_table(path: str | Path) -> pd.DataFrame:
    """The table in one file. Raises `InputError`."""
    path = Path(path)
    read = READERS.get(path.suffix.lower())
    if read is None:
        raise InputError(f"{path.name}: a table must end in one of {', '.join(READERS)}")
    if not path.is_file():
        raise InputError(f"there is no file {path}")
    try:
        return read(path)
    except Exception as error:  # whatever is wrong inside, one line is enough to act on
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path.name} cannot be read: {reason or type(error).__name__}") from error
