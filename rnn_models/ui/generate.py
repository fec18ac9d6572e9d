"""The tab that generates: it continues a prompt and streams the text."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import asdict
from typing import Any

import gradio as gr

from .details import details
from .examples import Example, examples_for
from .generation import MAX_SEED, MAX_TOKENS, Writers, Writing, notes
from .i18n import Asking, FromApi, language_of, on_page, refuse, say
from .inputs import MAX_PASTED, choose
from .models import LoadedModel
from .scripts import page_part
from .welcome import welcome_part

MAX_AT_ONCE = 200  # texts that are generated at the same time
CONCURRENCY: dict[str, Any] = {"concurrency_id": "generate", "concurrency_limit": MAX_AT_ONCE}
# what the page's sliders reach; the API takes more
LIMITS: dict[str, tuple[float, float]] = {
    "max_new_tokens": (1, MAX_TOKENS),
    "temperature": (0, 2),
    "top_k": (0, 200),
    "top_p": (0, 1),
    "repetition_penalty": (0.5, 3),
}
SETTINGS = tuple(LIMITS)
# The browser knows what the visitor chose, so that another model or example leaves it alone.
CHOSEN = """(...values) => [...values.slice(0, -1), window.rnnModels?.sent() ?? "{}"]"""
FIRST = """(...values) => [...values.slice(0, -1), window.rnnModels?.first() ?? "{}"]"""
EXAMPLE = """(...values) => {
    window.rnnModels?.chosen.delete("prompt");
    return [...values.slice(0, -1), window.rnnModels?.sent() ?? "{}"];
}"""
# Stop can be pressed only while a text is written; the browser sees to it.
SHOW_OUTPUT = """() => { window.rnnModels?.reveal("#output"); return { __type__: "update", interactive: true }; }"""
STOPPED = """() => ({ __type__: "update", interactive: false })"""
STOP = """(written) => [{ __type__: "update", interactive: false }, written && { ...written, stopped: true }]"""


def generate_tab(app: gr.Blocks, models: list[LoadedModel]) -> None:
    """Build the tab of `app` and the endpoint `/generate`. The first language model is the default."""
    if not models:
        gr.Markdown(on_page("no_model"))
        return
    by_name = {model.name: model for model in models}
    writers = Writers(models)

    async def texts(
        prompt: object, model: object, settings: dict[str, object], asking: Asking | None
    ) -> AsyncGenerator[tuple[Writing, list[str]], None]:
        task = writers.check(prompt, model, [], settings, asking)
        async with aclosing(writers.write(task, asking)) as parts:
            async for writing in parts:
                yield writing, notes(task, writing.text, asking)

    async def write(
        prompt, model, max_new_tokens, temperature, top_k, top_p, repetition_penalty, seed, request: gr.Request
    ) -> AsyncIterator[dict[str, Any]]:
        """For the page: yield the text so far and what there is to say about it."""
        values = (max_new_tokens, temperature, top_k, top_p, repetition_penalty)
        settings: dict[str, object] = {**dict(zip(SETTINGS, values, strict=True)), "seed": typed_seed(seed, request)}
        async with aclosing(texts(prompt, model, settings, request)) as parts:
            async for writing, about in parts:
                line = say(
                    "written",
                    request,
                    characters=len(writing.text),
                    seconds=writing.seconds,
                    seed=writing.seed,
                )
                yield {**asdict(writing), "line": line, "notes": about, "language": by_name[writing.model].language}

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

        The prompt comes back as the model read it: in simplified characters if the model knows only these, and with
        the punctuation that it knows.

        Args:
            prompt: the text to continue, at most 10,000 characters; may be empty.
            model: name of a language model of this app.
            max_new_tokens: 1 to 2000; the text may end earlier.
            temperature: 0 to 5; 0 always takes the most likely token.
            top_k: sample only from the k most likely tokens; 0 = no limit.
            top_p: sample only from the most likely tokens of this total probability; 1 = no limit.
            repetition_penalty: 0.5 to 3; 1 = off.
            seed: the same model, prompt, settings and seed give the same text on this app; null = a random seed.
        """
        values = (max_new_tokens, temperature, top_k, top_p, repetition_penalty)
        settings: dict[str, object] = {**dict(zip(SETTINGS, values, strict=True)), "seed": seed}
        async with aclosing(texts(prompt, model, settings, FromApi(request))) as parts:
            async for writing, _ in parts:
                yield writing.prompt + writing.text

    first = examples_for(models[0])
    welcome_part(models)
    with gr.Row(elem_classes="two-columns"):
        with gr.Column(scale=2, min_width=280):
            model = gr.Dropdown(list(by_name), value=models[0].name, label=on_page("model"), elem_id="generate-model")
            info = gr.Markdown(elem_classes="details")
            prompt = gr.Textbox(
                first[0].prompt,
                label=on_page("prompt"),
                placeholder=on_page("prompt_hint"),
                lines=3,
                max_lines=8,
                max_length=MAX_PASTED,
                elem_id="generate-prompt",
            )
            with gr.Row(elem_classes="buttons"):
                start = gr.Button(on_page("write"), variant="primary", min_width=120)
                stop = gr.Button(on_page("stop"), variant="stop", min_width=120, interactive=False, elem_id="stop")
            examples = gr.Dataset(
                components=[gr.Textbox(visible=False)], type="index", label=on_page("examples"), **_samples(first)
            )
            with gr.Accordion(on_page("settings"), open=False):
                sliders = [
                    gr.Slider(
                        1,
                        MAX_TOKENS,
                        first[0].length,
                        step=1,
                        label=on_page("max_new_tokens"),
                        elem_id="generate-max_new_tokens",
                    ),
                    gr.Slider(
                        0,
                        2,
                        first[0].temperature,
                        step=0.05,
                        label=on_page("temperature"),
                        elem_id="generate-temperature",
                        info=on_page("temperature_info"),
                    ),
                    gr.Slider(
                        0, 200, 0, step=1, label=on_page("top_k"), info=on_page("top_k_info"), elem_id="generate-top_k"
                    ),
                    gr.Slider(
                        0,
                        1,
                        1,
                        step=0.01,
                        label=on_page("top_p"),
                        info=on_page("top_p_info"),
                        elem_id="generate-top_p",
                    ),
                    gr.Slider(
                        0.5,
                        3,
                        1,
                        step=0.05,
                        label=on_page("repetition_penalty"),
                        info=on_page("repetition_penalty_info"),
                        elem_id="generate-repetition_penalty",
                    ),
                ]
                # not gr.Number, which Gradio shows as 0 when it is empty and comes out of a closed accordion
                seed = gr.Textbox(
                    label=on_page("seed"),
                    info=on_page("seed_info"),
                    max_lines=1,
                    max_length=20,
                    elem_id="generate-seed",
                )
        with gr.Column(scale=3, min_width=280):
            output = page_part("output", "written")
    chosen = gr.Textbox("", visible=False)
    length, temperature, *_ = sliders

    def choose_model(name: str, typed: str, chosen: str, request: gr.Request):
        model = choose(name, by_name, request)
        shown = examples_for(model)
        return (
            details(model, request),
            gr.Dataset(**_samples(shown, request)),
            *_unless_chosen(shown[0], typed, chosen),
        )

    def first_model(name: str, chosen: str, request: gr.Request):
        """What a visitor is met by: what they had or what a link asks for, or a model of their language."""
        asked = _parsed(chosen)
        language = language_of(request)
        wanted = next((model.name for model in models if model.language == language), name)
        if asked.get("model") in by_name:
            wanted = asked["model"]
        info, examples, *_ = choose_model(wanted, "", chosen, request)
        example = examples_for(by_name[wanted])[0] if wanted != name else None
        usual: dict[str, Any] = {}
        if example is not None:
            usual = {"prompt": example.prompt, "max_new_tokens": example.length, "temperature": example.temperature}
        values = usual | {field: value for field, value in asked.items() if _fits(field, value)}
        shown = [values.get(field, gr.skip()) for field in ("prompt", *SETTINGS, "seed")]
        return gr.skip() if wanted == name else wanted, info, examples, *shown

    def choose_example(index: int, name: str, chosen: str, request: gr.Request):
        shown = examples_for(choose(name, by_name, request))
        example = shown[index] if isinstance(index, int) and 0 <= index < len(shown) else shown[0]
        return _unless_chosen(example, "", chosen)

    private: dict[str, Any] = {"api_visibility": "private"}
    silent: dict[str, Any] = {"show_progress": "hidden", "queue": False}
    by_model = [info, examples, prompt, length, temperature]
    fields = [prompt, *sliders, seed]
    app.load(first_model, [model, chosen], [model, info, examples, *fields], js=FIRST, **silent, **private)
    model.input(choose_model, [model, prompt, chosen], by_model, js=CHOSEN, **silent, **private)
    by_example = [prompt, length, temperature]
    examples.click(choose_example, [examples, model, chosen], by_example, js=EXAMPLE, **silent, **private)
    # Before the next: of one event, Gradio's page begins a function when the one before has ended.
    gr.on([start.click, prompt.submit], None, None, stop, js=SHOW_OUTPUT, **private)
    running = gr.on(
        [start.click, prompt.submit],
        write,
        [prompt, model, *sliders, seed],
        output,
        show_progress="hidden",
        **CONCURRENCY,
        **private,
    )
    running.success(None, None, stop, js=STOPPED, **private)
    running.failure(None, None, stop, js=STOPPED, **private)
    stop.click(None, output, [stop, output], js=STOP, cancels=[running], queue=False, **private)
    # Gradio does not resolve postponed annotations: the API's description would say "any"
    generate.__annotations__["return"] = str
    gr.api(generate, api_name="generate", **CONCURRENCY)


def typed_seed(value: object, request: Asking | None) -> object:
    """The seed in the page's text field: a whole number, or None if the field is empty."""
    text = value.strip() if isinstance(value, str) else value
    if not text:
        return None
    if isinstance(text, str) and text.isascii() and text.isdigit() and int(text) <= MAX_SEED:
        return int(text)
    raise refuse(
        "out_of_range", request, field=say("seed", request), whole=say("whole", request), low=0, high=MAX_SEED
    )


def _parsed(chosen: str) -> dict[str, Any]:
    """What the browser says that the visitor chose: settings by name."""
    try:
        values = json.loads(chosen)
    except (ValueError, RecursionError):
        return {}
    found: dict[str, Any] = {}
    for name, value in values.items() if isinstance(values, dict) else ():
        if name in LIMITS and isinstance(value, str):
            with suppress(ValueError, OverflowError):
                number = float(value)
                found[name] = int(number) if number == int(number) else number
        elif isinstance(value, str):
            found[name] = value
    return found


def _fits(field: str, value: Any) -> bool:
    """Whether the page can show a value: the server checks it when it is used."""
    if field in LIMITS:
        low, high = LIMITS[field]
        return low <= value <= high
    return field == "seed" or (field == "prompt" and len(value) <= MAX_PASTED)


def _unless_chosen(example: Example, typed: str, chosen: str) -> tuple:
    """Prompt, length and temperature of an example, but none that a visitor chose."""
    names = _parsed(chosen)
    keep_prompt = "prompt" in names and bool(typed.strip())
    return (
        gr.skip() if keep_prompt else example.prompt,
        gr.skip() if "max_new_tokens" in names else example.length,
        gr.skip() if "temperature" in names else example.temperature,
    )


def _samples(examples: list[Example], request: gr.Request | None = None) -> dict[str, list]:
    labels = [" ".join(example.prompt.split()) or say("empty_prompt", request) for example in examples]
    return {"samples": [[example.prompt] for example in examples], "sample_labels": labels}
