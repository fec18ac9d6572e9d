# Copyright 2026 The authors of rnn_models.
"""The configuration of the models that read numbers: what they read, how they decode, what they are scored by."""

from __future__ import annotations

from itertools import pairwise

from transformers import PreTrainedConfig

from .cells import CELLS
from .configuration_rnn import POOLINGS, is_int, is_number, require

SCALINGS = ("none", "standard", "last")
CHANNELS = ("shared", "joint")
DECODINGS = ("last", "parallel", "recurrent")
LOSSES = ("mse", "mae", "quantile", "student_t")
SIZES = (
    "num_input_channels", "context_length", "prediction_length", "segment_length", "hidden_size", "num_hidden_layers",
    "num_parallel_samples", "num_targets",
)  # fmt: skip
DROPOUTS = ("layer_dropout", "output_dropout", "weight_dropout", "head_dropout")


class RNNTimeSeriesConfig(PreTrainedConfig):
    """Configuration of a recurrent network that reads numbers. Keyword arguments only.

    Args:
        num_input_channels: number of values at each time step, C.
        context_length: time steps that a forecast is made from, T. The models accept any number of steps.
        prediction_length: time steps that are forecast, H.
        num_time_features: further known numbers at each time step, F, such as the hour of the day.
        segment_length: time steps that the cell reads at once, S. With 1 it reads step by step.
        embedding_size: width of what the cell reads: a linear layer and a ReLU come before it. None: the cell reads
            the numbers themselves.
        scaling: what is subtracted from each window and divided out of it, and undone in the forecast: `"none"`;
            `"standard"`, the mean and the standard deviation of the window; `"last"`, the last observed value.
        channels: `"shared"`: each channel is a series of its own, read by the same weights; what tells them apart is
            a learned vector for each channel where the decoding reads one. `"joint"`: the channels are read together,
            and each has an output layer of its own.
        decoding: `"last"`: all steps of the forecast at once, by a linear layer on the last state. `"parallel"`: each
            segment of the forecast by one more step of the network from the last state, whose input is a learned
            vector for its position (Lin et al. 2023, "SegRNN", arXiv:2308.11200). `"recurrent"`: segment after
            segment, each predicted one read as the next input.
        autoregression: whether there is a linear map of the window, the same for all channels, beside the network
            (the "autoregressive component" of Lai et al. 2018, "LSTNet", arXiv:1703.07015).
        autoregression_level: whether that map also reads the level of the window, `loc`, and has a bias: its forecasts
            can go back to the mean of the training data.
        autoregression_share: the weight of its forecast in the mean of both; the network has the rest.
        loss: `"mse"`, `"mae"`, `"quantile"` (pinball loss) or `"student_t"` (negative log-likelihood), in the
            units of `value_scale`.
        quantiles: the quantiles that `"quantile"` predicts, in ascending order, 0.5 among them.
        num_parallel_samples: how many samples `generate` draws for each series.
        value_log: whether the network reads and predicts the logarithm of the values.
        value_mean, value_scale: one number for each channel, which are subtracted from and divided out of the values
            (after the logarithm) before anything else, and undone in the forecast: those of the training data.
        channel_names: the names of the columns that the channels were in training; None if they are not known.
        num_targets: numbers that the regression head predicts.
        cell_type, nonlinearity, hidden_size, num_hidden_layers, layer_dropout, output_dropout, weight_dropout,
            variational_dropout: as in `RNNConfig`.
        bidirectional, backwards: as in `RNNConfig`; only for classification and regression.
        pooling: as in `RNNConfig`, for classification and regression.
        head_dropout: probability of zeroing an element of what the last linear layer reads.
        use_cache: whether the backbone returns its final state.

    Raises:
        ValueError: a field has a value that is not allowed; the message names the field and the allowed values.
    """

    model_type = "rnn_time_series"
    # `Trainer.predict` drops what is not a prediction.
    keys_to_ignore_at_inference = ["state", "loc", "scale", "parameters"]
    # Copies this file with every saved model; see `RNNPreTrainedModel`.
    _auto_class = "AutoConfig"

    num_input_channels: int = 1
    context_length: int = 96
    prediction_length: int = 24
    num_time_features: int = 0
    segment_length: int = 1
    embedding_size: int | None = None
    scaling: str = "none"
    channels: str = "joint"
    decoding: str = "last"
    autoregression: bool = False
    autoregression_level: bool = False
    autoregression_share: float = 0.0
    loss: str = "mse"
    quantiles: list[float] | tuple[float, ...] = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
    num_parallel_samples: int = 100
    value_log: bool = False
    value_mean: list[float] | None = None
    value_scale: list[float] | None = None
    channel_names: list[str] | None = None
    num_targets: int = 1
    hidden_size: int = 128
    num_hidden_layers: int = 1
    cell_type: str = "gru"
    nonlinearity: str = "tanh"
    bidirectional: bool = False
    backwards: bool = False
    layer_dropout: float = 0.0
    output_dropout: float = 0.0
    weight_dropout: float = 0.0
    head_dropout: float = 0.0
    variational_dropout: bool = False
    pooling: str = "last"
    use_cache: bool = True

    def __post_init__(self, **kwargs):
        for name in SIZES:
            _require(name, value := getattr(self, name), is_int(value) and value > 0, "a whole number above 0")
        features = self.num_time_features
        _require("num_time_features", features, is_int(features) and features >= 0, "a whole number of 0 or more")
        width = self.embedding_size
        _require("embedding_size", width, width is None or (is_int(width) and width > 0), "None, or a number above 0")
        for name in DROPOUTS:
            _require(name, value := getattr(self, name), is_number(value) and 0 <= value < 1, "a number in [0, 1)")
        choices = {
            "scaling": SCALINGS, "channels": CHANNELS, "decoding": DECODINGS, "loss": LOSSES, "cell_type": CELLS,
            "pooling": POOLINGS,
        }  # fmt: skip
        for name, allowed in choices.items():
            _require(name, value := getattr(self, name), value in allowed, "one of " + ", ".join(map(repr, allowed)))
        flags = ("bidirectional", "backwards", "variational_dropout", "value_log", "autoregression")
        for name in (*flags, "autoregression_level"):
            _require(name, value := getattr(self, name), isinstance(value, bool), "True or False")
        level = self.autoregression_level
        _require("autoregression_level", level, self.autoregression or not level, "False if autoregression is False")
        share = self.autoregression_share
        _require("autoregression_share", share, is_number(share) and 0 <= share <= 1, "a number from 0 to 1")
        one_way = not (self.backwards and self.bidirectional)
        _require("backwards", self.backwards, one_way, "False if bidirectional is True, which reads both ways")
        known = CELLS[self.cell_type].nonlinearities
        needs = f"{' or '.join(map(repr, known))} if cell_type is {self.cell_type!r}"
        _require("nonlinearity", self.nonlinearity, self.nonlinearity in known, needs)
        quantiles = list(self.quantiles)
        inside = all(is_number(q) and 0 < q < 1 for q in quantiles) and 0.5 in quantiles
        ascending = inside and all(a < b for a, b in pairwise(quantiles))
        _require("quantiles", quantiles, ascending, "numbers between 0 and 1 in ascending order, 0.5 among them")
        self.quantiles = quantiles
        names = self.channel_names
        named = names is None or len(names) == self.num_input_channels
        _require("channel_names", names, named, f"None, or {self.num_input_channels} names")
        for name in ("value_mean", "value_scale"):
            value = getattr(self, name)
            fits = value is None or (len(value) == self.num_input_channels and all(map(is_number, value)))
            _require(name, value, fits, f"None, or a number for each of the {self.num_input_channels} channels")
        positive = self.value_scale is None or all(value > 0 for value in self.value_scale)
        _require("value_scale", self.value_scale, positive, "numbers above 0")
        if self.decoding == "parallel":
            _require(
                "embedding_size", width, width is not None, "given if decoding is 'parallel', which reads a vector"
            )
        if self.decoding == "recurrent":
            _require("num_time_features", features, features == 0, "0 if decoding is 'recurrent': the future has none")
        super().__post_init__(**kwargs)

    @property
    def reads_backwards(self) -> tuple[bool, ...]:
        """For each direction of a layer, whether it reads from right to left."""
        return (False, True) if self.bidirectional else (self.backwards,)

    @property
    def is_probabilistic(self) -> bool:
        """Whether the forecast is a distribution, of which `generate` draws samples."""
        return self.loss in ("quantile", "student_t")


def _require(name: str, value, holds: bool, allowed: str) -> None:
    require(name, value, holds, allowed, of="RNNTimeSeriesConfig")
