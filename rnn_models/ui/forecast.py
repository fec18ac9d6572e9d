"""The tab that continues series of numbers: what is to come, how sure that is, and what was out of line."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd

from ..bulk.series_files import Forecast, forecast_rows_of, forecast_series, series_for, shown_time, write_table
from ..data import InputError
from ..data.time_series import READERS, TimeSeries, file_table
from ..inference.predicting import out_of_line
from .details import details
from .i18n import on_page, refuse, say
from .inputs import check_number, choose
from .models import LoadedModel
from .scripts import FOLDER
from .series_examples import EXAMPLES, SeriesExample
from .uploads import MAX_HELD_MEGABYTES, make_room

MAX_SERIES_ROWS = 20_000
SHOWN_STEPS = 1500  # of the past, on the plot
COMPARED_STEPS = 400  # of the past, with their own forecasts
ANOMALY_LEVEL = 0.99
LEVELS = (0.5, 0.8, 0.9, 0.95)
# in the order in which they are drawn, each over the ones before it
KINDS = {
    "history": "#64748b", "naive": "#d97706", "low": "#93c5fd", "high": "#93c5fd", "forecast": "#2563eb",
    "anomaly": "#dc2626",
}  # fmt: skip
CONCURRENCY: dict[str, Any] = {"concurrency_id": "forecast", "concurrency_limit": 2}


def forecast_tab(models: list[LoadedModel], tab: gr.Tab) -> None:
    """Build the tab and the endpoint `/forecast`. `models` are forecasters. Who opens `tab` sees an example."""
    if not models:
        gr.Markdown(on_page("no_model"))
        return
    by_name = {model.name: model for model in models}
    # the example of each forecaster that there is a table for
    examples = [(example, own) for example in EXAMPLES if (own := example.model(models))]
    longest = max(model.model.config.prediction_length for model in models)

    def on_button(path: object, columns: object, steps: object, level: object, name: object, request: gr.Request):
        chosen = choose(name, by_name, request)
        if not isinstance(path, str) or not path:
            raise refuse("no_series", request)
        names = [str(column) for column in columns] if isinstance(columns, list) else []
        one, found, steps = answer(chosen, read(path, request), names, steps, level, request)
        column = one.columns[-1]
        frame, compared, anomalies = plotted(chosen, one, found, request)
        note = say(
            "forecast_done",
            request,
            column=column,
            steps=steps,
            first=shown_time(found.times[0]),
            anomalies=anomalies,
            compared=compared,
            model=details(chosen, request),
        )
        with tempfile.TemporaryDirectory() as folder:
            rows = forecast_rows_of(one, found, float(str(level)))
            file = Path(folder) / "forecast.csv"
            write_table(pd.DataFrame(rows), file)
            if not make_room(file.stat().st_size):
                raise refuse("no_room", request, limit=MAX_HELD_MEGABYTES)
            colors = {say(f"kind_{kind}", request): color for kind, color in KINDS.items()}
            there = set(frame.dropna()["kind"])
            # Gradio copies the file to its cache during this yield; then the folder is deleted
            yield (
                gr.LinePlot(value=frame, color_map=colors, x_lim=None, visible=True),
                gr.DownloadButton(value=str(file), visible=True),
                note,
                legend_of({name: color for name, color in colors.items() if name in there}),
            )

    def on_file(path: object, request: gr.Request) -> Any:
        if not isinstance(path, str) or not path:
            return gr.Dropdown(choices=[], value=[])
        table = read(path, request)
        numbers = [str(name) for name in table.columns if pd.api.types.is_numeric_dtype(table[name])]
        return gr.Dropdown(choices=numbers[:100], value=[])

    def on_example(example: SeriesExample, own: LoadedModel) -> Iterator[tuple[str, Any, str]]:
        with tempfile.TemporaryDirectory() as folder:
            # Gradio copies the file to its cache during this yield
            yield str(example.write(Path(folder), own)), gr.Dropdown(choices=example.columns, value=[]), own.name

    def on_visit(path: object, columns: object, steps: object, level: object, name: object, request: gr.Request):
        example, own = next(((example, own) for example, own in examples if own is models[0]), (None, None))
        if path or columns or example is None or own is None or name != own.name:
            return
        with tempfile.TemporaryDirectory() as folder:
            file = str(example.write(Path(folder), own))
            # at once, so that it does not take the place of a file that a visitor gives meanwhile
            yield file, gr.Dropdown(choices=example.columns, value=[]), *(gr.skip() for _ in results)
            for found in on_button(file, [], steps, level, name, request):
                yield gr.skip(), gr.skip(), *found

    def forecast(
        values: list[list[float | None]],
        horizon: int = 24,
        level: float = 0.8,
        model: str = models[0].name,
        request: gr.Request = None,
    ) -> dict[str, Any]:
        """What is to come after a series, in the units of the series, for each step a list with a number per column.

        Args:
            values: the rows of the series, oldest first, each with one number for each column that the model reads,
                null where a value is missing; at most 20,000 rows.
            horizon: how many steps to forecast.
            level: the share of values that the interval between low and high should hold, as 0.8.
            model: name of a forecaster of this app.
        """
        chosen = choose(model, by_name, request)
        config = chosen.model.config
        rows = values if isinstance(values, list) else []
        good = rows and all(
            isinstance(row, list)
            and len(row) == config.num_input_channels
            and all(cell is None or (isinstance(cell, (int, float)) and not isinstance(cell, bool)) for cell in row)
            for row in rows[: MAX_SERIES_ROWS + 1]
        )
        columns = [
            str(name) for name in config.channel_names or [f"column {i + 1}" for i in range(config.num_input_channels)]
        ]
        if not good:
            shown = ", ".join(columns)
            raise refuse("series_values", request, channels=config.num_input_channels, columns=shown)
        _, found, _ = answer(
            chosen, pd.DataFrame(rows, columns=columns, dtype=float), columns, horizon, level, request
        )
        parts = {"forecast": found.point, "low": found.low, "high": found.high, "seasonal_naive": found.naive}
        return {name: None if part is None else np.asarray(part, dtype=float).tolist() for name, part in parts.items()}

    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            model = gr.Dropdown([one.name for one in models], value=models[0].name, label=on_page("model"))
            gr.Markdown(on_page("series_hint"), elem_classes="details")
            file = gr.File(label=on_page("series_file"), file_types=list(READERS), height=140)
            buttons = [gr.Button(on_page(example.key), size="sm") for example, _ in examples]
            columns = gr.Dropdown(
                [], value=[], multiselect=True, label=on_page("series_columns"), info=on_page("series_columns_info")
            )
            horizon = gr.Slider(1, longest, value=min(24, longest), step=1, label=on_page("horizon"))
            level = gr.Dropdown(list(LEVELS), value=0.8, label=on_page("level"), info=on_page("level_info"))
            button = gr.Button(on_page("forecast_button"), variant="primary")
        with gr.Column(scale=4, min_width=320):
            note = gr.Markdown(elem_classes="details")
            plot = gr.LinePlot(
                x="time",
                y="value",
                color="kind",
                label=on_page("series_plot"),
                visible=False,
                height=500,
                x_title=" ",
                y_title=" ",
                color_title=" ",
            )
            legend = gr.HTML(elem_classes="details", js_on_load=(FOLDER / "plot.js").read_text(encoding="utf-8"))
            gr.Markdown(on_page("zoom_hint"), elem_classes="details")
            download = gr.DownloadButton(on_page("download"), visible=False)
    private: dict[str, Any] = {"api_visibility": "private"}
    asked, results = [file, columns, horizon, level, model], [plot, download, note, legend]
    button.click(on_button, asked, results, show_progress_on=note, **CONCURRENCY, **private)
    tab.select(on_visit, asked, [file, columns, *results], show_progress="hidden", **CONCURRENCY, **private)
    # what another table gave does not stand beside this one
    gr.on([file.upload, file.clear], cleared, None, results, show_progress="hidden", queue=False, **private)
    file.upload(on_file, file, columns, show_progress="hidden", **private)
    for pair, own_button in zip(examples, buttons, strict=True):
        own_button.click(
            partial(on_example, *pair), None, [file, columns, model], show_progress="hidden", **private
        ).success(on_button, asked, results, show_progress_on=note, **CONCURRENCY, **private)
    plot.select(zoomed, None, plot, show_progress="hidden", queue=False, **private)
    plot.double_click(lambda: gr.LinePlot(x_lim=None), None, plot, show_progress="hidden", queue=False, **private)
    # Gradio does not resolve postponed annotations: the API's description would say "any"
    forecast.__annotations__ |= {"values": list[list], "horizon": int, "level": float, "model": str, "return": dict}
    gr.api(forecast, api_name="forecast", **CONCURRENCY)


def legend_of(colors: dict[str, str]) -> str:
    """What the colour of each line means; Gradio cuts off the legend of its own that has more than a few entries."""
    return " ".join(
        f'<span style="white-space: nowrap"><span style="color: {color}" aria-hidden="true">■</span> {name}</span>'
        for name, color in colors.items()
    )


def cleared() -> tuple[Any, Any, str, str]:
    """The results before there are any."""
    return gr.LinePlot(value=None, visible=False), gr.DownloadButton(value=None, visible=False), "", ""


def zoomed(selected: gr.SelectData) -> Any:
    """The plot between the two times that were dragged over."""
    return gr.LinePlot(x_lim=selected.index)


def read(path: str, request: gr.Request | None) -> pd.DataFrame:
    """The table in a file. Raises `gr.Error`."""
    try:
        table = file_table(path)
    except InputError as error:
        raise refused(error, request) from None
    if len(table) > MAX_SERIES_ROWS:
        raise refuse("series_rows", request, limit=MAX_SERIES_ROWS)
    return table


def refused(error: Exception, request: gr.Request | None) -> gr.Error:
    """The error as a sentence of the page, which shows it as HTML."""
    return refuse("series_refused", request, problem=re.sub(r"[<>&]", "", str(error)).rstrip("."))


def answer(
    chosen: LoadedModel,
    table: pd.DataFrame,
    columns: list[str],
    steps: object,
    level: object,
    request: gr.Request | None,
) -> tuple[TimeSeries, Forecast, int]:
    """The series, what is to come after it, and the number of steps. Raises `gr.Error`."""
    most = chosen.model.config.prediction_length
    count = int(check_number(steps, "horizon", 1, most, request, whole=True))
    share = check_number(level, "level", 0.01, 0.99, request)
    try:
        (one,) = series_for(chosen.model, table, say("series_plot", request), columns=columns)
        return one, forecast_series(chosen.model, one, count, share), count
    except InputError as error:
        raise refused(error, request) from None


def plotted(
    chosen: LoadedModel, one: TimeSeries, found: Forecast, request: gr.Request | None
) -> tuple[pd.DataFrame, int, int]:
    """The last column as lines by name, with NaN where a line is broken; how many past values were compared with their
    own forecast, and how many of these are out of line."""
    history = one.values[:, -1]
    first = max(0, len(one) - SHOWN_STEPS)
    parts = {
        "history": (one.times[first:], history[first:]),
        "naive": (found.times, found.naive[:, -1]),
        "forecast": (found.times, found.point[:, -1]),
    }
    if found.low is not None and found.high is not None:
        parts |= {"low": (found.times, found.low[:, -1]), "high": (found.times, found.high[:, -1])}
    compared = anomalies = 0
    config = chosen.model.config
    if config.is_probabilistic:
        recent = max(0, len(one) - COMPARED_STEPS - config.context_length)
        scores, _ = out_of_line(chosen.model, one.values[recent:], ANOMALY_LEVEL, min(24, config.prediction_length))
        compared = int(np.isfinite(scores[:, -1]).sum())
        wrong = np.concatenate([np.zeros(recent, dtype=bool), scores[:, -1] > 1])
        anomalies = int(wrong.sum())
        if anomalies:
            parts["anomaly"] = stretches(one.times, history, wrong)
    # Gradio has colours for the kinds that were in the first table of a plot alone: each has a row from the start
    nothing = one.times[-1:], [np.nan]
    frames = [
        pd.DataFrame({"time": times, "value": np.asarray(values, dtype=float), "kind": say(f"kind_{kind}", request)})
        for kind in KINDS
        for times, values in [parts.get(kind, nothing)]
    ]
    return pd.concat(frames, ignore_index=True), compared, anomalies


def stretches(times: pd.Index, values: np.ndarray, wrong: np.ndarray) -> tuple[pd.Index, np.ndarray]:
    """The values that are `wrong` as one line, with their neighbours, as a value alone is no line, and NaN between
    them, where the line is broken."""
    places = pd.Series(wrong)
    beside, near = (places.rolling(width, center=True, min_periods=1).max().to_numpy() > 0 for width in (3, 5))
    return times[near], np.where(beside, values, np.nan)[near]
