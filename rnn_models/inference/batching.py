"""Continuous batching: each step of an engine adds one token to every text in progress.

    decoder = Decoder(engine_for(model), ends={tokenizer.eos_token_id})
    job = decoder.write(prompt_ids, 200, Sampling(temperature=0.8, seed=1))
    job.ended.result()
    job.tokens

Texts join and leave between steps. Each has its own settings and random numbers. If the rows of an engine's step do
not depend on each other, as in an int8 graph, every user gets the same text as when running alone.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection, Sequence
from concurrent.futures import Future
from typing import Protocol

import numpy as np

from .sampling import NOT_NUMBERS, Rule, Sampler, Sampling, draw, surprisal, surprisals

# Extra prompt tokens read per generated token. Few texts are reading their prompt at a time, and a step of few rows is
# much cheaper than one of many.
READ_AHEAD = 8


class Engine(Protocol):
    """Reads one token in each of many texts, like `graphs.runtime.OnnxEngine`.

    Attributes:
        vocab_size: V.
    """

    vocab_size: int

    def initial_state(self, batch_size: int) -> list[np.ndarray]:
        """The state before the first token: zeros (B, H) float32 for each part of each layer's state."""

    def step(self, tokens: np.ndarray, state: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
        """Tokens (B,) int64 and the state before them -> logits (B, V) float32 and the state, both after them.

        The returned arrays are new; the caller may write to them.
        """


class Job:
    """A text in progress, as seen by the thread that waits for it.

    Args:
        given: how many of the last tokens of the prompt count as written: `bits` begins with theirs.
        start: the state before the prompt, an array (H,) for each part of each layer's state; None for zeros.

    Attributes:
        tokens: the tokens so far, without the prompt and the end-of-text token. It only grows.
        bits: for each given token and each of `tokens`, -log2 of the probability that the model gave it, before all
            settings.
        logits: those after the prompt, (V,) float32; None until it is read.
        state: like `start`, when the text is complete: after all tokens but `unread`. None if the text was closed.
        unread: the tokens that the model has not read yet: of a complete text its last one, or none if the model ended
            the text itself.
        started: done at the first token, or when the text ends without one.
        ended: done when the text is complete; its result is `None`, or it raises the engine's exception.
    """

    def __init__(
        self,
        prompt_ids: Sequence[int],
        max_new_tokens: int,
        sampler: Sampler,
        given: int = 0,
        start: Sequence[np.ndarray] | None = None,
    ) -> None:
        self.given, self.start = given, start
        self.logits: np.ndarray | None = None
        self.state: list[np.ndarray] | None = None
        self.tokens: list[int] = []
        self.bits: list[float] = []
        self.started: Future[None] = Future()
        self.ended: Future[None] = Future()
        for future in (self.started, self.ended):
            future.set_running_or_notify_cancel()  # a reader that goes away can no longer cancel it
        self.closed = False
        self.unread = deque(prompt_ids)
        self.max_new_tokens = max_new_tokens
        self.sampler = sampler

    def close(self) -> None:
        """Stop: the text takes no part in any step after the current one."""
        self.closed = True

    def add(self, token: int, bits: float) -> None:
        """Append a token, which is also the next one to read."""
        self.bits.append(bits)  # first, so that whoever reads the tokens finds the bits of each
        self.tokens.append(token)
        self.unread.append(token)
        if len(self.tokens) == 1:
            self.started.set_result(None)

    def end(self, error: Exception | None = None) -> None:
        """Mark the text as complete, or as failed with `error`."""
        for future in (self.started, self.ended):
            if not future.done():
                future.set_result(None) if error is None else future.set_exception(error)


class Batch:
    """The texts in progress and their states, side by side. Not thread-safe: one thread owns it.

    Args:
        engine: computes the steps.
        ends: tokens that end a text.
    """

    def __init__(self, engine: Engine, ends: Collection[int]) -> None:
        self.engine = engine
        self.ends = ends
        self.jobs: list[Job] = []
        self.state = engine.initial_state(0)

    def join(self, jobs: Sequence[Job]) -> None:
        """Add new texts."""
        new = self.engine.initial_state(len(jobs))
        for row, job in enumerate(jobs):
            if job.start is not None:
                for part, kept in zip(new, job.start, strict=True):
                    part[row] = kept
        self.jobs += jobs
        self.state = [np.concatenate(parts) for parts in zip(self.state, new, strict=True)]

    def advance(self) -> None:
        """Add a token to every text whose prompt is read, read on in the other prompts, and drop texts that end."""
        self._leave([row for row, job in enumerate(self.jobs) if not job.closed])
        self._step(range(len(self.jobs)))
        for _ in range(READ_AHEAD):
            # the last token of a prompt is read in the common step, because a token is drawn after it
            readers = [row for row, job in enumerate(self.jobs) if len(job.unread) > 1]
            if not readers or len(readers) == len(self.jobs):
                break
            self._step(readers)
        self._leave([row for row, job in enumerate(self.jobs) if not job.ended.done()])

    def fail(self, error: Exception) -> None:
        """End all texts with an exception."""
        for job in self.jobs:
            job.end(error)
        self._leave([])

    def _step(self, rows: Sequence[int]) -> None:
        jobs = [self.jobs[row] for row in rows]
        if not jobs:
            return
        tokens = np.array([job.unread.popleft() for job in jobs], dtype=np.int64)
        if len(rows) == len(self.jobs):
            logits, self.state = self.engine.step(tokens, self.state)
        else:
            logits, after = self.engine.step(tokens, [part[rows] for part in self.state])
            for part, new in zip(self.state, after, strict=True):
                part[rows] = new
        writing = [number for number, job in enumerate(jobs) if not job.unread]
        for job, after in zip(jobs, logits, strict=True):
            if job.unread and len(job.unread) <= job.given:
                job.bits.append(surprisal(after, job.unread[0]))
        if not writing:
            return
        logits = logits[writing] if len(writing) < len(jobs) else logits
        drawn = draw([jobs[number].sampler for number in writing], logits)
        bits = surprisals(logits, [0 if token is None else token for token in drawn]).tolist()
        for number, after, token, bit in zip(writing, logits, drawn, bits, strict=True):
            job = jobs[number]
            if job.logits is None:
                job.logits = after.copy()
            if token is None:  # of this text alone
                job.end(ValueError(NOT_NUMBERS))
                continue
            if token not in self.ends:
                job.add(token, bit)
            if token in self.ends or len(job.tokens) == job.max_new_tokens:
                job.state = [part[rows[number]].copy() for part in self.state]
                job.end()

    def _leave(self, stay: list[int]) -> None:
        """Keep only the given rows."""
        if len(stay) == len(self.jobs):
            return
        for row in set(range(len(self.jobs))).difference(stay):
            self.jobs[row].end()
        self.jobs = [self.jobs[row] for row in stay]
        self.state = [part[stay] for part in self.state]


class Decoder:
    """A batch in its own thread, which runs only while there is work.

    Args:
        engine: computes the steps; only that thread calls it.
        ends: tokens that end a text.
        never: tokens that are never generated.
        max_slots: how many texts are generated at the same time; others wait for a free slot, first come, first
            served.
    """

    def __init__(
        self, engine: Engine, ends: Collection[int], never: Collection[int] = (), max_slots: int = 256
    ) -> None:
        self.engine = engine
        self.ends = frozenset(ends)
        self.never = sorted(never)
        self.max_slots = max_slots
        self.waiting: deque[Job] = deque()
        self.running = False
        self.lock = threading.Lock()

    def write(
        self,
        prompt_ids: Sequence[int],
        max_new_tokens: int,
        sampling: Sampling,
        *,
        given: int = 0,
        start: Sequence[np.ndarray] | None = None,
        rule: Rule | None = None,
    ) -> Job:
        """Continue a prompt of at least one token. Returns at once.

        Args:
            given, start: see `Job`.
            rule: see `Sampler`.

        Raises:
            ValueError: the prompt is empty or has a token outside the vocabulary, `max_new_tokens` is below 1, or
                `start` is not a state of this model.
        """
        if not prompt_ids or min(prompt_ids) < 0 or max(prompt_ids) >= self.engine.vocab_size:
            raise ValueError(f"a prompt is at least one token id, each from 0 to {self.engine.vocab_size - 1}")
        if max_new_tokens < 1:
            raise ValueError(f"max_new_tokens is {max_new_tokens}: it must be at least 1")
        if start is not None:
            wanted = [part.shape[1:] for part in self.engine.initial_state(1)]
            if [part.shape for part in start] != wanted:
                raise ValueError(f"a state of this model has arrays of the shapes {wanted}")
        sampler = Sampler(sampling, self.engine.vocab_size, prompt_ids, self.never, rule)
        job = Job(prompt_ids, max_new_tokens, sampler, given, start)
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
                new = [self.waiting.popleft() for _ in range(min(len(self.waiting), self.max_slots - len(batch.jobs)))]
                if not new and not batch.jobs:
                    self.running = False
                    return
            try:
                if new:
                    batch.join(new)
                batch.advance()
            except Exception as error:  # raised to the callers that wait for these texts
                batch.fail(error)
                for job in new:
                    job.end(error)
