"""Gradio's Blocks with one-sentence errors for the caller."""

from __future__ import annotations

import logging
from collections import ChainMap
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import gradio as gr
from gradio.blocks import BlocksConfig
from gradio.utils import get_function_description

from .i18n import refuse
from .uploads import holds

logger = logging.getLogger(__name__)


class CallError(Exception):
    """A function was called with invalid input. The message is the key of the sentence to show."""


class App(gr.Blocks):
    """Blocks that show only exceptions that are written for the user.

    Attributes:
        cards: the card of each model that has one, by its name.
    """

    cards: dict[str, str]

    async def process_api(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """As in Gradio, but every error becomes one sentence. Unexpected errors are logged too.

        Raises:
            gr.Error: for every error.
        """
        request = kwargs.get("request")
        asked = request if isinstance(request, gr.Request) else None
        try:
            return await super().process_api(*args, **kwargs)
        except gr.Error as error:
            # A value refused by a component need not be logged. The message quotes the value, which may contain half a
            # character; that could not be sent, and the client would wait forever.
            error.print_exception = False
            error.message = str(error.message).encode("utf-8", "replace").decode()
            raise
        except CallError as error:
            raise refuse(str(error), asked) from error
        except Exception as error:
            logger.exception("a request failed")
            raise refuse("unexpected", asked) from error

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """As in Gradio, but with one kind of error, and only with files that were uploaded: Gradio takes them from any
        address or folder.

        Raises:
            CallError: the inputs do not fit this function.
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
        """As Gradio makes it, with the name of each parameter and what the function's docstring says of it."""
        described = super().get_api_info(*args, **kwargs)
        functions = {f"/{one.api_name}": one.fn for one in self.fns.values()}
        for name, about in described["named_endpoints"].items():
            _, said, _ = get_function_description(functions[name])
            for parameter in about["parameters"]:
                parameter["label"] = parameter["parameter_name"]  # Gradio counts: "1st"
                parameter["python_type"]["description"] = said.get(parameter["parameter_name"], "")
        return described

    @cached_property
    def endpoints(self) -> dict[str, dict[str, bool]]:
        """For each public function its parameters, and whether each has a default."""
        described = self.get_api_info()["named_endpoints"]
        return {
            name: {each["parameter_name"]: each["parameter_has_default"] for each in about["parameters"]}
            for name, about in described.items()
        }


def _paths(values: list[Any]) -> Iterator[str]:
    """The paths of all files in the values of a call, at any depth."""
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(value.get("path"), str):
                yield value["path"]
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


NOTHING: dict[str, Any] = {}  # of all blocks and sessions, so nobody may write to it


class PageConfig(BlocksConfig):
    """The blocks of a complete page, whose sessions keep no description of them.

    For every new client, which each call of the API is, Gradio describes all blocks again, for links that restore a
    session (`gr.DeepLinkButton`). The app has links of its own. On a page of 280 blocks the descriptions took 3 ms and
    290 kB a call, kept for up to an hour.
    https://github.com/gradio-app/gradio/blob/main/gradio/state_holder.py
    """

    def __copy__(self) -> SessionConfig:
        copied = SessionConfig(self.root_block)
        # what a session changes is its own, and the rest is the page's
        copied.blocks, copied.fns, copied.fn_id = ChainMap({}, self.blocks), self.fns, self.fn_id
        copied.renderables = self.renderables
        return copied


class SessionConfig(BlocksConfig):
    """The blocks of a page as one session has them, without descriptions."""

    @staticmethod
    def config_for_block(*args: Any, **kwargs: Any) -> dict[str, Any]:
        """Nothing, which Gradio takes for a block that is not shown."""
        return NOTHING


def keep_no_descriptions(app: gr.Blocks) -> None:
    """Give a complete page sessions without descriptions of its blocks."""
    config = PageConfig(app)
    config.__dict__.update(app.default_config.__dict__)
    app.default_config = config
