"""What single units do over many texts, and how well they detect properties that have a name.

read = read_corpus("checkpoints/shakespeare-lstm", passages, state="cell")
best, *others = units_that_tell(read, "line_position")
best.unit, best.measure, best.value     # 123, "rank correlation", 0.81 on the held-out half
dossier(read, best.unit).highest[0]     # where it is highest, with the text around it
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from transformers import PreTrainedModel

from .gates import track_index
from .properties import PROPERTIES, Property, find_property
from .source import Source, Tokens, chosen, numbers, open_source, read_tokens
from .unrolling import directions, frozen, unroll

MAX_CORPUS_TOKENS = 50_000
"""The default limit on the tokens of a corpus."""
ROWS, TOKENS = 64, 8192  # in a batch, at most

BALANCED_ACCURACY, RANK_CORRELATION = "balanced accuracy", "rank correlation"
SENTIMENT = "sentiment"


@dataclass(frozen=True)
class Activations:
    """One state of one layer and direction over the texts of a corpus. M tokens in total, without special tokens.

    Attributes:
        tokens: of each text.
        layer, direction, state: the recorded state, such as layer 0, direction 0, `"cell"`.
        values: (M, H), after each token.
        text: (M,), the index of each token's text.
        position: (M,), the index of each token in its text, as in `tokens`.
    """

    tokens: tuple[Tokens, ...]
    layer: int
    direction: int
    state: str
    values: np.ndarray
    text: np.ndarray
    position: np.ndarray

    def means(self) -> np.ndarray:
        """(N, H), the mean over the tokens of each of the N texts."""
        starts = np.searchsorted(self.text, np.arange(len(self.tokens)))
        counts = np.bincount(self.text, minlength=len(self.tokens))
        return np.add.reduceat(self.values, starts, axis=0) / counts[:, None]


def read_corpus(
    source: Source,
    texts: Sequence[str],
    *,
    layer: int = -1,
    direction: int = 0,
    state: str = "hidden",
    max_tokens: int = MAX_CORPUS_TOKENS,
) -> Activations:
    """Read each text from a zero state and record one state of one layer and direction.

    Args:
        texts: passages, poems, reviews. They are read in batches: a few hundred short ones take seconds.
        layer, direction: their indices; by default the first direction of the top layer.
        state: `"hidden"`, or `"cell"` of an LSTM.
        max_tokens: the largest number of tokens in all texts together.

    Raises:
        TypeError: `texts` is one string.
        ValueError: there are no texts, one of them cannot be read (the message says which), they are too long
            together, or the model has no such layer, direction or state.
        LoadError: the source cannot be loaded.
    """
    if isinstance(texts, str):
        raise TypeError("texts is one string: give a sequence of strings, such as [text]")
    if not texts:
        raise ValueError("there are no texts")
    opened = open_source(source)
    tokens: list[Tokens] = []
    total = 0
    for number, text in enumerate(texts):
        try:
            tokens.append(read_tokens(opened, text, max_tokens))
        except (TypeError, ValueError) as error:
            raise ValueError(f"text {number} cannot be read: {error}") from error
        total += len(tokens[-1])
        if total > max_tokens:
            raise ValueError(f"the first {number + 1} texts have {total} tokens; at most {max_tokens} are read here")
    model = frozen(opened.model)
    found = list(directions(model))
    names = model.base_model.recurrence.state_names
    index = track_index(found, layer, direction)
    if state not in names:
        raise ValueError(f"state is {state!r}; this model has {', '.join(map(repr, names))}")
    place = found[index]
    parts: list[np.ndarray] = [np.empty(0)] * len(tokens)
    for rows in _batches([len(one) for one in tokens]):
        for row, values in zip(rows, _states(model, [tokens[row] for row in rows], index, state), strict=True):
            parts[row] = values
    kept = [one.spans[:, 1] > one.spans[:, 0] for one in tokens]
    return Activations(
        tuple(tokens),
        place.layer,
        place.direction,
        state,
        np.concatenate([values[mask] for values, mask in zip(parts, kept, strict=True)]),
        np.repeat(np.arange(len(tokens)), [mask.sum() for mask in kept]),
        np.concatenate([mask.nonzero()[0] for mask in kept]),
    )


class Score(NamedTuple):
    """How well one unit detects one property, on the held-out half of the corpus.

    Attributes:
        unit: the index of the unit.
        told: the name of a `Property`, or `"sentiment"`.
        measure: `"balanced accuracy"`, the mean of the accuracies on tokens with and without the property (0.5 is
            chance); or, for a property that is a number, `"rank correlation"` (Spearman's, from -1 to 1).
        value: of the measure.
        auc: how often the unit is higher on a token with the property than on one without, over all pairs: 0.5 is
            chance, and near 0 is as good as near 1. NaN for a rank correlation.
        threshold, above: the unit predicts the property if its value is above (or else below) the threshold. Both were
            chosen on the other half. For a number: NaN, and whether the correlation there is positive.
        positives, total: the number of tokens (texts for sentiment) with the property, and of all.
    """

    unit: int
    told: str
    measure: str
    value: float
    auc: float
    threshold: float
    above: bool
    positives: int
    total: int

    @property
    def strength(self) -> float:
        """From 0, no better than chance, to 1."""
        return abs(self.value) if self.measure == RANK_CORRELATION else max(0.0, 2 * self.value - 1)


def units_that_tell(
    read: Activations, wanted: str | Property, *, labels: Sequence[bool] | None = None, count: int = 10
) -> list[Score]:
    """The units that detect a property best, the best first.

    Units and thresholds are chosen on every other text (or the first half of a single text) and scored on the other
    half, so that the best of hundreds of units does not look good by luck.

    Args:
        wanted: a name in `PROPERTIES`, a `Property`, or `"sentiment"`, which is about texts and their mean state.
        labels: for sentiment, whether each text is positive.
        count: the number of units.

    Raises:
        ValueError: there is no such property, it is the same everywhere in a half of the corpus, or `labels` do not
            fit.
    """
    values, truth, held_out, name = _question(read, wanted, labels)
    fits = [(_fit(values[~held_out, unit], truth[~held_out]), unit) for unit in range(values.shape[1])]
    best = sorted(fits, key=lambda fit: (-fit[0].strength, fit[1]))[:count]
    return [_score(values[held_out, unit], truth[held_out], fit, unit, name) for fit, unit in best]


def score_unit(read: Activations, unit: int, wanted: str | Property, *, labels: Sequence[bool] | None = None) -> Score:
    """How well one unit detects one property, with a threshold that the other half of the texts chose.

    Raises:
        NothingToTellError: the property is the same everywhere in a half of the corpus.
        ValueError: there is no such unit or property, or `labels` do not fit.
    """
    unit = chosen("unit", unit, range(read.values.shape[1]))
    values, truth, held_out, name = _question(read, wanted, labels)
    column = values[:, unit]
    fit = _fit(column[~held_out], truth[~held_out])
    return _score(column[held_out], truth[held_out], fit, unit, name)


class Passage(NamedTuple):
    """A token and the text around it.

    Attributes:
        text, position: the indices of the text and of the token in it.
        value: of the unit, after the token.
        before, piece, after: the text before the token, of the token, and after it.
    """

    text: int
    position: int
    value: float
    before: str
    piece: str
    after: str


@dataclass(frozen=True)
class Dossier:
    """A summary of one unit.

    Attributes:
        unit: its index in the layer, direction and state that were read.
        counts, edges: (bins,) and (bins + 1,), the histogram of its values over all tokens.
        mean, deviation: mean and standard deviation of its values.
        highest, lowest: passages that do not overlap, the most extreme first.
        scores: how well it detects each property, the best first, without properties that do not vary in the corpus.
    """

    unit: int
    counts: np.ndarray
    edges: np.ndarray
    mean: float
    deviation: float
    highest: tuple[Passage, ...]
    lowest: tuple[Passage, ...]
    scores: tuple[Score, ...]


def dossier(
    read: Activations,
    unit: int,
    *,
    labels: Sequence[bool] | None = None,
    passages: int = 5,
    around: int = 40,
    bins: int = 40,
) -> Dossier:
    """Summarize one unit over the texts that were read.

    Args:
        labels: whether each text is positive, to score the unit on sentiment too.
        passages: the number of highest passages, and of lowest ones.
        around: the number of characters shown before and after a token.
        bins: of the histogram.

    Raises:
        ValueError: there is no such unit, or `labels` do not fit.
    """
    unit = chosen("unit", unit, range(read.values.shape[1]))
    values = read.values[:, unit]
    counts, edges = np.histogram(values, bins)
    scores = []
    for name in [*PROPERTIES, *([SENTIMENT] if labels is not None else [])]:
        with suppress(NothingToTellError):
            scores.append(score_unit(read, unit, name, labels=labels))
    return Dossier(
        unit,
        counts,
        edges,
        float(values.mean()),
        float(values.std()),
        tuple(_passages(read, values, np.argsort(-values, kind="stable"), passages, around)),
        tuple(_passages(read, values, np.argsort(values, kind="stable"), passages, around)),
        tuple(sorted(scores, key=lambda score: -score.strength)),
    )


class NothingToTellError(ValueError):
    """A property is the same everywhere in a half of the corpus, so it cannot be scored."""


def check_labels(read: Activations, labels: Sequence[bool] | None) -> np.ndarray:
    """Labels as an array (N,) of bool. Raises ValueError if they are not true or false, one per text."""
    found = np.asarray([] if labels is None else labels)
    if found.shape != (len(read.tokens),):
        raise ValueError(f"{len(read.tokens)} texts need as many labels, but there are {len(found)}")
    if not np.isin(found, (0, 1)).all():
        raise ValueError("a label is True or 1 for a positive text, False or 0 for a negative one")
    return found.astype(bool)


@torch.inference_mode()
def _states(model: PreTrainedModel, tokens: list[Tokens], index: int, state: str) -> Iterator[np.ndarray]:
    """The state after each token of each text, (T, H) each."""
    lengths = torch.tensor([len(one) for one in tokens])
    ids = torch.zeros(len(tokens), int(lengths.max()), dtype=torch.long)
    for row, one in zip(ids, tokens, strict=True):
        row[: len(one)] = torch.as_tensor(one.ids)
    vectors = model.base_model.embedding(ids.to(model.device))
    track = unroll(model, vectors, lengths=lengths.to(model.device))[index]
    values = numbers(track.states()[track.cell.state_names.index(state)])
    return (row[:length] for row, length in zip(values, lengths.tolist(), strict=True))


def _batches(lengths: list[int]) -> Iterator[list[int]]:
    """Rows of similar length in batches of at most `ROWS` rows and `TOKENS` tokens, padding included."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) == ROWS or (len(batch) + 1) * lengths[row] > TOKENS):
            yield batch
            batch = []
        batch.append(row)
    yield batch


def _question(
    read: Activations, wanted: str | Property, labels: Sequence[bool] | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, str]:
    """(values (M, H), truth (M,), held out (M,), name), over tokens, or over texts for sentiment."""
    if wanted == SENTIMENT:
        values, truth, name = read.means(), check_labels(read, labels), SENTIMENT
        held_out = np.arange(len(truth)) % 2 == 1
    else:
        asked = find_property(wanted)
        values, name = read.values, asked.name
        truth = np.concatenate([asked.of_tokens(one) for one in read.tokens])
        alone = len(read.tokens) == 1
        held_out = np.arange(len(truth)) >= len(truth) / 2 if alone else read.text % 2 == 1
    for half in (truth[held_out], truth[~held_out]):
        if len(np.unique(half)) < 2:
            raise NothingToTellError(f"{name} is the same everywhere in one half of these texts: it cannot be scored")
    return values, truth, held_out, name


class _Fit(NamedTuple):
    """How to read a unit according to one half of a corpus, and how well it does there."""

    threshold: float
    above: bool
    strength: float


def _fit(values: np.ndarray, truth: np.ndarray) -> _Fit:
    """The threshold with the best balanced accuracy, or for numbers the sign of the rank correlation."""
    if truth.dtype != bool:
        correlation = _rank_correlation(values, truth)
        return _Fit(float("nan"), correlation > 0, abs(correlation))
    order = np.argsort(values)
    values, truth = values[order], truth[order]
    below = np.cumsum(truth)[:-1] / truth.sum()  # the share of true values below each cut
    others_below = np.cumsum(~truth)[:-1] / (~truth).sum()
    accuracy = np.where(values[1:] > values[:-1], (1 - below + others_below) / 2, 0.5)  # no cut between equals
    up, down = int(np.argmax(accuracy)), int(np.argmin(accuracy))
    above = bool(accuracy[up] >= 1 - accuracy[down])
    cut = up if above else down
    threshold = float(values[cut] + values[cut + 1]) / 2
    return _Fit(threshold, above, 2 * float(accuracy[up] if above else 1 - accuracy[down]) - 1)


def _score(values: np.ndarray, truth: np.ndarray, fit: _Fit, unit: int, name: str) -> Score:
    if truth.dtype != bool:
        correlation = _rank_correlation(values, truth)
        nan = float("nan")
        return Score(unit, name, RANK_CORRELATION, correlation, nan, nan, fit.above, len(truth), len(truth))
    said = (values > fit.threshold) == fit.above
    accuracy = (said[truth].mean() + (~said[~truth]).mean()) / 2
    positives = int(truth.sum())
    wins = _ranks(values)[truth].sum() - positives * (positives + 1) / 2
    auc = wins / (positives * (len(truth) - positives))
    return Score(
        unit, name, BALANCED_ACCURACY, float(accuracy), float(auc), fit.threshold, fit.above, positives, len(truth)
    )


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1; equal values share their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]


def _rank_correlation(values: np.ndarray, truth: np.ndarray) -> float:
    """Spearman's rank correlation; 0 for a constant unit."""
    one, other = (ranks - ranks.mean() for ranks in (_ranks(values), _ranks(truth)))
    length = np.linalg.norm(one) * np.linalg.norm(other)
    return float(one @ other / length) if length else 0.0


def _passages(read: Activations, values: np.ndarray, order: np.ndarray, count: int, around: int) -> Iterator[Passage]:
    taken: list[tuple[int, int]] = []
    for row in order:
        if len(taken) == count:
            return
        number, position = int(read.text[row]), int(read.position[row])
        tokens = read.tokens[number]
        start, end = map(int, tokens.spans[position])
        if any(number == other and abs(start - place) <= 2 * around for other, place in taken):
            continue
        taken.append((number, start))
        before, after = tokens.text[max(0, start - around) : start], tokens.text[end : end + around]
        yield Passage(number, position, float(values[row]), before, tokens.text[start:end], after)
