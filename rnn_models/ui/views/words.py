"""What each word of a text did to a verdict: the verdict when it was read, and its contribution to the last one."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ...checkpoint import labels_of
from ...inference.classify import classify_tokens
from ...interpret import Tokens, attribute_by_gradients
from ..models import LoadedModel

# Of the integral's error, in units of the logit, and of its time: the colours need no more.
TOLERANCE, POINTS = 0.05, 60
# Of a script that puts blanks between words: letters and digits, and an apostrophe between them ("wasn't"). Elsewhere,
# as in Chinese, each token counts as a word.
LETTERS = r"[^\W_\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff]+"
WORD = re.compile(rf"{LETTERS}(?:['’]{LETTERS})*")


@dataclass(frozen=True)
class Words:
    """A text in words, which together are the text, and what each did. W words, K labels.

    Attributes:
        words: each with the blanks before it.
        labels: K names.
        label: the index of the verdict.
        scores: (W,), the contribution of each word to the logit of the verdict, as `attribute_by_gradients` has it;
            that of a word of several tokens is their sum.
        start: the contribution of tokens that stand for no word, such as the one with which a text begins.
        baseline: the logit without any word; `baseline`, `start` and all scores add up to `logit`, but for the error
            of the integral.
        probabilities: (W, K), the verdict as if the text ended after each word, by the classifier that the page uses.
    """

    words: tuple[str, ...]
    labels: tuple[str, ...]
    label: int
    scores: np.ndarray
    start: float
    logit: float
    baseline: float
    probabilities: np.ndarray


def read_words(model: LoadedModel, text: str) -> Words:
    """The words of a text. Raises ValueError as `attribute_by_gradients` does."""
    labels = tuple(labels_of(model.model.config))
    found = attribute_by_gradients(model, text, points=POINTS, tolerance=TOLERANCE)
    words = group(found.tokens)
    ids = found.tokens.ids.tolist()
    verdicts = classify_tokens(model.classifier, model.tokenizer, [ids[: tokens[-1] + 1] for tokens in words])
    spans = found.tokens.spans
    ends = [int(spans[tokens[-1]][1]) for tokens in words]
    of_words = [token for tokens in words for token in tokens]
    return Words(
        words=tuple(text[start:end] for start, end in zip([0, *ends], ends, strict=False)),
        labels=labels,
        label=found.label,
        scores=np.array([found.scores[tokens].sum() for tokens in words]),
        start=float(np.delete(found.scores, of_words).sum()),
        logit=found.logit,
        baseline=found.baseline_logit,
        probabilities=np.array([[verdict[label] for label in labels] for verdict in verdicts]),
    )


def group(tokens: Tokens) -> list[list[int]]:
    """The tokens of each word: its pieces, and a blank before it."""
    within = {place for word in WORD.finditer(tokens.text) for place in range(word.start() + 1, word.end())}
    words: list[list[int]] = []
    last = (0, 0)
    for token, (start, end) in enumerate(tokens.spans.tolist()):
        if start == end:
            continue
        # `last` twice: the bytes of one character
        if words and (start in within or last == (start, end) or not tokens.text[slice(*last)].strip()):
            words[-1].append(token)
        else:
            words.append([token])
        last = (start, end)
    return words
