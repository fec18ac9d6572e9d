"""How much each earlier token affects a language model's prediction: by the gradient, and exactly, by leaving it out.

one = influence_at("checkpoints/shakespeare-lstm", "To be, or not to be", position=7)
one.loss                            # (8,), the norm of the loss's gradient with respect to each token's vector
influence_at(..., method="occlusion").loss    # (8,), nats that each token saves

influence_by_distance("checkpoints/shakespeare-rnn", text).reach()    # 9: how far back a token still matters

influences = Influences("checkpoints/shakespeare-lstm", text)    # reads the text once for all that follows
influences.at(7), influences.at(8), influences.by_distance(method="occlusion")
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..modeling import RNNForCausalLM
from .source import MAX_TOKENS, Source, Tokens, at, numbers, open_source, piece_of, read_tokens
from .unrolling import Track, frozen, gradients, next_logits, outputs_of, unroll

METHODS = ("gradient", "occlusion")


@dataclass(frozen=True)
class Influence:
    """The effect of each token on one prediction. P tokens were read, the last of them at `position`.

    With `method="gradient"` the numbers are L2 norms of gradients with respect to a token's vector: the largest change
    of the logit or the loss per unit of length, for a small change of that vector. With `"occlusion"` they are exact
    differences, positive if the token is evidence for the target.

    Attributes:
        tokens: the text.
        position: the token after which the prediction is made, counted from 0.
        target: the id of the predicted token; `target_piece` is its text.
        probability: of the target.
        method: `"gradient"` or `"occlusion"`.
        logit: (P,), for the target's logit: the gradient's norm, or the logit minus the one without the token.
        loss: (P,), for -log probability, in nats: the gradient's norm, or the loss without the token minus the one
            with it. NaN, as in `logit`, for tokens outside the window, which were not tried.
    """

    tokens: Tokens
    position: int
    target: int
    target_piece: str
    probability: float
    method: str
    logit: np.ndarray
    loss: np.ndarray


@dataclass(frozen=True)
class InfluenceCurve:
    """The mean influence of a token by its distance from the prediction. D distances.

    Attributes:
        method: `"gradient"` or `"occlusion"`, as in `Influence`.
        distance: (D,), in tokens: 0 is the last token read before the prediction.
        logit, loss: (D,), the mean norm of the gradient, or the mean absolute change.
        pairs: (D,), the number of pairs of a token and a prediction in each mean.
    """

    method: str
    distance: np.ndarray
    logit: np.ndarray
    loss: np.ndarray
    pairs: np.ndarray

    def reach(self, share: float = 0.01) -> int:
        """The largest distance at which the influence on the loss is at least `share` of its maximum."""
        return int(self.distance[self.loss >= share * self.loss.max()][-1])


class Influences:
    """A text that a language model has read once, to ask for several influences on its predictions.

    It holds every step of the network and, with `with_gradient`, what the gradients need of it: for 500 tokens and 512
    units 7 to 20 MB, by the cell.

    Args:
        source: a model in any of the forms of `Source`.
        text: the text, read from a zero state.
        with_gradient: whether gradients can be asked for; without them reading takes a fifth less time.
        max_tokens: the largest length of the text.

    Raises:
        ValueError: the model is not a language model, or the text cannot be read.
        LoadError: the source cannot be loaded.

    Attributes:
        tokens: the text.
    """

    def __init__(self, source: Source, text: str, *, with_gradient: bool = True, max_tokens: int = MAX_TOKENS) -> None:
        opened = open_source(source, RNNForCausalLM)
        self.tokens = read_tokens(opened, text, max_tokens)
        self._model, self._tokenizer = frozen(opened.model), opened.tokenizer
        self._ids = torch.as_tensor(self.tokens.ids, device=opened.model.device)
        with gradients(), torch.set_grad_enabled(with_gradient):
            self._vectors = self._model.rnn.embedding(self._ids).requires_grad_(with_gradient)  # (T, E)
            self._tracks: list[Track] = unroll(self._model, self._vectors[None])

    @gradients()
    def at(
        self, position: int = -1, *, target: int | None = None, method: str = "gradient", window: int = 200
    ) -> Influence:
        """How much each token up to a position affects the prediction made there: see `influence_at`.

        Raises:
            ValueError: an argument is out of its range, or gradients are asked of a text that was read without them.
        """
        self._check(method, window=window)
        position = at(position, len(self.tokens))
        with torch.no_grad():
            logits = self._logits(torch.tensor([position]))[0]
        if target is None:
            following = self.tokens.ids[position + 1 : position + 2]
            target = int(following[0] if len(following) else logits.argmax())
        if not 0 <= target < len(logits):
            raise ValueError(f"target is {target}: the model has the token ids 0 to {len(logits) - 1}")
        if method == "gradient":
            wanted = torch.tensor([target], device=logits.device)
            found = self._gradients(torch.tensor([position]), wanted)
            logit, loss = (rows[0, : position + 1] for rows in found)
        else:
            logit, loss = self._without_each(position, logits, target, window)
        return Influence(
            self.tokens,
            position,
            target,
            piece_of(self._tokenizer, target),
            float(logits.softmax(-1)[target]),
            method,
            numbers(logit),
            numbers(loss),
        )

    @gradients()
    def by_distance(self, *, method: str = "gradient", samples: int = 16, reach: int = 100) -> InfluenceCurve:
        """The mean influence of a token on the predictions of the text's own next tokens: see `influence_by_distance`.

        Raises:
            ValueError: as in `at`; the text needs two tokens.
        """
        self._check(method, samples=samples, reach=reach)
        predictions = len(self.tokens) - 1  # the text's last token is only predicted
        if predictions < 1:
            raise ValueError(f"the text has {len(self.tokens)} tokens; at least 2 are needed here")
        sampled = torch.from_numpy(np.unique(np.linspace(0, predictions - 1, samples).round().astype(int)))
        targets = self._ids[1:]
        size = min(reach + 1, predictions)
        sums, pairs = np.zeros((2, size)), np.zeros(size, dtype=int)
        if method == "gradient":
            rows = [numbers(lengths) for lengths in self._gradients(sampled, targets[sampled])]  # (samples, T) each
            for row, position in enumerate(sampled.tolist()):
                near = np.arange(min(position + 1, size))
                sums[:, near] += [lengths[row, position - near] for lengths in rows]
                pairs[near] += 1
        else:
            with torch.no_grad():
                logits = self._logits(torch.arange(predictions))
            for distance, outputs in zip(range(size), self._without(sampled, predictions - 1), strict=False):
                predicted = sampled[: len(outputs)] + distance
                changes = self._changes(logits[predicted], outputs, targets[predicted])
                sums[:, distance] = [float(change.abs().sum()) for change in changes]
                pairs[distance] = len(outputs)
        seen = pairs > 0
        logit, loss = sums[:, seen] / pairs[seen]
        return InfluenceCurve(method, np.arange(size)[seen], logit, loss, pairs[seen])

    def _check(self, method: str, **numbers: int) -> None:
        _check(method, **numbers)
        if method == "gradient" and not self._vectors.requires_grad:
            raise ValueError('method is "gradient", and the text was read with with_gradient=False')

    def _logits(self, positions: Tensor) -> Tensor:
        """(N, V), after each of N tokens."""
        return next_logits(self._model, outputs_of(self._tracks)[0, positions])

    def _gradients(self, positions: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """For N predictions, the norms of the gradients of logit and loss for each token's vector, (N, T) each."""
        logits = self._logits(positions)
        chosen = logits.gather(1, targets[:, None]).squeeze(1)  # (N,)
        values = torch.cat([chosen, logits.logsumexp(-1) - chosen])  # (2N,)
        seeds = torch.eye(len(values), dtype=chosen.dtype, device=chosen.device)
        # one backward pass for all of them, because its time goes to reading the weights
        (found,) = torch.autograd.grad(values, self._vectors, seeds, retain_graph=True, is_grads_batched=True)
        return found.norm(dim=-1).chunk(2)

    @torch.no_grad()
    def _without(self, starts: Tensor, last: int) -> Iterator[Tensor]:
        """The top layer's outputs of N runs that each read zeros instead of one token: after it, after the next, ...

        Args:
            starts: (N,), the positions of the left-out tokens, ascending.
            last: the position at which each run ends.

        Yields:
            (n, H), for the first n runs, those that have not ended.
        """
        starts = starts.to(self._ids.device)
        states = [tuple(part[0, starts] for part in track.before()) for track in self._tracks]
        x = self._vectors.new_zeros(len(starts), self._vectors.shape[1])
        for step in range(last - int(starts[0]) + 1):
            alive = int((starts + step <= last).sum())
            x = self._vectors[starts[:alive] + step] if step else x
            for index, track in enumerate(self._tracks):
                x, states[index] = track.cell.step(x, tuple(part[:alive] for part in states[index]))
            yield x

    @torch.no_grad()
    def _changes(self, with_it: Tensor, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """The effect of other outputs (n, H), where the logits were (n, V): decrease of the logits, increase of the
        losses."""
        chosen = targets[:, None]
        without_it = next_logits(self._model, outputs)
        logit = (with_it.gather(1, chosen) - without_it.gather(1, chosen)).squeeze(1)
        gained = with_it.logsumexp(-1) - without_it.logsumexp(-1)
        return logit, logit - gained

    def _without_each(self, position: int, logits: Tensor, target: int, window: int) -> tuple[Tensor, Tensor]:
        first = max(0, position + 1 - window)
        runs = self._without(torch.arange(first, position + 1), position)
        # The run that ends at the n-th step started n tokens before the position; it is the last of the remaining
        # runs.
        outputs = torch.stack([left[-1] for left in runs]).flip(0)
        wanted = torch.full((len(outputs),), target, device=outputs.device)
        changes = self._changes(logits.expand(len(outputs), -1), outputs, wanted)
        unknown = outputs.new_full((first,), float("nan"))
        return torch.cat([unknown, changes[0]]), torch.cat([unknown, changes[1]])


def influence_at(
    source: Source,
    text: str,
    position: int = -1,
    *,
    target: int | None = None,
    method: str = "gradient",
    window: int = 200,
    max_tokens: int = MAX_TOKENS,
) -> Influence:
    """How much each token up to a position affects the prediction made there.

    Args:
        position: the token after which the prediction is made, counted from 0, or from the end if negative.
        target: the id of the token to explain. None for the token that follows in the text, or the most likely one at
            the end of the text.
        method: `"gradient"`, or `"occlusion"`: the network reads the text again for each token, with a vector of zeros
            in its place, as in word dropout.
        window: occlusion tries only this many of the latest tokens; its time grows with the square of the number.
        max_tokens: the largest length of the text.

    Raises:
        ValueError: the model is not a language model, the text cannot be read, or an argument is out of its range.
        LoadError: the source cannot be loaded.
    """
    _check(method, window=window)
    influences = Influences(source, text, with_gradient=method == "gradient", max_tokens=max_tokens)
    return influences.at(position, target=target, method=method, window=window)


def influence_by_distance(
    source: Source,
    text: str,
    *,
    method: str = "gradient",
    samples: int = 16,
    reach: int = 100,
    max_tokens: int = MAX_TOKENS,
) -> InfluenceCurve:
    """The mean influence of a token on the predictions of the text's own next tokens, by distance.

    Args:
        method: `"gradient"` or `"occlusion"`.
        samples: the number of predictions (gradient) or left-out tokens (occlusion), evenly spaced over the text.
        reach: the largest distance, in tokens.
        max_tokens: the largest length of the text.

    Raises:
        ValueError, LoadError: as in `influence_at`; the text needs two tokens.
    """
    _check(method, samples=samples, reach=reach)
    influences = Influences(source, text, with_gradient=method == "gradient", max_tokens=max_tokens)
    return influences.by_distance(method=method, samples=samples, reach=reach)


def _check(method: str, **numbers: int) -> None:
    if method not in METHODS:
        raise ValueError(f"method is {method!r}; allowed are {', '.join(map(repr, METHODS))}")
    for name, number in numbers.items():
        if number < 1:
            raise ValueError(f"{name} is {number}: it must be at least 1")
