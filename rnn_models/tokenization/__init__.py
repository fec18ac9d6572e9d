"""Character, word and byte-pair tokenizers, saved as a plain `tokenizer.json` that `AutoTokenizer` loads."""

from __future__ import annotations

from .encoding import WordTokens, encode_with_offsets, length_limit, save_tokenizer, token_ids, word_tokens
from .normalization import html_to_text, with_html, with_unicode
from .special import SPECIAL_TOKENS
from .train import TOKENIZER_KINDS, train_tokenizer
from .word_pieces import WORD_PATTERN

__all__ = [
    "SPECIAL_TOKENS",
    "TOKENIZER_KINDS",
    "WORD_PATTERN",
    "WordTokens",
    "encode_with_offsets",
    "html_to_text",
    "length_limit",
    "save_tokenizer",
    "token_ids",
    "train_tokenizer",
    "with_html",
    "with_unicode",
    "word_tokens",
]
