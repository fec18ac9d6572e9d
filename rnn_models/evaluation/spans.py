"""Which spans of characters the training text of a language model has, for the app."""

from __future__ import annotations

import re
from pathlib import Path

from ..checkpoint import TrainingSpans, write_sums
from ..checkpoint.training_spans import CHINESE_LENGTH, LENGTH
from ..data.sources import resolve_data_root
from .request import load_texts, read_data

CHINESE = re.compile(r"[\u3400-\u9fff]")


def write_spans(folder: Path, data: str, data_root: str | None) -> Path:
    """Write the spans of a recipe's training texts into a model's folder, and its checksums again.

    Returns the file. Raises `InputError` if the corpora cannot be loaded.
    """
    corpora = load_texts(read_data(data), resolve_data_root(data_root))
    texts = [text for corpus in corpora for text in corpus.train.texts]
    chinese = sum(len(CHINESE.findall(text)) for text in texts) > 0.5 * sum(map(len, texts))
    path = TrainingSpans.of(texts, CHINESE_LENGTH if chinese else LENGTH).write(folder)
    write_sums(folder)
    return path
