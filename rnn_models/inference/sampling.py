"""Sampling tokens in NumPy; each text has its own settings and random generator.

Every path of this package that generates text for a user samples here; transformers' `generate`, called directly,
samples with torch. The order is that of transformers: repetition penalty, temperature, top-k, top-p, then a draw.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Sampling:
    """How one text is sampled.

    Args:
        temperature: divides the logits; 0 always takes the most likely token.
        top_k: sample only from the k most likely tokens; 0 for no limit.
        top_p: sample only from the most likely tokens that together have this probability (arXiv 1904.09751); 1 for
            no limit.
        repetition_penalty: above 1 makes tokens that have occurred less likely (arXiv 1909.05858).
        seed: the same model, prompt, settings and seed give the same draws, whatever computes the logits and whatever
            else runs at the same time. Logits of different backends (int8 or float32, CPU or GPU) differ slightly, and
            texts diverge where a draw falls into that difference. `None` for a random seed.

    Raises:
        ValueError: a number is out of its range.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    seed: int | None = None

    def __post_init__(self) -> None:
        check("temperature", self.temperature, 0)
        check("top_k", self.top_k, 0)
        check("top_p", self.top_p, 0, 1)
        check("repetition_penalty", self.repetition_penalty, 0.01)
        if self.seed is not None:
            check("seed", self.seed, 0)


def check(name: str, value: float, low: float, high: float = math.inf) -> None:
    """Raise `ValueError` if a number is out of its range."""
    if not low <= value <= high:
        allowed = f"at least {low}" if high == math.inf else f"from {low} to {high}"
        raise ValueError(f"{name} is {value}: it must be {allowed}")


class Rule(Protocol):
    """What a text has to keep to, such as the form of a poem. Each text has its own."""

    def allowed(self) -> np.ndarray:
        """The tokens that may come next, (V,) bool; at least one."""

    def take(self, token: int) -> bool:
        """Go on with an allowed token. False refuses it after all, and another one is drawn; a rule does not refuse
        all of them."""


def surprisal(logits: np.ndarray, token: int) -> float:
    """-log2 of the probability that the logits (V,) give a token."""
    top = logits.max()
    return float(np.log(np.exp(logits - top).sum()) + top - logits[token]) / math.log(2)


class Sampler:
    """Draws the tokens of one text.

    Args:
        sampling: the settings.
        vocab_size: V.
        prompt_ids: the tokens that the text begins with, for the repetition penalty.
        never: tokens that are never drawn.
        rule: what the text has to keep to; it allows a token that may be drawn at every place.
    """

    def __init__(
        self,
        sampling: Sampling,
        vocab_size: int,
        prompt_ids: Sequence[int],
        never: Sequence[int],
        rule: Rule | None = None,
    ) -> None:
        self.sampling, self.rule = sampling, rule
        self.random = np.random.default_rng(sampling.seed)
        self.never = list(never)
        self.seen = np.zeros(vocab_size, dtype=bool)
        self.seen[list(prompt_ids)] = True

    def draw(self, logits: np.ndarray) -> int:
        """The next token from its logits (V,), by inverse transform sampling with a uniform number.

        Raises:
            ValueError: the logits are not numbers.
        """
        refused: list[int] = []
        token = self._draw(self.scores(logits))
        while self.rule is not None and not self.rule.take(token):
            refused.append(token)
            token = self._draw(self.scores(logits, refused))
        self.seen[token] = True
        return token

    def _draw(self, scores: np.ndarray) -> int:
        if not np.isfinite(scores.max()):
            raise ValueError("the logits are not numbers")
        if self.sampling.temperature == 0:
            return int(np.argmax(scores))
        cumulated = np.exp(scores).cumsum()
        # a random number close to 1 times the sum could round up to the sum, which is past the last token
        end = min(self.random.random() * cumulated[-1], np.nextafter(cumulated[-1], 0))
        return int(cumulated.searchsorted(end, side="right"))

    def scores(self, logits: np.ndarray, refused: Sequence[int] = ()) -> np.ndarray:
        """The logits after all settings, the largest at 0; -inf for `refused` and all others that may not be drawn."""
        asked = self.sampling
        scores = logits.astype(np.float64)
        scores[[*self.never, *refused]] = -np.inf
        if self.rule is not None:
            scores[~self.rule.allowed()] = -np.inf
        if asked.repetition_penalty != 1:
            penalty = np.where(scores < 0, asked.repetition_penalty, 1 / asked.repetition_penalty)
            scores[self.seen] *= penalty[self.seen]
        scores -= np.max(scores)
        if asked.temperature == 0:
            return scores
        if asked.temperature != 1:
            with np.errstate(over="ignore"):  # a temperature close to 0 leaves only the most likely token
                scores /= asked.temperature
        if 0 < asked.top_k < len(scores):
            scores[scores < np.partition(scores, -asked.top_k)[-asked.top_k]] = -np.inf
        if asked.top_p < 1:
            order = scores.argsort(kind="stable")  # from the least likely
            weights = np.exp(scores[order])
            left_out = weights.cumsum()[:-1] <= (1 - asked.top_p) * weights.sum()
            scores[order[:-1][left_out]] = -np.inf
        return scores
