"""Examples to click: for each bundled model, and by language for any other."""

from __future__ import annotations

from typing import NamedTuple

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


def examples_for(model: LoadedModel) -> list[Example]:
    """Prompts for a language model."""
    return BY_NAME.get(model.name) or BY_LANGUAGE.get(model.language, BY_LANGUAGE["en"])
