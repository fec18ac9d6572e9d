"""The task `forecasting`: continue series of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from ..data import InputError
from ..data.sources import resolve_data_root
from ..data.time_series import SeriesData, Span, load_series, season_of
from ..data.windows import WindowBatches, pasts, starts
from ..inference.predicting import predict
from ..metrics.forecasts import LEVELS, Scaling, fit_linear, forecast_notes, measure, naive_error
from ..modeling import RNNForTimeSeriesPrediction, RNNTimeSeriesConfig
from .options import ForecastingArguments
from .progress import say
from .task import Part, Task
from .trainer import BatchTrainer

# Steps that a forecast is made from where neither the options nor a pretrained model say so.
CONTEXT = 96
SHARES = (0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875)


class ForecastingTrainer(BatchTrainer):
    """A loss is the mean over the values that are known."""

    def targets_in(self, batch: dict[str, Any]) -> int:
        return int(batch["future_values"].isfinite().sum())


class ForecastingTask(Task[ForecastingArguments]):
    """Continue series of numbers."""

    model_class = RNNForTimeSeriesPrediction
    config_class = RNNTimeSeriesConfig
    trainer_class = ForecastingTrainer
    best = ("mse", False)

    def __init__(
        self, arguments: ForecastingArguments, corpora: Sequence[Any], labels: Sequence[str], tokenizer: Any
    ) -> None:
        super().__init__(arguments, corpora, labels, tokenizer)
        self.data: SeriesData = corpora[0]
        self.horizons = arguments.horizons or [arguments.prediction_length]
        longest = max(end - first for first, end in self.data.train.bounds)
        # of a short series, as many windows as each has steps
        fits = max(1, (longest - arguments.prediction_length) // 2)
        self.context = arguments.context_length or min(CONTEXT, fits)
        self.scaled = Scaling.of(self.data)
        self.season = season_of(self.data.series[0])
        tests = self.data.tests if arguments.evaluate_test else []
        for span in [self.data.validation, *tests]:
            if not starts(self.data.series, span, max(self.horizons)):
                longest = max(end - first for first, end in span.bounds)
                raise InputError(
                    f"{self.data.name}, {span.name}: {longest} steps are too few for a horizon of"
                    f" {max(self.horizons)}; hold out more or forecast less"
                )

    @classmethod
    def load(cls, arguments: ForecastingArguments) -> tuple[list[Any], list[str]]:
        data = load_series(
            arguments.datasets[0],
            time_column=arguments.time_column,
            value_columns=arguments.value_columns,
            id_column=arguments.id_column,
            validation_size=arguments.validation_size,
            test_size=arguments.test_size,
            least=arguments.prediction_length,
            data_root=resolve_data_root(arguments.data_root),
        )
        if arguments.value_log and any((one.values <= 0).any() for one in data.series):
            raise InputError(f"option value_log: {data.name} has values of 0 or less, which have no logarithm")
        tests = "".join(f", {span.name} {len(span)}" for span in data.tests)
        say(
            f"{data.name}: {len(data.series)} series of {', '.join(data.series[0].columns)}; steps in train"
            f" {len(data.train)}, {data.validation.name} {len(data.validation)}{tests}"
        )
        return [data], []

    @classmethod
    def make_tokenizer(cls, arguments: ForecastingArguments, corpora: Sequence[Any]) -> None:
        return None

    def encode(self, texts: Sequence[str]) -> Any:
        raise NotImplementedError("a forecaster reads no texts")

    def fixed_rows(self) -> list[np.ndarray]:
        """Windows before and in the validation span."""
        found = starts(self.data.series, self.data.validation, 1, stride=self.context)
        return list(pasts(self.data.series, found, self.context))

    def vocabulary(self) -> dict[str, Any]:
        """The channels, their mean and deviation in train, and the length of a window."""
        units = Scaling.of(self.data, self.arguments.value_log)
        return {
            "context_length": self.context,
            "num_input_channels": len(self.data.series[0].columns),
            "value_mean": units.mean.tolist(),
            "value_scale": units.scale.tolist(),
            "autoregression_level": self.arguments.autoregression and self.arguments.autoregression_level,
        }

    def config(self) -> dict[str, Any]:
        """The names of the channels; and the network learns by itself, before `calibrate`."""
        return {"channel_names": self.data.series[0].columns, "autoregression_share": 0.0}

    def check_fits(self, config: Any) -> None:
        self.context = self.arguments.context_length or config.context_length
        if config.num_input_channels != len(self.data.series[0].columns):
            raise InputError(
                f"{self.data.name} has the columns {', '.join(self.data.series[0].columns)}, and pretrained_model"
                f" {self.arguments.pretrained_model} reads {config.num_input_channels}: name them in value_columns"
            )

    def size_of_input(self) -> str:
        return f"{len(self.data.series[0].columns)} channels"

    def start(self, model: Any, data: Any) -> None:
        """The linear map is the solution of a regression, and stays so."""
        config = model.config
        if not config.autoregression:
            return
        units = Scaling.of(self.data, config.value_log)
        sizes = config.context_length, config.prediction_length
        linear = fit_linear(self.data, *sizes, units, config.value_log, level=config.autoregression_level)
        with torch.no_grad():
            model.autoregression.weight.copy_(torch.from_numpy(linear.weight))
            if config.autoregression_level:
                model.level.weight.copy_(torch.from_numpy(linear.level)[:, None])
                model.level.bias.copy_(torch.from_numpy(linear.bias))
                model.level.requires_grad_(False)
        model.autoregression.requires_grad_(False)

    def calibrate(self, model: Any) -> None:
        """Set the share of the linear map that is best on validation."""
        if not model.config.autoregression:
            return
        errors = {}
        for share in SHARES:
            model.config.autoregression_share = share
            errors[share] = self.measure(model)["mse"]
        model.config.autoregression_share = min(errors, key=lambda share: errors[share])
        say(f"share of the linear map: {model.config.autoregression_share}")

    def training_data(self) -> WindowBatches:
        return WindowBatches(
            self.data,
            context=self.context,
            horizon=self.arguments.prediction_length,
            horizons=self.horizons if self.arguments.draw_horizons else (),
            batch_size=self.arguments.per_device_train_batch_size,
            stride=self.arguments.window_stride,
            seed=self.arguments.seed,
        )

    def measure(self, model: Any) -> dict[str, float]:
        """The metrics of an evaluation during training."""
        return self._metrics(model, self.data.validation, self.arguments.eval_stride)

    def _metrics(self, model: Any, span: Span, stride: int = 1) -> dict[str, float]:
        was_training = model.training
        found = measure(
            partial(predict, model.eval(), levels=LEVELS),
            self.data,
            span,
            context=model.config.context_length,
            horizons=self.horizons,
            scaled=self.scaled,
            units={"mase": naive_error(self.data, self.season)},
            stride=stride,
            batch_size=self.arguments.per_device_eval_batch_size,
        )
        model.train(was_training)
        return found

    def metric_names(self) -> list[str]:
        names = ["mse", "mae", "mase"]
        if self.arguments.loss in ("quantile", "student_t"):
            names += ["coverage_80", "coverage_95"]
        if len(self.horizons) == 1:
            return names
        return ["mse", "mae", *(f"{name}_{horizon}" for horizon in self.horizons for name in names)]

    def read(self, model: Any, split: Any) -> dict[str, float]:
        """The metrics of a split, over every window."""
        return self._metrics(model, split)

    def report(self, model: Any, parts: Sequence[Part]) -> dict[str, Any]:
        """As `read`: a forecaster learns from one table, and its splits are reported one by one."""
        return dict(parts[0].found)

    def notes(self) -> dict[str, str]:
        return forecast_notes(self.season)
