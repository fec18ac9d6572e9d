"""Many users at once: texts written by a decoder that they share, and texts classified together."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator
from concurrent.futures import Future
from typing import TYPE_CHECKING

from .batching import Decoder, Writing
from .classify import classify_tokens, encode_texts
from .sampling import Sampling, check
from .text import Continuation, check_text, encode

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from ..graphs.runtime import OnnxClassifier

TOGETHER = 32  # texts in one pass of a classifier
SHORT = 128  # tokens that cost next to nothing


def follow(
    decoder: Decoder,
    tokenizer: PreTrainedTokenizerBase,
    prompt: str | list[int] = "",
    *,
    max_new_tokens: int,
    interval: float,
    sampling: Sampling,
) -> AsyncGenerator[str, None]:
    """Continue `prompt` and yield the continuation so far, as `stream` does.

    No thread waits while the text is written. Closing the iterator, or cancelling the task that reads it, takes the
    text out of the decoder before its next step.

    Args:
        interval: seconds between two yields, at least 0.001.

    Raises:
        ValueError: at once, where a number is out of its range, or the prompt is empty and the tokenizer has no token
            to begin with. `NotTextError` for NUL and lone surrogates.
    """
    check("max_new_tokens", max_new_tokens, 1)
    check("interval", interval, 0.001)
    prompt_ids = encode(tokenizer, prompt)
    return _texts(decoder, Continuation(tokenizer, prompt_ids), prompt_ids, max_new_tokens, sampling, interval)


async def _texts(
    decoder: Decoder,
    continuation: Continuation,
    prompt_ids: list[int],
    max_new_tokens: int,
    sampling: Sampling,
    interval: float,
) -> AsyncGenerator[str, None]:
    writing: Writing = decoder.write(prompt_ids, max_new_tokens, sampling)
    shown = ""
    try:
        await asyncio.wrap_future(writing.begun)
        ended = asyncio.wrap_future(writing.ended)
        while True:
            last = writing.ended.done()  # asked before the tokens are looked at: none comes after
            text = continuation.text(list(writing.tokens))
            if text != shown:
                shown = text
                yield text
            if last:
                break
            await asyncio.wait([ended], timeout=interval)
        await ended  # which raises what went wrong
    finally:
        writing.close()


class SharedClassifier:
    """Classifies single texts of many users in common passes, in a thread that is there while there is work.

    A text waits for nobody: what comes while a pass runs is the next pass. Texts much longer than the one that has
    waited longest are left for a pass of their own, so that nobody's sentence takes as long as another's essay.
    """

    def __init__(self, model: PreTrainedModel | OnnxClassifier, tokenizer: PreTrainedTokenizerBase) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.waiting: deque[tuple[list[int], Future[dict[str, float]]]] = deque()
        self.running = False
        self.lock = threading.Lock()

    def classify(self, text: str) -> Future[dict[str, float]]:
        """The probability of each label, as `classify` has them.

        Raises:
            TypeError, NotTextError: at once, as `check_text` does.
        """
        return self.classify_tokens(self.encode(check_text(text)))

    def encode(self, text: str) -> list[int]:
        """The tokens of a text as the model reads them. Nothing is checked."""
        return encode_texts(self.tokenizer, [text])[0]

    def classify_tokens(self, tokens: list[int]) -> Future[dict[str, float]]:
        """As `classify`, of a text that `encode` has encoded."""
        answer: Future[dict[str, float]] = Future()
        with self.lock:
            self.waiting.append((tokens, answer))
            if not self.running:
                self.running = True
                threading.Thread(target=self._run, name="rnn-models-classifier", daemon=True).start()
        return answer

    def _run(self) -> None:
        while True:
            with self.lock:
                together = self._next()
                if not together:
                    self.running = False
                    return
            asked = [(tokens, answer) for tokens, answer in together if answer.set_running_or_notify_cancel()]
            encoded = [tokens for tokens, _ in asked]
            try:
                results = classify_tokens(self.model, self.tokenizer, encoded, batch_size=TOGETHER)
            except Exception as error:  # handed to those who wait
                for _, answer in asked:
                    answer.set_exception(error)
            else:
                for (_, answer), result in zip(asked, results, strict=True):
                    answer.set_result(result)

    def _next(self) -> list[tuple[list[int], Future[dict[str, float]]]]:
        """Who has waited longest, and others whose texts are no longer or short anyway."""
        if not self.waiting:
            return []
        limit = max(SHORT, len(self.waiting[0][0]))
        together = [entry for entry in self.waiting if len(entry[0]) <= limit][:TOGETHER]
        taken = {id(answer) for _, answer in together}
        self.waiting = deque(entry for entry in self.waiting if id(entry[1]) not in taken)
        return together
