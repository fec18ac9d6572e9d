"""The tab that classifies: the sentiment of a text as the user types it, and of the texts in a file."""

from __future__ import annotations

import asyncio
import re
from functools import lru_cache
from typing import Any

import gradio as gr

from ..inference import Reader, SharedClassifier, is_known, not_learnt
from .details import details
from .examples import SENTENCES
from .i18n import Asking, FromApi, on_page, refuse, say
from .inputs import MAX_PASTED, MAX_TEXT, check_string, choose
from .models import LoadedModel
from .scripts import page_part
from .sentiment_file import file_part
from .sentiment_labels import label_name
from .views.asking import MAX_SEEN, Asked, Views, is_ours, plain
from .views.endpoints import endpoint, page_function
from .views.words import read_words

AUTOMATIC = "auto"
SHOW_VERDICT = """() => { window.rnnModels?.reveal("#verdict"); }"""
TO_WORDS = """(text, model) => ({ text, model })"""
# whose words a visitor sees before they write, in English and Chinese
SHOWN_FIRST = ("The room was fine, but the food was cold and nobody cared.", "房间很好，但是服务太差了，再也不会来。")
KEPT = 200  # texts whose words are kept, since removing a word and putting it back asks again
MAX_AT_ONCE = 200  # texts that are classified at the same time
CONCURRENCY: dict[str, Any] = {"concurrency_id": "classify", "concurrency_limit": MAX_AT_ONCE}


def sentiment_tab(models: list[LoadedModel], views: Views) -> None:
    """Build the tab and the endpoints `/classify`, `/not_learnt` and `/explain`.

    Args:
        models: classifiers.
        views: of the app, in whose thread the words of a text are looked at.
    """
    if not models:
        gr.Markdown(on_page("no_model"))
        return
    by_name = {model.name: model for model in models}
    classifiers = {model.name: SharedClassifier(model.classifier, model.tokenizer) for model in models}
    readers = {model.name: Reader(model.tokenizer, model.language) for model in models}
    choosable: dict[str, LoadedModel | None] = {AUTOMATIC: None, **by_name}

    def chosen_for(text: str, name: object, request: Asking | None) -> LoadedModel:
        return choose(name, choosable, request) or by_language(text, models)

    def read(text: object, name: object, limit: int, asking: Asking | None) -> tuple[LoadedModel, str, list[int]]:
        """Who judges a text, and the text and its tokens as they read it."""
        text = check_string(text, "text", limit, asking)
        if not text.strip():
            raise refuse("empty", asking)
        chosen = chosen_for(text, name, asking)
        script = readers[chosen.name].script(text)
        tokens = classifiers[chosen.name].encode(script)
        if not is_known(chosen.tokenizer, tokens):
            raise refuse("unknown_script", asking, model=chosen.name)
        return chosen, script, tokens

    async def answer(
        text: object, name: object, asking: Asking | None
    ) -> tuple[dict[str, float], LoadedModel, list[str]]:
        """The verdict, whose it is, and what a reader should know of it."""
        chosen, script, tokens = read(text, name, MAX_TEXT, asking)
        classifier = classifiers[chosen.name]
        reason = not_learnt(str(text), chosen.language)
        notes = [say(f"not_learnt_{reason}", asking)] if reason else []
        if script != text:
            notes.append(say("read_simplified", asking))
        return await asyncio.wrap_future(classifier.classify_tokens(tokens)), chosen, notes

    async def on_button(text: object, name: object, request: gr.Request):
        try:
            probabilities, chosen, notes = await answer(text, name, request)
        except gr.Error as error:  # in place of the verdict, which would be that of another text
            return {"problem": str(error.message)}, ""
        labels = [[label, label_name(label, request), share] for label, share in probabilities.items()]
        return {"labels": labels, "notes": notes}, say("answered", request, model=details(chosen, request))

    async def while_typing(text: object, name: object, request: gr.Request):
        if isinstance(text, str) and not text.strip():
            return None, ""
        return await on_button(text, name, request)

    def on_example(index: int) -> str:
        return SENTENCES[index] if isinstance(index, int) and 0 <= index < len(SENTENCES) else SENTENCES[0]

    async def classify_text(text: str, model: str = AUTOMATIC, request: gr.Request = None) -> dict[str, float]:
        """The sentiment of a text, as the probability of each label.

        A model of simplified Chinese reads traditional characters as simplified ones.

        Args:
            text: at most 20,000 characters.
            model: name of a classifier of this app, or "auto" to choose by the language of the text.
        """
        probabilities, _, _ = await answer(text, model, FromApi(request))
        return probabilities

    def tell_not_learnt(text: str, model: str = AUTOMATIC, request: gr.Request = None) -> str:
        """A warning if the text is in a language or script that the model was not trained on, else an empty string.

        Args:
            text: at most 20,000 characters.
            model: name of a classifier of this app, or "auto", which chooses by the language of the text.
        """
        text = check_string(text, "text", MAX_TEXT, FromApi(request))
        reason = not_learnt(text, chosen_for(text, model, FromApi(request)).language)
        return say(f"not_learnt_{reason}", request) if reason else ""

    words_of = lru_cache(KEPT)(lambda name, text: read_words(by_name[name], text))

    def explain(asked: Asked, text: str, model: str = AUTOMATIC) -> dict:
        """The words of a text: the verdict when each had been read, and what each contributed to the last verdict.

        The words together are the text as the model read it. A word's score is its contribution to the logit of the
        label (integrated gradients); `start`, `baseline` and all scores add up to `logit`.

        Args:
            text: at most 600 characters.
            model: name of a classifier of this app, or "auto" to choose by the language of the text.
        """
        chosen, script, _ = read(text, model, MAX_SEEN, asked.request)
        if not is_ours(chosen):
            raise asked.refuse("inside_foreign", model=chosen.name)
        found = words_of(chosen.name, script)
        return {
            "model": chosen.name,
            "labels": list(found.labels),
            "label": found.labels[found.label],
            "names": [label_name(label, asked.request) for label in found.labels],
            "words": [
                {"text": word, "score": score, "probabilities": probabilities}
                for word, score, probabilities in zip(
                    found.words, plain(found.scores), plain(found.probabilities), strict=True
                )
            ],
            "start": plain(found.start),
            "baseline": plain(found.baseline),
            "logit": plain(found.logit),
        }

    asked = endpoint(views, explain)
    with gr.Row(elem_classes="two-columns", elem_id="judging"):
        with gr.Column(scale=2, min_width=280):
            choices = [(on_page("automatic"), AUTOMATIC), *((model.name, model.name) for model in models)]
            model = gr.Dropdown(choices, value=AUTOMATIC, label=on_page("model"))
            text = gr.Textbox(
                label=on_page("text"),
                placeholder=on_page("text_hint"),
                lines=4,
                max_lines=12,
                max_length=MAX_PASTED,
                elem_id="classify-text",
            )
            button = gr.Button(on_page("classify"), variant="primary")
            examples = gr.Dataset(
                components=[gr.Textbox(visible=False)],
                samples=[[sentence] for sentence in SENTENCES],
                type="index",
                label=on_page("examples"),
                elem_id="classify-examples",
            )
        with gr.Column(scale=3, min_width=280):
            verdict = page_part("verdict", "verdict")
            note = gr.Markdown(elem_classes="details")
            with gr.Column(elem_id="judging-words"):
                asking = [page_function({"explain": asked})]
                words = page_part("words", "words", ask=asking, limit=MAX_SEEN, examples=list(SHOWN_FIRST))
    file_part(models, model, chosen_for)

    private: dict[str, Any] = {"api_visibility": "private"}
    gr.on([button.click, examples.click], None, js=SHOW_VERDICT, **private)
    button.click(on_button, [text, model], [verdict, note], show_progress="hidden", **CONCURRENCY, **private)
    gr.on(  # not .input, which Gradio does not fire when the last character is deleted
        [text.change, model.change],
        while_typing,
        [text, model],
        [verdict, note],
        trigger_mode="always_last",
        show_progress="hidden",
        **CONCURRENCY,
        **private,
    )
    # in the browser alone: the part asks for itself when the verdict is there
    gr.on([text.change, model.change], None, [text, model], words, js=TO_WORDS, **private)
    examples.click(on_example, examples, text, show_progress="hidden", queue=False, **private)
    # Gradio does not resolve postponed annotations: the API's description would say "any"
    classify_text.__annotations__["return"] = dict[str, float]
    classify_text.__name__, tell_not_learnt.__name__ = "classify", "not_learnt"  # the names of the tools of MCP
    gr.api(classify_text, api_name="classify", **CONCURRENCY)
    tell_not_learnt.__annotations__["return"] = str
    gr.api(tell_not_learnt, api_name="not_learnt", **CONCURRENCY)
    gr.api(asked, api_name="explain", **CONCURRENCY)


def by_language(text: str, models: list[LoadedModel]) -> LoadedModel:
    """The model for the language of `text`: Chinese if it has at least as many Chinese characters as Latin words."""
    chinese = len(re.findall(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]", text))
    language = "zh" if chinese and chinese >= len(re.findall(r"[A-Za-zÀ-ÿ']+", text)) else "en"
    return next((model for model in models if model.language == language), models[0])
