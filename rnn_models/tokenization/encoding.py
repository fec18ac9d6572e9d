"""Texts to token ids, truncated to the length that the model reads.

transformers truncates by a setting of the tokenizer that one call turns on and the next turns off. If two threads
share a tokenizer, one of them may get a text truncated for the other, or a complete one that should have been
truncated. The functions here change no setting of a tokenizer.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer
    from transformers import PreTrainedTokenizerBase


class WordTokens(NamedTuple):
    """The tokens of a sentence, and the position of each word's first one; -1 for a word that has none."""

    ids: list[int]
    firsts: list[int]


UNBOUNDED = 10**6  # transformers gives tokenizers without a length limit a model_max_length of about 1e30
# Settings that transformers adds to a tokenizer when it loads one; the lengths come from `tokenizer.json`.
LOAD_SETTINGS = ("is_local", "local_files_only", "max_length", "stride", "truncation_strategy")

_copies: WeakKeyDictionary[PreTrainedTokenizerBase, tuple[int, Tokenizer]] = WeakKeyDictionary()


def length_limit(tokenizer: PreTrainedTokenizerBase) -> int | None:
    """How many tokens of a text the tokenizer's model reads; None if there is no limit."""
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
        tokenizer: it is copied on first use, and again after tokens were added to it.
        max_length: maximum number of tokens per text, including special tokens; the rest is cut off on the tokenizer's
            `truncation_side`. None for no limit.
        special_tokens: whether the tokenizer adds its special tokens.
    """
    if not tokenizer.is_fast:  # A tokenizer written in Python needs no setting to truncate.
        return tokenizer(
            list(texts),
            add_special_tokens=special_tokens,
            truncation=max_length is not None,
            max_length=max_length,
        )["input_ids"]
    encoded = _cached_copy(tokenizer).encode_batch_fast(list(texts), add_special_tokens=False)
    return [encoding.ids for encoding in _finish(tokenizer, encoded, max_length, special_tokens)]


def encode_with_offsets(
    tokenizer: PreTrainedTokenizerBase, text: str, *, max_length: int | None = None
) -> tuple[list[int], list[tuple[int, int]]]:
    """The token ids of a text, as from `token_ids`, and the start and end of each token in it.

    These are (0, 0) for special tokens.
    Works only for tokenizers of the tokenizers library.
    """
    encoded = _cached_copy(tokenizer).encode(text, add_special_tokens=False)
    (encoding,) = _finish(tokenizer, [encoded], max_length, special_tokens=True)
    return encoding.ids, encoding.offsets


def word_tokens(tokenizer: PreTrainedTokenizerBase, sentences: Sequence[Sequence[str]]) -> list[WordTokens]:
    """The tokens of sentences that are lists of words, read as the text that has a blank between any two words.

    A tagger's label of a word stands at its first token. Works only for tokenizers of the tokenizers library.
    """
    texts = [" ".join(words) for words in sentences]
    encoded = _cached_copy(tokenizer).encode_batch(texts, add_special_tokens=False)
    found = []
    for words, encoding in zip(sentences, _finish(tokenizer, encoded, None, special_tokens=True), strict=True):
        # the word of each character, and that the blank after it has none
        owners = [owner for number, word in enumerate(words) for owner in [*[number] * len(word), -1]]
        firsts = [-1] * len(words)
        for position, (start, end) in enumerate(encoding.offsets):
            word = next((owner for owner in owners[start:end] if owner >= 0), None)
            if word is not None and firsts[word] < 0:
                firsts[word] = position
        found.append(WordTokens(encoding.ids, firsts))
    return found


def _finish(
    tokenizer: PreTrainedTokenizerBase, encodings: list[Encoding], max_length: int | None, special_tokens: bool
) -> list[Encoding]:
    """Truncate encodings that have no special tokens, then add these."""
    backend = _cached_copy(tokenizer)
    if max_length is not None:
        room = max(max_length - (backend.num_special_tokens_to_add(False) if special_tokens else 0), 0)
        for encoding in encodings:
            encoding.truncate(room, direction=tokenizer.truncation_side)
    return [backend.post_process(encoding) for encoding in encodings] if special_tokens else encodings


def _cached_copy(tokenizer: PreTrainedTokenizerBase) -> Tokenizer:
    """A copy of the tokenizer's backend that no other code touches."""
    size, backend = _copies.get(tokenizer, (None, None))
    if backend is None or size != len(tokenizer):
        backend = _plain_copy(tokenizer)
        _copies[tokenizer] = len(tokenizer), backend
    return backend


def _plain_copy(tokenizer: PreTrainedTokenizerBase) -> Tokenizer:
    """A copy of a tokenizer's backend, without padding and truncation."""
    plain = copy.deepcopy(tokenizer.backend_tokenizer)
    plain.no_truncation()
    plain.no_padding()
    plain.encode_special_tokens = tokenizer.split_special_tokens
    return plain


def save_tokenizer(tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Save a tokenizer without the settings that depend on how it was loaded.

    Its `tokenizer.json` truncates texts as `token_ids` with `length_limit` does, so that code which reads it without
    transformers gets the same ids.
    """
    for name in LOAD_SETTINGS:
        tokenizer.init_kwargs.pop(name, None)
    tokenizer.save_pretrained(str(folder))
    if tokenizer.is_fast:
        saved = _plain_copy(tokenizer)
        if (limit := length_limit(tokenizer)) is not None:
            saved.enable_truncation(limit, direction=tokenizer.truncation_side)
        saved.save(str(folder / "tokenizer.json"))


def set_and_keep(tokenizer: PreTrainedTokenizerBase, **settings: object) -> None:
    """Set attributes of a tokenizer so that they are saved too: transformers saves only what it was created with."""
    for name, value in settings.items():
        setattr(tokenizer, name, value)
        tokenizer.init_kwargs[name] = value
