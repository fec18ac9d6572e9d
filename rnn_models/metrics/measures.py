"""A model's metrics on data. Training and the evaluation of saved weights share this code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn import functional as F

from ..data.batches import batches_by_length, pad_right
from ..data.streams import SeparateDocuments, TokenStreams
from ..modeling.outputs import tags_of
from .scores import language_model_metrics


@torch.inference_mode()
def total_nats(model: Any, streams: Any, progress: Callable[[], None] = lambda: None) -> tuple[float, int]:
    """Negative log-likelihood of the targets of `streams`, in nats, and the number of targets.

    The state is carried from batch to batch, as if the text were read in one go, and reset at a batch with `begins`.
    """
    was_training = model.training
    model.eval()
    nats = torch.zeros((), dtype=torch.float64, device=model.device)
    tokens = 0
    state = None
    for batch in (streams[i] for i in range(len(streams))):
        if batch["begins"]:
            state = None
        targets = batch["shift_labels"].to(model.device)
        outputs = model(input_ids=batch["input_ids"].to(model.device), state=state, use_cache=True)
        state = outputs.state
        # A float32 sum would lose digits over a hundred thousand tokens.
        losses = F.cross_entropy(outputs.logits.float().flatten(0, 1), targets.flatten(), reduction="none")
        nats += losses.sum(dtype=torch.float64)
        tokens += int((batch["shift_labels"] >= 0).sum())
        progress()
    model.train(was_training)
    return nats.item(), tokens


def evaluate_language_model(
    model: Any,
    documents: Sequence[np.ndarray],
    characters: int,
    *,
    streams: int = 1,
    chunk: int = 1024,
    separate: bool = False,
    progress: Callable[[], None] = lambda: None,
) -> dict[str, float]:
    """Metrics on `documents` (each `<s>` text `</s>`), read as `streams` contiguous streams with the state carried.

    With one stream every token is conditioned on all text before it; with `separate`, only on its own document. `<s>`
    is given and never a target; `</s>` is a target.
    """
    data: SeparateDocuments | TokenStreams
    if separate:
        data = SeparateDocuments(documents, batch_size=streams, pad_token_id=model.config.pad_token_id)
        nats, tokens = total_nats(model, data, progress)
        return language_model_metrics(nats, tokens, characters)
    data = TokenStreams(
        documents,
        batch_size=streams,
        sequence_length=chunk,
        pad_token_id=model.config.pad_token_id,
        bos_token_id=model.config.bos_token_id,
    )
    nats, tokens = total_nats(model, data, progress)
    return language_model_metrics(nats, tokens, characters)


@torch.inference_mode()
def classifier_logits(
    model: Any, rows: Sequence[np.ndarray], *, batch_size: int, progress: Callable[[], None] = lambda: None
) -> np.ndarray:
    """Logits (N, num_labels) of rows of token ids, in the order of the rows."""
    was_training = model.training
    model.eval()
    logits = np.empty((len(rows), model.config.num_labels), dtype=np.float32)
    for indices in batches_by_length(rows, batch_size):
        batch = pad_right([rows[i] for i in indices], model.config.pad_token_id)
        outputs = model(**{name: tensor.to(model.device) for name, tensor in batch.items()})
        logits[indices] = outputs.logits.float().cpu().numpy()
        progress()
    model.train(was_training)
    return logits


class TaggerAnswers(NamedTuple):
    """What a tagger says about sentences.

    Attributes:
        logits: of each sentence, (words, num_labels).
        tags: of each sentence, (words,): its most likely tags together if the model has a CRF, else those of the
            highest logits.
    """

    logits: list[np.ndarray]
    tags: list[np.ndarray]


@torch.inference_mode()
def tagger_answers(
    model: Any,
    rows: Sequence[tuple[Sequence[int], Sequence[int]]],
    *,
    batch_size: int,
    progress: Callable[[], None] = lambda: None,
) -> TaggerAnswers:
    """The answers for sentences, at the first tokens of their words.

    A row has the token ids of a sentence, and the position of each word's first token; -1 if it has none.

    Raises:
        ValueError: a word has no token.
    """
    was_training = model.training
    model.eval()
    found = TaggerAnswers([np.empty(0)] * len(rows), [np.empty(0)] * len(rows))
    for indices in batches_by_length([ids for ids, _ in rows], batch_size):
        batch = pad_right([np.asarray(rows[i][0]) for i in indices], model.config.pad_token_id)
        outputs = model(**{name: tensor.to(model.device) for name, tensor in batch.items()})
        logits, tags = outputs.logits.float().cpu().numpy(), tags_of(outputs).cpu().numpy()
        for i, own, own_tags in zip(indices, logits, tags, strict=True):
            firsts = np.asarray(rows[i][1], dtype=int)
            if (firsts < 0).any():
                raise ValueError(f"word {firsts.argmin()} of sentence {i} has no token")
            found.logits[i], found.tags[i] = own[firsts], own_tags[firsts]
        progress()
    model.train(was_training)
    return found


@torch.inference_mode()
def pretraining_nats(model: Any, rows: Sequence[np.ndarray], *, batch_size: int) -> tuple[float, int]:
    """Negative log-likelihood in nats, averaged over the directions, of the tokens that have a neighbour on the side
    that is read, and the number of these tokens."""
    was_training = model.training
    model.eval()
    nats, tokens = 0.0, 0
    for indices in batches_by_length(rows, batch_size):
        batch = pad_right([rows[i] for i in indices], model.config.pad_token_id)
        predicted = sum(len(rows[i]) - 1 for i in indices)
        loss = model(**{name: tensor.to(model.device) for name, tensor in batch.items()}).loss
        nats, tokens = nats + loss.item() * predicted, tokens + predicted
    model.train(was_training)
    return nats, tokens
