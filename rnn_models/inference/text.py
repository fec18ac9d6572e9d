"""What may reach a tokenizer, and text from the tokens that come out of a model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# NUL ends strings in too many places to be let in; a lone surrogate is half a character, which UTF-8 cannot encode.
NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\ufffd"  # what a decoder writes for the bytes of a character that is not complete yet

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


def encode(tokenizer: PreTrainedTokenizerBase, prompt: str) -> list[int]:
    """The tokens of a prompt; an empty one begins at the beginning-of-text token.

    Raises:
        ValueError: the prompt is empty and the tokenizer has no token to begin with. `NotTextError` for NUL and lone
            surrogates.
    """
    ids = list(tokenizer(check_text(prompt))["input_ids"])
    if not ids and tokenizer.bos_token_id is not None:
        ids = [tokenizer.bos_token_id]
    if not ids:
        raise ValueError("the prompt is empty, and this model has no token to begin with: write a word or two")
    return ids


def special_tokens(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> tuple[set[int], list[int]]:
    """The tokens that end a text, and those that no text may have."""
    end = model.generation_config.eos_token_id
    if end is None:
        end = tokenizer.eos_token_id
    ends = set(end if isinstance(end, list) else [end]) - {None}
    never = {tokenizer.pad_token_id, tokenizer.unk_token_id, tokenizer.bos_token_id} - ends - {None}
    return ends, sorted(never)


class Continuation:
    """The text of the tokens that follow a prompt. While it grows, each begins with the one before."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, prompt_ids: list[int]) -> None:
        self.tokenizer = tokenizer
        self.prompt_ids = prompt_ids
        self.prompt_text = tokenizer.decode(prompt_ids, skip_special_tokens=True)

    def text(self, ids: list[int]) -> str:
        """The whole characters that these tokens are."""
        # decoded behind the prompt, because some tokenizers write the first token of a text without its blank
        whole = self.tokenizer.decode(self.prompt_ids + ids, skip_special_tokens=True)
        if whole.startswith(self.prompt_text):
            text = whole[len(self.prompt_text) :]
        else:
            text = self.tokenizer.decode(ids, skip_special_tokens=True)
        return text.rstrip(REPLACEMENT)
