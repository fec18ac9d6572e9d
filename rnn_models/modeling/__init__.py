"""The models. This folder is pushed to the Hub with every model, so it is flat and imports no other code of ours."""

import importlib

from .heads import HEADS

MODULES = {
    "RNNConfig": "configuration_rnn",
    "RNNPreTrainedModel": "modeling_rnn",
    "RNNTimeSeriesConfig": "configuration_rnn_time_series",
    "RNNState": "state",
    **{head.name: head.module for head in HEADS},
}

__all__ = [
    "RNNConfig",
    "RNNForCausalLM",
    "RNNForSequenceClassification",
    "RNNForTimeSeriesClassification",
    "RNNForTimeSeriesPrediction",
    "RNNForTimeSeriesRegression",
    "RNNForTokenClassification",
    "RNNModel",
    "RNNPreTrainedModel",
    "RNNState",
    "RNNTimeSeriesConfig",
    "RNNTimeSeriesModel",
]


def __getattr__(name: str):
    # The configuration must be importable by itself: it is registered while transformers is still importing the
    # modules that the models need.
    if name in MODULES:
        return getattr(importlib.import_module(f"{__name__}.{MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
