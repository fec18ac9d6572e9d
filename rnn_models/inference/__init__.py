"""Running trained models: streaming text generation and batched classification."""

from __future__ import annotations

from .batching import Decoder, Engine
from .classify import classify, likeliest
from .languages import language_of, not_learnt
from .reading import Reader, Reading
from .sampling import Sampling
from .serving import SharedClassifier, follow, watch
from .streaming import stream
from .text import NotTextError, check_text, encode_prompt, is_known, knows_any, special_tokens

__all__ = [
    "Decoder",
    "Engine",
    "NotTextError",
    "Reader",
    "Reading",
    "Sampling",
    "SharedClassifier",
    "check_text",
    "classify",
    "encode_prompt",
    "follow",
    "is_known",
    "knows_any",
    "language_of",
    "likeliest",
    "not_learnt",
    "special_tokens",
    "stream",
    "watch",
]
