"""A signature in a card's last line shows that we wrote it and nobody edited it since. Standard library only."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

LINE = "<!-- Written by rnn_models; the SHA-256 of all above is {} -->"
SIGNED = re.compile(re.escape(LINE).replace(r"\{\}", "([0-9a-f]{64})"))


def sign(text: str) -> str:
    """Append the signature line to a text that ends with a line break. Every line then ends with a line feed."""
    text = re.sub(r"\r\n?", "\n", text)
    return f"{text}{LINE.format(_digest(text))}\n"


def is_as_written(path: Path) -> bool:
    """Whether a file holds exactly what `sign` returned, apart from the kind of its line breaks."""
    try:
        text, _, last = path.read_text(encoding="utf-8").rstrip("\n").rpartition("\n")
    except (OSError, UnicodeDecodeError):
        return False
    found = SIGNED.fullmatch(last)
    return found is not None and found[1] == _digest(f"{text}\n")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
