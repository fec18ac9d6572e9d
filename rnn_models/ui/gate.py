"""What stands between the network and Gradio: each request that it could not answer gets a sentence here.

Gradio's own answer to most of them is status 500 and a traceback in the log. It checks no number of arguments, takes
bodies of any size, and fetches any address for anybody.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from fastapi.exceptions import RequestValidationError
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..checkpoint import one_line
from .i18n import say
from .uploads import MAX_FILES, MAX_HELD_MEGABYTES, MAX_MEGABYTES, make_room

logger = logging.getLogger(__name__)

MAX_BODY = 16 * 2**20  # room for 10^6 characters, each escaped, so that these get the sentence about long texts
MAX_CHECKED = 2**20  # a body above this holds a text that is too long, and the function says so
MAX_UPLOAD = MAX_MEGABYTES * 2**20  # of a whole request, so that it is counted here before Gradio counts its files
UPLOAD_SECONDS = 120
READ_ON_SECONDS = 5
API = "/gradio_api/"


def serving() -> dict[str, Any]:
    """What `launch(app_kwargs=...)` and `gr.mount_gradio_app(app_kwargs=...)` take."""
    return {
        "middleware": [Middleware(each) for each in (ReadOn, Guard, UploadLimit, BodyLimit)],
        "exception_handlers": {RequestValidationError: unreadable},
    }


async def unreadable(request: Request, error: Exception) -> Response:
    """Answers a body or a query that has not the fields that it should have."""
    errors = error.errors() if isinstance(error, RequestValidationError) else []
    places = (".".join(map(str, found["loc"][1:])) or "body" for found in errors)
    return _refusal(request, 400, "unreadable", places=", ".join(dict.fromkeys(places)))


def _refusal(request: Request, status: int, key: str, **fields: object) -> Response:
    return JSONResponse({"detail": say(key, request, **fields)}, status_code=status)


def _route(scope: Scope) -> str:
    """What follows `/gradio_api/` in a path, wherever the app is mounted: `call/generate`."""
    return scope["path"].partition(API)[2].rstrip("/")


class ReadOn:
    """Reads the rest of a request before an answer goes out.

    Most clients read no answer before they have sent everything, and to be cut off meanwhile is all that they notice.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        more = True

        async def watched() -> Message:
            nonlocal more
            message = await receive()
            more = message.get("more_body", False)
            return message

        async def after_reading(message: Message) -> None:
            read = 0
            if message["type"] == "http.response.start":
                with suppress(TimeoutError):
                    async with asyncio.timeout(READ_ON_SECONDS):
                        while more and read < 4 * MAX_BODY:
                            read += len((await watched()).get("body", b""))
            await send(message)

        await self.app(scope, watched, after_reading)


class Guard:
    """Lets through what Gradio can answer, and turns its failures into sentences."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request, route = Request(scope), _route(scope)
        refusal = _closed(request, route)
        if refusal is None and scope["method"] == "POST" and route.startswith(("call/", "run/", "api/", "queue/join")):
            body, receive = await _look_ahead(receive)
            refusal = None if body is None else _wrong_call(request, route, body)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        answer = _Answer(send, direct=route.startswith(("run/", "api/")), stream=route.startswith("call/"))
        try:
            await self.app(scope, receive, answer.send)
            await answer.flush()
        except Exception as error:
            what = type(error).__name__, one_line(error)
            logger.warning("%s %r cannot be answered: %s: %s", scope["method"], scope["path"][:200], *what)
            if answer.started:
                await answer.end()
            else:
                reading = scope["method"] in ("GET", "HEAD")
                refusal = _refusal(request, 404, "nothing_here") if reading else _refusal(request, 400, "unexpected")
                await refusal(scope, receive, send)


class _Answer:
    """An answer on its way out, held back until it is known that it is none of Gradio's failures.

    Args:
        direct: Gradio gives its functions' errors the status 500, whoever made them.
        stream: Gradio begins a stream of events before it knows whether there is such a call.
    """

    def __init__(self, send: Send, direct: bool, stream: bool) -> None:
        self.out, self.direct, self.stream = send, direct, stream
        self.held: deque[Message] = deque()
        self.started = self.ended = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 500 and self.direct:
            message["status"] = 400
        self.ended = message["type"] == "http.response.body" and not message.get("more_body", False)
        self.held.append(message)
        failed = self.stream and message.get("body", b"").startswith(b"event: error")
        if message["type"] != "http.response.start" and (self.ended or not failed):
            await self.flush()

    async def flush(self) -> None:
        while self.held:
            self.started = True
            await self.out(self.held.popleft())

    async def end(self) -> None:
        await self.flush()
        if not self.ended:
            await self.out({"type": "http.response.body", "body": b"", "more_body": False})


def _closed(request: Request, route: str) -> Response | None:
    """Refuses what no page and no client of this app asks for, and what would fetch or keep anything for anybody."""
    if route.startswith(("file=http:", "file=https:", "proxy=", "deep_link")):
        return _refusal(request, 404, "nothing_here")
    if route and route != "upload" and request.headers.get("content-type", "").startswith("multipart/"):
        return _refusal(request, 400, "files_elsewhere")
    return None


def _wrong_call(request: Request, route: str, body: bytes) -> Response | None:
    """Refuses a call of a function that is not there, or with other values than it takes."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return None  # FastAPI says so
    if not isinstance(sent, dict):
        return None
    if sent.get("batched"):
        return _refusal(request, 400, "unexpected")
    blocks = request.app.get_blocks()
    index, values = sent.get("fn_index"), sent.get("data")
    kind, _, name = route.rpartition("/")
    if kind == "queue" or (kind in ("run", "api") and index is not None):
        if not isinstance(index, int):
            return None
        function = blocks.fns.get(index)
        if function is None or function.fn is None:
            return _refusal(request, 404, "no_such_function")
        wanted = len(function.inputs)
    else:
        if f"/{name}" not in blocks.endpoints:
            return _refusal(request, 404, "no_such_endpoint", names=", ".join(blocks.endpoints))
        parameters = blocks.endpoints[f"/{name}"]
        if kind == "call/v2":
            needed = {parameter for parameter, has_default in parameters.items() if not has_default}
            if not needed <= set(sent) <= set(parameters):
                return _refusal(request, 400, "other_names", endpoint=f"/{name}", names=", ".join(parameters))
            return None
        wanted = len(parameters)
    if isinstance(values, list) and len(values) != wanted:
        return _refusal(request, 400, "other_number", count=len(values), wanted=wanted)
    return None


async def _look_ahead(receive: Receive) -> tuple[bytes | None, Receive]:
    """The body, or None for one above `MAX_CHECKED`, and a `receive` that gives all of it again."""
    read: deque[Message] = deque()
    size, more = 0, True
    while more and size <= MAX_CHECKED:
        read.append(await receive())
        size += len(read[-1].get("body", b""))
        more = read[-1].get("more_body", False)

    async def again() -> Message:
        return read.popleft() if read else await receive()

    return (None if more else b"".join(message.get("body", b"") for message in read)), again


def _declared(scope: Scope) -> int | None:
    """How many bytes a body has by its header."""
    declared = dict(scope["headers"]).get(b"content-length", b"")
    return int(declared) if declared.isdigit() else None


class BodyLimit:
    """Answers 413 to bodies above `limit` bytes: Gradio's `max_file_size` bounds uploaded files alone."""

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        if (_declared(scope) or 0) > self.limit:
            await _refusal(request, 413, "body_too_big", limit=self.limit // 2**20)(scope, receive, send)
            return
        read = 0

        async def bounded_receive() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.limit:
                # FastAPI answers with it, as with its own
                raise HTTPException(413, say("body_too_big", request, limit=self.limit // 2**20))
            return message

        await self.app(scope, bounded_receive, send)


class UploadLimit:
    """Bounds the files of one request, and those that are held for everybody.

    It counts while the request comes in, so that what is too much is never kept, neither in memory nor on the disk.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.coming = 0  # bytes of the requests that come in at the moment

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or _route(scope) != "upload":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        declared = _declared(scope)
        size = MAX_UPLOAD if declared is None else declared
        refusal: tuple[int, str] | None = None
        if size > MAX_UPLOAD:
            refusal = 413, say("upload_too_big", request, limit=MAX_MEGABYTES)
        self.coming += size
        try:
            if refusal is None and not await asyncio.to_thread(make_room, self.coming, MAX_FILES):
                refusal = 429, say("no_room", request, limit=MAX_HELD_MEGABYTES)
            if refusal is not None:
                status, sentence = refusal
                await PlainTextResponse(sentence, status)(scope, receive, send)  # as Gradio answers here
                return
            await self.app(scope, _counted(request, receive), send)
        finally:
            self.coming -= size


def _counted(request: Request, receive: Receive) -> Receive:
    """A `receive` that raises at the first file, byte or second too many.

    What it raises is what Gradio's reader of uploads raises itself, who then lets go of what it has kept so far.
    """
    parts = read = 0
    deadline = asyncio.get_running_loop().time() + UPLOAD_SECONDS

    def begin() -> None:
        nonlocal parts
        parts += 1

    parser = _parser(request.headers.get("content-type", ""), begin)

    def error(key: str, limit: int) -> MultiPartException:
        return MultiPartException(say(key, request, limit=limit))

    async def counted() -> Message:
        nonlocal read
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise error("upload_too_slow", UPLOAD_SECONDS) from None
        body = message.get("body", b"")
        read += len(body)
        if read > MAX_UPLOAD:
            raise error("upload_too_big", MAX_MEGABYTES)
        if parser is not None and body:
            parser.write(body)
        if parts > MAX_FILES:
            raise error("too_many_files", MAX_FILES)
        return message

    return counted


def _parser(content_type: str, begin: Callable[[], None]) -> MultipartParser | None:
    """Calls `begin` for every part of a form; None where the form does not say where one ends."""
    _, options = parse_options_header(content_type)
    try:
        return MultipartParser(options[b"boundary"], {"on_part_begin": begin})
    except (KeyError, FormParserError):
        return None
