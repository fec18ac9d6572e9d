"""Checks of the input from the page and the API: each failure is a one-sentence error.

Gradio checks the values of components only partly, and those of the API not at all. A value is called in errors as
whoever sent it knows it: by the label of the page, or by the name of the API's parameter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from ..inference import NotTextError, check_text
from .i18n import Asking, FromApi, refuse, say

T = TypeVar("T")
MAX_PROMPT = 10_000
MAX_TEXT = 20_000
# Above both, so that a longer text still reaches the check; browsers need many seconds to lay out 10^6 characters.
MAX_PASTED = 50_000


def check_string(value: object, field: str, limit: int, request: Asking | None) -> str:
    """`value` as a text of at most `limit` characters. `field` is the key of its name in the page texts."""
    if not isinstance(value, str):
        raise refuse("not_a_string", request, field=field_name(field, request), kind=kind_of(value, request))
    if len(value) > limit:
        raise refuse("too_long", request, length=len(value), limit=limit)
    try:
        return check_text(value)
    except NotTextError as error:
        raise refuse("not_text", request, position=error.position, character=error.character) from None


def check_number(
    value: object, field: str, low: float, high: float, request: Asking | None, *, whole: bool = False
) -> float:
    """`value` as a number from `low` to `high`."""
    name = field_name(field, request)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        if value is None and not isinstance(request, FromApi):
            raise refuse("cleared", request, field=name, low=low, high=high)
        raise refuse("not_a_number", request, field=name, kind=kind_of(value, request))
    if not low <= value <= high or (whole and value != int(value)):
        kind = say("whole" if whole else "any_number", request)
        raise refuse("out_of_range", request, field=name, whole=kind, low=low, high=high)
    return value


def choose(value: object, among: Mapping[str, T], request: Asking | None) -> T:
    """The entry of `among` that `value` names."""
    if not isinstance(value, str) or value not in among:
        raise refuse("no_such_model", request, names=", ".join(among))
    return among[value]


def field_name(field: str, request: Asking | None) -> str:
    """What a parameter is called: `max_new_tokens` by the API, "Length (tokens)" by the page."""
    return field.removeprefix("inside_") if isinstance(request, FromApi) else say(field, request)


def kind_of(value: object, request: Asking | None) -> str:
    """The name of the JSON type of `value`, in the language of the request."""
    if value is None:
        return "null"
    for kinds, name in ((bool, "boolean"), ((int, float), "number"), (str, "string"), (list, "list")):
        if isinstance(value, kinds):
            return say(f"kind_{name}", request)
    return say("kind_object", request)
