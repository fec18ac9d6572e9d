"""Texts to the probabilities of their classes, in batches of similar length."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from .text import check_text

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from .engine import OnnxClassifier

AT_ONCE = 8  # batches, on whatever machine: each needs some hundred MB
UNBOUNDED = 10**6  # transformers gives tokenizers without a length limit a model_max_length of about 1e30


def classify(
    model: PreTrainedModel | OnnxClassifier,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    *,
    batch_size: int = 32,
    batch_tokens: int = 16_384,
    progress: Callable[[int, int], None] | None = None,
) -> list[dict[str, float]]:
    """The probability of each label, for each text, in the order of `texts`.

    Texts of similar length go through the model together, so that little of a batch is padding. On a CPU each of its
    cores has a batch of its own: the products of one step are too small to be shared.

    Args:
        batch_size: at most so many texts in a batch.
        batch_tokens: at most so many tokens in a batch, padding counted, unless one text alone has more.
        progress: called after each batch with (texts done, texts in all).

    Raises:
        TypeError: a text is not a string.
        NotTextError: a text holds NUL or a lone surrogate.
    """
    for text in texts:
        check_text(text)
    if not texts:
        return []
    bounded = tokenizer.model_max_length < UNBOUNDED
    encoded = tokenizer(list(texts), truncation=bounded)["input_ids"]
    labels = labels_of(model.config)

    @torch.inference_mode()  # which holds for one thread
    def probabilities_of(rows: list[int]) -> list[list[float]]:
        batch = tokenizer.pad({"input_ids": [encoded[row] for row in rows]}, return_tensors="pt").to(model.device)
        logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
        return logits.float().softmax(-1).tolist()

    # the longest first, so that at the end no core waits for another's longest
    batches = list(_batches([len(ids) for ids in encoded], batch_size, batch_tokens))[::-1]
    results: list[dict[str, float]] = [{} for _ in texts]
    done = 0
    with _at_once(model, len(batches)) as each:
        for rows, found in zip(batches, each(probabilities_of, batches), strict=True):
            for row, probabilities in zip(rows, found, strict=True):
                results[row] = dict(zip(labels, probabilities, strict=True))
            done += len(rows)
            if progress is not None:
                progress(done, len(texts))
    return results


@contextmanager
def _at_once(model: PreTrainedModel | OnnxClassifier, batches: int) -> Iterator[Callable[..., Any]]:
    """A `map` with as many batches at once as there are threads for, each in a thread of Python."""
    threads = torch.get_num_threads()
    on_torch = isinstance(model, torch.nn.Module)
    workers = min(threads if on_torch else threads // model.threads, batches, AT_ONCE)
    if model.device.type != "cpu" or workers < 2:
        yield map
    elif not on_torch:
        with ThreadPoolExecutor(workers) as pool:
            yield pool.map
    else:
        # each thread sets for itself how many an operation of torch may take, and for those that begin after it
        with ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(threads // workers,)) as pool:
            try:
                yield pool.map
            finally:
                torch.set_num_threads(threads)


def labels_of(config: Any) -> list[str]:
    """The labels of a classifier's configuration, in the order of its logits."""
    return [str(config.id2label[index]) for index in range(config.num_labels)]


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
