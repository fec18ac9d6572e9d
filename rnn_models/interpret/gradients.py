"""How far back a loss reaches: the gradient by the states of every step, of trained networks and of fresh ones.

gradient_flow("checkpoints/shakespeare-lstm", text).layers[0].norms["cell"]     # (T,), 0 steps before the loss first

for scale in (0.9, 1.0, 1.1):       # vanishing, kept, exploding (Bengio et al. 1994, Pascanu et al. 2013)
    fresh_gradient_flow("rnn", weight_scale=scale).layers[0].norms["hidden"]
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import PreTrainedModel

from ..modeling import RNNConfig, RNNForCausalLM, RNNForSequenceClassification
from .fresh import fresh
from .source import MAX_TOKENS, Source, numbers, open_source, read_tokens
from .unrolling import frozen, gradients, next_logits, outputs_of, unroll, verdict_logits

VOCABULARY = 32  # of a fresh network, which reads tokens drawn at random


class LayerFlow(NamedTuple):
    """How much the loss depends on what one direction of one layer knew.

    Attributes:
        layer, direction: where it is, both counted from 0.
        backwards: whether it reads from right to left.
        norms: by the name of a state, (T,): the length (L2) of dL/dh or dL/dc after a step, over all ways that lead
            from it to the loss. The first is of the last step that was read, the next of one step before, and so on.
            Infinite or NaN where an exploding network left the range of its numbers.
    """

    layer: int
    direction: int
    backwards: bool
    norms: dict[str, np.ndarray]


@dataclass(frozen=True)
class GradientFlow:
    """The gradient of one loss by every state before it.

    Attributes:
        loss: -log probability of what was to be said, in nats.
        layers: from the bottom up, a layer's directions side by side, as `RNNState` has them.
        weight_norm: the length (L2) of the gradient by all weights together, which clipping compares with its bound.
    """

    loss: float
    layers: tuple[LayerFlow, ...]
    weight_norm: float

    def clipped(self, bound: float) -> float:
        """What clipping multiplies the whole gradient by, at most 1 (Pascanu, Mikolov & Bengio 2013)."""
        if not bound > 0:
            raise ValueError(f"bound is {bound}: it must be above 0")
        return min(1.0, bound / self.weight_norm) if self.weight_norm else 1.0


def gradient_flow(
    source: Source, text: str, *, label: int | None = None, max_tokens: int = MAX_TOKENS
) -> GradientFlow:
    """The flow from the loss at a text's end.

    A language model reads all tokens but the last, and the loss is that of the last. A classifier reads all, and the
    loss is that of a label.

    Args:
        label: the index of a classifier's label; its own verdict where none is given.

    Raises:
        ValueError: the model has no head of ours, the text cannot be read (a language model needs two tokens), the
            label is none of the model's, or a language model is given one.
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
    """The flow in a language model that has learnt nothing, over tokens drawn at random, in double precision.

    Args:
        cell_type: `"rnn"`, `"lstm"` or `"gru"`.
        length: how many tokens are read.
        hidden_size: H, which is also the width of a token's vector.
        weight_scale: multiplies the recurrent weights. At 1 they are orthogonal and keep every length, but with a ReLU
            they start at 0.3 of that: see `RNNCell`.
        forget_bias: of the forget gate, for cells that have one; 1 is what a fresh LSTM starts with.
        nonlinearity: `"tanh"` or `"relu"`, for the vanilla RNN.
        seed: decides weights and tokens.
        max_tokens: the greatest length.

    Raises:
        ValueError: an argument is out of its range.
    """
    if not 1 <= length <= max_tokens:
        raise ValueError(f"length is {length}: it must be from 1 to {max_tokens} (max_tokens)")
    # this raises for the other arguments
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
    model = frozen(model, requires_grad=True)
    tracks = unroll(model, model.rnn.embedding(ids)[None])
    outputs = outputs_of(tracks)
    writes = isinstance(model, RNNForCausalLM)
    logits = next_logits(model, outputs[:, -1]) if writes else verdict_logits(model, outputs)  # (1, V)
    wanted = logits.argmax(-1) if target is None else torch.tensor([target], device=logits.device)
    loss = F.cross_entropy(logits, wanted)
    states = [part for track in tracks for state in track.after for part in state]
    found = torch.autograd.grad(loss, [*states, *model.parameters()], allow_unused=True, materialize_grads=True)
    by_state, by_weight = iter(found[: len(states)]), found[len(states) :]
    layers = []
    for track in tracks:
        names = track.cell.state_names
        # the square of a vanished gradient is too small for single precision
        lengths = torch.stack([next(by_state).double().norm() for _ in chain(*track.after)]).view(-1, len(names))
        norms = {name: numbers(column.flip(0)) for name, column in zip(names, lengths.unbind(1), strict=True)}
        layers.append(LayerFlow(track.layer, track.direction, track.backwards, norms))
    weight_norm = torch.stack([gradient.double().norm() for gradient in by_weight]).norm()
    return GradientFlow(float(loss.detach()), tuple(layers), float(weight_norm))
