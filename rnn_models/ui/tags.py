"""The tab that tags: each word of a text with its part of speech, as the user types it."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import gradio as gr

from ..inference import is_known, not_learnt
from ..inference.classify import encode_texts
from ..inference.tag import TaggedWord, tag_text
from .details import details
from .i18n import on_page, refuse, say
from .inputs import MAX_PASTED, MAX_TEXT, check_string, choose
from .models import LoadedModel

CONCURRENCY: dict[str, Any] = {"concurrency_id": "tag", "concurrency_limit": 4}
EXAMPLES = [
    "Mary can't wait to see the new museum in Lisbon.",
    "Time flies like an arrow; fruit flies like a banana.",
    "I saw her duck, and she saw me duck!",
    "They record a new record every spring :-)",
]


class Shown(NamedTuple):
    """How a universal tag is shown: the key of its name, and its colour."""

    name: str
    colour: str


# Of Okabe and Ito's palette, which people who see fewer colours can tell apart too; the names stand beside the words.
NOUNS, VERBS, DESCRIBES, LINKS, MANNER, OTHERS = "#56b4e9", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#999999"
UNIVERSAL = {
    "ADJ": Shown("tag_adj", DESCRIBES),
    "ADP": Shown("tag_adp", LINKS),
    "ADV": Shown("tag_adv", MANNER),
    "AUX": Shown("tag_aux", VERBS),
    "CCONJ": Shown("tag_cconj", LINKS),
    "DET": Shown("tag_det", DESCRIBES),
    "INTJ": Shown("tag_intj", MANNER),
    "NOUN": Shown("tag_noun", NOUNS),
    "NUM": Shown("tag_num", NOUNS),
    "PART": Shown("tag_part", MANNER),
    "PRON": Shown("tag_pron", NOUNS),
    "PROPN": Shown("tag_propn", NOUNS),
    "PUNCT": Shown("tag_punct", OTHERS),
    "SCONJ": Shown("tag_sconj", LINKS),
    "SYM": Shown("tag_sym", OTHERS),
    "VERB": Shown("tag_verb", VERBS),
    "X": Shown("tag_x", OTHERS),
}


def tags_tab(models: list[LoadedModel], tab: gr.Tab) -> None:
    """Build the tab and the endpoint `/tag`. `models` are taggers, at least one. Who opens `tab` sees an example."""
    by_name = {model.name: model for model in models}

    def answer(text: object, name: object, request: gr.Request | None) -> tuple[list[TaggedWord], LoadedModel]:
        text = check_string(text, "text", MAX_TEXT, request)
        if not text.strip():
            raise refuse("empty", request)
        chosen = choose(name or models[0].name, by_name, request)
        if not is_known(chosen.tokenizer, encode_texts(chosen.tokenizer, [text])[0]):
            raise refuse("unknown_script", request, model=chosen.name)
        return tag_text(chosen.classifier, chosen.tokenizer, text), chosen

    def on_button(text: object, name: object, request: gr.Request):
        words, chosen = answer(text, name, request)
        note = say("answered", request, model=details(chosen, request))
        reason = not_learnt(str(text), chosen.language)
        if reason:
            note = f"{say(f'not_learnt_{reason}', request)} {note}"
        colours = {tag_name(tag, request): shown.colour for tag, shown in UNIVERSAL.items()}
        return gr.HighlightedText(value=coloured(str(text), words, request), color_map=colours), note

    def while_typing(text: object, name: object, request: gr.Request):
        if isinstance(text, str) and not text.strip():
            return None, ""
        return on_button(text, name, request)

    def on_example(index: int) -> str:
        return EXAMPLES[index] if isinstance(index, int) and 0 <= index < len(EXAMPLES) else EXAMPLES[0]

    def tag(text: str, model: str = "", request: gr.Request = None) -> list[dict[str, Any]]:
        """The words of a text, each with its place in characters, its tag and the tag's probability.

        Args:
            text: at most 20,000 characters.
            model: name of a tagger of this app; empty takes the first.
        """
        words, _ = answer(text, model, request)
        return [
            {"word": word, "start": start, "end": end, "tag": tag, "probability": round(probability, 6)}
            for word, start, end, tag, probability in words
        ]

    gr.Markdown(on_page("tags_lead"), elem_classes="details")
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            names = [model.name for model in models]
            model = gr.Dropdown(names, value=names[0], label=on_page("model"))
            text = gr.Textbox(
                label=on_page("text"),
                placeholder=on_page("text_hint"),
                lines=4,
                max_lines=12,
                max_length=MAX_PASTED,
            )
            button = gr.Button(on_page("tag_button"), variant="primary")
            examples = gr.Dataset(
                components=[gr.Textbox(visible=False)],
                samples=[[sentence] for sentence in EXAMPLES],
                type="index",
                label=on_page("examples"),
            )
        with gr.Column(scale=3, min_width=320):
            tagged = gr.HighlightedText(label=on_page("tagged_text"), show_legend=True, elem_id="tagged")
            note = gr.Markdown(elem_classes="details")

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    button.click(on_button, [text, model], [tagged, note], **CONCURRENCY, **private)
    gr.on(  # not .input, which Gradio does not fire when the last character is deleted
        [text.change, model.change],
        while_typing,
        [text, model],
        [tagged, note],
        trigger_mode="always_last",
        **CONCURRENCY,
        **private,
    )
    examples.click(on_example, examples, text, queue=False, **private)
    # in the browser, which knows what has been typed meanwhile
    tab.select(None, text, text, js=f"text => text || {json.dumps(EXAMPLES[0])}", api_visibility="private")
    # Gradio does not resolve postponed annotations: the API's description would say "any"
    tag.__annotations__["return"] = list[dict[str, Any]]
    gr.api(tag, api_name="tag", **CONCURRENCY)


def tag_name(tag: str, request: gr.Request | None) -> str:
    """A universal tag in the language of the request; another tag as it is."""
    return say(UNIVERSAL[tag].name, request) if tag in UNIVERSAL else tag


def coloured(text: str, words: list[TaggedWord], request: gr.Request | None) -> list[tuple[str, str | None]]:
    """The complete text in pieces: each word with the name of its tag, and whatever lies between words with no tag."""
    pieces: list[tuple[str, str | None]] = []
    done = 0
    for one in words:
        if one.start > done:
            pieces.append((text[done : one.start], None))
        pieces.append((one.word, tag_name(one.tag, request)))
        done = one.end
    return [*pieces, (text[done:], None)] if done < len(text) else pieces
