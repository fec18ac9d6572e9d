"""What all views share: whose inside is asked for, of which text, within which bounds, and the threads for it."""

from __future__ import annotations

import asyncio
import math
import os
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import Any, NamedTuple, TypeVar

import gradio as gr
import numpy as np

from ...inference import knows_any
from ...inference.threads import thread_pool, torch_threads
from ...interpret import (
    Activations,
    Influences,
    MemoryReport,
    Steps,
    Tokens,
    UnitTerms,
    read_corpus,
    steps,
    unit_terms,
)
from ...interpret.source import open_source, read_tokens
from ...modeling import RNNModel
from ...modeling.cells import CELLS
from ...modeling.heads import FORECASTING, GENERATION
from ..i18n import TEXTS, language_of, refuse, say
from ..inputs import check_number, check_string, choose
from ..models import LoadedModel
from .everyday import everyday_sentences
from .writing import passages

MAX_SEEN = 600  # characters of a text that is looked at inside
MAX_WAITING = 100  # computations that wait for their turn
Found = TypeVar("Found")
KEPT, KEPT_CORPORA = 24, 6  # readings of a text, and of many texts, by a model


def is_ours(model: LoadedModel) -> bool:
    """Whether there is a recurrent network of this package in it."""
    return isinstance(getattr(model.model, "base_model", None), RNNModel)


def strange(model: LoadedModel) -> str:
    """The key of the sentence that says why there is nothing to see inside a model; empty if there is."""
    if model.task == FORECASTING:
        return "inside_numbers"
    return "" if is_ours(model) else "inside_foreign"


@dataclass
class Training:
    """A training that goes on: its next reports, and by cell what its last report told of the longest delay."""

    reports: Iterator[MemoryReport]
    told: dict[str, float] = field(default_factory=dict)


class Labelled(NamedTuple):
    """What units do over texts with labels: whether each praises, or else blames."""

    read: Activations
    praises: Sequence[bool]


class Views:
    """The models of an app, and the threads in which all that is seen inside them is computed.

    One question at a time, and its threads give way to others: however many look inside, texts are written as before.
    """

    def __init__(self, models: list[LoadedModel]) -> None:
        self.by_name = {model.name: model for model in models}
        self.steps = lru_cache(KEPT)(lambda name, text: steps(self.by_name[name], text))
        self.tokens = lru_cache(KEPT)(lambda name, text: read_tokens(open_source(self.by_name[name]), text))
        # for the next position of the same text; each holds 7 to 20 MB
        self.influences = lru_cache(len(CELLS))(lambda name, text: Influences(self.by_name[name], text))
        self.terms = lru_cache(KEPT)(self._terms)
        # a number in place of a dictionary of thousands, which takes long to make
        self.vocabulary = cache(lambda name: hash(frozenset(self.by_name[name].tokenizer.get_vocab().items())))
        self.corpus = lru_cache(KEPT_CORPORA)(self._corpus)
        self.labelled = lru_cache(KEPT_CORPORA)(self._labelled)
        self.cores = torch_threads()
        self.runs: dict[str, Training] = {}
        self.waiting = 0

    @cached_property
    def worker(self) -> ThreadPoolExecutor:
        # the products of one text are too small to share: two threads took twice as long as one
        return thread_pool(1, 1, "inside", _give_way)

    @cached_property
    def side_by_side(self) -> ThreadPoolExecutor:
        """Threads for the cells that a question compares, as many as there are cores for."""
        return thread_pool(min(len(CELLS), self.cores), 1, "inside-cell", _give_way)

    def _terms(self, name: str, text: str, unit: int, layer: int, direction: int) -> UnitTerms:
        return unit_terms(self.by_name[name], text, unit, layer=layer, direction=direction)

    def _corpus(self, name: str, texts: str | None, state: str, layer: int, direction: int) -> Activations:
        """What the units do over texts with empty lines between them, or over what the model writes for None."""
        model = self.by_name[name]
        apart = passages(model) if texts is None else [one for one in re.split(r"\n\s*\n", texts) if one.strip()]
        known = [one for one in apart if knows_any(model.tokenizer, one)]
        return read_corpus(model, known, state=state, layer=layer, direction=direction)

    def _labelled(self, name: str, state: str, layer: int, direction: int) -> Labelled | None:
        """What the units do over sentences that praise or blame; None if there are none in the model's language."""
        model = self.by_name[name]
        known = [one for one in everyday_sentences(model.language) if knows_any(model.tokenizer, one[0])]
        if not known:
            return None
        texts, praises = zip(*known, strict=True)
        return Labelled(read_corpus(model, texts, state=state, layer=layer, direction=direction), praises)

    async def run(self, function: Callable[..., dict], request: gr.Request | None, **arguments: Any) -> dict:
        """`function(asked, **arguments)` in the thread, when its turn comes.

        Raises:
            gr.Error: an argument is wrong, or too many wait.
        """
        if self.waiting >= MAX_WAITING:
            raise refuse("inside_busy", request)
        self.waiting += 1
        try:
            asked = Asked(self, request)
            return await asyncio.wrap_future(self.worker.submit(function, asked, **arguments))
        finally:
            self.waiting -= 1

    def group(self, model: LoadedModel) -> list[LoadedModel]:
        """The models that read the same tokens for the same task with other cells, and itself: one a cell."""
        vocabulary = self.vocabulary(model.name)
        found = {model.model.config.cell_type: model}
        for other in self.by_name.values():
            if is_ours(other) and other.task == model.task and self.vocabulary(other.name) == vocabulary:
                found.setdefault(other.model.config.cell_type, other)
        return sorted(found.values(), key=lambda one: list(self.by_name).index(one.name))

    def in_each(self, model: LoadedModel, function: Callable[[LoadedModel], Found]) -> dict[str, Found]:
        """By name, what a function finds in each model of a `group`, all at once."""
        group = self.group(model)
        return {one.name: found for one, found in zip(group, self.side_by_side.map(function, group), strict=True)}


def _give_way() -> None:
    """Let this thread wait for those of verdicts and of texts when there are more of them than cores."""
    if sys.platform == "linux":  # where a thread has a priority of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


class Asked:
    """One question: checks of what came in, and the answer's language.

    Attributes:
        request: of whoever asks.
    """

    def __init__(self, views: Views, request: gr.Request | None) -> None:
        self.views, self.request = views, request

    def refuse(self, key: str, **fields: object) -> gr.Error:
        """An error that says what to do; raise it."""
        return refuse(key, self.request, **fields)

    def model(self, name: object, *, writes: bool = False) -> LoadedModel:
        """The model of this name, the first one for an empty name.

        Args:
            writes: whether it has to be a language model.
        """
        chosen = choose(name or next(iter(self.views.by_name), ""), self.views.by_name, self.request)
        if key := strange(chosen):
            raise self.refuse(key, model=chosen.name)
        if writes and chosen.task != GENERATION:
            raise self.refuse("inside_writers_only", model=chosen.name)
        return chosen

    def text(self, text: object, model: LoadedModel, limit: int = MAX_SEEN) -> str:
        text = check_string(text, "text", limit, self.request)
        if not text.strip():
            raise self.refuse("empty")
        if not knows_any(model.tokenizer, text):
            raise self.refuse("unknown_script", model=model.name)
        return text

    def steps(self, model: LoadedModel, text: str) -> Steps:
        return self.views.steps(model.name, text)

    def tokens(self, model: LoadedModel, text: str) -> Tokens:
        """A text as a model reads it, without computing its steps."""
        return self.views.tokens(model.name, text)

    def influences(self, model: LoadedModel, text: str) -> Influences:
        """A text that a language model has read, for its influences."""
        return self.views.influences(model.name, text)

    def terms(self, model: LoadedModel, text: str, unit: int, layer: int, direction: int) -> UnitTerms:
        return self.views.terms(model.name, text, unit, layer, direction)

    def whole(self, value: object, field: str, low: int, high: int) -> int:
        return int(check_number(value, field, low, high, self.request, whole=True))

    def number(self, value: object, field: str, low: float, high: float) -> float:
        return float(check_number(value, field, low, high, self.request))

    def one_of(self, value: object, field: str, among: Iterable[str]) -> str:
        names = list(among)
        if not isinstance(value, str) or value not in names:
            raise self.refuse("inside_one_of", field=field, names=", ".join(names))
        return value

    def position(self, value: object, tokens: Tokens) -> int:
        """A position counted from the start; from the end for a negative one."""
        return self.whole(value, "inside_position", -len(tokens), len(tokens) - 1) % len(tokens)

    def place(self, model: LoadedModel, layer: object, direction: object) -> tuple[int, int]:
        config = model.model.config
        return (
            self.whole(layer, "inside_layer", 0, config.num_hidden_layers - 1),
            self.whole(direction, "inside_direction", 0, len(config.reads_backwards) - 1),
        )

    def unit(self, model: LoadedModel, unit: object) -> int:
        return self.whole(unit, "inside_unit", 0, model.model.config.hidden_size - 1)


def plain(values: np.ndarray | Iterable[float] | float) -> Any:
    """Numbers as JSON has them, with six significant digits; null where there is none, or an infinite one."""
    if isinstance(values, np.ndarray):
        values = values.tolist()
    if isinstance(values, Iterable):
        return [plain(value) for value in values]
    if isinstance(values, bool | int):
        return values
    return float(f"{values:.6g}") if math.isfinite(values) else None


def named(name: str, request: gr.Request | None) -> str:
    """What a cell calls a gate or a state, in the language of the request."""
    return say(f"inside_name_{name}", request) if f"inside_name_{name}" in TEXTS else name


def called(shows: str, request: gr.Request | None) -> str:
    """ "gate forget" and the like, in the language of the request."""
    kind, _, name = shows.partition(" ")
    return say(f"inside_kind_{kind}", request, name=named(name, request))


def shown(tokens: Tokens) -> list[str]:
    """The tokens as the page shows them."""
    return list(tokens.pieces)


def joined(sentences: Iterable[str], request: gr.Request | None) -> str:
    """Sentences one after the other; Chinese has no blank between them."""
    return ("" if language_of(request) == "zh" else " ").join(sentences)


def visible(piece: str) -> str:
    """A token within a sentence, blanks and line breaks as signs, as the page's scripts show them too."""
    return piece.replace("\n", "↵").replace(" ", "␣").replace("\t", "⇥")
