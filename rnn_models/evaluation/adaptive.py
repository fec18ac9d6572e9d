"""Language models that adapt to the text they are scored on, always after scoring it."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from ..data.streams import TokenStreams

# Tokens per update of dynamic evaluation, and tokens read at once with the cache.
DYNAMIC_CHUNK, CACHE_CHUNK = 32, 256


def read_in_chunks(
    documents: Sequence[np.ndarray], chunk: int, *, separate: bool, config: Any
) -> Iterator[dict[str, Any]]:
    """The documents in order, as batches of one row and at most `chunk` tokens in the form of `TokenStreams`; with
    `separate`, each document `begins` a new stream."""
    for part in [[document] for document in documents] if separate else [documents]:
        stream = TokenStreams(
            part,
            batch_size=1,
            sequence_length=chunk,
            pad_token_id=config.pad_token_id,
            bos_token_id=config.bos_token_id,
        )
        yield from (stream[i] for i in range(len(stream)))


def dynamic_nats(
    model: Any, documents: Sequence[np.ndarray], *, learning_rate: float, separate: bool, chunk: int = DYNAMIC_CHUNK
) -> tuple[float, int]:
    """Total nats and number of targets under dynamic evaluation (Krause et al. 2018, with plain gradient descent).

    Each chunk is scored, and then the weights are updated, w <- w - learning_rate * d(mean nats of the chunk)/dw; the
    gradient does not reach into earlier chunks. A copy is updated; `model` does not change. With `separate` the state
    is reset at each document, the weights are not.
    """
    model = copy.deepcopy(model).eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    nats, tokens = 0.0, 0
    state = None
    for batch in read_in_chunks(documents, chunk, separate=separate, config=model.config):
        if batch["begins"]:
            state = None
        outputs = model(input_ids=batch["input_ids"], state=state, use_cache=True)
        state = outputs.state.detach()
        losses = F.cross_entropy(outputs.logits[0], batch["shift_labels"][0], reduction="none")
        scored = int((batch["shift_labels"] >= 0).sum())
        nats, tokens = nats + losses.sum(dtype=torch.float64).item(), tokens + scored
        if scored:
            (losses.sum() / scored).backward()
            optimizer.step()
            optimizer.zero_grad()
    return nats, tokens


@torch.inference_mode()
def cache_nats(
    model: Any,
    documents: Sequence[np.ndarray],
    *,
    theta: float,
    share: float,
    size: int,
    separate: bool,
    chunk: int = CACHE_CHUNK,
) -> tuple[float, int]:
    """Total nats and number of targets with a neural cache (Grave et al. 2017, equations 2 to 4).

        p(w) = (1 - share) p_model(w) + share p_cache(w),  p_cache(w) ~ sum_i [x_{i+1} = w] exp(theta h_t . h_i)

    h are the outputs of the last layer, i runs over the last `size` positions whose next token has been read. The
    cache is emptied whenever the state is reset.
    """
    model.eval()
    nats, tokens = 0.0, 0
    state = None
    for batch in read_in_chunks(documents, chunk, separate=separate, config=model.config):
        targets = batch["shift_labels"][0]  # (T,)
        if batch["begins"]:
            state, keys, values = None, torch.empty(0, model.config.hidden_size), targets[:0]
        outputs = model(input_ids=batch["input_ids"], state=state, use_cache=True, output_hidden_states=True)
        state = outputs.state
        hidden = outputs.hidden_states[-1][0]  # (T, H)
        kept = len(keys)
        keys, values = torch.cat([keys, hidden]), torch.cat([values, targets])  # (S + T, H), (S + T,)
        age = torch.arange(kept, len(keys))[:, None] - torch.arange(len(keys))
        usable = (age >= 1) & (age <= size) & (values >= 0)  # (T, S + T)
        scores = (theta * hidden @ keys.T).double().masked_fill(~usable, -torch.inf)
        hits = scores.masked_fill(values != targets[:, None], -torch.inf)
        from_cache = hits.logsumexp(1) - scores.logsumexp(1)
        from_model = outputs.logits[0].double().log_softmax(1).gather(1, targets.clamp(min=0)[:, None])[:, 0]
        lam = torch.tensor(share, dtype=torch.float64)
        mixed = torch.logaddexp((1 - lam).log() + from_model, lam.log() + from_cache)
        # an empty cache has no probabilities
        chosen = torch.where(usable.any(1), mixed, from_model)[targets >= 0]
        nats, tokens = nats - chosen.sum().item(), tokens + len(chosen)
        keys, values = keys[-size:], values[-size:]
    return nats, tokens
