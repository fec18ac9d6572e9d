"""The tab that generates: it continues a prompt and streams the text."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import gradio as gr
from gradio.utils import SyncToAsyncIterator

from ..inference import Decoder, Sampling, encode_prompt, follow, is_known, special_tokens, stream
from .details import details
from .examples import Example, examples_for
from .i18n import on_page, refuse, say
from .inputs import MAX_PASTED, MAX_PROMPT, check_number, check_string, choose
from .models import LoadedModel

MAX_TOKENS = 2000
MAX_SEED = 2**31 - 1
MAX_AT_ONCE = 200  # texts that are generated at the same time
INTERVAL = 0.1  # seconds between two updates of the page
CONCURRENCY: dict[str, Any] = {"concurrency_id": "generate", "concurrency_limit": MAX_AT_ONCE}


def generate_tab(app: gr.Blocks, models: list[LoadedModel]) -> None:
    """Build the tab of `app` and the endpoint `/generate`. The first language model is the default."""
    if not models:
        gr.Markdown(on_page("no_model"))
        return
    by_name = {model.name: model for model in models}
    decoders = {
        model.name: Decoder(model.engine, *special_tokens(model.model, model.tokenizer))
        for model in models
        if model.engine is not None
    }

    async def texts(
        prompt: object,
        model: object,
        max_new_tokens: object,
        temperature: object,
        top_k: object,
        top_p: object,
        repetition_penalty: object,
        seed: object,
        request: gr.Request | None,
    ) -> AsyncGenerator[tuple[str, int], None]:
        """Yield the text so far, prompt included, and its seed, after checking every argument."""
        chosen = choose(model, by_name, request)
        prompt = check_string(prompt, "prompt", MAX_PROMPT, request)
        if not prompt and chosen.tokenizer.bos_token_id is None:
            raise refuse("prompt_needed", request)
        tokens = encode_prompt(chosen.tokenizer, prompt)
        if prompt.strip() and not is_known(chosen.tokenizer, tokens):
            raise refuse("unknown_script", request, model=chosen.name)
        length = int(check_number(max_new_tokens, "length", 1, MAX_TOKENS, request, whole=True))
        settings: dict[str, Any] = {
            "temperature": check_number(temperature, "temperature", 0, 5, request),
            "top_k": int(check_number(top_k, "top_k", 0, 10**6, request, whole=True)),
            "top_p": check_number(top_p, "top_p", 0, 1, request),
            "repetition_penalty": check_number(repetition_penalty, "repetition_penalty", 0.5, 3, request),
        }
        if seed is None:
            seed = random.randint(0, MAX_SEED)
        seed = settings["seed"] = int(check_number(seed, "seed", 0, MAX_SEED, request, whole=True))
        options: dict[str, Any] = {"max_new_tokens": length, "interval": INTERVAL}
        parts: AsyncGenerator[str, None] | SyncToAsyncIterator
        try:
            if chosen.name in decoders:
                decoder = decoders[chosen.name]
                parts = follow(decoder, chosen.tokenizer, tokens, sampling=Sampling(**settings), **options)
            else:
                parts = SyncToAsyncIterator(
                    stream(chosen.model, chosen.tokenizer, tokens, **settings, **options), None
                )
        except ValueError:  # the numbers are valid, so the prompt must have filled the model's context
            raise refuse("prompt_too_long", request, model=chosen.name) from None
        async with aclosing(parts):  # so that stopping the page stops the computation at once
            yield prompt, seed
            async for part in parts:
                yield prompt + part, seed

    async def write(
        prompt, model, max_new_tokens, temperature, top_k, top_p, repetition_penalty, seed, request: gr.Request
    ) -> AsyncIterator[tuple[str, str]]:
        """For the page: yield the text so far and a line about it."""
        begin = time.monotonic()
        arguments = (prompt, model, max_new_tokens, temperature, top_k, top_p, repetition_penalty, seed)
        async with aclosing(texts(*arguments, request)) as parts:
            async for text, drawn in parts:
                written, seconds = len(text) - len(prompt), time.monotonic() - begin
                yield text, say("written", request, characters=written, seconds=seconds, seed=drawn)

    async def generate(
        prompt: str = "",
        model: str = models[0].name,
        max_new_tokens: int = 200,
        temperature: float = 0.8,
        top_k: int = 0,
        top_p: float = 1.0,
        repetition_penalty: float = 1.0,
        seed: int | None = None,
        request: gr.Request = None,
    ) -> AsyncIterator[str]:
        """Continue a prompt. Streams the text so far, prompt included; the last value is the complete text.

        Args:
            prompt: the text to continue; may be empty.
            model: name of a language model of this app.
            max_new_tokens: 1 to 2000; the text may end earlier.
            temperature: 0 to 5; 0 always takes the most likely token.
            top_k: sample only from the k most likely tokens; 0 = no limit.
            top_p: sample only from the most likely tokens of this total probability; 1 = no limit.
            repetition_penalty: 0.5 to 3; 1 = off.
            seed: the same model, prompt, settings and seed give the same text on this app; null = a random seed.
        """
        arguments = (prompt, model, max_new_tokens, temperature, top_k, top_p, repetition_penalty, seed)
        async with aclosing(texts(*arguments, request)) as parts:
            async for text, _ in parts:
                yield text

    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            model = gr.Dropdown(list(by_name), value=models[0].name, label=on_page("model"))
            info = gr.Markdown(elem_classes="details")
            shown = examples_for(models[0])
            prompt = gr.Textbox(
                shown[0].prompt,
                label=on_page("prompt"),
                placeholder=on_page("prompt_hint"),
                lines=3,
                max_lines=8,
                max_length=MAX_PASTED,
            )
            with gr.Row():
                start = gr.Button(on_page("write"), variant="primary", min_width=120)
                stop = gr.Button(on_page("stop"), variant="stop", min_width=120)
            examples = gr.Dataset(
                components=[gr.Textbox(visible=False)], type="index", label=on_page("examples"), **_samples(shown)
            )
            with gr.Accordion(on_page("settings"), open=False):
                length = gr.Slider(1, MAX_TOKENS, 200, step=1, label=on_page("length"))
                temperature = gr.Slider(
                    0, 2, 0.8, step=0.05, label=on_page("temperature"), info=on_page("temperature_info")
                )
                top_k = gr.Slider(0, 200, 0, step=1, label=on_page("top_k"), info=on_page("top_k_info"))
                top_p = gr.Slider(0, 1, 1, step=0.01, label=on_page("top_p"), info=on_page("top_p_info"))
                penalty = gr.Slider(
                    0.5, 3, 1, step=0.05, label=on_page("repetition_penalty"), info=on_page("repetition_penalty_info")
                )
                seed = gr.Number(None, precision=0, label=on_page("seed"), info=on_page("seed_info"))
        with gr.Column(scale=3, min_width=320):
            output = gr.Textbox(
                label=on_page("output"), placeholder=on_page("output_hint"), lines=20, max_lines=20, buttons=["copy"]
            )
            note = gr.Markdown(elem_classes="details")

    def choose_model(name: str, request: gr.Request):
        chosen = choose(name, by_name, request)
        shown = examples_for(chosen)
        return details(chosen, request), gr.Dataset(**_samples(shown, request)), *shown[0][1:]

    def choose_example(index: int, name: str, request: gr.Request):
        shown = examples_for(choose(name, by_name, request))
        return shown[index] if isinstance(index, int) and 0 <= index < len(shown) else shown[0]

    private: dict[str, Any] = {"api_visibility": "private"}
    silent: dict[str, Any] = {"show_progress": "hidden", "queue": False}
    gr.on([model.change, app.load], choose_model, model, [info, examples, length, temperature], **silent, **private)
    examples.click(choose_example, [examples, model], [prompt, length, temperature], **silent, **private)
    running = gr.on(
        [start.click, prompt.submit],
        write,
        [prompt, model, length, temperature, top_k, top_p, penalty, seed],
        [output, note],
        show_progress="hidden",
        **CONCURRENCY,
        **private,
    )
    stop.click(None, cancels=[running], queue=False, **private)
    # Gradio does not resolve postponed annotations: the API's description would say "any"
    generate.__annotations__["return"] = str
    gr.api(generate, api_name="generate", **CONCURRENCY)


def _samples(examples: list[Example], request: gr.Request | None = None) -> dict[str, list]:
    labels = [" ".join(example.prompt.split()) or say("empty_prompt", request) for example in examples]
    return {"samples": [[example.prompt] for example in examples], "sample_labels": labels}
