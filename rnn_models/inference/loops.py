"""Whether a text goes round in circles."""

from __future__ import annotations

TIMES = 3  # a refrain of two is no loop
LONGEST = 300  # characters that repeat


def is_looping(text: str) -> bool:
    """Whether a text ends with the same passage of at most 300 characters, three times or more.

    A passage of a few characters has to fill at least 24: "no, no, no" is no loop. Nothing but line breaks is one.
    """
    for length in range(1, min(LONGEST, len(text) // TIMES) + 1):
        times = max(TIMES, -(-24 // length))
        passage = text[-length:]
        if text.endswith(passage * times):
            return True
    return False
