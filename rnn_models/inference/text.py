"""What may reach a tokenizer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# NUL ends strings in too many places to be let in; a lone surrogate is half a character, which UTF-8 cannot encode.
NOT_TEXT = re.compile("[\x00\ud800-\udfff]")

TEXT_COLUMNS = ("text", "sentence", "review", "content", "comment", "tweet", "文本", "内容", "评论", "句子")


class NotTextError(ValueError):
    """A string holds a code point that is not text.

    Attributes:
        character: its name, such as `U+0000`.
        position: where it stands, counted from 1.
    """

    def __init__(self, character: str, position: int) -> None:
        self.character = f"U+{ord(character):04X}"
        self.position = position
        super().__init__(f"character {position} is {self.character}, which is not text: remove it")


def check_text(text: str) -> str:
    """Return `text` as it is.

    Raises:
        TypeError: it is not a string.
        NotTextError: it holds NUL or a lone surrogate.
    """
    if not isinstance(text, str):
        raise TypeError(f"expected a string, got {type(text).__name__}")
    found = NOT_TEXT.search(text)
    if found:
        raise NotTextError(found.group(), found.start() + 1)
    return text


def knows_any(tokenizer: PreTrainedTokenizerBase, text: str) -> bool:
    """Whether the vocabulary has at least one token of `text`, so that a model reads more than unknown tokens."""
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    return any(token != tokenizer.unk_token_id for token in ids)


def find_text_column(names: Sequence[str]) -> int | None:
    """Where the column of the texts stands: the first of `TEXT_COLUMNS` that is there, None where none is."""
    folded = [name.strip().casefold() for name in names]
    return next((folded.index(name) for name in TEXT_COLUMNS if name in folded), None)
