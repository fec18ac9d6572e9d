"""The models that read numbers: the backbone and the forecaster.

The letters of shapes are those of series.py.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import initialization as init
from transformers.modeling_outputs import SampleTSPredictionOutput
from transformers.utils import can_return_tuple
from transformers.utils.output_capturing import capture_outputs

from .cells import State
from .checks import check_keywords, is_full, values_unknown
from .configuration_rnn_time_series import RNNTimeSeriesConfig
from .modeling_rnn import RNNPreTrainedModel
from .outputs import (
    RNNTimeSeriesModelOutput,
    RNNTimeSeriesPredictionOutput,
)
from .recurrence import Padding, Recurrence, sequence_dropout
from .series import Units, at_levels, losses, segments, window_scale
from .state import RNNState, pop_state


class RNNTimeSeriesPreTrainedModel(RNNPreTrainedModel):
    """As `RNNPreTrainedModel`, for numbers."""

    config_class = RNNTimeSeriesConfig
    main_input_name = "past_values"
    input_modalities = ("time",)
    reads = "numbers"

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Linear):
            bound = module.in_features**-0.5
            init.uniform_(module.weight, -bound, bound)
            if module.bias is not None:
                init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            init.normal_(module.weight, std=0.7)
        else:
            super()._init_weights(module)


class RNNTimeSeriesModel(RNNTimeSeriesPreTrainedModel):
    """The backbone: scaling, segments, an optional embedding, and the recurrence."""

    _auto_class = "AutoModel"

    def __init__(self, config: RNNTimeSeriesConfig):
        super().__init__(config)
        self.joint = config.channels == "joint"
        width = config.num_input_channels if self.joint else 1
        read = config.segment_length * (width + config.num_time_features)
        size = config.embedding_size
        self.embedding = nn.Identity() if size is None else nn.Sequential(nn.Linear(read, size), nn.ReLU())
        self.recurrence = Recurrence(config, read if size is None else size)
        self.output_dropout = sequence_dropout(config, config.output_dropout)
        self.units = Units(config)
        self.post_init()

    @capture_outputs
    def forward(
        self,
        past_values: Tensor,
        past_observed_mask: Tensor | None = None,
        past_time_features: Tensor | None = None,
        state: RNNState | None = None,
        use_cache: bool | None = None,
        read_to_end: bool = True,
        **kwargs,
    ) -> RNNTimeSeriesModelOutput:
        """Read a window of numbers.

        Steps before the first observed value are padding: a short series is the end of a longer window. Any other
        value that is missing is read as 0 after scaling, which is the mean or the last value of its window.

        Args:
            past_values: (B, T, C); NaN is missing.
            past_observed_mask: (B, T, C), 0 at values that are missing, whatever stands there.
            past_time_features: (B, T, F), if `config.num_time_features` is above 0.
            state: the state before the first step, by default zero; for chunks of a longer series.
            use_cache: whether to return the state after the last step. Default `config.use_cache`.
            read_to_end: whether steps after the last observed value are read, as missing, or are padding too.
            output_hidden_states, return_dict: as in `RNNModel`.

        Raises:
            ValueError: a shape does not fit the configuration, a series has no observed value, a value has no
                logarithm though `config.value_log` is set, or a state is given though each window has its own scale
                or the chunk is no multiple of a segment.
            TypeError: a keyword has no meaning here.
        """
        state = pop_state(state, kwargs)
        check_keywords(kwargs)
        use_cache = self.config.use_cache if use_cache is None else use_cache
        observed = self._observed(past_values, past_observed_mask)
        z = self.units.into(past_values.masked_fill(~observed, 1))
        if self.config.value_log and not values_unknown(z) and not z.isfinite().all():
            raise ValueError("past_values has a value of 0 or less; config.value_log needs values above 0.")
        loc, scale = window_scale(z, observed, self.config.scaling)
        y = ((z - loc) / scale).masked_fill(~observed, 0).to(self.dtype)  # (B, T, C)
        if state is not None:
            self._check_chunk(y.shape[1])
        x, seen = self._rows(y, observed, past_time_features)
        padding = self._padding(seen, read_to_end)
        x = self.embedding(x)
        outputs, state = self.recurrence(x, state, padding, use_cache)
        outputs = self.output_dropout(outputs)
        mask = torch.ones_like(seen) if padding is None else padding.mask
        return RNNTimeSeriesModelOutput(
            last_hidden_state=self.by_channel(outputs),
            state=state if use_cache else None,
            mask=self.by_channel(mask),
            scaled_values=y,
            loc=loc,
            scale=scale,
        )

    def by_channel(self, rows: Tensor) -> Tensor:
        """(B * C, ...) -> (B, C, ...) if channels are read apart; else (B, ...) as it is."""
        return rows if self.joint else rows.unflatten(0, (-1, self.config.num_input_channels))

    def _observed(self, values: Tensor, mask: Tensor | None) -> Tensor:
        """(B, T, C) bool: which values count."""
        channels = self.config.num_input_channels
        if values.dim() != 3 or values.shape[2] != channels or values.numel() == 0:
            raise ValueError(f"past_values has shape {tuple(values.shape)}; it must be (batch, time, {channels}).")
        observed = values.isfinite()
        if mask is None:
            return observed
        if mask.shape != values.shape:
            shape = tuple(values.shape)
            raise ValueError(
                f"past_observed_mask has shape {tuple(mask.shape)}; it must be that of past_values, {shape}."
            )
        return observed & mask.bool()

    def _check_chunk(self, time: int) -> None:
        if self.config.scaling != "none":
            raise ValueError(
                f"A state is given, but RNNTimeSeriesConfig.scaling is {self.config.scaling!r}: each window has a "
                "scale of its own. A series can be read in chunks only if it is 'none'."
            )
        if time % self.config.segment_length:
            length = self.config.segment_length
            raise ValueError(f"A state is given with {time} steps; chunks need a multiple of segment_length {length}.")

    def _rows(self, y: Tensor, observed: Tensor, features: Tensor | None) -> tuple[Tensor, Tensor]:
        """What the embedding reads, (rows, N, S * W), and whether anything in it is observed, (rows, N)."""
        batch, time, channels = y.shape
        expected = (batch, time, self.config.num_time_features)
        given = (batch, time, 0) if features is None else tuple(features.shape)
        if given != expected:
            raise ValueError(f"past_time_features has shape {given}; config.num_time_features needs {expected}.")
        if not self.joint:
            y = y.transpose(1, 2).reshape(batch * channels, time, 1)
            observed = observed.transpose(1, 2).reshape(batch * channels, time, 1)
        if features is not None:
            features = features.to(y.dtype)
            features = features if self.joint else features.repeat_interleave(channels, dim=0)
            y = torch.cat([y, features], dim=-1)
        length = self.config.segment_length
        return segments(y, length), segments(observed, length).any(-1)

    def _padding(self, seen: Tensor, read_to_end: bool) -> Padding | None:
        """Where the padding is, or None if there is none; seen is (rows, N) bool."""
        if is_full(seen):
            return None
        known = not values_unknown(seen)
        if known and not (rows := seen.any(1)).all():
            row = int(rows.int().argmin())
            where = f"row {row}" if self.joint else f"row {row // self.config.num_input_channels}, channel "
            where += "" if self.joint else str(row % self.config.num_input_channels)
            raise ValueError(f"past_values has no observed value in {where}; every series needs one.")
        mask = seen.cummax(1).values
        if not read_to_end:
            mask = mask & seen.flip(1).cummax(1).values.flip(1)
        if is_full(mask):
            return None
        return Padding.of(mask, known and bool((mask[:, 1:] <= mask[:, :-1]).all()))


class RNNForTimeSeriesPrediction(RNNTimeSeriesPreTrainedModel):
    """The backbone and a forecast.

    Raises:
        ValueError: the configuration reads from right to left, so the last state would be that of the oldest step.
    """

    _auto_class = "AutoModelForTimeSeriesPrediction"

    def __init__(self, config: RNNTimeSeriesConfig):
        for name in ("bidirectional", "backwards"):
            if getattr(config, name):
                raise ValueError(f"RNNTimeSeriesConfig.{name} is True; a forecaster needs False: it reads up to now.")
        super().__init__(config)
        self.rnn = RNNTimeSeriesModel(config)
        at_once = config.prediction_length if config.decoding == "last" else config.segment_length
        self.num_segments = -(-config.prediction_length // at_once)
        self.parts = {"quantile": len(config.quantiles), "student_t": 3}.get(config.loss, 1)
        # which of the parts is the one number for each value: the median, or the location
        self.point = {"quantile": config.quantiles.index(0.5), "student_t": 1}.get(config.loss, 0)
        channels = config.num_input_channels if self.rnn.joint else 1
        if config.decoding == "parallel":
            self.position = nn.Embedding(self.num_segments, config.embedding_size)
            self.channel = None if self.rnn.joint else nn.Embedding(config.num_input_channels, config.embedding_size)
        self.dropout = nn.Dropout(config.head_dropout)
        self.head = nn.Linear(config.hidden_size, at_once * channels * self.parts)
        if config.autoregression:
            self.autoregression = nn.Linear(config.context_length, config.prediction_length, bias=False)
        if config.autoregression_level:
            self.level = nn.Linear(1, config.prediction_length)
        self.post_init()

    @can_return_tuple
    def forward(
        self,
        past_values: Tensor,
        past_observed_mask: Tensor | None = None,
        past_time_features: Tensor | None = None,
        future_values: Tensor | None = None,
        future_observed_mask: Tensor | None = None,
        **kwargs,
    ) -> RNNTimeSeriesPredictionOutput:
        """Forecast the steps after a window. Takes the arguments of `RNNTimeSeriesModel.forward`, except for a state.

        Args:
            future_values: (B, H, C), for the loss; NaN is missing.
            future_observed_mask: (B, H, C), 0 at values that do not count.

        Raises:
            ValueError: as `RNNTimeSeriesModel.forward`, and for a future of another shape or without any value.
        """
        keeps = self.config.decoding != "last"
        outputs = self.rnn(
            past_values, past_observed_mask, past_time_features, use_cache=keeps, return_dict=True, **kwargs
        )
        parameters = self._decode(outputs)  # (B, H, C, P)
        if self.config.loss == "quantile":
            # They start as those of a normal distribution. From 0 the outer ones need thousands of steps, and until
            # then the gradients of all layers serve them.
            parameters = parameters + torch.special.ndtri(parameters.new_tensor(self.config.quantiles))
        if self.config.autoregression_share:
            parameters = self._with_linear(parameters, outputs)
        loc, scale = outputs.loc.unsqueeze(-1), outputs.scale.unsqueeze(-1)  # (B, 1, C, 1)
        parameters = parameters.to(torch.promote_types(parameters.dtype, loc.dtype))
        if self.config.loss == "student_t":
            freedom, location, spread = parameters.split(1, -1)
            spread = F.softplus(spread) * scale + torch.finfo(parameters.dtype).eps
            parameters = torch.cat([2 + F.softplus(freedom), location * scale + loc, spread], dim=-1)
        else:
            parameters = parameters * scale + loc
        loss = None
        if future_values is not None:
            loss = self._loss(parameters, future_values, future_observed_mask)
        return RNNTimeSeriesPredictionOutput(
            loss=loss,
            loc=outputs.loc,
            scale=outputs.scale,
            hidden_states=outputs.hidden_states,
            **self._answer(parameters),
        )

    def _answer(self, parameters: Tensor) -> dict[str, Tensor]:
        """The fields of the output that say what is to come."""
        units = self.rnn.units
        if self.config.loss == "student_t":
            return {"prediction_outputs": units.back(parameters[..., 1]), "parameters": parameters}
        if self.config.loss == "quantile":
            # each quantile is an output of its own, and nothing but this keeps them in order
            quantiles = units.back(parameters.sort(-1).values, self.parts)
            return {
                "prediction_outputs": quantiles[..., self.point],
                "quantile_outputs": quantiles,
            }
        return {"prediction_outputs": units.back(parameters.squeeze(-1))}

    def _loss(self, parameters: Tensor, future: Tensor, mask: Tensor | None) -> Tensor:
        if future.shape != parameters.shape[:3]:
            raise ValueError(
                f"future_values has shape {tuple(future.shape)}; it must be {tuple(parameters.shape[:3])}."
            )
        observed = future.isfinite() if mask is None else future.isfinite() & mask.bool()
        if not values_unknown(observed) and not observed.any():
            raise ValueError("future_values has no observed value.")
        target = self.rnn.units.into(future.masked_fill(~observed, 1))
        each = losses(self.config.loss, parameters, target, self.config.quantiles)
        return each.masked_fill(~observed, 0).sum() / observed.sum()

    def _decode(self, outputs: Any) -> Tensor:
        """From the backbone's outputs to (B, H, C, P), before the scale of the window is undone."""
        last = outputs.last_hidden_state[..., -1, :]  # (B, D) or (B, C, D)
        if self.config.decoding == "last":
            steps = self.head(self.dropout(last)).unsqueeze(-2)
        elif self.config.decoding == "parallel":
            steps = self.head(self.dropout(self._ask(outputs.state)))
        else:
            steps = self._feed_back(last, outputs.state)
        # (B, M, steps * C * P), or (B, C, M, steps * P) if channels are read apart
        channels, horizon = self.config.num_input_channels, self.config.prediction_length
        if self.rnn.joint:
            return steps.reshape(len(steps), -1, channels, self.parts)[:, :horizon]
        return steps.reshape(len(steps), channels, -1, self.parts)[:, :, :horizon].transpose(1, 2)

    def _ask(self, state: RNNState) -> Tensor:
        """One step of the network for each position: (B, M, D), or (B, C, M, D) if channels are read apart.

        The products with the input do not depend on the batch, nor those with the state on the position: the step is
        taken over both by broadcasting, which makes each of them once.
        """
        x = self.position.weight  # (M, E)
        if self.channel is not None:
            x = x + self.channel.weight.unsqueeze(1)  # (C, M, E)
        for layer, parts in zip(
            self.rnn.recurrence.layers, state.layers(self.rnn.recurrence.state_names), strict=True
        ):
            before: State = tuple(self.rnn.by_channel(part).unsqueeze(-2) for part in parts)  # (B, C, 1, D)
            x, _ = layer.cell.step(x, before)
        return self.rnn.output_dropout(x)

    def _with_linear(self, parameters: Tensor, outputs: Any) -> Tensor:
        """Move the forecast (B, H, C, P), all its quantiles alike, towards that of the linear map of the window."""
        y, time = outputs.scaled_values, self.config.context_length  # (B, T, C)
        steps = F.pad(y, (0, 0, max(0, time - y.shape[1]), 0))[:, -time:]
        linear = self.autoregression(steps.transpose(1, 2)).transpose(1, 2)  # (B, H, C)
        if self.config.autoregression_level:
            level = outputs.loc.transpose(1, 2).to(linear.dtype)  # (B, C, 1)
            linear = linear + self.level(level).transpose(1, 2) / outputs.scale
        move = self.config.autoregression_share * (linear - parameters[..., self.point]).unsqueeze(-1)
        return parameters + (F.pad(move, (1, 1)) if self.config.loss == "student_t" else move)

    def _feed_back(self, last: Tensor, state: RNNState) -> Tensor:
        """Segment after segment: (B, M, steps * C * P), or (B, C, M, steps * P) if channels are read apart."""
        steps = [self.head(self.dropout(last))]
        for _ in range(self.num_segments - 1):
            point = steps[-1].unflatten(-1, (-1, self.parts))[..., self.point]  # (B, S * C) or (B, C, S)
            x = self.rnn.embedding(point if self.rnn.joint else point.flatten(0, 1)).unsqueeze(1)
            hidden, state = self.rnn.recurrence(x, state, None, True)
            steps.append(self.head(self.dropout(self.rnn.by_channel(self.rnn.output_dropout(hidden[:, -1])))))
        return torch.stack(steps, -2)

    @torch.no_grad()
    def generate(
        self,
        past_values: Tensor,
        past_observed_mask: Tensor | None = None,
        past_time_features: Tensor | None = None,
        num_parallel_samples: int | None = None,
    ) -> SampleTSPredictionOutput:
        """Samples of what is to come: `sequences` (B, samples, H, C). Every value is drawn by itself.

        Args:
            num_parallel_samples: number of samples. Default `config.num_parallel_samples`.

        Raises:
            ValueError: the model predicts single values, or as `forward`.
        """
        if not self.config.is_probabilistic:
            raise ValueError(f"The model was trained with the loss {self.config.loss!r}: it predicts no distribution.")
        count = num_parallel_samples or self.config.num_parallel_samples
        outputs = self(past_values, past_observed_mask, past_time_features, return_dict=True)
        if outputs.parameters is not None:
            freedom, loc, scale = outputs.parameters.float().unbind(-1)
            drawn = torch.distributions.StudentT(freedom, loc, scale).sample((count,))  # (samples, B, H, C)
            return SampleTSPredictionOutput(sequences=self.rnn.units.back(drawn).transpose(0, 1))
        quantiles = outputs.quantile_outputs
        levels = torch.rand(*quantiles.shape[:3], count, device=quantiles.device)
        drawn = at_levels(quantiles, self.config.quantiles, levels)  # (B, H, C, samples)
        return SampleTSPredictionOutput(sequences=drawn.movedim(-1, 1))
