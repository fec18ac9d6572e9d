"""What a classifier answers for one text alone."""

from __future__ import annotations

from rnn_models.checkpoint import Checkpoint
from rnn_models.inference import classify

LABELS = ["negative", "neutral", "positive"]


def expected(checkpoint: Checkpoint, text: str) -> dict[str, float]:
    return classify(checkpoint.model, checkpoint.tokenizer, [text])[0]
