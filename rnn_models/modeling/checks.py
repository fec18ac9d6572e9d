"""What the models are given: keywords, masks and labels, checked and put in order."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .recurrence import align, take
from .state import RNNState

# Keywords of transformers that change nothing here, for every value that they may have.
WITHOUT_EFFECT = {"num_items_in_batch", "output_hidden_states"}
# Those that would change something, and may come with a value that asks for nothing.
REFUSED = {"output_attentions", "output_router_logits", "position_ids", "token_type_ids", "cache_position"}


def check_keywords(kwargs: dict[str, Any]) -> None:
    """Raises `TypeError` for a keyword of `forward` that would be swallowed."""
    for name in kwargs.keys() - WITHOUT_EFFECT:
        if name not in REFUSED:
            raise TypeError(f"forward() got an unexpected keyword argument {name!r}.")
        asks = kwargs[name]
        if asks is not None and asks is not False and not (name == "token_type_ids" and not asks.any()):
            raise TypeError(f"forward() got {name!r}, which means nothing to a recurrent network.")


def cut_mask(attention_mask: Tensor, time: int) -> Tensor:
    """The part of a mask (B, T or more) that belongs to the input, (B, T) bool."""
    return attention_mask[:, -time:].bool()


def has_no_numbers(tensor: Tensor) -> bool:
    """Whether nothing can be asked about the numbers in a tensor: in a compiled graph, and on the meta device."""
    return torch.compiler.is_compiling() or tensor.is_meta


def is_full(mask: Tensor) -> bool:
    """Whether a mask is known to leave nothing out."""
    return not has_no_numbers(mask) and bool(mask.all())


def is_state_after(read: Tensor, state: RNNState | None) -> bool:
    """Whether this can be the state that the steps of `generate` that have read these tokens (B, T) have left."""
    if state is None or state.is_given:
        return False
    return state.last_tokens is None or torch.equal(state.last_tokens, read[:, -1].to(state.last_tokens.device))


def with_padding_in_front(inputs: dict) -> dict:
    """The inputs of a step, each row's padding before its tokens: the logits behind the last one are the text's."""
    mask = inputs.get("attention_mask")
    name = "input_ids" if inputs.get("inputs_embeds") is None else "inputs_embeds"
    x = inputs[name]
    if mask is None or mask.shape != x.shape[:2] or bool((mask[:, 1:] >= mask[:, :-1]).all()):
        return inputs
    order = align(~mask.bool())
    x = x.gather(1, order) if x.dim() == 2 else take(x, order)
    return {**inputs, name: x, "attention_mask": mask.gather(1, order)}


def next_tokens(labels: Tensor, attention_mask: Tensor | None) -> Tensor:
    """The valid token after each valid position, (B, T), and -100 if there is none."""
    if attention_mask is None or is_full(attention_mask):
        return nn.functional.pad(labels[:, 1:], (0, 1), value=-100)
    mask = cut_mask(attention_mask, labels.shape[1])
    order = align(mask)
    aligned = labels.masked_fill(~mask, -100).gather(1, order)
    return (
        nn.functional.pad(aligned[:, 1:], (0, 1), value=-100).gather(1, order.argsort(dim=1)).masked_fill(~mask, -100)
    )
