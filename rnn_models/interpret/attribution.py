"""Why a classifier decided as it did: its verdict after every token, and the contribution of each token.

running_verdict("checkpoints/sentiment-en", "Not bad at all").probabilities     # (T, labels)

found = attribute_by_gradients("checkpoints/sentiment-en", "Not bad at all")
found.scores                        # (T,), they add up to found.logit - found.baseline_logit
found.completeness_error            # up to this error
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel

from ..modeling import RNNForSequenceClassification, RNNState
from .source import MAX_TOKENS, Source, Tokens, numbers, open_source, read_tokens
from .unrolling import frozen, gradients, initial_states, outputs_of, unroll, verdict_logits

# Integrated gradients start with FIRST_PIECES pieces of the path. They evaluate the network at the ends of each piece
# and at its two Gauss-Legendre points. Halving a piece needs a new end and two points in each half.
FIRST_PIECES, GAUSS = 8, (0.5 - 3**-0.5 / 2, 0.5 + 3**-0.5 / 2)
FEWEST_POINTS, POINTS_TO_HALVE = FIRST_PIECES + 1 + FIRST_PIECES * len(GAUSS), 1 + 2 * len(GAUSS)
HALVED_AT_ONCE = 4
AT_ONCE = 4096  # tokens in a batch, over all its rows: more would need memory and save no time


@dataclass(frozen=True)
class RunningVerdict:
    """The verdict of a classifier if the text ended after each token. T tokens, K labels.

    Attributes:
        tokens: the text that was read.
        labels: K names.
        logits: (T, K), divided by the model's temperature.
        probabilities: (T, K).
    """

    tokens: Tokens
    labels: tuple[str, ...]
    logits: np.ndarray
    probabilities: np.ndarray


def running_verdict(source: Source, text: str, *, max_tokens: int = MAX_TOKENS) -> RunningVerdict:
    """The verdict on each prefix of a text, from its first token to the complete text.

    Each prefix is read again, because a right-to-left direction starts at a different token in each. So the time grows
    with the square of the length.

    Raises:
        ValueError: the model does not choose one of several labels, or the text cannot be read.
        LoadError: the source cannot be loaded.
    """
    model, tokens = _open(source, text, max_tokens)
    ids = torch.as_tensor(tokens.ids, device=model.device)
    rows = []
    with torch.inference_mode():
        for lengths in _batches(len(ids)):
            ends = torch.as_tensor(lengths, device=ids.device) + 1
            longest = int(ends[-1])
            mask = torch.arange(longest, device=ids.device) < ends[:, None]
            rows.append(model(ids[:longest].expand(len(ends), -1), attention_mask=mask.long()).logits)
        logits = torch.cat(rows)
    return RunningVerdict(tokens, _labels(model), numbers(logits), numbers(logits.softmax(-1)))


@dataclass(frozen=True)
class Attribution:
    """The contribution of each token, and of the initial state, to the logit of a label.

    The baseline is a text of the same length whose vectors are all zero, read from a zero state.

    Attributes:
        tokens: the text that was read, T tokens.
        label: the label's index; `label_name` is its name.
        method: `"integrated gradients"` or `"occlusion"`.
        scores: (T,), in units of the logit; positive if a token is evidence for the label.
        state: by state name, (layers * directions,): the same for the initial state. All zero if that is zero.
        logit: of the label, divided by the model's temperature.
        baseline_logit: the same for the baseline.
        completeness_error: the sum of all scores minus `logit - baseline_logit`. For integrated gradients it is the
            integration error, which more `points` reduce; for occlusion it is the effect of interactions of tokens.
    """

    tokens: Tokens
    label: int
    label_name: str
    method: str
    scores: np.ndarray
    state: dict[str, np.ndarray]
    logit: float
    baseline_logit: float
    completeness_error: float


@gradients()
def attribute_by_gradients(
    source: Source,
    text: str,
    *,
    label: int | None = None,
    state: RNNState | None = None,
    points: int = 80,
    tolerance: float = 0.02,
    max_tokens: int = MAX_TOKENS,
) -> Attribution:
    """Integrated gradients (Sundararajan, Taly & Yan 2017), from the baseline to the text and its initial state.

    The logit of a recurrent network may jump within a thousandth of the path, which evenly spaced points miss. So a
    piece of the path is halved if its integral differs from the change of the logit between its ends.

    Args:
        label: the index of the label to explain; None for the model's verdict.
        state: the initial state, one row; None for zero.
        points: the largest number of points on the path at which the network is evaluated.
        tolerance: the evaluation stops when the errors of all pieces sum to less than this, in units of the logit.
        max_tokens: the largest length of the text.

    Raises:
        ValueError: as in `running_verdict`, or there is no such label, `points` is too low, or the state is from
            another model.
        LoadError: the source cannot be loaded.
    """
    if points < FEWEST_POINTS:
        raise ValueError(f"points is {points}: it must be at least {FEWEST_POINTS}")
    asked = _Asked(source, text, label, state, max_tokens)
    way = _Way(asked)
    done = way.pieces([(n / FIRST_PIECES, (n + 1) / FIRST_PIECES) for n in range(FIRST_PIECES)])
    while sum(abs(piece.error) for piece in done) > tolerance:
        affordable = (points - way.points) // POINTS_TO_HALVE
        if affordable < 1:
            break
        done.sort(key=lambda piece: -abs(piece.error))
        bad = [piece for piece in done if abs(piece.error) > abs(done[0].error) / 4][: min(affordable, HALVED_AT_ONCE)]
        halves = [half for piece in bad for half in piece.halves()]
        done = done[len(bad) :] + way.pieces(halves)
    total = torch.stack([piece.scores for piece in done]).sum(0)
    time = len(asked.tokens)
    return asked.attribution("integrated gradients", total[:time], total[time:])


class _Piece(NamedTuple):
    """A piece of the path from baseline (0) to inputs (1): each input's integral over it, and the error."""

    start: float
    end: float
    scores: Tensor
    error: float

    def halves(self) -> list[tuple[float, float]]:
        middle = (self.start + self.end) / 2
        return [(self.start, middle), (middle, self.end)]


class _Way:
    """The straight path from the baseline to the inputs.

    Attributes:
        points: the number of points at which the network was evaluated.
    """

    def __init__(self, asked: _Asked) -> None:
        self.asked = asked
        self.points = 0
        self.values: dict[float, float] = {}  # the logit at the ends of pieces

    def pieces(self, pieces: list[tuple[float, float]]) -> list[_Piece]:
        """The integral over each piece by two-point Gauss-Legendre quadrature."""
        ends = sorted({end for piece in pieces for end in piece} - self.values.keys())
        between = [start + (end - start) * node for start, end in pieces for node in GAUSS]
        points = [*ends, *between]
        logits, slopes = [], []
        for rows in _batches(len(points), len(self.asked.tokens)):
            found = self._at([points[row] for row in rows])
            logits.append(found[0])
            slopes.append(found[1])
        self.points += len(points)
        self.values.update(zip(ends, torch.cat(logits).tolist(), strict=False))
        means = torch.cat(slopes)[len(ends) :].view(len(pieces), len(GAUSS), -1).mean(1)
        done = []
        for (start, end), mean in zip(pieces, means, strict=True):
            scores = (end - start) * mean
            error = float(scores.double().sum()) - (self.values[end] - self.values[start])
            done.append(_Piece(start, end, scores, error))
        return done

    def _at(self, points: list[float]) -> tuple[Tensor, Tensor]:
        """At B points, the logit (B,) and its slope along the path for each token and initial state, (B, T + S)."""
        inputs = self.asked.inputs
        along = inputs[0].new_tensor(points)
        here = [(along.view(-1, *(1,) * (part.dim() - 1)) * part).requires_grad_() for part in inputs]
        logits = self.asked.logit(here)
        gradients = torch.autograd.grad(logits.sum(), here)
        slopes = [(gradient * part).sum(-1) for gradient, part in zip(gradients, inputs, strict=True)]
        return logits.detach(), torch.cat([slope.view(len(points), -1) for slope in slopes], dim=1)


@torch.no_grad()
def attribute_by_occlusion(
    source: Source,
    text: str,
    *,
    label: int | None = None,
    state: RNNState | None = None,
    max_tokens: int = MAX_TOKENS,
) -> Attribution:
    """The change of the logit when a token's vector, or a part of the initial state, is replaced by zeros.

    Arguments and errors as in `attribute_by_gradients`. The time grows with the square of the length.
    """
    asked = _Asked(source, text, label, state, max_tokens)
    vectors, *states = asked.inputs
    whole = asked.logit(asked.inputs)
    scores = []
    for rows in _batches(len(asked.tokens), len(asked.tokens)):
        without = vectors.repeat(len(rows), 1, 1)
        without[torch.arange(len(rows)), torch.as_tensor(rows)] = 0
        scores.append(whole - asked.logit([without, *(part.expand(len(rows), -1) for part in states)]))
    lost = []
    for index in range(len(states)):
        emptied = [part * (index != other) for other, part in enumerate(states)]
        lost.append(whole - asked.logit([vectors, *emptied]))
    return asked.attribution("occlusion", torch.cat(scores), torch.cat(lost))


class _Asked:
    """A classifier, a text and a label, to compute the label's logit for modified inputs.

    Attributes:
        inputs: the tokens' vectors (1, T, E), then the initial state, (1, H) tensors from the bottom layer up.
    """

    def __init__(self, source: Source, text: str, label: int | None, state: RNNState | None, max_tokens: int) -> None:
        self.model, self.tokens = _open(source, text, max_tokens)
        self.names = self.model.rnn.recurrence.state_names
        ids = torch.as_tensor(self.tokens.ids, device=self.model.device)
        vectors = self.model.rnn.embedding(ids)[None].detach()
        parts = initial_states(self.model, vectors, state)
        self.inputs = [vectors, *(tensor.detach() for part in parts for tensor in part)]
        labels = _labels(self.model)
        with torch.no_grad():
            logits = self._logits(self.inputs)[0]
        if label is not None and not 0 <= label < len(labels):
            raise ValueError(f"label is {label}: this model has the labels 0 to {len(labels) - 1}")
        self.label = int(logits.argmax()) if label is None else label
        self.label_name = labels[self.label]
        self.whole = float(logits[self.label])

    def _logits(self, inputs: list[Tensor]) -> Tensor:
        vectors, *flat = inputs
        size = len(self.names)
        states = [tuple(flat[first : first + size]) for first in range(0, len(flat), size)]
        if not torch.is_grad_enabled():  # the kernels are over twice as fast as single steps
            return self.model(inputs_embeds=vectors, state=RNNState.stack(self.names, states)).logits
        return verdict_logits(self.model, outputs_of(unroll(self.model, vectors, states)))

    def logit(self, inputs: list[Tensor]) -> Tensor:
        """The label's logit, (B,), for inputs of the same form as `inputs`, with B rows."""
        return self._logits(inputs)[:, self.label]

    def attribution(self, method: str, scores: Tensor, states: Tensor) -> Attribution:
        """The result from scores (T,) and one number for each tensor of the initial state."""
        with torch.no_grad():
            baseline = float(self.logit([torch.zeros_like(part) for part in self.inputs]))
        lost = numbers(states).reshape(-1, len(self.names))  # (layers * directions, names)
        by_name = {name: lost[:, index].copy() for index, name in enumerate(self.names)}
        error = float(scores.double().sum()) + float(lost.sum()) - (self.whole - baseline)
        return Attribution(
            self.tokens, self.label, self.label_name, method, numbers(scores), by_name, self.whole, baseline, error
        )


def _open(source: Source, text: str, max_tokens: int) -> tuple[PreTrainedModel, Tokens]:
    opened = open_source(source, RNNForSequenceClassification)
    config = opened.model.config
    if config.num_labels < 2 or config.problem_type not in (None, "single_label_classification"):
        raise ValueError(
            f"the model is for {config.problem_type or 'one label'}; it must choose one of several labels"
        )
    return frozen(opened.model), read_tokens(opened, text, max_tokens)


def _labels(model: PreTrainedModel) -> tuple[str, ...]:
    return tuple(str(model.config.id2label[index]) for index in range(model.config.num_labels))


def _batches(rows: int, length: int | None = None) -> Iterator[list[int]]:
    """Row numbers in batches of at most `AT_ONCE` tokens. A row has `length` tokens, by default row n has n + 1."""
    batch: list[int] = []
    for row in range(rows):
        if batch and (len(batch) + 1) * (row + 1 if length is None else length) > AT_ONCE:
            yield batch
            batch = []
        batch.append(row)
    yield batch
