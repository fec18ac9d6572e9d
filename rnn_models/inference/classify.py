"""Class probabilities of texts, computed in batches of similar length."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

import torch

from ..checkpoint import labels_of
from ..tokenization import length_limit, token_ids
from .text import list_texts
from .threads import thread_pool, torch_threads

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from ..graphs.runtime import OnnxClassifier

AT_ONCE = 8  # batches at most, on any machine: each needs some hundred MB


def classify(
    model: PreTrainedModel | OnnxClassifier,
    tokenizer: PreTrainedTokenizerBase,
    texts: Any,
    *,
    batch_size: int = 32,
    batch_tokens: int = 16_384,
    progress: Callable[[int, int], None] | None = None,
) -> list[dict[str, float]]:
    """The probability of each label, for each text, in the order of `texts`.

    Texts of similar length go through the model together, to keep padding low. On a CPU each core computes its own
    batch: the matrix products of one step are too small to share.

    Args:
        texts: a list, or anything else that `list_texts` takes.
        batch_size: the largest number of texts in a batch.
        batch_tokens: the largest number of tokens in a batch, padding included. A single longer text gets its own
            batch.
        progress: called after each batch with (texts done, total).

    Raises:
        TypeError: a text is not a string, or `texts` is a single string.
        NotTextError: a text holds NUL or a lone surrogate.
    """
    encoded = encode_texts(tokenizer, list_texts(texts))
    return classify_tokens(
        model, tokenizer, encoded, batch_size=batch_size, batch_tokens=batch_tokens, progress=progress
    )


def encode_texts(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[list[int]]:
    """The tokens of texts, as the model of the tokenizer reads them. Nothing is checked."""
    return token_ids(tokenizer, texts, max_length=length_limit(tokenizer)) if texts else []


def classify_tokens(
    model: PreTrainedModel | OnnxClassifier,
    tokenizer: PreTrainedTokenizerBase,
    encoded: Sequence[list[int]],
    *,
    batch_size: int = 32,
    batch_tokens: int = 16_384,
    progress: Callable[[int, int], None] | None = None,
) -> list[dict[str, float]]:
    """As `classify`, of texts that `encode_texts` has encoded."""
    labels = labels_of(model.config)

    @torch.inference_mode()  # here, because it applies to one thread only
    def probabilities_of(rows: list[int]) -> list[list[float]]:
        batch = tokenizer.pad({"input_ids": [encoded[row] for row in rows]}, return_tensors="pt").to(model.device)
        logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
        return logits.float().softmax(-1).tolist()

    # the longest first, so that no core waits at the end for a long batch of another
    batches = list(_batches([len(ids) for ids in encoded], batch_size, batch_tokens))[::-1]
    results: list[dict[str, float]] = [{} for _ in encoded]
    done = 0
    with _at_once(model, len(batches)) as each:
        for rows, found in zip(batches, each(probabilities_of, batches), strict=True):
            for row, probabilities in zip(rows, found, strict=True):
                results[row] = dict(zip(labels, probabilities, strict=True))
            done += len(rows)
            if progress is not None:
                progress(done, len(encoded))
    return results


_pools: dict[int, ThreadPoolExecutor] = {}  # by torch's number of threads
_making = Lock()


@contextmanager
def _at_once(model: PreTrainedModel | OnnxClassifier, batches: int) -> Iterator[Callable[..., Any]]:
    """A `map` that runs as many batches in parallel as there are threads for, each in a Python thread."""
    threads = torch_threads()
    on_torch = isinstance(model, torch.nn.Module)
    workers = min(threads if on_torch else threads // model.threads, batches, AT_ONCE)
    if model.device.type != "cpu" or workers < 2:
        yield map
    elif on_torch:
        yield _pool(threads).map
    else:
        with ThreadPoolExecutor(workers) as pool:
            yield pool.map


def _pool(threads: int) -> ThreadPoolExecutor:
    """The pool of Python threads that share torch's `threads` among them; it is kept."""
    with _making:
        if threads not in _pools:
            workers = min(threads, AT_ONCE)
            _pools[threads] = thread_pool(workers, threads // workers, "rnn-models-classify")
        return _pools[threads]


def _without_threads() -> None:
    """A forked process has none of these threads, and a lock that one of them held would stay locked."""
    global _making
    _making = Lock()
    _pools.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_without_threads)


def likeliest(probabilities: dict[str, float]) -> str:
    """The most likely label."""
    return max(probabilities, key=probabilities.__getitem__)


def _batches(lengths: list[int], batch_size: int, batch_tokens: int) -> Iterator[list[int]]:
    """Rows in order of length, split so that no batch holds too many texts or tokens."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        # the shortest rows come first, so this one would be the longest and set the width
        if batch and (len(batch) == batch_size or (len(batch) + 1) * lengths[row] > batch_tokens):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
