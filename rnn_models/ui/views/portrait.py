"""View 5: what a unit does over many texts, what it tells, and the units that tell a thing best."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from ...inference import knows_any
from ...interpret import PROPERTIES, Activations, Passage, Score, dossier, units_that_tell
from ...interpret.units import SENTIMENT, NothingToTellError, score_unit
from ...modeling.heads import GENERATION
from ...publish.hub import EVERYDAY
from ..i18n import say
from ..models import LoadedModel
from .asking import Asked, plain
from .everyday import everyday_sentences

MAX_CORPUS = 20_000  # characters


def inside_dossier(
    asked: Asked,
    model: str = "",
    unit: int = 0,
    texts: str = "",
    state: str = "hidden",
    layer: int = 0,
    direction: int = 0,
) -> dict:
    """A unit over many texts: its histogram, the passages where it is highest and lowest, and what it tells.

    Args:
        model: name of a model of this app; empty takes the first.
        unit: which unit, counted from 0.
        texts: at most 20,000 characters, with an empty line between texts; empty takes what the model writes itself,
            or everyday sentences of this project for a model that writes none.
        state: "hidden", or "cell" of an LSTM.
        layer: which layer, counted from 0.
        direction: 0, or 1 for the second direction of a bidirectional layer.
    """
    chosen = asked.model(model)
    unit = asked.unit(chosen, unit)
    place = _place(asked, chosen, state, layer, direction)
    read, of = _read(asked, chosen, texts, place)
    found = dossier(read, unit)
    scores = sorted([*found.scores, *_sentiment(asked, chosen, unit, place)], key=lambda score: -score.strength)
    return {
        **_corpus(chosen, read, of),
        "unit": unit,
        "counts": found.counts.tolist(),
        "edges": plain(found.edges),
        "mean": plain(found.mean),
        "deviation": plain(found.deviation),
        "highest": [_passage(one) for one in found.highest],
        "lowest": [_passage(one) for one in found.lowest],
        "scores": [_score(asked, one) for one in scores],
        "sentence": _said(asked, chosen, place, scores[0] if scores else None, unit),
    }


def inside_search(
    asked: Asked,
    model: str = "",
    tells: str = "line_position",
    texts: str = "",
    state: str = "hidden",
    layer: int = 0,
    direction: int = 0,
) -> dict:
    """The units that tell a thing best, chosen on one half of the texts and scored on the other.

    Args:
        model: name of a model of this app; empty takes the first.
        tells: "quotation", "line_position", "negation", "capital", "line_end", or "sentiment", for which
            everyday sentences of this project that praise or blame are read in place of `texts`.
        texts: at most 20,000 characters, with an empty line between texts; empty takes what the model writes itself,
            or everyday sentences of this project for a model that writes none.
        state: "hidden", or "cell" of an LSTM.
        layer: which layer, counted from 0.
        direction: 0, or 1 for the second direction of a bidirectional layer.
    """
    chosen = asked.model(model)
    tells = asked.one_of(tells, "tells", [*PROPERTIES, SENTIMENT])
    place = _place(asked, chosen, state, layer, direction)
    labels = None
    if tells == SENTIMENT:
        labelled = asked.views.labelled(chosen.name, *place)
        if labelled is None:
            raise asked.refuse("inside_no_labels", model=chosen.name)
        read, labels = labelled
        of = "everyday"
    else:
        read, of = _read(asked, chosen, texts, place)
    try:
        scores = units_that_tell(read, tells, labels=labels)
    except ValueError:  # never so in one half of the texts, or always
        raise asked.refuse("inside_nothing_to_tell", told=say(f"inside_told_{tells}", asked.request)) from None
    return {
        **_corpus(chosen, read, of),
        "tells": tells,
        "scores": [_score(asked, one) for one in scores],
        "sentence": _said(asked, chosen, place, scores[0], scores[0].unit),
    }


class StatePart(NamedTuple):
    """Where a unit is: of which state, layer and direction."""

    state: str
    layer: int
    direction: int


def _place(asked: Asked, model: LoadedModel, state: object, layer: object, direction: object) -> StatePart:
    layer, direction = asked.place(model, layer, direction)
    return StatePart(asked.one_of(state, "state", model.model.base_model.recurrence.state_names), layer, direction)


def _read(asked: Asked, model: LoadedModel, texts: object, place: StatePart) -> tuple[Activations, str]:
    """What the units do over the reader's texts, or else over what the model writes; if it writes none, over everyday
    sentences. And which of them it was: "reader", "model" or "everyday"."""
    if texts != "":
        return asked.views.corpus(model.name, asked.text(texts, model, MAX_CORPUS), *place), "reader"
    if model.task == GENERATION:
        return asked.views.corpus(model.name, None, *place), "model"
    everyday = "\n\n".join(text for text, _ in everyday_sentences(model.language))
    if not everyday or not knows_any(model.tokenizer, everyday):
        raise asked.refuse("inside_texts_needed", model=model.name)
    return asked.views.corpus(model.name, everyday, *place), "everyday"


def _sentiment(asked: Asked, model: LoadedModel, unit: int, place: StatePart) -> list[Score]:
    """How well a unit tells sentences that praise from those that blame; empty if there are none with labels."""
    labelled = asked.views.labelled(model.name, *place)
    if labelled is None:
        return []
    with suppress(NothingToTellError):
        return [score_unit(labelled.read, unit, SENTIMENT, labels=labelled.praises)]
    return []


def _corpus(model: LoadedModel, read: Activations, of: str) -> dict:
    file = EVERYDAY[model.language] if of == "everyday" else ""
    return {"model": model.name, "texts": len(read.tokens), "tokens": len(read.values), "of": of, "file": file}


def _passage(passage: Passage) -> dict:
    return {
        "value": plain(passage.value),
        "before": passage.before,
        "piece": passage.piece,
        "after": passage.after,
    }


def _score(asked: Asked, score: Score) -> dict:
    return {
        "unit": score.unit,
        "told": score.told,
        "name": say(f"inside_told_{score.told}", asked.request),
        "measure": score.measure,
        "value": plain(score.value),
        "auc": plain(score.auc),
        "threshold": plain(score.threshold),
        "above": score.above,
        "positives": score.positives,
        "total": score.total,
    }


def _said(asked: Asked, model: LoadedModel, place: StatePart, score: Score | None, unit: int) -> str:
    """What to conclude of a unit."""
    if score is None:
        return say("inside_said_nothing", asked.request, unit=unit)
    told = say(f"inside_told_{score.told}", asked.request)
    if score.threshold != score.threshold:  # a number is told, by a rank correlation
        key = "inside_said_rises" if score.value > 0 else "inside_said_falls"
        return say(key, asked.request, unit=unit, told=told, value=score.value, total=score.total)
    fields = {"threshold": score.threshold, "value": score.value, "total": score.total}
    if score.told == SENTIMENT and (labelled := asked.views.labelled(model.name, *place)):
        key = "inside_said_praise_above" if score.above else "inside_said_praise_below"
        others = len(labelled.praises) - score.total
        return say(key, asked.request, unit=unit, others=others, file=EVERYDAY[model.language], **fields)
    key = "inside_said_above" if score.above else "inside_said_below"
    return say(key, asked.request, unit=unit, told=told, **fields)
