"""The table of heads. All code that needs to know the heads reads it.

A new head is a class, a row here, a file in `training/` with the task that trains it, and a tab in the app.
"""

from __future__ import annotations

from dataclasses import dataclass

BACKBONE, GENERATION, CLASSIFICATION = "feature-extraction", "text-generation", "text-classification"
TAGGING = "token-classification"
FORECASTING = "time-series-forecasting"
# The configuration of the models that read tokens, and of those that read numbers: its module and its class.
CONFIGURATIONS = {
    "tokens": ("configuration_rnn", "RNNConfig"),
    "numbers": ("configuration_rnn_time_series", "RNNTimeSeriesConfig"),
}
# What the models of each `model_type` read.
READS = {"rnn": "tokens", "rnn_time_series": "numbers"}


@dataclass(frozen=True)
class Head:
    """What saving, finding, loading, training, evaluation and the app need to know about a model class.

    Attributes:
        name: the class name.
        module: the module in this folder that defines it.
        auto_class: transformers' Auto class for it. Those for the classification and regression of series are not in
            transformers yet, which has the other parts of them; then this is the name in `auto_map` alone.
        hub_task: its task on the Hub (https://huggingface.co/tasks).
        reads: `"tokens"`, which needs a tokenizer beside the weights, or `"numbers"`.
        trained_by: the task of train.py that trains it, or None.
    """

    name: str
    module: str
    auto_class: str
    hub_task: str
    reads: str
    trained_by: str | None

    @property
    def architecture(self) -> str:
        """The ending of this head's class names, here and in transformers."""
        return self.name.removeprefix("RNN")


HEADS = [
    Head("RNNForCausalLM", "modeling_rnn", "AutoModelForCausalLM", GENERATION, "tokens", "language-model"),
    Head(
        "RNNForSequenceClassification",
        "modeling_rnn",
        "AutoModelForSequenceClassification",
        CLASSIFICATION,
        "tokens",
        "classification",
    ),
    Head(
        "RNNForTokenClassification",
        "modeling_rnn",
        "AutoModelForTokenClassification",
        TAGGING,
        "tokens",
        "tagging",
    ),
    Head(
        "RNNForTimeSeriesPrediction",
        "modeling_rnn_time_series",
        "AutoModelForTimeSeriesPrediction",
        FORECASTING,
        "numbers",
        "forecasting",
    ),
    Head(
        "RNNForTimeSeriesClassification",
        "modeling_rnn_time_series_targets",
        "AutoModelForTimeSeriesClassification",
        "time-series-classification",
        "numbers",
        None,
    ),
    Head(
        "RNNForTimeSeriesRegression",
        "modeling_rnn_time_series_targets",
        "AutoModelForTimeSeriesRegression",
        "time-series-regression",
        "numbers",
        None,
    ),
    Head("RNNTimeSeriesModel", "modeling_rnn_time_series", "AutoModel", BACKBONE, "numbers", None),
    Head("RNNModel", "modeling_rnn", "AutoModel", BACKBONE, "tokens", None),
]


def auto_map(reads: str = "tokens", saved: type | None = None) -> dict[str, str]:
    """The `auto_map` in the `config.json` of a model saved with its code: the class for each Auto class.

    Args:
        reads: what the model reads, `"tokens"` or `"numbers"`.
        saved: the class of the model; transformers copies its module and what that imports, the modules of its bases
            among them. None if the code of all heads stands beside the weights.
    """
    modules = {base.__module__.rpartition(".")[2] for base in saved.__mro__} if saved else None
    classes = {
        head.auto_class: f"{head.module}.{head.name}"
        for head in HEADS
        if head.reads == reads and (modules is None or head.module in modules)
    }
    return dict(sorted({"AutoConfig": ".".join(CONFIGURATIONS[reads]), **classes}.items()))


def head_of(architecture: str) -> Head | None:
    """The head of a model class such as `GPT2LMHeadModel` or `RNNForCausalLM`, by its name; None if there is none."""
    name = architecture.replace("LMHeadModel", "ForCausalLM")
    return next((head for head in HEADS if name.endswith(head.architecture)), None)
