"""What stands between the network and the page's functions: a bound on bodies, and one neutral sentence for faults."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

import gradio as gr
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .i18n import refuse

logger = logging.getLogger(__name__)

MAX_BODY = 16 * 2**20  # room for 10^6 characters, each escaped, so that these get the sentence about long texts


class App(gr.Blocks):
    """Blocks that never show an exception that was not written for whoever sees it."""

    async def process_api(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """As Gradio does it. Unforeseen exceptions go to the log, and a sentence to the user.

        Raises:
            gr.Error: always this, whatever happened.
        """
        try:
            return await super().process_api(*args, **kwargs)
        except gr.Error:
            raise
        except Exception as error:
            logger.exception("a request failed")
            request = kwargs.get("request")
            raise refuse("unexpected", request if isinstance(request, gr.Request) else None) from error


def keep_configurations(app: gr.Blocks) -> None:
    """Let each block of a page that is complete keep its configuration.

    Gradio asks every block for it anew for every new caller, and each then goes through its constructor's signature,
    which was two fifths of what the server did with a hundred users.
    https://github.com/gradio-app/gradio/blob/main/gradio/state_holder.py
    """
    for block in app.blocks.values():
        # a copy each time, since a session writes into its own
        block.get_config = partial(dict, block.get_config())


class BodyLimit:
    """Answers 413 to bodies above `limit` bytes: Gradio's `max_file_size` bounds uploaded files alone."""

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY) -> None:
        self.app = app
        self.limit = limit
        self.sentence = f"The request is larger than {limit // 2**20} MB: send a shorter text."

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self.limit:
            await self._throw_away(receive)
            await JSONResponse({"detail": self.sentence}, status_code=413)(scope, receive, send)
            return
        read = 0

        async def bounded_receive() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.limit:
                await self._throw_away(receive)
                raise HTTPException(413, self.sentence)  # FastAPI answers with it, as with its own
            return message

        await self.app(scope, bounded_receive, send)

    async def _throw_away(self, receive: Receive) -> None:
        """Read some of the rest, because most clients read no answer before they have sent everything."""
        read = 0
        more = True
        while more and read < 4 * self.limit:
            message = await receive()
            read += len(message.get("body", b""))
            more = message.get("more_body", False)


def middleware() -> list[Middleware]:
    """What `launch(app_kwargs=...)` takes."""
    return [Middleware(BodyLimit)]
