"""Views as endpoints of the app, and as a function that the page's scripts call."""

from __future__ import annotations

import inspect
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr

from ..i18n import refuse, say
from .asking import Views

logger = logging.getLogger(__name__)


def endpoint(views: Views, function: Callable[..., dict]) -> Callable:
    """A view's function as Gradio wants an endpoint: the same parameters, the request in place of `asked`."""

    async def asked(*values: Any, request: Any = None, **named: Any) -> dict:
        if len(values) == len(parameters) + 1:  # Gradio gives everything by place
            values, request = values[:-1], values[-1]
        named |= dict(zip((parameter.name for parameter in parameters), values, strict=False))
        return await views.run(function, request, **named)

    _, *parameters = inspect.signature(function, eval_str=True).parameters.values()
    asking = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=gr.Request)
    asked.__name__, asked.__doc__ = function.__name__, function.__doc__
    asked.__signature__ = inspect.Signature([*parameters, asking], return_annotation=dict)  # type: ignore
    asked.__annotations__ = {one.name: one.annotation for one in (*parameters, asking)} | {"return": dict}
    return asked


def page_function(endpoints: Mapping[str, Callable]) -> Callable:
    """A server function: the answer of an endpoint, or a sentence that says what is wrong, as JSON."""

    async def ask(call: Any, request: gr.Request) -> str:
        try:
            return json.dumps(await _answer(endpoints, call, request), ensure_ascii=False)
        except gr.Error as error:
            return json.dumps({"error": str(error.message)}, ensure_ascii=False)
        except Exception:  # Gradio would answer with status 500, and the page could only say that
            logger.exception("a view failed")
            return json.dumps({"error": say("unexpected", request)}, ensure_ascii=False)

    return ask


async def _answer(endpoints: Mapping[str, Callable], call: Any, request: gr.Request) -> dict:
    name, arguments = (call.get("name"), call.get("arguments")) if isinstance(call, dict) else (None, None)
    function = endpoints.get(name) if isinstance(name, str) else None
    if function is None or not isinstance(arguments, dict):
        raise refuse("no_such_function", request)
    names = inspect.signature(function).parameters.keys() - {"request"}
    if not arguments.keys() <= names:
        raise refuse("other_names", request, endpoint=name, names=", ".join(names))
    return await function(**arguments, request=request)
