"""Many users, one step: every text that is being written goes on by one token in one step of an engine.

    decoder = Decoder(engine_for(model), ends={tokenizer.eos_token_id})
    job = decoder.write(prompt_ids, 200, Sampling(temperature=0.8, seed=1))
    job.ended.result()
    job.tokens

Texts join and leave between two steps. Each has its own settings and random numbers, so that where the rows of an
engine's step do not depend on each other, as those of an int8 graph do not, everybody gets the text that he would have
got alone.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection, Sequence
from concurrent.futures import Future
from typing import Protocol

import numpy as np

from .sampling import Sampler, Sampling

# A prompt is read so many tokens further for each token that the others write. Few read at a time, and a step of few
# rows is much cheaper than one of many.
READ_AHEAD = 8


class Engine(Protocol):
    """What reads one token in each of many texts, as `engine.OnnxEngine`.

    Attributes:
        vocab_size: V.
    """

    vocab_size: int

    def initial_state(self, batch_size: int) -> list[np.ndarray]:
        """The state before the first token: for each part of each layer's state zeros (B, H) float32."""

    def step(self, tokens: np.ndarray, state: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
        """Tokens (B,) int64 and the state before them -> logits (B, V) float32 after them and the state after them.

        The arrays that come back are new, and may be written to.
        """


class Job:
    """A text that is being written, for the thread that waits for it.

    Attributes:
        tokens: what has been written so far, without the prompt and without an end-of-text token. It only grows.
        started: done at the first token, or when the text ends without any.
        ended: done when the text is; its result is `None`, or the engine's exception is raised.
    """

    def __init__(self, prompt_ids: Sequence[int], max_new_tokens: int, sampler: Sampler) -> None:
        self.tokens: list[int] = []
        self.started: Future[None] = Future()
        self.ended: Future[None] = Future()
        for future in (self.started, self.ended):
            future.set_running_or_notify_cancel()  # from here on a reader who goes away cannot cancel it
        self.closed = False
        self.unread = deque(prompt_ids)
        self.max_new_tokens = max_new_tokens
        self.sampler = sampler

    def close(self) -> None:
        """Stop: the text gets no part of any step after the one that is being computed."""
        self.closed = True

    def add(self, token: int) -> None:
        """The next token, which is also the next to be read."""
        self.tokens.append(token)
        self.unread.append(token)
        if len(self.tokens) == 1:
            self.started.set_result(None)

    def end(self, error: Exception | None = None) -> None:
        """There is nothing more to come."""
        for future in (self.started, self.ended):
            if not future.done():
                future.set_result(None) if error is None else future.set_exception(error)


class Batch:
    """The texts that are being written at the moment and their states, side by side. Belongs to one thread.

    Args:
        engine: computes the steps.
        ends: tokens that end a text.
    """

    def __init__(self, engine: Engine, ends: Collection[int]) -> None:
        self.engine = engine
        self.ends = ends
        self.texts: list[Job] = []
        self.state = engine.initial_state(0)

    def join(self, texts: Sequence[Job]) -> None:
        """Take in new texts."""
        new = self.engine.initial_state(len(texts))
        self.texts += texts
        self.state = [np.concatenate(parts) for parts in zip(self.state, new, strict=True)]

    def advance(self) -> None:
        """Write a token in every text whose prompt is read, read on in the others, and let go of those that end."""
        self._leave([row for row, text in enumerate(self.texts) if not text.closed])
        self._step(range(len(self.texts)))
        for _ in range(READ_AHEAD):
            # the last token of a prompt is read together with those who write, since a token is drawn after it
            readers = [row for row, text in enumerate(self.texts) if len(text.unread) > 1]
            if not readers or len(readers) == len(self.texts):
                break
            self._step(readers)
        self._leave([row for row, text in enumerate(self.texts) if not text.ended.done()])

    def fail(self, error: Exception) -> None:
        """End all texts with an exception."""
        for text in self.texts:
            text.end(error)
        self._leave([])

    def _step(self, rows: Sequence[int]) -> None:
        texts = [self.texts[row] for row in rows]
        if not texts:
            return
        tokens = np.array([text.unread.popleft() for text in texts], dtype=np.int64)
        if len(rows) == len(self.texts):
            logits, self.state = self.engine.step(tokens, self.state)
        else:
            logits, after = self.engine.step(tokens, [part[rows] for part in self.state])
            for part, new in zip(self.state, after, strict=True):
                part[rows] = new
        for text, row in zip(texts, logits, strict=True):
            if text.unread:
                continue
            token = text.sampler.draw(row)
            if token not in self.ends:
                text.add(token)
            if token in self.ends or len(text.tokens) == text.max_new_tokens:
                text.end()

    def _leave(self, stay: list[int]) -> None:
        """Keep the given rows only."""
        if len(stay) == len(self.texts):
            return
        for row in set(range(len(self.texts))).difference(stay):
            self.texts[row].end()
        self.texts = [self.texts[row] for row in stay]
        self.state = [part[stay] for part in self.state]


class Decoder:
    """A batch in a thread of its own, which is there while there is anything to write.

    Args:
        engine: computes the steps; only that thread calls it.
        ends: tokens that end a text.
        never: tokens that no text may have.
        max_slots: so many texts are written at a time; more wait for a place, in the order in which they came.
    """

    def __init__(self, engine: Engine, ends: Collection[int], never: Collection[int] = (), max_slots: int = 256) -> None:
        self.engine = engine
        self.ends = frozenset(ends)
        self.never = sorted(never)
        self.max_slots = max_slots
        self.waiting: deque[Job] = deque()
        self.running = False
        self.lock = threading.Lock()

    def write(self, prompt_ids: Sequence[int], max_new_tokens: int, sampling: Sampling) -> Job:
        """Continue a prompt, which has one token at least; comes back at once.

        Raises:
            ValueError: the prompt has no token, or a token that the vocabulary lacks, or no token may be written.
        """
        if not prompt_ids or min(prompt_ids) < 0 or max(prompt_ids) >= self.engine.vocab_size:
            raise ValueError(f"a prompt is one token id at least, each from 0 to {self.engine.vocab_size - 1}")
        if max_new_tokens < 1:
            raise ValueError(f"max_new_tokens is {max_new_tokens}: it must be at least 1")
        sampler = Sampler(sampling, self.engine.vocab_size, prompt_ids, self.never)
        job = Job(prompt_ids, max_new_tokens, sampler)
        with self.lock:
            self.waiting.append(job)
            if not self.running:
                self.running = True
                threading.Thread(target=self._run, name="rnn-models-decoder", daemon=True).start()
        return job

    def _run(self) -> None:
        batch = Batch(self.engine, self.ends)
        while True:
            with self.lock:
                new = [self.waiting.popleft() for _ in range(min(len(self.waiting), self.max_slots - len(batch.texts)))]
                if not new and not batch.texts:
                    self.running = False
                    return
            try:
                if new:
                    batch.join(new)
                batch.advance()
            except Exception as error:  # handed to those who wait for the texts
                batch.fail(error)
                for text in new:
                    text.end(error)
