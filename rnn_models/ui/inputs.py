"""Checks of the input from the page and the API: each failure is a one-sentence error.

Gradio checks the values of components only partly, and those of the API not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import gradio as gr

from ..inference import NotTextError, check_text
from .i18n import refuse, say

T = TypeVar("T")
MAX_PROMPT = 10_000
MAX_TEXT = 20_000
# Above both, so that a longer text still reaches the check; browsers need many seconds to lay out 10^6 characters.
MAX_PASTED = 50_000


def check_string(value: object, field: str, limit: int, request: gr.Request | None) -> str:
    """`value` as a text of at most `limit` characters. `field` is the key of its name in the page texts."""
    if not isinstance(value, str):
        raise refuse("not_a_string", request, field=say(field, request), kind=kind_of(value))
    if len(value) > limit:
        raise refuse("too_long", request, length=len(value), limit=limit)
    try:
        return check_text(value)
    except NotTextError as error:
        raise refuse("not_text", request, position=error.position, character=error.character) from None


def check_number(
    value: object, field: str, low: float, high: float, request: gr.Request | None, *, whole: bool = False
) -> float:
    """`value` as a number from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise refuse("not_a_number", request, field=say(field, request), kind=kind_of(value))
    if not low <= value <= high or (whole and value != int(value)):
        kind = say("whole" if whole else "any_number", request)
        raise refuse("out_of_range", request, field=say(field, request), whole=kind, low=low, high=high)
    return value


def choose(value: object, among: Mapping[str, T], request: gr.Request | None) -> T:
    """The entry of `among` that `value` names."""
    if not isinstance(value, str) or value not in among:
        raise refuse("no_such_model", request, names=", ".join(among))
    return among[value]


def kind_of(value: object) -> str:
    """The name of the JSON type of `value`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a list" if isinstance(value, list) else "an object"
