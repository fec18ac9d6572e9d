"""Many users at once: their tokens per second together, and how long each waits, with our app and with a plain one.

Also, how long those who write and classify wait while as many others look inside the network.

Each user is a connection that calls the app's API as the page does. The users run in another process, on the same
cores as the app. An app of Gradio whose functions do nothing shows what a crowd waits for in any case.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import AsyncIterator
from typing import Any

from .app_process import SECONDS, running_app
from .common import Row, arguments, machine, report

MODEL = "shakespeare-lstm"
PROMPT = "ROMEO:"
TOKENS = 200
SETTINGS: list[Any] = [0.8, 0, 1.0, 1.0, None]  # temperature, top_k, top_p, repetition_penalty, seed
REVIEW = "The first half hour is slow, but then it finds its feet, and by the end I did not want to leave. "
EMPTY = ["-m", "benchmarks.empty_app"]
PLAIN = ["-m", "benchmarks.plain_app", f"checkpoints/{MODEL}"]


def main() -> None:
    parsed = arguments("users", __doc__ or "", ("--users", {"type": int, "help": "who generate at once [50]"}))
    users, crowd, tokens = (2, 4, 5) if parsed.quick else (parsed.users or 50, 100, TOKENS)
    counts = [1, 2] if parsed.quick else [1, 4, 16, 64, 256]
    before = machine()
    apps = {"rnn_models": ["app.py"], "a thread a user, plain PreTrainedModel": PLAIN}
    rates: dict[str, list[float]] = {name: [] for name in apps}
    waits: dict[str, list[float]] = {}
    beside: dict[str, list[float]] = {}
    least: dict[str, list[float]] = {}
    for _ in range(parsed.rounds):
        for name, command in apps.items():
            with running_app(command) as app:
                asyncio.run(visit(app.url, 1, 0, tokens))
                found = asyncio.run(visit(app.url, users, 0, tokens))
                rates[name].append(users * tokens / max(found["text"]))
                if name == "rnn_models":
                    together = asyncio.run(visit(app.url, crowd // 2, crowd // 2, tokens))
                    for kind, seconds in together.items():
                        waits.setdefault(kind, []).append(percentile(seconds, 95))
                    together = asyncio.run(visit(app.url, crowd // 2, crowd // 2, tokens, looking=crowd))
                    for kind, seconds in together.items():
                        beside.setdefault(kind, []).append(percentile(seconds, 95))
        with running_app(EMPTY) as app:
            asyncio.run(visit(app.url, 1, 1, tokens))
            for kind, seconds in asyncio.run(visit(app.url, crowd // 2, crowd // 2, tokens)).items():
                least.setdefault(kind, []).append(percentile(seconds, 95))
    group = f"{users} users, {tokens} tokens each"
    ours, theirs = rates.values()
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    rows = [Row(group, name, values, "tokens/s") for name, values in rates.items()]
    rows[1].ratio = ratio
    mixed = f"{crowd} at once, half classify, half write {tokens} tokens"
    crowds = {
        mixed: waits,
        f"the same, and {crowd} look inside": beside,
        f"an app whose functions do nothing, {crowd} at once": least,
    }
    for group, by_kind in crowds.items():
        rows += [Row(group, f"95th percentile until {NAMES[kind]}", values, "s") for kind, values in by_kind.items()]
    with running_app(apps["rnn_models"]) as app:
        asyncio.run(visit(app.url, 1, 1, tokens))  # the first visitor of a fresh app also waits for its models
        for count in counts:
            found = asyncio.run(visit(app.url, count, 0, tokens))
            rows.append(Row("tokens/s by users", f"{count} users", [count * tokens / max(found["text"])], "tokens/s"))
    report(parsed, before, rows, model=MODEL, tokens=tokens)


NAMES = {
    "classified": "a sentiment",
    "started": "a first character",
    "text": "a complete text",
    "influence": "the influence in three networks",
}


async def visit(url: str, writing: int, classifying: int, tokens: int, looking: int = 0) -> dict[str, list[float]]:
    """Seconds until each user has their result. Raises `RuntimeError` if one gets an error."""
    visits = [write(url, tokens) for _ in range(writing)]
    visits += [classify(url) for _ in range(classifying)]
    visits += [look(url, number) for number in range(looking)]
    found = await asyncio.wait_for(asyncio.gather(*visits), SECONDS)
    ends = [end for _, end in found]
    parts = {"started": [started for started, _ in found[:writing]], "text": ends[:writing]}
    others = {"classified": ends[writing : writing + classifying], "influence": ends[writing + classifying :]}
    return parts | {kind: seconds for kind, seconds in others.items() if seconds}


async def look(url: str, number: int) -> tuple[float, float]:
    """View 3 of the tab Inside, on a text that nobody else has, so that nothing kept answers it."""
    return await ask(url, "inside_influence", [MODEL, f"{PROMPT} {number}. {REVIEW}", -1, "gradient"], lambda _: True)


async def write(url: str, tokens: int) -> tuple[float, float]:
    """Seconds until the first character, and until the complete text."""
    return await ask(url, "generate", [PROMPT, MODEL, tokens, *SETTINGS], lambda text: len(text) > len(PROMPT))


async def classify(url: str) -> tuple[float, float]:
    return await ask(url, "classify", [REVIEW, "auto"], lambda _: True)


async def ask(url: str, name: str, data: list[Any], has_started: Any) -> tuple[float, float]:
    start, started = time.perf_counter(), None
    async for line in lines(url, "POST", name, json.dumps({"data": data})):
        event = json.loads(line)["event_id"]
    kind = ""
    async for line in lines(url, "GET", f"{name}/{event}"):
        field, _, value = line.partition(": ")
        if field == "event":
            kind = value
        elif field == "data" and kind in ("generating", "complete"):
            if started is None and has_started(json.loads(value)[0]):
                started = time.perf_counter() - start
            if kind == "complete":
                return started or 0.0, time.perf_counter() - start
        elif field == "data" and kind == "error":
            raise RuntimeError(f"{name} answered {value}")
    raise RuntimeError(f"{name} gave no answer")


async def lines(url: str, method: str, path: str, body: str = "") -> AsyncIterator[str]:
    """The lines of an answer. Without httpx, which took as much time as the app, on the same cores."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    headers = f"Host: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(body.encode())}\r\n"
    # with HTTP 1.0 the answer is not chunked and ends with the connection
    writer.write(f"{method} /gradio_api/call/{path} HTTP/1.0\r\n{headers}\r\n{body}".encode())
    try:
        status = await reader.readline()
        if b" 200 " not in status:
            raise RuntimeError(f"{method} {path} was answered {status.decode().strip()}")
        while await reader.readline() != b"\r\n":
            pass
        async for line in reader:
            yield line.decode().strip()
    finally:
        writer.close()


def percentile(values: list[float], share: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]


if __name__ == "__main__":
    main()
