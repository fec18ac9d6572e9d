"""What a model could have written at a place of a text."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..inference.sampling import Sampler
from .generation import Writers, WritingTask
from .i18n import Asking

SHOWN = 10


async def alternatives(writers: Writers, task: WritingTask, request: Asking | None) -> list[dict[str, Any]]:
    """The most likely tokens after all that a task reads, the most likely first.

    Each has its number, what it writes (nothing for a token that ends the text), its `probability` by the model alone,
    and its `chance` to be drawn after all settings and rules of the task. Tokens that are never drawn are left out.
    """
    logits = await writers.next_logits(task)
    ends, never = writers.special[task.model.name]
    rule = None if task.verse is None else await writers.poets.rule(task, request)
    sampler = Sampler(task.sampling, len(logits), task.tokens, never, rule)
    probabilities, chances = _shares(logits.astype(np.float64)), _shares(sampler.scores(logits))
    if task.sampling.temperature == 0:
        chances = (np.arange(len(chances)) == chances.argmax()).astype(float)
    drawable = probabilities.copy()
    drawable[never] = -1
    pieces = writers.readers[task.model.name].pieces
    return [
        {
            "token": int(token),
            "piece": "" if token in ends else pieces[token],
            "ends": int(token) in ends,
            "probability": float(probabilities[token]),
            "chance": float(chances[token]),
        }
        for token in np.argsort(-drawable, kind="stable")[:SHOWN]
        if drawable[token] >= 0
    ]


def _shares(scores: np.ndarray) -> np.ndarray:
    weights = np.exp(scores - scores.max())
    return weights / weights.sum()
