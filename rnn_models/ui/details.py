"""What the page says about a model: what it is, what it read, what it cannot do, and how good it is."""

from __future__ import annotations

import re
from urllib.parse import quote

from ..modeling.cells import CELLS
from ..publish.card import shown_size
from .i18n import Asking, say
from .models import LoadedModel

# The bundled models; for others the card has to say it.
ABOUT = {
    "shakespeare-rnn": "about_plays",
    "shakespeare-gru": "about_plays",
    "shakespeare-lstm": "about_plays",
    "film-reviews": "about_reviews",
    "tang-poems": "about_poems",
    "sentiment-en": "about_sentiment_en",
    "sentiment-zh": "about_sentiment_zh",
}
CARDS = "cards/"  # beside the page


def details(model: LoadedModel, request: Asking | None) -> str:
    """Markdown: name, sentences, one metric in a unit that compares, runtime, and a link to the card."""
    about = say(
        ABOUT.get(model.name, "about_numbers" if model.tokenizer is None else "about_any"),
        request,
        cell=_cell(model),
        parameters=_short(model.parameters),
        megabytes=shown_size(model.megabytes),
        language=model.language,
    )
    parts = [model.runs_on]
    if model.metric is not None:
        metric = model.metric
        data_set = _plain(metric.data_set)
        parts.insert(0, say(metric.name, request, value=metric.value, data_set=data_set, count=metric.rows))
    if model.card:
        name = say("card", request)
        parts.append(f"[{name}]({CARDS}{quote(model.name, safe='')})")
    return f"**{_plain(model.name)}** {about}\n\n{' · '.join(parts)}"


def _cell(model: LoadedModel) -> str:
    config = model.model.config
    kind = getattr(config, "cell_type", None)
    name = CELLS[kind].label if kind in CELLS else _plain(config.model_type)
    return name[:1].upper() + name[1:]


def _plain(name: str) -> str:
    """A name in Markdown, where it must neither look like markup nor like HTML."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&])", r"\\\1", name)


def _short(count: int) -> str:
    return f"{count / 1e6:.1f}M" if count >= 100_000 else f"{count / 1e3:.1f}k"
