"""Text corpora, contiguous streams for language models, batches of similar length for classifiers.

Importing this package is cheap: the modules that use `datasets` and `torch` import them.
"""

from __future__ import annotations

__all__ = ["InputError"]


class InputError(ValueError):
    """What the user gave cannot be trained on. The message is one line that says what, where, and what is allowed."""
