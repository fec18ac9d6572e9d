"""Character, word and byte-pair tokenizers, each saved as a plain `tokenizer.json` that `AutoTokenizer` loads."""

from __future__ import annotations

from .special import SPECIAL_TOKENS
from .train import TOKENIZER_KINDS, train_tokenizer

__all__ = ["SPECIAL_TOKENS", "TOKENIZER_KINDS", "train_tokenizer"]
