"""Texts to the probabilities of their classes, in batches of similar length."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Lock
from typing import TYPE_CHECKING, Any

import torch

from ..checkpoint import labels_of
from ..tokenization import length_limit, token_ids
from .text import list_texts

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from ..graphs.runtime import OnnxClassifier

AT_ONCE = 8  # batches, on whatever machine: each needs some hundred MB


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

    Texts of similar length go through the model together, so that little of a batch is padding. On a CPU each of its
    cores has a batch of its own: the products of one step are too small to be shared.

    Args:
        texts: a list, or what else `list_texts` takes.
        batch_size: at most so many texts in a batch.
        batch_tokens: at most so many tokens in a batch, padding counted, unless one text alone has more.
        progress: called after each batch with (texts done, texts in all).

    Raises:
        TypeError: a text is not a string, or there is only one and no list.
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

    @torch.inference_mode()  # which holds for one thread
    def probabilities_of(rows: list[int]) -> list[list[float]]:
        batch = tokenizer.pad({"input_ids": [encoded[row] for row in rows]}, return_tensors="pt").to(model.device)
        logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
        return logits.float().softmax(-1).tolist()

    # the longest first, so that at the end no core waits for another's longest
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


_pools: dict[int, ThreadPoolExecutor] = {}  # by how many threads torch has
_beginning = Lock()


@contextmanager
def _at_once(model: PreTrainedModel | OnnxClassifier, batches: int) -> Iterator[Callable[..., Any]]:
    """A `map` with as many batches at once as there are threads for, each in a thread of Python."""
    with _beginning:
        threads = torch.get_num_threads()
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
    """Threads in each of which an operation of torch takes its share of `threads`.

    They stay for good: torch's number of threads is set for one thread of Python and for all that begin after it, so
    that for the moment in which they begin, others would begin with a share too.
    """
    with _beginning:
        if threads not in _pools:
            workers = min(threads, AT_ONCE)
            pool = ThreadPoolExecutor(workers, "rnn-models-classify")
            all_there = Barrier(workers)

            def limit(_worker: int) -> None:
                torch.get_num_threads()  # a thread that has not asked takes the number of all others even now
                torch.set_num_threads(threads // workers)
                all_there.wait()

            usual = _in_a_new_thread(torch.get_num_threads)
            list(pool.map(limit, range(workers)))
            _in_a_new_thread(torch.set_num_threads, usual)
            _pools[threads] = pool
        return _pools[threads]


def _in_a_new_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    with ThreadPoolExecutor(1) as one:
        return one.submit(function, *arguments).result()


def _without_threads() -> None:
    """A process that was forked has none of the threads, and a lock that one of them held would stay locked."""
    global _beginning
    _beginning = Lock()
    _pools.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_without_threads)


def likeliest(probabilities: dict[str, float]) -> str:
    """The label with the greatest probability."""
    return max(probabilities, key=probabilities.__getitem__)


def _batches(lengths: list[int], batch_size: int, batch_tokens: int) -> Iterator[list[int]]:
    """Rows in order of length, cut where a batch would hold too many texts or too many tokens."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        # rows come shortest first, so this one would be the longest of the batch and set its width
        if batch and (len(batch) == batch_size or (len(batch) + 1) * lengths[row] > batch_tokens):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
