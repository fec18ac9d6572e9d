"""Networks side by side: all models that read the same tokens, on one prompt and seed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from ..modeling.cells import CELLS
from .generation import INTERVAL, Writers, Writing, WritingTask
from .i18n import Asking, refuse
from .models import LoadedModel


def siblings(writers: Writers, model: LoadedModel) -> list[LoadedModel]:
    """The models that read the same tokens as this one, itself included, in the app's order."""
    size, vocabulary = len(model.tokenizer), model.tokenizer.get_vocab()
    same_size = [one for one in writers.by_name.values() if len(one.tokenizer) == size]
    return [one for one in same_size if one.tokenizer.get_vocab() == vocabulary]


async def side_by_side(
    writers: Writers, task: WritingTask, request: Asking | None
) -> AsyncGenerator[list[Writing], None]:
    """Yield the texts of all siblings so far, several times a second, and when all are complete.

    Raises:
        gr.Error: no other model reads the same tokens.
    """
    models = siblings(writers, task.model)
    if len(models) < 2:
        raise refuse("no_siblings", request, model=task.model.name)
    latest: dict[str, Writing] = {}

    async def write(one: LoadedModel) -> None:
        async with aclosing(writers.write(replace(task, model=one), request)) as parts:
            async for latest[one.name] in parts:
                pass

    running = [asyncio.create_task(write(one)) for one in models]
    try:
        waiting = set(running)
        while waiting:
            _, waiting = await asyncio.wait(waiting, timeout=INTERVAL)
            if len(latest) == len(models):
                yield [latest[one.name] for one in models]
        for each in running:
            each.result()  # raises its error
    finally:
        for each in running:
            each.cancel()


def told(model: LoadedModel, writing: Writing) -> dict[str, Any]:
    """What the page and the API say of one of them."""
    cell = getattr(model.model.config, "cell_type", None)
    bits = sum(writing.bits) / len(writing.text) if writing.bits and writing.text else None
    return {
        "model": model.name,
        "cell": CELLS[cell].label if cell in CELLS else "",
        "text": writing.text,
        "bits_per_character": bits,
        "seconds": writing.seconds,
        "done": writing.done,
    }
