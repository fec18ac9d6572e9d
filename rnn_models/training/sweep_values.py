"""The values that a sweep tries, from a YAML file or mapping. Standard library and yaml only.

learning_rate: {low: 1e-4, high: 1e-2, log: true}
hidden_size: {low: 128, high: 512, step: 64}
output_dropout: {low: 0, high: 0.5}
cell_type: [lstm, gru]
"""

from __future__ import annotations

import dataclasses
import math
import typing
from typing import Any

from ..data import InputError
from ..data.recipes import convert, literal, read_recipe
from .options import OPTIONS, Arguments

# Of each option its choices, or a range: `low`, `high`, and `log` or `step`. Ranges of int give whole numbers.
Values = dict[str, list[Any] | dict[str, Any]]
RANGE = {"low", "high", "log", "step"}

GROUPS = ("network", "training", "tokenizer")
# Of the data, what changes how a text is read and not which texts a trial is measured by.
OF_DATA = (
    "context_length", "crop", "inference_max_length", "max_length", "shuffle_documents", "split_tokens",
    "truncation_side", "window_stride",
)  # fmt: skip
# What changes the metric itself, the luck of a run, or nothing about the model.
NEVER = (
    "eval_delay", "greater_is_better", "load_best_model_at_end", "logging_steps", "lr_find",
    "per_device_eval_batch_size", "report_to", "resume_from_checkpoint", "save_total_limit", "seed", "sweep", "trials",
    "use_cpu",
)  # fmt: skip
# The loss of these tasks counts tokens. What changes them, and what does so without changing the characters.
COUNT_TOKENS = ("language-model", "pretraining")
TOKENS = ("max_length", "pretrained_model", "truncation_side")
SAME_CHARACTERS = ("max_token_length", "tokenizer", "vocab_size")


def read_values(arguments: Arguments) -> Values:
    """The values of the option `sweep`, of their options' types. Raises `InputError`."""
    given = arguments.sweep
    if isinstance(given, str):
        try:
            given = read_recipe(given)
        except InputError as error:
            raise InputError(f"option sweep: {error}") from None
    if not given:
        raise InputError("option sweep names no option; as {learning_rate: {low: 1e-4, high: 1e-2, log: true}}")
    hints = typing.get_type_hints(type(arguments))
    return {name: _read(name, about, hints.get(name), type(arguments)) for name, about in given.items()}


def _read(name: str, about: Any, hint: Any, options: type[Arguments]) -> list[Any] | dict[str, Any]:
    _check_name(name, options)
    where = f"option sweep, {name}"
    if isinstance(about, list):
        choices = [_value(value, hint, where) for value in about]
        if len(choices) < 2 or len(set(map(repr, choices))) < len(choices):
            raise InputError(f"{where}: {about} must have two values or more, all different")
        return choices
    if not isinstance(about, dict) or not {"low", "high"} <= set(about) or set(about) - RANGE:
        raise InputError(
            f"{where}: {about!r} is neither a list of values nor a range, as {{low: 1, high: 10}}, with log: true or"
            " step: 1 if wanted"
        )
    log = convert(about.get("log", False), bool, f"{where}, log")
    numbers = {key: _value(value, hint, f"{where}, {key}") for key, value in about.items() if key != "log"}
    for key, number in numbers.items():
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise InputError(f"{where}, {key}: {about[key]!r} is not a number; list the values in place of a range")
    if not all(isinstance(number, int) for number in numbers.values()):
        numbers = {key: float(number) for key, number in numbers.items()}
    if numbers["low"] >= numbers["high"]:
        raise InputError(f"{where}: low, {numbers['low']}, must be below high, {numbers['high']}")
    step = numbers.get("step")
    if log and (step is not None or numbers["low"] <= 0):
        raise InputError(f"{where}: with log, low must be above 0, and there can be no step")
    if step is not None:
        steps = (numbers["high"] - numbers["low"]) / step if step > 0 else 0.0
        if steps < 1 or not math.isclose(steps, round(steps), rel_tol=1e-9):
            raise InputError(f"{where}: step, {step}, must be above 0 and lead from low to high")
    return {**numbers, "log": log}


def _value(value: Any, hint: Any, where: str) -> Any:
    """A value of the type of an option, which has a hint if it is one of ours."""
    if value is None or isinstance(value, (list, dict)):
        raise InputError(f"{where}: {value!r} is not a single value; it must be a number, a word, true or false")
    if hint is not None:
        return convert(value, hint, where)
    return literal(value, where) if isinstance(value, str) else value


def _check_name(name: str, options: type[Arguments]) -> None:
    field = {item.name: item for item in dataclasses.fields(options)}.get(name)
    # any other name is one of transformers, or refused as every unknown option is
    if name in NEVER or (field is not None and field.metadata["group"] not in GROUPS and name not in OF_DATA):
        raise InputError(
            f"option sweep: {name} cannot be swept, because trials would be measured by something else or differ by"
            f" luck alone; what can are options of the network, the training and the tokenizer,"
            f" {', '.join(OF_DATA[:-1])} and {OF_DATA[-1]}"
        )


def check_comparable(arguments: Arguments, values: Values, metric: str) -> None:
    """Raise `InputError` if the metric would be one of other tokens in each trial, or one of a test split."""
    for name in values if arguments.task in COUNT_TOKENS else ():
        of_tokenizer = name in OPTIONS and OPTIONS[name].metadata["group"] == "tokenizer"
        same = name in SAME_CHARACTERS
        if (of_tokenizer or name in TOKENS) and not (same and metric.endswith("per_character")):
            instead = "; metric_for_best_model nats_per_character is" if same else ""
            raise InputError(f"option sweep: {metric} is not comparable between values of {name}{instead}")
    for entry in arguments.datasets:
        tests = [entry.test_split] if isinstance(entry.test_split, str) else entry.test_split or []
        own = entry.validation_split
        if own is not None and (own in tests or own.startswith("test")):
            raise InputError(
                f"option sweep: {entry.name} has the test split {own} for its validation; a sweep chooses by"
                " validation, and what it chose by is no test. Leave validation_split out, or name another one"
            )


def spelled(value: Any) -> str:
    """A value as on a command line."""
    return str(value).lower() if isinstance(value, bool) else str(value)
