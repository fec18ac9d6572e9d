"""The models. This folder is copied to the Hub with every model, so it is flat and imports nothing else of ours."""

from .configuration_rnn import RNNConfig
from .modeling_rnn import (
    RNNForCausalLM,
    RNNForSequenceClassification,
    RNNModel,
    RNNPreTrainedModel,
)
from .state import RNNState

__all__ = [
    "RNNConfig",
    "RNNForCausalLM",
    "RNNForSequenceClassification",
    "RNNModel",
    "RNNPreTrainedModel",
    "RNNState",
]
