"""Texts to token ids, cut where a model's reading ends.

transformers cuts by a setting of the tokenizer, which one call turns on and the next turns off: of two threads that
share a tokenizer, one then reads a text that the other cut, or a whole one that should have been cut. Here nothing of
a tokenizer is set.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer
    from transformers import PreTrainedTokenizerBase

UNBOUNDED = 10**6  # transformers gives tokenizers without a length limit a model_max_length of about 1e30
# What transformers adds to a tokenizer's settings when it loads one, the lengths from what `tokenizer.json` says.
OF_A_LOAD = ("is_local", "local_files_only", "max_length", "stride", "truncation_strategy")

_own: WeakKeyDictionary[PreTrainedTokenizerBase, tuple[int, Tokenizer]] = WeakKeyDictionary()


def length_limit(tokenizer: PreTrainedTokenizerBase) -> int | None:
    """How many tokens of a text the tokenizer's model reads, None for all."""
    return tokenizer.model_max_length if tokenizer.model_max_length < UNBOUNDED else None


def token_ids(
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    *,
    max_length: int | None = None,
    special_tokens: bool = True,
) -> list[list[int]]:
    """The token ids of each text, whatever other threads do with the tokenizer.

    Args:
        tokenizer: is copied at its first use, and again when tokens were added to it.
        max_length: at most so many tokens of each, special ones counted; the rest is cut off on the tokenizer's
            `truncation_side`. None for all.
        special_tokens: whether the tokenizer adds its special tokens.
    """
    if not tokenizer.is_fast:  # written in Python, such a tokenizer cuts without a setting
        return tokenizer(
            list(texts),
            add_special_tokens=special_tokens,
            truncation=max_length is not None,
            max_length=max_length,
        )["input_ids"]
    own = _own_copy(tokenizer)
    encoded = own.encode_batch_fast(list(texts), add_special_tokens=False)
    return [encoding.ids for encoding in _finished(tokenizer, encoded, max_length, special_tokens)]


def encode_with_offsets(
    tokenizer: PreTrainedTokenizerBase, text: str, *, max_length: int | None = None
) -> tuple[list[int], list[tuple[int, int]]]:
    """The token ids of a text as `token_ids` gives them, and where each token begins and ends in it, special ones
    nowhere. The tokenizer has to be one of the tokenizers library."""
    encoded = _own_copy(tokenizer).encode(text, add_special_tokens=False)
    (encoding,) = _finished(tokenizer, [encoded], max_length, special_tokens=True)
    return encoding.ids, encoding.offsets


def _finished(
    tokenizer: PreTrainedTokenizerBase, encodings: list[Encoding], max_length: int | None, special_tokens: bool
) -> list[Encoding]:
    """Encodings without special tokens, cut, and with them."""
    own = _own_copy(tokenizer)
    if max_length is not None:
        room = max(max_length - (own.num_special_tokens_to_add(False) if special_tokens else 0), 0)
        for encoding in encodings:
            encoding.truncate(room, direction=tokenizer.truncation_side)
    return [own.post_process(encoding) for encoding in encodings] if special_tokens else encodings


def _own_copy(tokenizer: PreTrainedTokenizerBase) -> Tokenizer:
    """The copy that nobody else has."""
    size, own = _own.get(tokenizer, (None, None))
    if own is None or size != len(tokenizer):
        own = _plain_copy(tokenizer)
        _own[tokenizer] = len(tokenizer), own
    return own


def _plain_copy(tokenizer: PreTrainedTokenizerBase) -> Tokenizer:
    """A copy of what is behind a tokenizer, without padding and truncation."""
    plain = copy.deepcopy(tokenizer.backend_tokenizer)
    plain.no_truncation()
    plain.no_padding()
    plain.encode_special_tokens = tokenizer.split_special_tokens
    return plain


def save_tokenizer(tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Save a tokenizer whose `tokenizer.json` cuts texts where `token_ids` with the `length_limit` does, for who reads
    it without transformers, and whose settings say nothing of how it was loaded."""
    for name in OF_A_LOAD:
        tokenizer.init_kwargs.pop(name, None)
    tokenizer.save_pretrained(str(folder))
    if tokenizer.is_fast:
        saved = _plain_copy(tokenizer)
        if (limit := length_limit(tokenizer)) is not None:
            saved.enable_truncation(limit, direction=tokenizer.truncation_side)
        saved.save(str(folder / "tokenizer.json"))


def set_and_keep(tokenizer: PreTrainedTokenizerBase, **settings: object) -> None:
    """Set attributes of a tokenizer and have them saved: it saves what it was made with."""
    for name, value in settings.items():
        setattr(tokenizer, name, value)
        tokenizer.init_kwargs[name] = value
