"""Checks and preparation of the models' inputs: keywords, masks and labels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedConfig

from .outputs import RNNModelOutput
from .recurrence import Padding, align, take
from .state import RNNState

# Keywords of transformers that may have any value, since `forward` need not act on them itself.
WITHOUT_EFFECT = {"num_items_in_batch", "output_hidden_states"}
# Keywords that are accepted only with a value that has no effect, such as None or False.
REFUSED = {"output_attentions", "output_router_logits", "position_ids", "token_type_ids", "cache_position"}


def read_complete(backbone: nn.Module, head: str, use_cache: bool | None, **inputs: Any) -> RNNModelOutput:
    """The outputs of a backbone for a head that reads complete texts. Raises `ValueError` if `use_cache` is True."""
    if use_cache:
        raise ValueError(f"use_cache is True; a {head} returns no state. RNNModel does.")
    return backbone(**inputs, use_cache=False, return_dict=True)


def check_no_crf(config: PreTrainedConfig, head: str) -> None:
    """Raise `ValueError` if the configuration asks for a CRF, which only a tagger has."""
    if config.crf:
        raise ValueError(f"RNNConfig.crf is True; {head} needs False: only RNNForTokenClassification has a CRF.")


def check_keywords(kwargs: dict[str, Any]) -> None:
    """Raise `TypeError` for a keyword of `forward` that would be silently ignored."""
    for name in kwargs.keys() - WITHOUT_EFFECT:
        if name not in REFUSED:
            raise TypeError(f"forward() got an unexpected keyword argument {name!r}.")
        value = kwargs[name]
        if value is not None and value is not False and not (name == "token_type_ids" and not value.any()):
            raise TypeError(f"forward() got {name!r}, which has no meaning for a recurrent network.")


def check_ids(input_ids: Tensor, size: int) -> None:
    """Raise `ValueError` for a token id outside a vocabulary of that size."""
    if values_unknown(input_ids):
        return
    low, high = (bound.item() for bound in input_ids.aminmax())
    if low < 0 or high >= size:
        raise ValueError(
            f"input_ids contains the token id {low if low < 0 else high}; the vocabulary has ids 0 to {size - 1}. "
            "Does the tokenizer belong to this model?"
        )


@contextmanager
def labels_explained(labels: Tensor, size: int, name: str = "labels") -> Iterator[None]:
    """Turn the loss's `IndexError` for a label outside of `size` into a `ValueError` that names it.

    A GPU gives no such error: its own ends the process's use of it, and to check each step would make it wait.
    """
    try:
        yield
    except IndexError:
        wrong = labels[(labels != -100) & ((labels < 0) | (labels >= size))]
        if not len(wrong):
            raise
        raise ValueError(
            f"{name} contains {wrong[0].item()}; the model has the labels 0 to {size - 1}, and -100 is for no label."
        ) from None


def cut_mask(attention_mask: Tensor, time: int) -> Tensor:
    """The part of a mask (B, T or longer) that belongs to the input, (B, T) bool."""
    return attention_mask[:, -time:].bool()


def mask_of(attention_mask: Tensor | None, x: Tensor) -> Tensor:
    """The mask (B, T) bool of x (B, T, D); true everywhere if there is none."""
    if attention_mask is None:
        return torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
    return cut_mask(attention_mask, x.shape[1])


def values_unknown(tensor: Tensor) -> bool:
    """Whether a tensor's values cannot be inspected: while compiling, and on the meta device."""
    return torch.compiler.is_compiling() or tensor.is_meta


def is_full(mask: Tensor) -> bool:
    """Whether a mask is known to mask out nothing."""
    return not values_unknown(mask) and bool(mask.all())


def padding_of(attention_mask: Tensor | None, x: Tensor, has_state: bool) -> Padding | None:
    """Where the padding of the input x (B, T, E) is, or None if there is none. Raises `ValueError`."""
    batch, time = x.shape[:2]
    if attention_mask is None:
        return None
    shape = tuple(attention_mask.shape)
    if len(shape) != 2 or shape[0] != batch or shape[1] < time or (shape[1] > time and not has_state):
        longer = "" if has_state else "; a longer mask needs the state after the text that precedes the input"
        raise ValueError(f"attention_mask has shape {shape}; the input needs ({batch}, {time}){longer}.")
    mask = cut_mask(attention_mask, time)
    if is_full(mask):
        return None
    if not values_unknown(mask) and not (rows := mask.any(1)).all():
        raise ValueError(f"attention_mask leaves no token in row {rows.int().argmin()}; every row needs one.")
    return Padding.of(mask, not values_unknown(mask) and bool((mask[:, 1:] <= mask[:, :-1]).all()))


def is_state_of(tokens: Tensor, state: RNNState | None) -> bool:
    """Whether `generate` can have reached this state by reading these tokens (B, T)."""
    if state is None or state.is_given:
        return False
    return state.last_tokens is None or torch.equal(state.last_tokens, tokens[:, -1].to(state.last_tokens.device))


def with_left_padding(inputs: dict) -> dict:
    """The inputs of a step with all padding on the left, so that the last position has the next token's logits."""
    mask = inputs.get("attention_mask")
    name = "input_ids" if inputs.get("inputs_embeds") is None else "inputs_embeds"
    x = inputs[name]
    if mask is None or mask.shape != x.shape[:2] or bool((mask[:, 1:] >= mask[:, :-1]).all()):
        return inputs
    order = align(~mask.bool())
    x = x.gather(1, order) if x.dim() == 2 else take(x, order)
    return {**inputs, name: x, "attention_mask": mask.gather(1, order)}


def next_tokens(labels: Tensor, attention_mask: Tensor | None) -> Tensor:
    """The next valid token after each valid position, (B, T); -100 if there is none."""
    if attention_mask is None or is_full(attention_mask):
        return nn.functional.pad(labels[:, 1:], (0, 1), value=-100)
    mask = cut_mask(attention_mask, labels.shape[1])
    order = align(mask)
    aligned = labels.masked_fill(~mask, -100).gather(1, order)
    return (
        nn.functional.pad(aligned[:, 1:], (0, 1), value=-100).gather(1, order.argsort(dim=1)).masked_fill(~mask, -100)
    )
