"""Generating text with a part of the state held at a value, to see what it represents.

for text in write_clamped("checkpoints/film-reviews", "I saw this film", [Clamp(0.8, unit=153)]):
    print(text)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel

from ..inference.sampling import Sampler, Sampling, check
from ..inference.text import Continuation, encode, special_tokens
from ..modeling import RNNForCausalLM
from ..modeling.cells import State
from .source import MAX_TOKENS, Opened, Source, chosen, numbers, open_source
from .unrolling import frozen, next_logits, unroll


@dataclass(frozen=True, eq=False)
class Clamp:
    """What to hold at which value after every step: either a unit or a direction.

    Attributes:
        value: of the unit, or of the state's component along the direction, which is normalized to length 1.
        unit: the index of the unit.
        direction: (H,), such as that of a `Probe`. The state's components across it stay free.
        layer: the index of the layer; the top one by default.
        state: `"hidden"`, which affects the layers above and the prediction at once, or `"cell"`, which affects them
            from the next step on.
    """

    value: float
    unit: int | None = None
    direction: np.ndarray | None = None
    layer: int = -1
    state: str = "hidden"


def write_clamped(
    source: Source,
    prompt: str,
    clamps: Sequence[Clamp],
    *,
    max_new_tokens: int = 200,
    sampling: Sampling | None = None,
    max_tokens: int = MAX_TOKENS,
) -> Iterator[str]:
    """Continue a prompt with clamps, and yield the growing continuation after each token.

    The prompt is read without clamps. Without clamps, the result is the model's usual text for the same seed.

    Args:
        prompt: the text to continue; an empty one starts from the beginning-of-text token.
        clamps: applied in this order.
        max_new_tokens: the largest number of new tokens; the end-of-text token ends the text earlier.
        sampling: how tokens are drawn; default `Sampling()`.
        max_tokens: the largest length of the prompt, and of the continuation.

    Raises:
        ValueError: a clamp names no part of the model, or neither or both of unit and direction; a number is out of
            its range; the model is not a language model; the prompt cannot be read. `NotTextError` for NUL and lone
            surrogates.
        LoadError: the source cannot be loaded.
    """
    check("max_new_tokens", max_new_tokens, 1, max_tokens)
    opened = open_source(source, RNNForCausalLM)
    prompt_ids = encode(opened.tokenizer, prompt)
    if len(prompt_ids) > max_tokens:
        raise ValueError(f"the prompt has {len(prompt_ids)} tokens; at most {max_tokens} are read here (max_tokens)")
    holds = [_Hold(opened.model, clamp) for clamp in clamps]
    return _write(opened, prompt_ids, holds, max_new_tokens, sampling or Sampling())


class _Hold:
    """A clamp for one model: `hold` returns a layer's state with the clamp applied."""

    def __init__(self, model: PreTrainedModel, clamp: Clamp) -> None:
        recurrence = model.rnn.recurrence
        size, names = recurrence.hidden_size, recurrence.state_names
        self.layer = chosen("layer", clamp.layer, recurrence.layers)
        if clamp.state not in names:
            raise ValueError(f"state is {clamp.state!r}; this model has {', '.join(map(repr, names))}")
        self.part = names.index(clamp.state)
        if not np.isfinite(clamp.value):
            raise ValueError(f"value is {clamp.value}: it must be a finite number")
        self.value = float(clamp.value)
        if (clamp.unit is None) == (clamp.direction is None):
            raise ValueError("a clamp needs a unit or a direction, and not both")
        if clamp.unit is not None:
            direction = np.eye(size)[chosen("unit", clamp.unit, range(size))]
        else:
            direction = np.asarray(clamp.direction, dtype=float)
            if direction.shape != (size,) or not np.isfinite(direction).all() or not direction.any():
                raise ValueError(f"direction has shape {direction.shape}: it must be {size} finite numbers, not all 0")
        direction = direction / np.linalg.norm(direction)
        self.direction = torch.as_tensor(direction, device=model.device).to(model.dtype)

    def hold(self, state: State) -> State:
        part = state[self.part]  # (1, H)
        missing = self.value - part @ self.direction
        held = part + missing[:, None] * self.direction
        return (*state[: self.part], held, *state[self.part + 1 :])


@torch.inference_mode()
def _write(
    opened: Opened, prompt_ids: list[int], holds: list[_Hold], max_new_tokens: int, sampling: Sampling
) -> Iterator[str]:
    model = frozen(opened.model)
    ends, never = special_tokens(opened.model, opened.tokenizer)
    sampler = Sampler(sampling, model.config.vocab_size, prompt_ids, never)
    continuation = Continuation(opened.tokenizer, prompt_ids)
    tracks = unroll(model, _vectors(model, prompt_ids))
    hidden = model.rnn.recurrence.state_names.index("hidden")
    states = [_held(holds, track.layer, track.after[-1]) for track in tracks]
    written: list[int] = []
    while len(written) < max_new_tokens:
        token = sampler.draw(numbers(next_logits(model, states[-1][hidden])[0]))
        if token in ends:
            return
        written.append(token)
        yield continuation.text(written)
        x = _vectors(model, [token])[:, 0]
        for layer, track in enumerate(tracks):
            _, state = track.cell.step(x, states[layer])
            states[layer] = _held(holds, layer, state)
            x = states[layer][hidden]  # the hidden state is also the output


def _vectors(model: PreTrainedModel, ids: list[int]) -> Tensor:
    """(1, T, E)."""
    return model.rnn.embedding(torch.tensor([ids], device=model.device))


def _held(holds: list[_Hold], layer: int, state: State) -> State:
    for hold in holds:
        state = hold.hold(state) if hold.layer == layer else state
    return state
