"""The models' outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor
from transformers.modeling_outputs import ModelOutput

from .state import CACHE_NAMES, RNNState


class WithState(ModelOutput):
    """An output whose `state` is also available under transformers' names for its caches."""

    @property
    def cache(self) -> RNNState | None:
        return self.state

    past_key_values = cache_params = cache

    def __getitem__(self, key):
        return super().__getitem__("state" if key in CACHE_NAMES else key)

    def get(self, key, default=None):
        return super().get("state" if key in CACHE_NAMES else key, default)


@dataclass
class RNNModelOutput(WithState):
    """The output of `RNNModel`.

    Args:
        last_hidden_state: (B, T, D), the last layer's outputs; zero at padding.
        state: the state after the last token of each row, if `use_cache` is set.
        hidden_states: the embedded tokens and each layer's outputs, if `output_hidden_states` is set.
    """

    last_hidden_state: Tensor | None = None
    state: RNNState | None = None
    hidden_states: tuple[Tensor, ...] | None = None


@dataclass
class RNNCausalLMOutput(WithState):
    """The output of `RNNForCausalLM`.

    Args:
        loss: mean negative log-likelihood of the next token, in nats.
        logits: (B, T, V), for the token after each position.
        state: the state after the last token of each row, if `use_cache` is set; also available as `cache`.
        hidden_states: the embedded tokens and each layer's outputs, if `output_hidden_states` is set.
    """

    loss: Tensor | None = None
    logits: Tensor | None = None
    state: RNNState | None = None
    hidden_states: tuple[Tensor, ...] | None = None


@dataclass
class RNNTokenClassifierOutput(ModelOutput):
    """The output of `RNNForTokenClassification`.

    Args:
        loss: in nats, the mean over the tokens that have a label.
        logits: (B, T, num_labels), whose softmax are the probabilities of each token's labels.
        tags: (B, T), the most likely sequence of labels, -100 at padding; only of a CRF that is not in training.
        hidden_states: the embedded tokens and each layer's outputs, if `output_hidden_states` is set.
    """

    loss: Tensor | None = None
    logits: Tensor | None = None
    tags: Tensor | None = None
    hidden_states: tuple[Tensor, ...] | None = None


def tags_of(outputs: Any) -> Tensor:
    """The tags (B, T) in the outputs of a tagger, which may be one of other people."""
    tags = getattr(outputs, "tags", None)
    return outputs.logits.argmax(-1) if tags is None else tags


@dataclass
class RNNTimeSeriesModelOutput(WithState):
    """The output of `RNNTimeSeriesModel`, for N segments of each window.

    Args:
        last_hidden_state: (B, N, D), or (B, C, N, D) if channels are read apart; zero at padding.
        state: the state after the last segment, if `use_cache` is set.
        hidden_states: what the cell read and each layer's outputs, if `output_hidden_states` is set.
        mask: (B, N) or (B, C, N) bool, false at padding.
        scaled_values: (B, T, C), the window as the network reads it.
        loc, scale: (B, 1, C), what was subtracted from the window and divided out of it.
    """

    last_hidden_state: Tensor | None = None
    state: RNNState | None = None
    hidden_states: tuple[Tensor, ...] | None = None
    mask: Tensor | None = None
    scaled_values: Tensor | None = None
    loc: Tensor | None = None
    scale: Tensor | None = None


@dataclass
class RNNTimeSeriesPredictionOutput(ModelOutput):
    """The output of `RNNForTimeSeriesPrediction`, with names as in PatchTST.

    Args:
        loss: mean over the observed values of the future, in units of `config.value_scale`.
        prediction_outputs: (B, H, C), the forecast in the units of the input: the median if quantiles are predicted.
        quantile_outputs: (B, H, C, Q), the quantiles `config.quantiles`, if they are predicted.
        parameters: (B, H, C, 3), degrees of freedom, location and scale of Student's t distribution, if it is
            predicted; of the values after `config`'s logarithm, mean and scale.
        loc, scale: (B, 1, C), as in `RNNTimeSeriesModelOutput`.
        hidden_states: as in `RNNTimeSeriesModelOutput`.
    """

    loss: Tensor | None = None
    prediction_outputs: Tensor | None = None
    quantile_outputs: Tensor | None = None
    parameters: Tensor | None = None
    hidden_states: tuple[Tensor, ...] | None = None
    loc: Tensor | None = None
    scale: Tensor | None = None


@dataclass
class RNNTimeSeriesClassificationOutput(ModelOutput):
    """The output of `RNNForTimeSeriesClassification`, with names as in PatchTST.

    Args:
        loss: mean cross entropy, in nats.
        prediction_logits: (B, num_labels).
        hidden_states: as in `RNNTimeSeriesModelOutput`.
    """

    loss: Tensor | None = None
    prediction_logits: Tensor | None = None
    hidden_states: tuple[Tensor, ...] | None = None


@dataclass
class RNNTimeSeriesRegressionOutput(ModelOutput):
    """The output of `RNNForTimeSeriesRegression`, with names as in PatchTST.

    Args:
        loss: mean squared or absolute error.
        regression_outputs: (B, num_targets).
        hidden_states: as in `RNNTimeSeriesModelOutput`.
    """

    loss: Tensor | None = None
    regression_outputs: Tensor | None = None
    hidden_states: tuple[Tensor, ...] | None = None
