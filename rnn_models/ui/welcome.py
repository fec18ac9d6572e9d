"""What a visitor sees before any click: a few lines that the models have just written, from one prompt.

They are written once for each language, at the first visit, and are the same for everybody.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import gradio as gr
import torch

from ..inference import stream
from ..interpret.source import open_source, read_tokens
from .examples import Example, examples_for
from .generation import MAX_SEED
from .i18n import language_of
from .models import LoadedModel
from .scripts import page_part
from .views.asking import is_ours

TEXTS, TOKENS = 3, 140


@dataclass(frozen=True)
class Line:
    """A text that a model wrote.

    Attributes:
        pieces: the tokens of the text after the prompt.
        bits: for each, -log2 of the probability that the model gave it, in bits.
    """

    model: str
    language: str
    prompt: str
    seed: int
    pieces: list[str]
    bits: list[float]


def welcome_part(models: Sequence[LoadedModel]) -> None:
    """Build it, and the endpoint `/welcome`. `models` are language models."""
    ours = [model for model in models if is_ours(model)]
    if not ours:
        return
    writing = asyncio.Lock()
    written: dict[str, list[dict]] = {}

    async def lines(language: str) -> list[dict]:
        async with writing:
            if language not in written:
                written[language] = await asyncio.to_thread(_write, ours, language)
        return written[language]

    async def welcome(request: gr.Request = None) -> list[dict]:
        """The texts with which the page begins, in the language of the request.

        Each has the model that wrote it, its prompt and seed, the pieces of the text, and how surprising the model
        found each piece, in bits. They are written once after the app starts.
        """
        return await lines(language_of(request))

    async def first_lines(_: object, request: gr.Request) -> list[dict]:
        return await lines(language_of(request))

    page_part("welcome", "welcome", ask=[first_lines])
    welcome.__annotations__["return"] = list[dict[str, Any]]
    gr.api(welcome, api_name="welcome", concurrency_id="generate")


def _write(models: list[LoadedModel], language: str) -> list[dict]:
    writers, example = chosen_for(models, language)
    return [asdict(write(writers[number % len(writers)], example)) for number in range(TEXTS)]


def chosen_for(models: list[LoadedModel], language: str) -> tuple[list[LoadedModel], Example]:
    """The models for visitors of a language that share their prompts, and the prompt that all of them continue."""
    first = next((model for model in models if model.language == language), models[0])
    examples = examples_for(first)
    alike = [model for model in models if examples_for(model) == examples and model.language == first.language]
    return alike, next((example for example in examples if example.prompt.strip()), examples[0])


def write(model: LoadedModel, example: Example, seed: int | None = None) -> Line:
    """The first lines of a text: up to its first empty line, if it has one. A seed of None is drawn."""
    seed = random.randint(0, MAX_SEED) if seed is None else seed
    parts = stream(
        model.model,
        model.tokenizer,
        example.prompt,
        max_new_tokens=TOKENS,
        temperature=example.temperature,
        seed=seed,
    )
    text = ["", *parts][-1]
    text = text.strip("\n").partition("\n\n")[0] if model.language == "zh" else text
    tokens = read_tokens(open_source(model), example.prompt + text)
    with torch.inference_mode():
        ids = torch.as_tensor(tokens.ids, device=model.model.device)
        surprise = -model.model(ids[None, :-1]).logits[0].float().log_softmax(-1) / torch.log(torch.tensor(2.0))
    pieces, bits, last = [], [], 0
    for place, (start, end) in enumerate(tokens.spans.tolist()):
        if end <= len(example.prompt) or place == 0:
            continue
        if end > last:
            pieces.append(tokens.text[max(start, len(example.prompt)) : end])
            bits.append(0.0)
        bits[-1] += float(surprise[place - 1, ids[place]])  # a character may be several tokens
        last = end
    return Line(model.name, model.language, example.prompt, seed, pieces, [round(one, 3) for one in bits])
