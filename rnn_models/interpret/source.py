"""The input of every function here: a model of this package with its tokenizer, and a text that it can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ..checkpoint import load_checkpoint
from ..inference.text import check_text
from ..modeling import RNNModel
from ..tokenization import encode_with_offsets, length_limit

MAX_TOKENS = 2000
"""The default limit on the tokens of a text."""

Head = TypeVar("Head", bound=PreTrainedModel)


class HasModel(Protocol):
    """Any object with a model and its tokenizer, such as a `Checkpoint`."""

    @property
    def model(self) -> PreTrainedModel: ...

    @property
    def tokenizer(self) -> PreTrainedTokenizerBase: ...


class Opened(NamedTuple):
    """A model and its tokenizer."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase


Source = str | Path | HasModel | tuple[PreTrainedModel, PreTrainedTokenizerBase]
"""A folder, a name on the Hub, a `Checkpoint` or anything else with `model` and `tokenizer`, or a pair of the two."""


def open_source(source: Source, *heads: type[PreTrainedModel]) -> Opened:
    """The model and the tokenizer of a source.

    Args:
        heads: the allowed classes of the model; by default every class with this package's backbone.

    Raises:
        LoadError: there is no such folder or repository, or it cannot be used.
        ValueError: the model is from another package, or not of an allowed class.
        TypeError: `source` is not a source.
    """
    if isinstance(source, str | Path):
        source = load_checkpoint(source)
    if isinstance(source, tuple) and len(source) == 2:
        opened = Opened(*source)
    elif hasattr(source, "model") and hasattr(source, "tokenizer"):
        opened = Opened(source.model, source.tokenizer)
    else:
        raise TypeError(
            f"a model is a folder, a name on the Hub, a checkpoint or (model, tokenizer), not {type(source).__name__}"
        )
    kind = type(opened.model).__name__
    if not isinstance(getattr(opened.model, "base_model", None), RNNModel):
        raise ValueError(f"only recurrent networks of this package can be inspected, but the model is a {kind}")
    if heads and not isinstance(opened.model, heads):
        raise ValueError(f"this needs {' or '.join(head.__name__ for head in heads)}, but the model is a {kind}")
    return opened


@dataclass(frozen=True)
class Tokens:
    """A text as a model reads it.

    Attributes:
        text: the text.
        ids: (T,) token ids, starting with the beginning token `<s>` if the tokenizer adds it.
        spans: (T, 2), the characters of the text that each token stands for, `text[start:end]`; empty for `<s>`.
            If a character is split into several tokens (bytes), each has its span.
        pieces: T strings to show: that part of the text, or the name of a special token.
        unread: the end of the text beyond the tokenizer's maximum length, which the model does not read.
    """

    text: str
    ids: np.ndarray
    spans: np.ndarray
    pieces: tuple[str, ...]
    unread: str = ""

    def __len__(self) -> int:
        return len(self.ids)


def read_tokens(opened: Opened, text: str, max_tokens: int = MAX_TOKENS, at_least: int = 1) -> Tokens:
    """The tokens of a text, checked, and cut at the tokenizer's maximum length, as in `classify`.

    Args:
        max_tokens: the largest length of the text, in tokens.
        at_least: the smallest length.

    Raises:
        TypeError: the text is not a string.
        ValueError: the text is empty, unknown to the vocabulary, too short or too long, or has a token that the model
            lacks. `NotTextError` for NUL and lone surrogates.
    """
    model, tokenizer = opened
    if not check_text(text):
        raise ValueError("the text is empty")
    ids, spans = map(np.array, encode_with_offsets(tokenizer, text, max_length=length_limit(tokenizer)))
    of_the_text = ids[spans[:, 1] > spans[:, 0]] if len(ids) else ids
    if (of_the_text == tokenizer.unk_token_id).all():
        raise ValueError("the model knows nothing of this text: its vocabulary has no token of it")
    if len(ids) > max_tokens:
        raise ValueError(f"the text has {len(ids)} tokens; at most {max_tokens} are read here (max_tokens)")
    if len(ids) < at_least:
        raise ValueError(f"the text has {len(ids)} tokens; at least {at_least} are needed here")
    size = model.config.vocab_size
    if ids.max() >= size:
        raise ValueError(
            f"the tokenizer gives token id {ids.max()}, but the model has {size} tokens: they do not match"
        )
    names = tokenizer.convert_ids_to_tokens(ids.tolist())
    pieces = tuple(text[start:end] or name for (start, end), name in zip(spans, names, strict=True))
    return Tokens(text, ids, spans, pieces, text[spans[-1, 1] :] if len(ids) == tokenizer.model_max_length else "")


def piece_of(tokenizer: PreTrainedTokenizerBase, token: int) -> str:
    """A token to show: its text, or its name if it is a special token or half a character."""
    written = tokenizer.decode([token], skip_special_tokens=True)
    return written if written and "\ufffd" not in written else str(tokenizer.convert_ids_to_tokens(token))


def at(position: int, length: int) -> int:
    """A position, given from the start or (negative) from the end, as counted from the start. Raises ValueError."""
    if not -length <= position < length:
        raise ValueError(f"position is {position}: this text has the positions 0 to {length - 1}")
    return position % length


def chosen(name: str, value: int, items: Sequence) -> int:
    """An index into `items`, given from the start or (negative) from the end, as counted from the start.

    Raises ValueError, which calls it `name`.
    """
    if not -len(items) <= value < len(items):
        raise ValueError(f"{name} is {value}: this model has {name}s 0 to {len(items) - 1}")
    return value % len(items)


def numbers(tensor: Tensor) -> np.ndarray:
    """A tensor as a NumPy array: float64 stays, every other dtype becomes float32."""
    tensor = tensor.detach().cpu()
    return tensor.numpy() if str(tensor.dtype) == "torch.float64" else tensor.float().numpy()
