"""The page's own parts: `gr.HTML` whose scripts and styles are the files in `pages/`, and what the server adds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import unquote

import gradio as gr
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .details import CARDS
from .i18n import TEXTS

FOLDER = Path(__file__).parent / "pages"
FIRST = f"<head><script>{(FOLDER / 'first.js').read_text(encoding='utf-8')}</script>".encode()


def page_part(
    elem_id: str,
    name: str,
    value: object = None,
    *,
    more: Sequence[str] = (),
    ask: Sequence[Callable] = (),
    **props: object,
) -> gr.HTML:
    """A part of the page that the browser draws from its value, with `pages/{name}.js` and `pages/{name}.css`.

    Args:
        more: other files in `pages/` that its script goes on with.
        ask: functions of the server that the script may call.
        props: what else the script gets.
    """
    return gr.HTML(
        value,
        html_template=f'<div class="{name}-root"></div>',
        css_template=_read("shared.css") + _read(f"{name}.css"),
        js_on_load="".join(_read(f"{each}.js") for each in ("shared", name, *more)),
        apply_default_css=False,
        server_functions=list(ask),
        elem_id=elem_id,
        texts={key.removeprefix("page_"): texts for key, texts in TEXTS.items() if key.startswith("page_")},
        **props,
    )


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


class FirstScript:
    """Puts `pages/first.js` before all other scripts of the page.

    Gradio adds the `head` of `launch` only after it has read the browser's language.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        start: Message = {}
        page: bytes | None = None

        async def with_script(message: Message) -> None:
            nonlocal start, page
            if message["type"] == "http.response.start":
                if MutableHeaders(raw=message["headers"]).get("content-type", "").startswith("text/html"):
                    start, page = message, b""
                    return
            elif page is not None:
                page += message.get("body", b"")
                if message.get("more_body", False):
                    return
                body, page = page.replace(b"<head>", FIRST, 1), None
                MutableHeaders(raw=start["headers"])["content-length"] = str(len(body))
                await send(start)
                message = {"type": "http.response.body", "body": body}
            await send(message)

        await self.app(scope, receive, with_script)


class Cards:
    """Answers `cards/NAME` with the card of a model, as plain text: a card is written by whoever made the model."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _, found, name = scope["path"].rpartition(f"/{CARDS}") if scope["type"] == "http" else ("", "", "")
        blocks = getattr(scope.get("app"), "get_blocks", None)
        card = blocks().cards.get(unquote(name)) if found and blocks else None
        if card is None:
            await self.app(scope, receive, send)
        else:
            await PlainTextResponse(card)(scope, receive, send)
