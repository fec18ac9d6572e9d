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


NOT_NUMBERS = "the logits are not numbers"


def surprisal(logits: np.ndarray, token: int) -> float:
    """-log2 of the probability that the logits (V,) give a token."""
    return float(surprisals(logits[None], [token])[0])


def surprisals(logits: np.ndarray, tokens: Sequence[int]) -> np.ndarray:
    """-log2 of the probability that each row of logits (B, V) gives its token: (B,)."""
    top = logits.max(axis=1, keepdims=True)
    asked = np.take_along_axis(logits, np.array(tokens, dtype=np.int64)[:, None], axis=1)
    return (np.log(np.exp(logits - top).sum(axis=1, keepdims=True)) + top - asked)[:, 0] / math.log(2)


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
        self.never = tuple(never)
        self.seen = np.zeros(vocab_size, dtype=bool)
        self.seen[list(prompt_ids)] = True

    def draw(self, logits: np.ndarray) -> int:
        """The next token from its logits (V,), by inverse transform sampling with a uniform number.

        Raises:
            ValueError: the logits are not numbers.
        """
        (token,) = draw([self], logits[None])
        if token is None:
            raise ValueError(NOT_NUMBERS)
        return token

    def scores(self, logits: np.ndarray, refused: Sequence[int] = ()) -> np.ndarray:
        """The logits after all settings, the largest at 0; -inf for `refused` and all others that may not be drawn."""
        scores = logits.astype(np.float64)[None]
        scores[:, list(refused)] = -np.inf
        return _settled([self], scores)[0]

    def _keep_to_rule(self, token: int, logits: np.ndarray) -> int:
        """The token, or if the rule refuses it the next one that the rule does not refuse."""
        refused: list[int] = []
        while self.rule is not None and not self.rule.take(token):
            refused.append(token)
            token = _inverse_transform([self], self.scores(logits, refused)[None])[0]
        self.seen[token] = True
        return token


def draw(samplers: Sequence[Sampler], logits: np.ndarray) -> list[int | None]:
    """The next token of each text from its row of logits (B, V); None if they are not numbers.

    The texts of one step are drawn together, those of the same settings in the same calls of NumPy: of many texts at
    once, a call for each took longer than the network. A row gives the same token, whatever stands beside it.
    """
    alike: dict[object, list[int]] = {}
    for row, sampler in enumerate(samplers):
        asked = sampler.sampling
        settings = asked.temperature, asked.top_k, asked.top_p, asked.repetition_penalty, sampler.never
        alike.setdefault(settings, []).append(row)
    tokens: list[int | None] = [None] * len(samplers)
    for rows in alike.values():
        texts = [samplers[row] for row in rows]
        scores = _settled(texts, logits[rows].astype(np.float64))
        numbers = np.isfinite(scores.max(axis=1))
        found = _inverse_transform(
            [text for text, number in zip(texts, numbers, strict=True) if number], scores[numbers]
        )
        for row, token in zip((row for row, number in zip(rows, numbers, strict=True) if number), found, strict=True):
            tokens[row] = samplers[row]._keep_to_rule(token, logits[row])
    return tokens


def _settled(texts: Sequence[Sampler], scores: np.ndarray) -> np.ndarray:
    """The scores (B, V) of texts of the same settings, changed in place: see `Sampler.scores`."""
    asked = texts[0].sampling
    scores[:, texts[0].never] = -np.inf
    for row, text in enumerate(texts):
        if text.rule is not None:
            scores[row, ~text.rule.allowed()] = -np.inf
    if asked.repetition_penalty != 1:
        seen = np.stack([text.seen for text in texts])
        penalty = np.where(scores < 0, asked.repetition_penalty, 1 / asked.repetition_penalty)
        scores[seen] *= penalty[seen]
    scores -= scores.max(axis=1, keepdims=True)
    if asked.temperature == 0:
        return scores
    if asked.temperature != 1:
        with np.errstate(over="ignore"):  # a temperature close to 0 leaves only the most likely token
            scores /= asked.temperature
    if 0 < asked.top_k < scores.shape[1]:
        least = np.partition(scores, -asked.top_k, axis=1)[:, -asked.top_k, None]
        scores[scores < least] = -np.inf
    if asked.top_p < 1:
        order = scores.argsort(axis=1, kind="stable")  # from the least likely
        ordered = np.take_along_axis(scores, order, axis=1)
        weights = np.exp(ordered)
        left_out = weights.cumsum(axis=1)[:, :-1] <= (1 - asked.top_p) * weights.sum(axis=1, keepdims=True)
        np.put_along_axis(scores, order[:, :-1], np.where(left_out, -np.inf, ordered[:, :-1]), axis=1)
    return scores


def _inverse_transform(texts: Sequence[Sampler], scores: np.ndarray) -> list[int]:
    """A token of each text from its row of scores (B, V), of the same settings."""
    if not texts:
        return []
    if texts[0].sampling.temperature == 0:
        return scores.argmax(axis=1).tolist()
    cumulated = np.exp(scores).cumsum(axis=1)
    total = cumulated[:, -1]
    uniform = np.array([text.random.random() for text in texts])
    # a random number close to 1 times the sum could round up to the sum, which is past the last token
    ends = np.minimum(uniform * total, np.nextafter(total, 0))
    return [int(row.searchsorted(end, side="right")) for row, end in zip(cumulated, ends, strict=True)]
