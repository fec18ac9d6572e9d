"""Running trained models: text that streams in as it is written, and texts classified in batches."""

from __future__ import annotations

from .classification import classify, likeliest
from .streaming import stream
from .text import NotTextError, check_text, find_text_column, knows_any

__all__ = ["NotTextError", "check_text", "classify", "find_text_column", "knows_any", "likeliest", "stream"]
