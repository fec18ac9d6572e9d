"""Models that read numbers and answer once for the entire series: a label, or numbers.

With `segment_length=1`, no embedding and `pooling="last"` this is the model of many tutorials: `nn.RNN` and a linear
layer on its last output.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F
from transformers.utils import can_return_tuple

from .checks import labels_explained
from .configuration_rnn_time_series import RNNTimeSeriesConfig
from .modeling_rnn_time_series import RNNTimeSeriesModel, RNNTimeSeriesPreTrainedModel
from .outputs import RNNTimeSeriesClassificationOutput, RNNTimeSeriesRegressionOutput
from .pooling import Pooling


class PooledHead(RNNTimeSeriesPreTrainedModel):
    """What classification and regression share: the backbone, pooling over time, by default the last step, and a
    linear layer over all channels."""

    def __init__(self, config: RNNTimeSeriesConfig, outputs: int):
        super().__init__(config)
        self.rnn = RNNTimeSeriesModel(config)
        self.pooling = Pooling(config, self.rnn.recurrence.output_size)
        series = 1 if self.rnn.joint else config.num_input_channels
        self.dropout = nn.Dropout(config.head_dropout)
        self.head = nn.Linear(series * self.pooling.output_size, outputs)
        self.post_init()

    def _answer(self, *inputs, **kwargs) -> tuple[Tensor, tuple[Tensor, ...] | None]:
        """(B, outputs), and the hidden states."""
        outputs = self.rnn(*inputs, use_cache=False, read_to_end=False, return_dict=True, **kwargs)
        hidden, mask = outputs.last_hidden_state, outputs.mask
        if not self.rnn.joint:
            hidden, mask = hidden.flatten(0, 1), mask.flatten(0, 1)
        pooled = self.rnn.by_channel(self.pooling(hidden, mask)).flatten(1)
        return self.head(self.dropout(pooled)), outputs.hidden_states


class RNNForTimeSeriesClassification(PooledHead):
    """The backbone, pooling over time, and the logits of `config.num_labels` labels."""

    _auto_class = "AutoModelForTimeSeriesClassification"

    def __init__(self, config: RNNTimeSeriesConfig):
        super().__init__(config, config.num_labels)

    @can_return_tuple
    def forward(
        self,
        past_values: Tensor,
        past_observed_mask: Tensor | None = None,
        past_time_features: Tensor | None = None,
        target_values: Tensor | None = None,
        **kwargs,
    ) -> RNNTimeSeriesClassificationOutput:
        """Takes the arguments of `RNNTimeSeriesModel.forward`, except for a state, and `target_values`: (B,), the
        index of each label, or -100 for none. Steps after the last observed one are padding.

        Raises:
            ValueError: on a CPU, an index of no label.
        """
        logits, hidden_states = self._answer(past_values, past_observed_mask, past_time_features, **kwargs)
        loss = None
        if target_values is not None:
            with labels_explained(target_values, self.config.num_labels, "target_values"):
                loss = F.cross_entropy(logits, target_values)
        return RNNTimeSeriesClassificationOutput(loss=loss, prediction_logits=logits, hidden_states=hidden_states)


class RNNForTimeSeriesRegression(PooledHead):
    """The backbone, pooling over time, and `config.num_targets` numbers.

    Raises:
        ValueError: the loss is neither `"mse"` nor `"mae"`.
    """

    _auto_class = "AutoModelForTimeSeriesRegression"

    def __init__(self, config: RNNTimeSeriesConfig):
        if config.loss not in ("mse", "mae"):
            raise ValueError(f"RNNTimeSeriesConfig.loss is {config.loss!r}; regression needs 'mse' or 'mae'.")
        super().__init__(config, config.num_targets)

    @can_return_tuple
    def forward(
        self,
        past_values: Tensor,
        past_observed_mask: Tensor | None = None,
        past_time_features: Tensor | None = None,
        target_values: Tensor | None = None,
        **kwargs,
    ) -> RNNTimeSeriesRegressionOutput:
        """Takes the arguments of `RNNTimeSeriesModel.forward`, except for a state, and `target_values`:
        (B, num_targets). Steps after the last observed one are padding."""
        found, hidden_states = self._answer(past_values, past_observed_mask, past_time_features, **kwargs)
        loss = None
        if target_values is not None:
            if target_values.shape != found.shape:
                raise ValueError(
                    f"target_values has shape {tuple(target_values.shape)}; it must be {tuple(found.shape)}."
                )
            measure = F.mse_loss if self.config.loss == "mse" else F.l1_loss
            loss = measure(found, target_values.to(found.dtype))
        return RNNTimeSeriesRegressionOutput(loss=loss, regression_outputs=found, hidden_states=hidden_states)
