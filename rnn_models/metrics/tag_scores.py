"""Metrics of taggers: accuracy, F1 of each tag, and F1 of entities where the tags are BIO."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .scores import accuracy_and_macro, classification_metrics, confusion_matrix

# Begin, inside and outside of an entity; end and single of other schemes.
OUTSIDE, BEGINS, ENDS = "O", ("B", "S"), ("E", "S")


def tagging_metrics(
    logits: Sequence[np.ndarray],
    tags: Sequence[Sequence[int]],
    names: Sequence[str],
    said: Sequence[np.ndarray] | None = None,
) -> dict[str, Any]:
    """Metrics of the logits (words, C) of each sentence, and of the tags that the model `said`; None: those of the
    highest logits. Words with a negative tag do not count.

    `f1_by_tag` has the tags that occur; `entity_f1` is added if the tags are BIO.
    """
    together, truth = np.concatenate(logits), np.concatenate([np.asarray(row) for row in tags])
    counts = truth >= 0
    metrics: dict[str, Any] = classification_metrics(together[counts], truth[counts])
    metrics["words"] = int(counts.sum())
    said = [own.argmax(-1) for own in logits] if said is None else said
    return metrics | predicted_metrics(said, tags, names)


def predicted_metrics(
    predictions: Sequence[np.ndarray], tags: Sequence[Sequence[int]], names: Sequence[str]
) -> dict[str, Any]:
    """The metrics that need no probabilities, from the predicted tags of each sentence."""
    found, truth = np.concatenate(predictions), np.concatenate([np.asarray(row) for row in tags])
    counts = truth >= 0
    confusion = confusion_matrix(truth[counts], found[counts], len(names))
    metrics: dict[str, Any] = accuracy_and_macro(confusion)
    metrics["f1_by_tag"] = f1_by_tag(confusion, names)
    if are_bio(names):
        said = [[names[tag] for tag in row] for row in predictions]
        true = [[names[tag] if tag >= 0 else OUTSIDE for tag in row] for row in tags]
        metrics["entity_f1"] = entity_f1(said, true)
    return metrics


def f1_by_tag(confusion: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    """F1 of each tag that occurs among the true ones."""
    hits, actual, predicted = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    return {name: float(2 * hits[i] / (actual[i] + predicted[i])) for i, name in enumerate(names) if actual[i]}


def are_bio(names: Iterable[str]) -> bool:
    """Whether tags mark entities: `O`, and all others as `B-PER`, `I-PER`."""
    names = set(names)
    return (
        OUTSIDE in names
        and len(names) > 1
        and all(name == OUTSIDE or (len(name) > 2 and name[:2] in ("B-", "I-", "E-", "S-")) for name in names)
    )


def entities(tags: Sequence[str]) -> set[tuple[str, int, int]]:
    """(kind, first word, word after the last) of the entities of a sentence, as CoNLL's `conlleval` counts them.

    An `I-PER` after `O` or after another kind begins an entity.
    """
    found = set()
    start, before, kind = 0, OUTSIDE, ""
    for i, tag in enumerate([*tags, OUTSIDE]):
        mark, _, own = tag.partition("-")
        goes_on = before != OUTSIDE and mark != OUTSIDE and mark not in BEGINS and before not in ENDS and own == kind
        if before != OUTSIDE and not goes_on:
            found.add((kind, start, i))
        if mark != OUTSIDE and not goes_on:
            start = i
        before, kind = mark, own
    return found


def entity_f1(predicted: Sequence[Sequence[str]], tags: Sequence[Sequence[str]]) -> float:
    """F1 of entities whose kind and limits are right, over all sentences; 1 if there are none and none is found."""
    said = [entities(row) for row in predicted]
    true = [entities(row) for row in tags]
    hits = sum(len(own & theirs) for own, theirs in zip(said, true, strict=True))
    both = sum(map(len, said)) + sum(map(len, true))
    return 2 * hits / both if both else 1.0
