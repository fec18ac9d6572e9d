"""Middleware in front of Gradio: requests that Gradio cannot answer get a one-sentence error here.

Gradio answers most of them with status 500 and a traceback in the log. It does not check the number of arguments,
accepts bodies of any size, and fetches any address for any caller.
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
from .scripts import Cards, FirstScript
from .uploads import MAX_FILES, MAX_HELD_MEGABYTES, MAX_MEGABYTES, make_room

logger = logging.getLogger(__name__)

MAX_BODY = 16 * 2**20  # room for 10^6 escaped characters, so that such a text gets the error about long texts
MAX_CHECKED = 2**20  # a larger body holds a text that is too long, which the called function reports
MAX_UPLOAD = MAX_MEGABYTES * 2**20  # of a complete request, so that it applies before Gradio counts its files
UPLOAD_SECONDS = 120
READ_ON_SECONDS = 5
API = "/gradio_api/"


def serving() -> dict[str, Any]:
    """The `app_kwargs` of `launch` and `gr.mount_gradio_app`."""
    return {
        "middleware": [Middleware(each) for each in (FirstScript, Cards, ReadOn, Guard, UploadLimit, BodyLimit)],
        "exception_handlers": {RequestValidationError: unreadable},
    }


async def unreadable(request: Request, error: Exception) -> Response:
    """Answer a body or query with missing or wrong fields."""
    errors = error.errors() if isinstance(error, RequestValidationError) else []
    places = (".".join(map(str, found["loc"][1:])) or "body" for found in errors)
    return _refusal(request, 400, "unreadable", places=", ".join(dict.fromkeys(places)))


def _refusal(request: Request, status: int, key: str, **fields: object) -> Response:
    return JSONResponse({"detail": say(key, request, **fields)}, status_code=status)


def _route(scope: Scope) -> str:
    """The part of a path after `/gradio_api/`, wherever the app is mounted: `call/generate`."""
    return scope["path"].partition(API)[2].rstrip("/")


class ReadOn:
    """Reads the rest of a request before the answer is sent.

    Most clients read the answer only after they have sent everything; otherwise they would only see a broken
    connection.
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
    """Passes on requests that Gradio can answer, and turns its failures into one-sentence errors."""

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
        full = _refusal(request, 429, "queue_full")
        answer = _Answer(send, full, direct=route.startswith(("run/", "api/")), stream=route.startswith("call/"))
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
    """An answer held back until it is clear that it is not one of Gradio's failures.

    Args:
        full: answers in place of Gradio's 503, whose text Gradio's page replaces by one of its own, in English.
        direct: whether the function is called directly; Gradio then reports even the caller's errors as status 500.
        stream: whether the answer is a stream of events, which Gradio starts before it knows whether the call exists.
    """

    def __init__(self, send: Send, full: Response, direct: bool, stream: bool) -> None:
        self.out, self.full, self.direct, self.stream = send, full, direct, stream
        self.held: deque[Message] = deque()
        self.started = self.ended = self.refused = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 500 and self.direct:
            message["status"] = 400
        if message["type"] == "http.response.start" and message["status"] == 503:
            message = {**message, "status": self.full.status_code, "headers": self.full.raw_headers}
            self.refused = True
        elif self.refused:
            message = {"type": "http.response.body", "body": b"" if self.ended else self.full.body}
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
    """Refuse routes that no page or client of this app uses and that would fetch or store anything for anyone."""
    if route.startswith(("file=http:", "file=https:", "proxy=", "deep_link")):
        return _refusal(request, 404, "nothing_here")
    if route and route != "upload" and request.headers.get("content-type", "").startswith("multipart/"):
        return _refusal(request, 400, "files_elsewhere")
    return None


def _wrong_call(request: Request, route: str, body: bytes) -> Response | None:
    """Refuse a call of an unknown function, or with the wrong number or names of values."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return None  # FastAPI reports it
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
    """The body, or None if it is above `MAX_CHECKED`, and a `receive` that delivers all of it again."""
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
    """The number of bytes of a body according to its header."""
    declared = dict(scope["headers"]).get(b"content-length", b"")
    return int(declared) if declared.isdigit() else None


class BodyLimit:
    """Answers 413 to bodies above `limit` bytes: Gradio's `max_file_size` limits only uploaded files."""

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
                # FastAPI turns it into an answer, like its own exceptions
                raise HTTPException(413, say("body_too_big", request, limit=self.limit // 2**20))
            return message

        await self.app(scope, bounded_receive, send)


class UploadLimit:
    """Limits the files of one request, and those of all users together.

    It counts while the request comes in, so that nothing above the limit is ever kept in memory or on disk.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.coming = 0  # bytes of the requests in progress

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
                await PlainTextResponse(sentence, status)(scope, receive, send)  # plain text, like Gradio's own errors
                return
            await self.app(scope, _counted(request, receive), send)
        finally:
            self.coming -= size


def _counted(request: Request, receive: Receive) -> Receive:
    """A `receive` that raises at the first file, byte or second above the limit.

    It raises the exception that Gradio's upload parser raises itself, so that Gradio deletes the files kept so far.
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
    """A parser that calls `begin` for every part of a form; None if the content type has no boundary."""
    _, options = parse_options_header(content_type)
    try:
        return MultipartParser(options[b"boundary"], {"on_part_begin": begin})
    except (KeyError, FormParserError):
        return None
