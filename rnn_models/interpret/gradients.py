"""How far back a loss reaches: its gradient with respect to the states of every step, in trained and fresh networks.

gradient_flow("checkpoints/shakespeare-lstm", text).layers[0].norms["cell"]     # (T,), 0 steps before the loss first

for scale in (0.9, 1.0, 1.1):       # vanishing, kept, exploding (Bengio et al. 1994, Pascanu et al. 2013)
    fresh_gradient_flow("rnn", weight_scale=scale).layers[0].norms["hidden"]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import PreTrainedModel

from ..modeling import RNNConfig, RNNForCausalLM, RNNForSequenceClassification
from ..modeling.cells import Cell, State
from .fresh import fresh
from .source import MAX_TOKENS, Source, open_source, read_tokens
from .unrolling import Track, directions, frozen, gradients, next_logits, outputs_of, unroll, verdict_logits

VOCABULARY = 32  # of a fresh network, which reads random tokens


class LayerFlow(NamedTuple):
    """How much the loss depends on the states of one direction of one layer.

    Attributes:
        layer, direction: their indices, counted from 0.
        backwards: whether it reads from right to left.
        norms: by state name, (T,): the L2 norm of dL/dh or dL/dc after a step, over all paths from it to the loss. The
            first is that of the last step read, the next that of the step before, and so on. Infinite or NaN if the
            gradients overflow.
    """

    layer: int
    direction: int
    backwards: bool
    norms: dict[str, np.ndarray]


@dataclass(frozen=True)
class GradientFlow:
    """The gradient of one loss with respect to every state before it.

    Attributes:
        loss: -log probability of the target, in nats.
        layers: from the bottom up, a layer's directions next to each other, in the order of `RNNState`.
        weight_norm: the L2 norm of the gradient of all weights, which gradient clipping compares with its bound.
    """

    loss: float
    layers: tuple[LayerFlow, ...]
    weight_norm: float

    def clipped(self, bound: float) -> float:
        """The factor by which clipping scales the gradient, at most 1 (Pascanu, Mikolov & Bengio 2013)."""
        if not bound > 0:
            raise ValueError(f"bound is {bound}: it must be above 0")
        return min(1.0, bound / self.weight_norm) if self.weight_norm else 1.0


def gradient_flow(
    source: Source, text: str, *, label: int | None = None, max_tokens: int = MAX_TOKENS
) -> GradientFlow:
    """The gradient flow from the loss at the end of a text.

    A language model reads all tokens except the last, which is the target. A classifier reads all tokens, and the
    target is a label.

    Args:
        label: the index of a classifier's label; None for its own verdict.
        max_tokens: the largest length of the text.

    Raises:
        ValueError: the model is neither a language model nor a classifier of this package, the text cannot be read (a
            language model needs two tokens), there is no such label, or a language model is given one.
        LoadError: the source cannot be loaded.
    """
    opened = open_source(source, RNNForCausalLM, RNNForSequenceClassification)
    writes = isinstance(opened.model, RNNForCausalLM)
    tokens = read_tokens(opened, text, max_tokens, at_least=2 if writes else 1)
    ids = torch.as_tensor(tokens.ids, device=opened.model.device)
    if writes:
        if label is not None:
            raise ValueError(f"label is {label!r}: a language model has no labels")
        return _flow(opened.model, ids[:-1], int(ids[-1]))
    if label is not None and not 0 <= label < opened.model.config.num_labels:
        raise ValueError(f"label is {label}: this model has the labels 0 to {opened.model.config.num_labels - 1}")
    return _flow(opened.model, ids, label)


def fresh_gradient_flow(
    cell_type: str,
    *,
    length: int = 100,
    hidden_size: int = 64,
    weight_scale: float = 1.0,
    forget_bias: float = 1.0,
    nonlinearity: str = "tanh",
    seed: int = 0,
    max_tokens: int = MAX_TOKENS,
) -> GradientFlow:
    """The gradient flow in an untrained language model over random tokens, in double precision.

    Args:
        cell_type: `"rnn"`, `"lstm"` or `"gru"`.
        length: how many tokens are read.
        hidden_size: H, also the size of a token's vector.
        weight_scale: multiplies the recurrent weights. At 1 they are orthogonal and preserve every norm; with a ReLU
            they start at 0.3 of that, see `RNNCell`.
        forget_bias: the bias of the forget gate, for cells with one; a fresh LSTM has 1.
        nonlinearity: `"tanh"` or `"relu"`, for the vanilla RNN.
        seed: decides weights and tokens.
        max_tokens: the largest allowed `length`.

    Raises:
        ValueError: an argument is out of its range.
    """
    if not 1 <= length <= max_tokens:
        raise ValueError(f"length is {length}: it must be from 1 to {max_tokens} (max_tokens)")
    # the configuration checks the other arguments
    config = RNNConfig(
        vocab_size=VOCABULARY,
        hidden_size=hidden_size,
        cell_type=cell_type,
        nonlinearity=nonlinearity,
        pad_token_id=None,
    )
    model = fresh(RNNForCausalLM, config, seed=seed, weight_scale=weight_scale, forget_bias=forget_bias).double()
    ids = torch.randint(VOCABULARY, (length + 1,), generator=torch.Generator().manual_seed(seed))
    return _flow(model, ids[:-1], int(ids[-1]))


@gradients()
def _flow(model: PreTrainedModel, ids: Tensor, target: int | None) -> GradientFlow:
    # The steps' own weights have no gradient while they are unrolled: each step would add to all of them.
    moving = frozen(model, requires_grad=True)
    tracks = unroll(frozen(model), moving.rnn.embedding(ids)[None])
    outputs = outputs_of(tracks)
    writes = isinstance(model, RNNForCausalLM)
    logits = next_logits(moving, outputs[:, -1]) if writes else verdict_logits(moving, outputs)  # (1, V)
    wanted = logits.argmax(-1) if target is None else torch.tensor([target], device=logits.device)
    loss = F.cross_entropy(logits, wanted)
    states = [part for track in tracks for state in track.after for part in state]
    others = [weight for name, weight in moving.named_parameters() if ".recurrence." not in name]
    # Gradients that vanish become subnormal numbers, with which a processor is several times slower: they count as 0.
    torch.set_flush_denormal(True)
    try:
        found = torch.autograd.grad(loss, [*states, *others], allow_unused=True, materialize_grads=True)
        by_state, by_weight = iter(found[: len(states)]), list(found[len(states) :])
        layers = []
        for track, place in zip(tracks, directions(moving), strict=True):
            names = track.cell.state_names
            steps = [tuple(next(by_state) for _ in names) for _ in track.after]
            # the square of a vanished gradient underflows in single precision
            norms = [[float(part.double().norm()) for part in step] for step in reversed(steps)]
            columns = {name: np.array(column) for name, column in zip(names, zip(*norms, strict=True), strict=True)}
            layers.append(LayerFlow(track.layer, track.direction, track.backwards, columns))
            by_weight += _of_weights(track, place.cell, steps)
    finally:
        torch.set_flush_denormal(False)
    weight_norm = torch.stack([gradient.double().norm() for gradient in by_weight]).norm()
    return GradientFlow(float(loss.detach()), tuple(layers), float(weight_norm))


def _of_weights(track: Track, cell: Cell, steps: list[State]) -> tuple[Tensor, ...]:
    """The gradients of a cell's weights, from those of the states after each step: all steps as one batch."""
    inputs = track.in_order(track.inputs)[0].detach()  # (T, E)
    before = tuple(torch.cat(part).detach() for part in zip(track.initial, *track.after[:-1], strict=True))
    over_all_paths = [torch.cat(part) for part in zip(*steps, strict=True)]  # (T, H) each
    _, after = cell.step(inputs, before)
    # Some of these paths lead from one state to another of the same step (c' to h' in an LSTM) and would count twice:
    # what reaches a state directly is what reaches it at all, less what comes by the others.
    direct = over_all_paths
    for _ in range(len(after) - 1):
        through = torch.autograd.grad(after, after, direct, retain_graph=True)
        direct = [own + wanted - both for own, wanted, both in zip(direct, over_all_paths, through, strict=True)]
    return torch.autograd.grad(after, list(cell.parameters()), direct)
