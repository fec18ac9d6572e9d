"""The table of heads. All code that needs to know the heads reads it.

A new head is a class, a row here, a file in `training/` with the task that trains it, and a tab in the app.
"""

from __future__ import annotations

from dataclasses import dataclass

BACKBONE, GENERATION, CLASSIFICATION = "feature-extraction", "text-generation", "text-classification"
TAGGING = "token-classification"


@dataclass(frozen=True)
class Head:
    """What saving, finding, loading, training, evaluation and the app need to know about a model class.

    Attributes:
        name: the class name.
        module: the module in this folder that defines it.
        auto_class: transformers' Auto class for it.
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
    Head("RNNModel", "modeling_rnn", "AutoModel", BACKBONE, "tokens", None),
]


def auto_map() -> dict[str, str]:
    """The `auto_map` in the `config.json` of a model saved with its code: the class for each Auto class."""
    classes = {head.auto_class: f"{head.module}.{head.name}" for head in HEADS}
    return {"AutoConfig": "configuration_rnn.RNNConfig", **classes}


def head_of(architecture: str) -> Head | None:
    """The head of a model class such as `GPT2LMHeadModel` or `RNNForCausalLM`, by its name; None if there is none."""
    name = architecture.replace("LMHeadModel", "ForCausalLM")
    return next((head for head in HEADS if name.endswith(head.architecture)), None)
