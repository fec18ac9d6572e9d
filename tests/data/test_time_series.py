"""Tables of series: what is read, what is refused and by which row, and how splits follow each other in time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_models.data import InputError
from rnn_models.data.recipes import DatasetEntry
from rnn_models.data.time_series import load_series, read_series, season_of
from rnn_models.data.windows import WindowBatches, futures, pasts, starts


def table(rows: int = 10, freq: str = "h", **columns) -> pd.DataFrame:
    times = pd.date_range("2020-01-31", periods=rows, freq=freq).astype(str)
    return pd.DataFrame({"date": times, "a": np.arange(rows) * 1.0, "b": -np.arange(rows) * 1.0, **columns})


def load(folder: Path, rows: pd.DataFrame, **options):
    rows.to_csv(folder / "table.csv", index=False)
    return load_series(DatasetEntry(str(folder / "table.csv")), **options)


@pytest.mark.parametrize(
    "freq, season",
    [("h", 24), ("15min", 96), ("D", 7), ("MS", 12), ("ME", 12), ("QS", 4), ("YS", 1), ("W", 52), ("s", 86400)],
)
def test_the_step_is_found_and_goes_on(freq, season):
    (one,), _ = read_series(table(40, freq), "t")
    expected = pd.date_range("2020-01-31", periods=45, freq=freq)[40:]
    assert list(one.times_after(5)) == list(expected)
    assert season_of(one) == season


def test_all_columns_of_numbers_are_read_and_texts_are_not():
    (one,), _ = read_series(table(place=["x"] * 10, c=[1, None, *[3] * 8]), "t")
    assert one.columns == ["a", "b", "c"] and np.isnan(one.values[1, 2]) and len(one) == 10
    (one,), _ = read_series(table(), "t", value_columns=["b"])
    assert one.columns == ["b"]


def changed(change) -> pd.DataFrame:
    rows = table().astype({"a": object})
    return change(rows)


def put(row, column, value):
    def change(rows):
        rows.loc[row, column] = value
        return rows

    return change


@pytest.mark.parametrize(
    "change, options, message",
    [
        (put(4, "a", "four"), {}, r"t, row 5, column a: 'four' is not a number"),
        (put(4, "a", float("inf")), {}, r"row 5, column a: 'inf' is not a number"),
        (put(4, "date", "soon"), {}, r"row 5, column date: 'soon' is not a time"),
        (put(4, "date", None), {}, r"row 5, column date: there is no time"),
        (lambda rows: rows.drop(index=4), {}, r"row 5, .* 05:00:00 follows .* 03:00:00, but the step"),
        (lambda rows: pd.concat([rows[:5], rows[4:]], ignore_index=True), {}, r"row 6, .* occurs twice"),
        (lambda rows: rows[::-1].reset_index(drop=True), {}, r"row 2, .* earlier than the row before"),
        (lambda rows: rows[:2], {}, "has 2 rows; a series needs at least 3"),
        (lambda rows: rows[:0], {}, "has no rows"),
        (lambda rows: rows[["date"]], {}, "has no column of numbers"),
        (lambda rows: rows.assign(a=None), {"value_columns": ["a"]}, "column a has no number"),
        (lambda rows: rows, {"value_columns": ["z"]}, "has no column z; its columns are date, a, b"),
        (lambda rows: rows, {"time_column": "z"}, "has no column z"),
        (lambda rows: rows.assign(place="x", date=rows.date.iloc[0]), {"id_column": "place"}, "series x, row 2"),
    ],
)  # fmt: skip
def test_what_is_no_series_is_refused_with_its_row(change, options, message):
    with pytest.raises(InputError, match=message) as error:
        read_series(changed(change), "t", **options)
    assert "\n" not in str(error.value)


def test_a_missing_month_is_a_gap_and_months_of_other_lengths_are_none():
    months = table(14, "MS")
    read_series(months.copy(), "t")
    with pytest.raises(InputError, match="but the step is 1 months"):
        read_series(months.drop(index=5), "t")


def test_several_series_are_told_apart_by_a_column(tmp_path):
    rows = pd.concat([table(20).assign(place="x"), table(12).assign(place="y")])
    data = load(tmp_path, rows, id_column="place", validation_size=3, test_size=2)
    assert [(one.name, len(one)) for one in data.series] == [("x", 20), ("y", 12)]
    assert data.train.bounds == [(0, 15), (0, 7)]
    assert data.validation.bounds == [(15, 18), (7, 10)]
    assert data.tests[0].bounds == [(18, 20), (10, 12)]


def test_splits_of_a_folder_follow_each_other_in_time(tmp_path):
    (tmp_path / "data").mkdir()
    whole = table(20)
    for name, rows in (("train", whole[:10]), ("validation", whole[10:16]), ("test", whole[16:])):
        rows.to_parquet(tmp_path / "data" / f"{name}-00000-of-00001.parquet", index=False)
    data = load_series(DatasetEntry(str(tmp_path)))
    assert [span.bounds for span in (data.train, data.validation, *data.tests)] == [[(0, 10)], [(10, 16)], [(16, 20)]]
    joined = load_series(DatasetEntry(str(tmp_path), train_split="train+validation"), validation_size=6)
    assert [span.bounds for span in (joined.train, joined.validation)] == [[(0, 10)], [(10, 16)]]
    with pytest.raises(InputError, match="has no split dev; its splits are train"):
        load_series(DatasetEntry(str(tmp_path), validation_split="dev"))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(3, 60),
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(0, 5),
    st.integers(1, 4),
    st.integers(0, 10**6),
)
def test_every_window_lies_in_its_split_and_each_is_counted_once(rows, horizon, context, held, stride, seed):
    if held * 2 >= rows - 1:
        return
    (one,), _ = read_series(pd.DataFrame({"v": np.arange(rows) * 1.0}), "t")
    from rnn_models.data.time_series import SeriesData, Span

    cut = rows - held
    data = SeriesData("t", [one], Span("train", [(0, cut)]), Span("validation", [(cut, rows)]), [])
    found = starts(data.series, data.validation, horizon)
    assert len(found) == max(0, held - horizon + 1)
    for (past, future), (_, row) in zip(
        zip(pasts(data.series, found, context), futures(data.series, found, horizon), strict=True), found, strict=True
    ):
        assert future[:, 0].tolist() == list(range(row, row + horizon)) and row + horizon <= rows
        known = past[np.isfinite(past[:, 0]), 0].tolist()
        assert known == list(range(max(0, row - context), row))
    if cut < context + horizon:
        with pytest.raises(InputError, match=f"need {context + horizon}"):
            WindowBatches(data, context=context, horizon=horizon, batch_size=3)
        return
    batches = WindowBatches(data, context=context, horizon=horizon, batch_size=3, stride=stride, seed=seed)
    seen = []
    for epoch in range(len(batches.groups)):
        batches.set_epoch(epoch)
        for k in range(len(batches)):
            batch = batches[k]
            assert (batch["future_values"] < cut).all()
            seen += batch["future_values"][:, 0, 0].tolist()
    # batches of groups that are one window shorter may lack their last one
    assert len(seen) == len(set(seen)) and set(seen) <= set(range(context, cut - horizon + 1))
    assert len(seen) >= cut - horizon - context + 1 - stride


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_file_is_read_or_refused_in_one_line(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "t.csv"
    path.write_bytes(content)
    try:
        data = load_series(DatasetEntry(str(path)))
        assert np.isfinite(data.series[0].values).any()
    except InputError as error:
        assert "\n" not in str(error)
