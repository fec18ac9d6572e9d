"""View 5: what a unit does over many texts, what it tells, and the units that tell a thing best."""

from __future__ import annotations

from ...interpret import PROPERTIES, Activations, Passage, Score, dossier, units_that_tell
from ...modeling.heads import GENERATION
from ..i18n import say
from ..models import LoadedModel
from .asking import Asked, plain

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
        texts: at most 20,000 characters, with an empty line between texts; empty takes what the model writes itself.
        state: "hidden", or "cell" of an LSTM.
        layer: which layer, counted from 0.
        direction: 0, or 1 for the second direction of a bidirectional layer.
    """
    chosen = asked.model(model)
    unit = asked.unit(chosen, unit)
    read = _read(asked, chosen, texts, state, layer, direction)
    found = dossier(read, unit)
    return {
        **_corpus(chosen, read, texts),
        "unit": unit,
        "counts": found.counts.tolist(),
        "edges": plain(found.edges),
        "mean": plain(found.mean),
        "deviation": plain(found.deviation),
        "highest": [_passage(one) for one in found.highest],
        "lowest": [_passage(one) for one in found.lowest],
        "scores": [_score(asked, one) for one in found.scores],
        "sentence": _said(asked, found.scores[0] if found.scores else None, unit),
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
        tells: "quotation", "line_position", "negation", "capital" or "line_end".
        texts: at most 20,000 characters, with an empty line between texts; empty takes what the model writes itself.
        state: "hidden", or "cell" of an LSTM.
        layer: which layer, counted from 0.
        direction: 0, or 1 for the second direction of a bidirectional layer.
    """
    chosen = asked.model(model)
    tells = asked.one_of(tells, "tells", PROPERTIES)
    read = _read(asked, chosen, texts, state, layer, direction)
    try:
        scores = units_that_tell(read, tells)
    except ValueError:  # never so in one half of the texts, or always
        raise asked.refuse("inside_nothing_to_tell", told=say(f"inside_told_{tells}", asked.request)) from None
    return {
        **_corpus(chosen, read, texts),
        "tells": tells,
        "scores": [_score(asked, one) for one in scores],
        "sentence": _said(asked, scores[0], scores[0].unit),
    }


def _read(
    asked: Asked, model: LoadedModel, texts: object, state: object, layer: object, direction: object
) -> Activations:
    layer, direction = asked.place(model, layer, direction)
    state = asked.one_of(state, "state", model.model.base_model.recurrence.state_names)
    if texts == "":
        if model.task != GENERATION:
            raise asked.refuse("inside_texts_needed", model=model.name)
        return asked.views.corpus(model.name, None, state, layer, direction)
    return asked.views.corpus(model.name, asked.text(texts, model, MAX_CORPUS), state, layer, direction)


def _corpus(model: LoadedModel, read: Activations, texts: object) -> dict:
    return {"model": model.name, "texts": len(read.tokens), "tokens": len(read.values), "own": texts == ""}


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


def _said(asked: Asked, score: Score | None, unit: int) -> str:
    """What to conclude of a unit."""
    if score is None:
        return say("inside_said_nothing", asked.request, unit=unit)
    told = say(f"inside_told_{score.told}", asked.request)
    if score.threshold != score.threshold:  # a number is told, by a rank correlation
        return say(
            "inside_said_correlation", asked.request, unit=unit, told=told, value=score.value, total=score.total
        )
    key = "inside_said_above" if score.above else "inside_said_below"
    fields = {"threshold": score.threshold, "value": score.value, "total": score.total}
    return say(key, asked.request, unit=unit, told=told, **fields)
