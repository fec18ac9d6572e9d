"""Gradio's Blocks as this app has them: what fails in them is one sentence to whoever asked."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cached_property, partial
from typing import Any

import gradio as gr
from gradio.utils import get_function_description

from .i18n import refuse
from .uploads import holds

logger = logging.getLogger(__name__)


class CallError(Exception):
    """Somebody called a function with what it does not take. The message is the key of the sentence that says so."""


class App(gr.Blocks):
    """Blocks that never show an exception that was not written for whoever sees it."""

    async def process_api(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """As Gradio does it. A caller's mistakes get a sentence; faults of ours go to the log as well.

        Raises:
            gr.Error: always this, whatever happened.
        """
        request = kwargs.get("request")
        asked = request if isinstance(request, gr.Request) else None
        try:
            return await super().process_api(*args, **kwargs)
        except gr.Error as error:
            # A component that refuses a value is nothing for the log, and it repeats the value, which may hold half a
            # character: that cannot be sent, and whoever waits would wait for ever.
            error.print_exception = False
            error.message = str(error.message).encode("utf-8", "replace").decode()
            raise
        except CallError as error:
            raise refuse(str(error), asked) from error
        except Exception as error:
            logger.exception("a request failed")
            raise refuse("unexpected", asked) from error

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """As Gradio does it, which raises whatever a component raises, and takes a file from any address or folder.

        Raises:
            CallError: these are no inputs of this function.
        """
        if not all(map(holds, _paths(inputs))):
            raise CallError("file_gone")
        if block_fn.fn is None or len(inputs) != len(block_fn.inputs):
            raise CallError("unexpected")
        try:
            return await super().preprocess_data(block_fn, inputs, *args, **kwargs)
        except gr.Error:
            raise
        except Exception as error:
            raise CallError("unexpected") from error

    def get_api_info(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """As Gradio makes it, and what a function's docstring says of each parameter beside the parameter."""
        described = super().get_api_info(*args, **kwargs)
        functions = {f"/{one.api_name}": one.fn for one in self.fns.values()}
        for name, about in described["named_endpoints"].items():
            _, said, _ = get_function_description(functions[name])
            for parameter in about["parameters"]:
                parameter["python_type"]["description"] = said.get(parameter["parameter_name"], "")
        return described

    @cached_property
    def endpoints(self) -> dict[str, dict[str, bool]]:
        """The names of the public functions, and of the parameters of each whether they have a default."""
        described = self.get_api_info()["named_endpoints"]
        return {
            name: {each["parameter_name"]: each["parameter_has_default"] for each in about["parameters"]}
            for name, about in described.items()
        }


def _paths(values: list[Any]) -> Iterator[str]:
    """The paths of all files, however deep in the values of a call."""
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(value.get("path"), str):
                yield value["path"]
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def keep_configurations(app: gr.Blocks) -> None:
    """Let each block of a page that is complete keep its configuration.

    Gradio asks every block for it anew for every new caller, and each then goes through its constructor's signature,
    which was two fifths of what the server did with a hundred users.
    https://github.com/gradio-app/gradio/blob/main/gradio/state_holder.py
    """
    for block in app.blocks.values():
        # a copy each time, since a session writes into its own
        block.get_config = partial(dict, block.get_config())
