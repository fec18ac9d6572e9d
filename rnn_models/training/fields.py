"""What an option is: a dataclass field with its help, its bound, and who gets its value. Standard library only."""

from __future__ import annotations

from dataclasses import field
from functools import partial
from typing import Any

from .bounds import Bound

# Who gets the value of an option. NEW_CONFIG is for a new network: a pretrained one brings its sizes.
CONFIG, NEW_CONFIG, SETTINGS, TRAINER = "RNNConfig", "RNNConfig of a new network", "TrainingArguments", "trainer"


def option(
    group: str | None,
    default: Any,
    help: str,
    *,
    to: str | None = None,
    bound: Bound | None = None,
    required: bool = False,
    about_results: bool = True,
) -> Any:
    """A dataclass field that is an option.

    Args:
        group: the heading under which `--help` shows it; None if a sentence there tells of it.
        help: its line there.
        to: who gets the value as a keyword argument of the same name; see `Arguments.passed_to`.
        bound: what a number has to be; None is always allowed.
        required: whether every run needs it.
        about_results: False if it only says where things lie or go; results do not keep it.
    """
    metadata = {
        "group": group, "help": help, "to": to, "bound": bound, "required": required,
        "about_results": about_results,
    }  # fmt: skip
    if isinstance(default, (list, dict)):
        return field(default_factory=lambda: type(default)(default), metadata=metadata)
    return field(default=default, metadata=metadata)


of_data = partial(option, "data")
of_tokenizer = partial(option, "tokenizer")
of_network = partial(option, "network")
dropout = partial(option, "network", 0.0, to=CONFIG)
of_training = partial(option, "training")
setting = partial(option, "training", to=SETTINGS)
of_evaluation = partial(option, "evaluation")
of_output = partial(option, "output")
of_hub = partial(option, "Hub", about_results=False)
