"""The tab Forecast and its endpoint, on a forecaster with random weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd
import pytest
import torch
from gradio_client import Client

from rnn_models import RNNForTimeSeriesPrediction, RNNTimeSeriesConfig, ui
from rnn_models.bulk.series_files import forecast_series
from rnn_models.checkpoint import write_sums
from rnn_models.data.time_series import file_table
from rnn_models.ui.forecast import KINDS, answer, plotted, read, stretches
from rnn_models.ui.i18n import TEXTS
from rnn_models.ui.models import LoadedModel
from rnn_models.ui.series_examples import AIRLINE, EXAMPLES, STATION
from tests.ui.conftest import NARROW, WIDE, axe_violations, wait_until

CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[LoadedModel]:
    folder = tmp_path_factory.mktemp("models") / "forecast-airline"
    torch.manual_seed(0)
    config = RNNTimeSeriesConfig(
        context_length=36, prediction_length=24, hidden_size=4, loss="quantile", scaling="last", value_log=True,
        value_mean=[5.5], value_scale=[0.4], channel_names=["passengers"],
    )  # fmt: skip
    RNNForTimeSeriesPrediction(config).save_pretrained(folder)
    write_sums(folder)
    loaded, notes = ui.load_models([str(folder)])
    assert notes == []
    return loaded


@pytest.fixture(scope="module")
def client(models: list[LoadedModel]) -> Iterator[Client]:
    app = ui.create_app(models)
    _, url, _ = ui.launch(app, prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    yield Client(url, verbose=False)
    app.close()


def passengers() -> list[list[float]]:
    return [[float(value)] for value in file_table(AIRLINE)["passengers"]]


def test_the_endpoint_gives_the_model_s_own_forecast(client: Client, models: list[LoadedModel]):
    found = client.predict(passengers(), 6, 0.8, models[0].name, api_name="/forecast")
    model = models[0].model
    with torch.no_grad():
        outputs = model(past_values=torch.tensor([passengers()[-36:]]))
    assert np.ravel(found["forecast"]) == pytest.approx(outputs.prediction_outputs[0, :6, 0].numpy(), rel=1e-4)
    low = outputs.quantile_outputs[0, :6, 0, model.config.quantiles.index(0.1)].numpy()
    assert np.ravel(found["low"]) == pytest.approx(low, rel=1e-4)
    assert len(found["high"]) == len(found["seasonal_naive"]) == 6


@pytest.mark.parametrize(
    "values, horizon, level, message",
    [
        ("text", 6, 0.8, "values must be a list of rows"),
        ([], 6, 0.8, "values must be a list of rows"),
        ([[1.0, 2.0]], 6, 0.8, "each a list of 1 numbers"),
        ([["one"]] * 40, 6, 0.8, "each a list of 1 numbers"),
        ([[True]] * 40, 6, 0.8, "each a list of 1 numbers"),
        ([[-1.0]] * 40, 6, 0.8, "values of 0 or less"),
        ([[None]] * 40, 6, 0.8, "has no number"),
        (None, 60, 0.8, "Steps to forecast must be a whole number from 1 to 24"),
        (None, 6, 1.5, "Interval must be a number from 0.01 to 0.99"),
    ],
)
def test_what_cannot_be_forecast_is_a_sentence(client: Client, values: Any, horizon: int, level: float, message: str):
    with pytest.raises(Exception, match=message):
        client.predict(
            passengers() if values is None else values, horizon, level, "forecast-airline", api_name="/forecast"
        )


def test_the_plot_has_the_history_the_forecast_and_what_is_out_of_line(models: list[LoadedModel]):
    table = file_table(AIRLINE)
    table.loc[100, "passengers"] = 20_000
    one, found, steps = answer(models[0], table, [], 24, 0.8, None)
    frame, compared, anomalies = plotted(models[0], one, found, None)
    sizes = frame.groupby("kind").size().to_dict()
    assert sizes["history"] == 144 and sizes["forecast"] == sizes["interval, low"] == steps == 24
    assert compared == 108 and anomalies >= 1
    marked = frame[frame.kind == "out of line"]
    assert 20_000 in marked.value.tolist()
    assert set(marked.value.dropna()) <= set(frame[frame.kind == "history"].value)
    expected = forecast_series(models[0].model, one, 24, 0.8)
    assert frame[frame.kind == "forecast"].value.tolist() == pytest.approx(expected.point[:, 0].tolist())


def test_what_is_out_of_line_is_a_line_of_its_own_that_is_broken_where_nothing_is():
    wrong = np.zeros(12, dtype=bool)
    wrong[[0, 5, 6, 11]] = True
    times, values = stretches(pd.RangeIndex(12), np.arange(12.0), wrong)
    assert times.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert np.flatnonzero(np.isnan(values)).tolist() == [2, 3, 8, 9], "a value alone has a neighbour: it is a line"
    assert len(stretches(pd.RangeIndex(2), np.arange(2.0), np.array([True, False]))[0]) == 2


def test_each_kind_of_line_is_in_each_table_since_a_plot_takes_its_colours_from_the_first_one(
    models: list[LoadedModel],
):
    one, found, _ = answer(models[0], file_table(AIRLINE), [], 24, 0.8, None)
    frame, _, _ = plotted(models[0], one, dataclasses.replace(found, low=None, high=None), None)
    assert frame["kind"].unique().tolist() == [TEXTS[f"kind_{kind}"][0] for kind in KINDS]
    empty = frame[frame.value.isna()]
    assert set(empty.kind) >= {"interval, low", "interval, high"} and set(empty.time) <= set(one.times)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.key)
def test_an_example_is_forecast_by_the_bundled_model_that_reads_its_columns(example, tmp_path: Path):
    models, _ = ui.load_models([str(folder) for folder in sorted(CHECKPOINTS.glob("forecast-*"))])
    own = example.model(models)
    one, _, steps = answer(own, read(str(example.write(tmp_path, own)), None), [], 24, 0.8, None)
    assert one.columns == example.columns and steps == 24
    assert example.model([]) is None


def test_the_made_station_has_a_spike_and_a_sensor_that_stands_still_and_both_are_found(tmp_path: Path):
    models, _ = ui.load_models([str(CHECKPOINTS / "forecast-etth1")])
    path = EXAMPLES[1].write(tmp_path, models[0])
    assert path.read_bytes() == EXAMPLES[1].write(tmp_path, models[0]).read_bytes(), "it is the same each time"
    one, found, _ = answer(models[0], read(str(path), None), [], 24, 0.8, None)
    assert one.columns == STATION
    frame, _, anomalies = plotted(models[0], one, found, None)
    marked = set(frame[frame.kind == "out of line"].dropna().time)
    assert one.times[-300] in marked and set(one.times[-200:-160]) <= marked and anomalies < 80


def test_a_file_that_is_no_table_of_a_series_is_refused_in_a_sentence(models: list[LoadedModel], tmp_path: Path):
    (tmp_path / "t.csv").write_text("month,passengers\n1949-01,1\n1949-03,<b>two</b>\n1949-04,4\n1949-05,3\n")
    with pytest.raises(gr.Error, match="row 2, column passengers: 'btwo/b' is not a number"):
        answer(models[0], read(str(tmp_path / "t.csv"), None), [], 6, 0.8, None)
    (tmp_path / "t.txt").write_text("x")
    with pytest.raises(gr.Error, match="must end in one of"):
        read(str(tmp_path / "t.txt"), None)


def test_a_forecaster_stays_out_of_the_tabs_for_texts(client: Client):
    named = client.view_api(return_format="dict")["named_endpoints"]
    assert "/forecast" in named and "/classify" not in named
    about = {one["parameter_name"]: one for one in named["/forecast"]["parameters"]}
    assert set(about) == {"values", "horizon", "level", "model"}


@pytest.mark.slow
@pytest.mark.parametrize("language, tab, history", [("en-US", "Forecast", "history"), ("zh-CN", "预测", "历史")])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_who_opens_the_tab_sees_an_example_zooms_in_and_downloads_it(
    chromium, client: Client, language: str, tab: str, history: str, viewport: dict[str, int]
):
    page = chromium.new_context(locale=language, viewport=viewport).new_page()
    page.goto(client.src)
    page.get_by_role("tab", name=tab).click()
    plot = page.locator(".vega-embed canvas, .vega-embed svg").first
    plot.wait_for()
    page.get_by_text(f"■ {history}").wait_for()
    page.locator(".file-preview:visible", has_text="airline").wait_for()
    page.wait_for_timeout(500)
    before = plot.screenshot()
    box = plot.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 30, box["y"] + 120, steps=5)
    page.mouse.up()
    page.wait_for_timeout(1500)
    assert plot.screenshot() != before
    with page.expect_download() as download:
        page.get_by_role("button", name="Download" if language == "en-US" else "下载").or_(
            page.get_by_role("link", name="Download" if language == "en-US" else "下载")
        ).last.click()
    rows = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert rows[0].startswith("time,column,forecast") and len(rows) == 25
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def forecast_of(page, path: Path) -> None:
    """Upload a file in place of the one that is there, and ask for its forecast."""
    page.get_by_label("Clear").locator("visible=true").first.click()
    page.locator("input[data-testid=file-upload]").first.set_input_files(path)
    page.locator(".file-preview:visible", has_text=path.stem).wait_for()
    page.get_by_role("button", name="Forecast", exact=True).click()


@pytest.mark.slow
def test_a_wrong_file_gets_a_sentence_and_the_page_goes_on(chromium, client: Client, tmp_path: Path):
    (tmp_path / "wrong.csv").write_text("month,passengers\n1949-01,1\n1949-02,two\n1949-03,4\n", encoding="utf-8")
    page = chromium.new_context(locale="en-US", viewport=WIDE).new_page()
    page.goto(client.src)
    page.get_by_role("tab", name="Forecast").click()
    page.get_by_text("■ history").wait_for()
    forecast_of(page, tmp_path / "wrong.csv")
    page.get_by_text("'two' is not a number").first.wait_for()
    assert page.get_by_text("■ history").count() == 0, "the forecast of another file stands beside this one"


@pytest.fixture(scope="module")
def bundled() -> Iterator[str]:
    """The address of an app with the bundled forecasters."""
    models, _ = ui.load_models([str(folder) for folder in sorted(CHECKPOINTS.glob("forecast-*"))])
    app = ui.create_app(models)
    _, url, _ = ui.launch(app, prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    yield url
    app.close()


def drawn(page, kind: str) -> int:
    """How many pieces the line of a kind has that are drawn in its colour."""
    lines = page.locator(f'.vega-embed svg .mark-line path[stroke="{KINDS[kind]}"]')
    return sum((line.get_attribute("d") or "").count("M") for line in lines.all())


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_click_on_the_made_station_forecasts_it_and_draws_what_is_out_of_line(
    chromium, bundled: str, language: str, viewport: dict[str, int], tmp_path: Path
):
    english = language == "en-US"
    page = chromium.new_context(locale=language, viewport=viewport).new_page()
    page.goto(bundled)
    page.get_by_role("tab", name="Forecast" if english else "预测").click()
    page.locator(".file-preview:visible", has_text="airline").wait_for()
    page.get_by_text("passengers:" if english else "passengers：").wait_for()
    wait_until(lambda: drawn(page, "history") == drawn(page, "forecast") == 1)
    assert drawn(page, "anomaly") == 0
    out_of_line = page.get_by_text("■ out of line" if english else "■ 异常点")
    assert out_of_line.count() == 0
    page.get_by_role("button", name="station" if english else "变电站").click()
    page.locator(".file-preview:visible", has_text="station").wait_for()
    page.get_by_text("OT:" if english else "OT：").wait_for()
    page.locator(".details strong", has_text="forecast-etth1").wait_for()
    assert page.get_by_text("language: en" if english else "语言：").count() == 0
    models, _ = ui.load_models([str(CHECKPOINTS / "forecast-etth1")])
    one, found, _ = answer(models[0], read(str(EXAMPLES[1].write(tmp_path, models[0])), None), [], 24, 0.8, None)
    frame, _, _ = plotted(models[0], one, found, None)
    known = frame[frame.kind == "out of line"].value.notna().to_numpy()
    pieces = int(known[0]) + int((known[1:] & ~known[:-1]).sum())
    wait_until(lambda: drawn(page, "anomaly") == pieces > 1)
    out_of_line.wait_for()
    assert drawn(page, "history") == drawn(page, "forecast") == drawn(page, "naive") == 1
    assert drawn(page, "low") == 2, "the two bounds have one colour"
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    page.get_by_role("button", name="1949").click()
    wait_until(lambda: drawn(page, "anomaly") == 0 == out_of_line.count())


@pytest.mark.slow
def test_a_spike_in_a_file_of_numbered_steps_is_drawn(chromium, bundled: str, tmp_path: Path):
    table = file_table(AIRLINE)
    table["month"] = range(len(table))
    table.loc[100, "passengers"] = 2000
    table.to_csv(tmp_path / "spike.csv", index=False)
    page = chromium.new_context(locale="en-US", viewport=WIDE).new_page()
    page.goto(bundled)
    page.get_by_role("tab", name="Forecast").click()
    page.get_by_text("■ history").wait_for()
    forecast_of(page, tmp_path / "spike.csv")
    page.get_by_text("■ out of line").wait_for()
    wait_until(lambda: drawn(page, "anomaly") >= 1)
    assert page.locator(".vega-embed svg text", has_text="1970").count() == 0, "steps are drawn as dates"


@pytest.mark.slow
@pytest.mark.parametrize("language, tab, name", [("en-US", "Forecast", "station"), ("zh-CN", "预测", "变电站")])
def test_axe_finds_nothing_on_the_tab(chromium, bundled: str, language: str, tab: str, name: str):
    page = chromium.new_context(locale=language, viewport=WIDE).new_page()
    page.goto(bundled)
    page.get_by_role("tab", name=tab).click()
    page.get_by_role("button", name=name).click()
    wait_until(lambda: drawn(page, "anomaly") > 0)
    assert axe_violations(page) == []
