"""The tab that generates: it continues a prompt and streams the text."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import asdict
from typing import Any

import gradio as gr

from ..inference.verse import FORMS
from .details import details
from .examples import Example, examples_for
from .generation import MAX_SEED, MAX_TOKENS, Writers, notes
from .i18n import Asking, FromApi, language_of, on_page, refuse, say
from .inputs import MAX_PASTED, choose
from .models import LoadedModel
from .scripts import page_part
from .side_by_side import side_by_side, told
from .verses import MAX_ACROSTIC
from .welcome import welcome_part
from .writing_api import asking, writing_endpoints

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
ASKED = """(...values) => [...values.slice(0, -1), window.rnnModels?.take() ?? ""]"""
STOP = """(written) => [{ __type__: "update", interactive: false }, written && { ...written, stopped: true }]"""


def generate_tab(app: gr.Blocks, models: list[LoadedModel]) -> None:
    """Build the tab of `app` and the endpoint `/generate`. The first language model is the default."""
    if not models:
        gr.Markdown(on_page("no_model"))
        return
    by_name = {model.name: model for model in models}
    writers = Writers(models)

    async def write(
        prompt,
        model,
        max_new_tokens,
        temperature,
        top_k,
        top_p,
        repetition_penalty,
        seed,
        form,
        acrostic,
        rhyming,
        sent,
        request: gr.Request,
    ) -> AsyncIterator[dict[str, Any]]:
        """For the page: yield the text so far, what there is to say about it, and what it goes on with.

        Args:
            sent: what the buttons below a text ask for, as JSON: a prompt, tokens after it, a state, another seed.
        """
        values = (max_new_tokens, temperature, top_k, top_p, repetition_penalty)
        settings: dict[str, object] = {**dict(zip(SETTINGS, values, strict=True)), "seed": typed_seed(seed, request)}
        asked = _parsed_json(sent)
        chosen = asked.get("model", model)
        verse = asked.get("verse")
        if "prompt" not in asked and form and chosen in writers.poets.tokens:
            verse = {"form": form, "acrostic": acrostic, "rhyming": rhyming}
        if "seed" in asked:
            settings["seed"] = None
        task = await writers.check(
            asked.get("prompt", prompt),
            chosen,
            asked.get("after", []),
            settings,
            request,
            start=asked.get("state"),
            verse=verse if isinstance(verse, dict) else None,
        )
        used = settings | {"seed": task.sampling.seed}
        again = {
            "model": task.model.name,
            "prompt": task.reading.text,
            "verse": verse,
            "state": asked.get("state", ""),
        }
        about = {"again": again, "settings": used, "language": task.model.language}
        async with aclosing(writers.write(task, request)) as parts:
            async for writing in parts:
                counts = {"characters": len(writing.text), "seconds": writing.seconds, "seed": writing.seed}
                said = notes(task, writing.text, writing.done, request)
                yield {**asdict(writing), **about, "line": say("written", request, **counts), "notes": said}

    async def compare(
        prompt, model, max_new_tokens, temperature, top_k, top_p, repetition_penalty, seed, request: gr.Request
    ) -> AsyncIterator[dict[str, Any]]:
        """For the page: yield the texts of all networks that read the same tokens."""
        values = (max_new_tokens, temperature, top_k, top_p, repetition_penalty)
        settings: dict[str, object] = {**dict(zip(SETTINGS, values, strict=True)), "seed": typed_seed(seed, request)}
        task = await writers.check(prompt, model, [], settings, request)
        async with aclosing(side_by_side(writers, task, request)) as parts:
            async for writings in parts:
                networks = [told(by_name[one.model], one) | {"prompt": one.prompt} for one in writings]
                yield {"networks": networks}

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
        task = await writers.check(prompt, model, [], settings, FromApi(request))
        async with aclosing(writers.write(task, FromApi(request))) as parts:
            async for writing in parts:
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
            poem = gr.Accordion(on_page("poem"), open=False, visible=models[0].name in writers.poets.tokens)
            with poem:
                forms = [
                    (on_page("form_none"), ""),
                    *((f"{name} ({f.lines} × {f.length})", name) for name, f in FORMS.items()),
                ]
                form = gr.Dropdown(
                    forms, value="", label=on_page("form"), info=on_page("form_info"), elem_id="poem-form"
                )
                acrostic = gr.Textbox(
                    label=on_page("acrostic"),
                    info=on_page("acrostic_info"),
                    max_lines=1,
                    max_length=MAX_ACROSTIC,
                    elem_id="poem-acrostic",
                )
                rhyming = gr.Checkbox(True, label=on_page("rhyming"), elem_id="poem-rhyming")
        with gr.Column(scale=3, min_width=280):
            output = page_part("output", "written", more=("choices", "visit"), ask=[asking(writers)])
    with gr.Accordion(on_page("compare"), open=False, elem_id="compare"):
        gr.Markdown(on_page("compare_hint"), elem_classes="details")
        compare_start = gr.Button(on_page("compare_write"), size="sm")
        compared = page_part("compared", "compared")
    chosen = gr.Textbox("", visible=False)
    asked = gr.Textbox("", visible=False)
    length, temperature, *_ = sliders

    def choose_model(name: str, typed: str, chosen: str, request: gr.Request):
        model = choose(name, by_name, request)
        shown = examples_for(model)
        return (
            details(model, request),
            gr.Accordion(visible=model.name in writers.poets.tokens),
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
        info, poem, examples, *_ = choose_model(wanted, "", chosen, request)
        example = examples_for(by_name[wanted])[0] if wanted != name else None
        usual: dict[str, Any] = {}
        if example is not None:
            usual = {"prompt": example.prompt, "max_new_tokens": example.length, "temperature": example.temperature}
        values = usual | {field: value for field, value in asked.items() if _fits(field, value)}
        shown = [values.get(field, gr.skip()) for field in ("prompt", *SETTINGS, "seed")]
        return gr.skip() if wanted == name else wanted, info, poem, examples, *shown

    def choose_example(index: int, name: str, chosen: str, request: gr.Request):
        shown = examples_for(choose(name, by_name, request))
        example = shown[index] if isinstance(index, int) and 0 <= index < len(shown) else shown[0]
        return _unless_chosen(example, "", chosen)

    private: dict[str, Any] = {"api_visibility": "private"}
    silent: dict[str, Any] = {"show_progress": "hidden", "queue": False}
    by_model = [info, poem, examples, prompt, length, temperature]
    fields = [prompt, *sliders, seed]
    app.load(first_model, [model, chosen], [model, info, poem, examples, *fields], js=FIRST, **silent, **private)
    model.input(choose_model, [model, prompt, chosen], by_model, js=CHOSEN, **silent, **private)
    by_example = [prompt, length, temperature]
    examples.click(choose_example, [examples, model, chosen], by_example, js=EXAMPLE, **silent, **private)
    # Before the next: of one event, Gradio's page begins a function when the one before has ended.
    begin = [start.click, prompt.submit, output.submit]
    gr.on(begin, None, None, stop, js=SHOW_OUTPUT, **private)
    running = gr.on(
        begin,
        write,
        [prompt, model, *sliders, seed, form, acrostic, rhyming, asked],
        output,
        js=ASKED,
        show_progress="hidden",
        **CONCURRENCY,
        **private,
    )
    running.success(None, None, stop, js=STOPPED, **private)
    running.failure(None, None, stop, js=STOPPED, **private)
    stop.click(None, output, [stop, output], js=STOP, cancels=[running], queue=False, **private)
    compare_start.click(
        compare, [prompt, model, *sliders, seed], compared, show_progress="hidden", **CONCURRENCY, **private
    )
    # Gradio does not resolve postponed annotations: the API's description would say "any"
    generate.__annotations__["return"] = str
    gr.api(generate, api_name="generate", **CONCURRENCY)
    writing_endpoints(writers, models[0].name, CONCURRENCY)


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


def _parsed_json(sent: object) -> dict[str, Any]:
    """An object that the browser sent as JSON; an empty one if it is none."""
    try:
        values = json.loads(sent) if isinstance(sent, str) else None
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _parsed(chosen: str) -> dict[str, Any]:
    """What the browser says that the visitor chose: settings by name."""
    found: dict[str, Any] = {}
    for name, value in _parsed_json(chosen).items():
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
