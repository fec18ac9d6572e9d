"""Examples to click: for each bundled model, and by language for any other."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..modeling.heads import GENERATION
from .models import LoadedModel


class Example(NamedTuple):
    """A prompt and the settings that suit it."""

    prompt: str
    length: int
    temperature: float


PLAYS = [
    Example("ROMEO:\nBut soft! ", 400, 0.8),
    Example("First Citizen:\n", 400, 0.8),
    Example("KING RICHARD III:\nNow is the winter", 400, 0.7),
    Example("JULIET:\nO night, ", 400, 0.5),
]
POEMS = [
    Example("", 120, 0.8),
    Example("床前明月光，", 120, 0.8),
    Example("春风", 120, 0.8),
    Example("空山", 120, 0.6),
]
REVIEWS = [
    Example("This movie", 100, 0.7),
    Example("I had never heard of the director, but", 100, 0.7),
    Example("The acting", 100, 0.6),
    Example("", 100, 0.7),
]
BY_NAME = {
    "shakespeare-rnn": PLAYS,
    "shakespeare-gru": PLAYS,
    "shakespeare-lstm": PLAYS,
    "film-reviews": REVIEWS,
    "tang-poems": POEMS,
}
BY_LANGUAGE = {
    "en": [Example("Once upon a time", 200, 0.8), Example("The ", 200, 0.8)],
    "zh": [Example("春天", 200, 0.8), Example("我", 200, 0.8)],
}
SENTENCES = [
    "I really enjoyed that concert.",
    "这家酒店的服务太差了",
    "The room was fine, but the food was cold and nobody cared.",
    "物流很快，书的质量也很好，下次还会再来！",
    "The meeting is on Tuesday at ten.",
    "Worst. Movie. Ever. 😡",
]
SEEN_PLAYS = [
    "ROMEO:\nBut soft! what light through yonder window breaks?\nIt is the east, and Juliet is the sun.\n",
    "First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\nSpeak, speak.\n",
    "KING RICHARD III:\nA horse! a horse! my kingdom for a horse!\n\nCATESBY:\nWithdraw, my lord.",
]
SEEN = {
    "shakespeare-rnn": SEEN_PLAYS,
    "shakespeare-gru": SEEN_PLAYS,
    "shakespeare-lstm": SEEN_PLAYS,
    "film-reviews": [
        'A friend told me it was "the best film of the year", and I did not believe him. He was right.',
        "The story is dull, the acting is worse, and after an hour I wanted my money back.",
    ],
    "tang-poems": [
        "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。",
        "空山不见人，但闻人语响。\n返景入深林，复照青苔上。",
    ],
}
"""Texts that there is something to see in."""


def texts_to_see(model: LoadedModel) -> list[str]:
    """Texts for a look inside a model."""
    if model.task != GENERATION:
        chinese = model.language == "zh"
        return [text for text in SENTENCES if bool(re.search(r"[\u4e00-\u9fff]", text)) == chinese]
    return SEEN.get(model.name) or [example.prompt for example in examples_for(model) if example.prompt.strip()]


def examples_for(model: LoadedModel) -> list[Example]:
    """Prompts for a language model."""
    return BY_NAME.get(model.name) or BY_LANGUAGE.get(model.language, BY_LANGUAGE["en"])
