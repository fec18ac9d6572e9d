"""The heads: the one table that everybody reads who has to know them.

A new head is a class, a row here, a file in `training/` with the task that trains it, and a tab of the app.
"""

from __future__ import annotations

from dataclasses import dataclass

BACKBONE, GENERATION, CLASSIFICATION = "feature-extraction", "text-generation", "text-classification"


@dataclass(frozen=True)
class Head:
    """What has to be known of a model class by those who save, find, load, train, evaluate or show it.

    Attributes:
        name: of the class.
        module: the file beside this one that has it.
        auto_class: transformers' Auto class for it.
        hub_task: what the Hub calls its job (https://huggingface.co/tasks).
        reads: `"tokens"`, for which a tokenizer stands beside the weights, or `"numbers"`.
        trained_by: the task of train.py that makes one, or None.
    """

    name: str
    module: str
    auto_class: str
    hub_task: str
    reads: str
    trained_by: str | None

    @property
    def architecture(self) -> str:
        """How the class names of this head end, whoever's they are."""
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
    Head("RNNModel", "modeling_rnn", "AutoModel", BACKBONE, "tokens", None),
]


def auto_map() -> dict[str, str]:
    """What `config.json` says of a model that is saved with its code: which class is loaded for which Auto class."""
    classes = {head.auto_class: f"{head.module}.{head.name}" for head in HEADS}
    return {"AutoConfig": "configuration_rnn.RNNConfig", **classes}


def head_of(architecture: str) -> Head | None:
    """The head that a class name is of, as `GPT2LMHeadModel` or `RNNForCausalLM`; None if there is none."""
    name = architecture.replace("LMHeadModel", "ForCausalLM")
    return next((head for head in HEADS if name.endswith(head.architecture)), None)
