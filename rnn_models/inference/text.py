"""Checking text before it reaches a tokenizer, and turning a model's tokens back into text."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

from ..tokenization import token_ids

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# NUL terminates strings in too many libraries; a lone surrogate is half a character, which UTF-8 cannot encode.
NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\ufffd"  # a decoder's output for an incomplete character
MAX_BYTES = 4  # of a character in UTF-8


class NotTextError(ValueError):
    """A string holds a code point that is not text.

    Attributes:
        character: its name, such as `U+0000`.
        position: its position, counted from 1.
        row: the index of the text among several, counted from 0.
    """

    def __init__(self, character: str, position: int, row: int | None = None) -> None:
        self.character = f"U+{ord(character):04X}"
        self.position, self.row = position, row
        where = "" if row is None else f"{_row(row)}: "
        super().__init__(f"{where}character {position} is {self.character}, which is not text: remove it")

    def __reduce__(self) -> tuple[type[NotTextError], tuple[str, int, int | None]]:
        # if an error cannot be unpickled, a process that waits for it waits forever
        return type(self), (chr(int(self.character[2:], 16)), self.position, self.row)


def check_text(text: object, row: int | None = None) -> str:
    """Return `text` unchanged.

    Args:
        row: the index of the text among several, for the error message.

    Raises:
        TypeError: it is not a string.
        NotTextError: it holds NUL or a lone surrogate.
    """
    if not isinstance(text, str):
        where = "" if row is None else f"{_row(row)}: "
        raise TypeError(f"{where}expected a string, got {type(text).__name__} ({text!r:.40})")
    found = NOT_TEXT.search(text)
    if found:
        raise NotTextError(found.group(), found.start() + 1, row)
    return text


def list_texts(values: Any, *, missing: bool = False) -> list[str]:
    """The texts of a list, a tuple, an array, or a column of pandas, Arrow or datasets.

    Args:
        missing: whether rows may have no text (None, NaN, pandas' NA), which becomes an empty string.

    Raises:
        TypeError: `values` is something else, or one of its values is not a string.
        NotTextError: a text holds NUL or a lone surrogate.
    """
    if isinstance(values, str):
        raise TypeError(f"expected a list of texts, got one string ({values!r:.40}): put it in a list")
    in_order = hasattr(values, "__len__") and hasattr(values, "__getitem__")
    if not in_order or isinstance(values, (bytes, bytearray, Mapping)) or getattr(values, "ndim", 1) != 1:
        raise TypeError(f"expected a list of texts, an array of them or a column, got {type(values).__name__}")
    if hasattr(values, "to_pylist"):
        values = values.to_pylist()
    return ["" if missing and is_missing(value) else str(check_text(value, row)) for row, value in enumerate(values)]


def is_missing(value: object) -> bool:
    """Whether a value means that there is no text: None, NaN, or pandas' NA and NaT."""
    if isinstance(value, Real):
        return math.isnan(value)
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def _row(row: int) -> str:
    return f"row {row} (the first is 0)"


def knows_any(tokenizer: PreTrainedTokenizerBase, text: str) -> bool:
    """Whether the vocabulary knows at least one token of `text`."""
    return is_known(tokenizer, token_ids(tokenizer, [text], special_tokens=False)[0])


def is_known(tokenizer: PreTrainedTokenizerBase, tokens: Sequence[int]) -> bool:
    """Whether at least one of `tokens` is not a special token, such as the unknown one."""
    return not set(tokens).issubset(tokenizer.all_special_ids)


def encode(tokenizer: PreTrainedTokenizerBase, prompt: str | list[int]) -> list[int]:
    """The tokens of a prompt, which may be given as tokens.

    Raises:
        ValueError: as `encode_prompt`, and for tokens that the vocabulary does not have. `NotTextError` for NUL and
            lone surrogates.
    """
    if not isinstance(prompt, list) or not prompt or not all(type(token) is int for token in prompt):
        return encode_prompt(tokenizer, check_text(prompt))
    wrong = next((token for token in prompt if not 0 <= token < len(tokenizer)), None)
    if wrong is not None:
        raise ValueError(f"the prompt has the token {wrong}; the tokenizer has tokens 0 to {len(tokenizer) - 1}")
    return prompt


def encode_prompt(tokenizer: PreTrainedTokenizerBase, prompt: str) -> list[int]:
    """The tokens of a text that `check_text` has accepted; an empty one becomes the beginning-of-text token.

    Raises:
        ValueError: the prompt is empty and the tokenizer has no beginning-of-text token.
    """
    (ids,) = token_ids(tokenizer, [prompt])
    if not ids and tokenizer.bos_token_id is not None:
        ids = [tokenizer.bos_token_id]
    if not ids:
        raise ValueError("the prompt is empty, and this model has no beginning-of-text token: give a word or two")
    return ids


def special_tokens(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> tuple[set[int], list[int]]:
    """The tokens that end a text, and those that are never generated."""
    end = model.generation_config.eos_token_id
    if end is None:
        end = tokenizer.eos_token_id
    ends = set(end if isinstance(end, list) else [end]) - {None}
    never = {tokenizer.pad_token_id, tokenizer.unk_token_id, tokenizer.bos_token_id} - ends - {None}
    return ends, sorted(never)


class Continuation:
    """The text of the tokens that follow a prompt. With more tokens, the text only gets longer.

    Bytes that make no character are left out.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, prompt_ids: list[int]) -> None:
        self.tokenizer = tokenizer
        self.prompt_ids = prompt_ids
        self.prompt_text = tokenizer.decode(prompt_ids, skip_special_tokens=True)

    def text(self, ids: list[int]) -> str:
        """The complete characters of these tokens."""
        # decoded after the prompt, because some tokenizers strip the leading space of a text's first token
        whole = self.tokenizer.decode(self.prompt_ids + ids, skip_special_tokens=True)
        if whole.startswith(self.prompt_text):
            text = whole[len(self.prompt_text) :]
        else:
            text = self.tokenizer.decode(ids, skip_special_tokens=True)
        # A byte-level model may write bytes that make no character; a character that is still incomplete comes later.
        return text.replace(REPLACEMENT, "")

    def pieces(self, ids: list[int]) -> list[str]:
        """What each token adds to the text. A token that ends within a character adds nothing, the one that completes
        it adds the character. Empty if the tokenizer writes tokens otherwise alone than in a text.
        """
        found, waiting = [], []
        for piece, token in zip(self.tokenizer.batch_decode([[one] for one in ids]), ids, strict=True):
            waiting.append(token)
            if REPLACEMENT in piece and len(waiting) > 1:
                piece = self.tokenizer.decode(waiting)
            if REPLACEMENT in piece and len(waiting) < MAX_BYTES:
                found.append("")
            else:
                found.append(piece.replace(REPLACEMENT, ""))
                waiting = []
        return found if "".join(found) == self.text(ids) else []
