"""The metrics of a forecaster beside forecasts that are easier to make."""

from __future__ import annotations

import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..data import InputError
from ..data.recipes import DatasetEntry, convert, read_recipe
from ..data.sources import resolve_data_root
from ..data.time_series import SeriesData, Span, load_series, season_of
from ..data.windows import starts
from ..inference.predicting import predict
from ..metrics.forecasts import (
    LEVELS,
    Scaling,
    drift,
    fit_linear,
    forecast_notes,
    last_value,
    measure,
    naive_error,
    seasonal_naive,
)
from ..metrics.smoothing import INSTALL, Smoothing
from .request import RECIPES, Request

SMOOTHING = "exponential smoothing"


@dataclass
class TableOptions:
    """The part of a forecaster's recipe that says what its table is; the defaults are those of train.py."""

    datasets: list[DatasetEntry]
    time_column: str | None = None
    value_columns: list[str] = field(default_factory=list)
    id_column: str | None = None
    validation_size: float = 0.1
    test_size: float = 0.2
    horizons: list[int] = field(default_factory=list)


def read_options(data: str) -> TableOptions:
    """Read a recipe, or take the name of a table. Raises `InputError`."""
    if not data.endswith(RECIPES):
        return TableOptions([DatasetEntry(data)])
    recipe = read_recipe(data)
    hints = typing.get_type_hints(TableOptions)
    values = {name: convert(recipe[name], hints[name], f"option {name}") for name in hints if name in recipe}
    return TableOptions(**values)


def forecast_rows(model: Any, request: Request, say: Callable[[str], None]) -> dict[str, Any]:
    """The rows of `evaluate` and their notes: for each horizon the model and the baselines.

    Raises `InputError` for a table that the model cannot read, or one that is too short.
    """
    for name in ("by", "dynamic", "cache", "rows"):
        if getattr(request, name) is not None:
            raise InputError(f"--{name} is for models that read texts, and this one forecasts series")
    options, config = read_options(request.data), model.config
    data = load_series(
        options.datasets[0],
        time_column=options.time_column,
        value_columns=options.value_columns or config.channel_names or [],
        id_column=options.id_column,
        validation_size=options.validation_size,
        test_size=options.test_size,
        least=config.prediction_length,
        data_root=resolve_data_root(request.data_root),
    )
    channels = data.series[0].columns
    if len(channels) != config.num_input_channels:
        raise InputError(
            f"{data.name} has the columns {', '.join(channels)}; the model reads {config.num_input_channels}"
        )
    horizons = [h for h in options.horizons if h <= config.prediction_length] or [config.prediction_length]
    span = _chosen(data, request.split)
    season = season_of(data.series[0])
    scaled = Scaling.of(data)
    forecasters: dict[str, Any] = {"network": partial(predict, model, levels=LEVELS)}
    notes = forecast_notes(season)
    if request.baseline:
        notes["linear"] = "ridge regression from the window, DLinear's functions"
        say("linear regression")
        forecasters["linear"] = fit_linear(data, config.context_length, max(horizons), scaled)
        forecasters["last value"] = partial(last_value, horizon=max(horizons))
        forecasters[f"seasonal naive, {season} steps"] = partial(seasonal_naive, horizon=max(horizons), season=season)
        forecasters["drift"] = partial(drift, horizon=max(horizons))
        say("exponential smoothing: fitting")
        try:
            forecasters[SMOOTHING] = Smoothing(data, max(horizons), season)
            notes[SMOOTHING] = (
                "Holt-Winters with a damped trend, fitted on train; its state follows all values before each window"
            )
        except ImportError:
            notes[SMOOTHING] = f"not measured, as statsmodels is not installed: {INSTALL}"
            say(f"{SMOOTHING}: {notes[SMOOTHING]}")
    rows: list[dict[str, Any]] = []
    for name, forecaster in forecasters.items():
        say(name)
        found = measure(
            forecaster,
            data,
            span,
            context=config.context_length,
            horizons=horizons,
            scaled=scaled,
            units={"mase": naive_error(data, season)},
        )
        for horizon in horizons:
            windows = len(starts(data.series, span, horizon))
            if not windows:
                raise InputError(f"{data.name}, {span.name}: {len(span)} steps are too few for a horizon of {horizon}")
            about = {"data_set": data.name, "split": f"{span.name}, {horizon} steps", "rows": windows, "model": name}
            own = {
                key.removesuffix(f"_{horizon}"): value
                for key, value in found.items()
                if _is_of(key, horizon, horizons)
            }
            rows.append({**about, **own})
    rows.sort(key=lambda row: [f"{span.name}, {horizon} steps" for horizon in horizons].index(row["split"]))
    return {"rows": rows, "notes": notes}


def _is_of(name: str, horizon: int, horizons: list[int]) -> bool:
    return len(horizons) == 1 or name.endswith(f"_{horizon}")


def _chosen(data: SeriesData, split: str | None) -> Span:
    if split == "validation" or (split is None and not data.tests):
        return data.validation
    if not data.tests:
        raise InputError(f"{data.name} has no test split")
    return data.tests[0]
