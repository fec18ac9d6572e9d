"""Text corpora, contiguous streams for language models, batches of similar length for classifiers.

Importing this package is cheap: only its modules import `datasets` and `torch`.
"""

from __future__ import annotations

__all__ = ["InputError"]


class InputError(ValueError):
    """The user's input cannot be used. The message is one line that says what is wrong, where, and what is allowed."""
