"""Running trained models: text that streams in as it is written, and texts classified in batches."""

from __future__ import annotations

from .batching import Decoder
from .classification import classify
from .sampling import Sampling
from .serving import Classifier, follow
from .steps import Engine, TorchEngine
from .streaming import stream
from .text import NotTextError, check_text, knows_any, special_tokens

__all__ = [
    "Classifier",
    "Decoder",
    "Engine",
    "NotTextError",
    "Sampling",
    "TorchEngine",
    "check_text",
    "classify",
    "follow",
    "knows_any",
    "special_tokens",
    "stream",
]
