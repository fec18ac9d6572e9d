"""Writing texts for the page and the API: the checks of what was sent, and the text as it grows."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import torch
from gradio.utils import SyncToAsyncIterator

from ..inference import Decoder, Reader, Reading, Sampling, encode_prompt, special_tokens, stream, watch
from ..inference.batching import Job
from ..inference.kept_state import KeptState
from ..inference.loops import is_looping
from ..inference.text import Continuation
from ..inference.verse_rule import Verse
from ..tokenization import token_ids
from .i18n import Asking, refuse, say
from .inputs import MAX_PROMPT, check_number, check_string, choose, field_name
from .models import LoadedModel
from .states import States
from .verses import Poets, say_rules

MAX_TOKENS = 2000
MAX_SEED = 2**31 - 1
INTERVAL = 0.1  # seconds between two updates of the page
# Of more texts at once each is shown less often: an update takes longer than the network takes for its tokens.
AT_FULL_RATE = 8


@dataclass(frozen=True)
class WritingTask:
    """A text to write, checked.

    Attributes:
        reading: the prompt.
        prompt_ids: its tokens, at least one.
        after: tokens that follow the prompt already, such as the beginning of a text that goes on.
        start: the state before the prompt; None for zeros.
        verse: the rules of the poem to write; None for any text.
    """

    model: LoadedModel
    reading: Reading
    prompt_ids: list[int]
    after: list[int]
    length: int
    sampling: Sampling
    start: KeptState | None = None
    verse: Verse | None = None

    @property
    def tokens(self) -> list[int]:
        """All that is read before the first token is written."""
        return [*self.prompt_ids, *self.after]

    @property
    def start_arrays(self) -> list[np.ndarray] | None:
        return None if self.start is None else list(self.start.arrays.values())


@dataclass
class Writing:
    """A text as far as it is written.

    Attributes:
        text: what follows the prompt.
        speed: characters a second, without those that stood there before.
        tokens: the tokens of `text`, and what each adds to it, and -log2 of the probability that the model gave it,
            in bits; empty until the text is complete, and if the model's way to write does not tell.
    """

    model: str
    prompt: str
    seed: int
    text: str = ""
    seconds: float = 0.0
    speed: float = 0.0
    done: bool = False
    tokens: list[int] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    bits: list[float] = field(default_factory=list)


class Writers:
    """The language models of an app, each with its decoder.

    Attributes:
        special: for each model the tokens that end a text, and those that are never written.
    """

    def __init__(self, models: Sequence[LoadedModel]) -> None:
        self.by_name = {model.name: model for model in models}
        self.readers = {model.name: Reader(model.tokenizer, model.language) for model in models}
        self.decoders: dict[str, Decoder] = {}
        self.special: dict[str, tuple[set[int], list[int]]] = {}
        self.poets = Poets(self.readers)
        self.states = States()
        self.writing = 0  # texts at this moment
        for model in models:
            unusual = self.readers[model.name].unusual  # reads the vocabulary now, so that no visitor waits for it
            ends, special = special_tokens(model.model, model.tokenizer)
            never = sorted({*special, *unusual})
            self.special[model.name] = ends, never
            self.poets.add(model, never, ends)
            if model.engine is not None:
                self.decoders[model.name] = Decoder(model.engine, ends, never)

    async def check(
        self,
        prompt: object,
        model: object,
        after: object,
        settings: dict[str, object],
        request: Asking | None,
        *,
        start: object = "",
        verse: Mapping[str, object] | None = None,
    ) -> WritingTask:
        """The text that is asked for.

        Args:
            after: the tokens that follow the prompt already, or their text.
            settings: `max_new_tokens` and the arguments of `Sampling`; a seed of None is drawn.
            start: a kept state, as `States` writes it; empty for none.
            verse: `form`, `acrostic` and `rhyming` of a poem; None for any text.

        Raises:
            gr.Error: something cannot be used; the sentence says what and why.
        """
        chosen = choose(model, self.by_name, request)
        text = check_string(prompt, "prompt", MAX_PROMPT, request)
        reading = self.readers[chosen.name].read(text)
        kept = self.states.read(start, chosen, request)
        begins = reading.text or chosen.tokenizer.bos_token_id is not None or (kept and kept.unread is not None)
        if not begins:
            raise refuse("prompt_needed", request)
        if reading.nothing_known:
            raise refuse("unknown_script", request, model=chosen.name)
        rules = None if verse is None else self.poets.check(chosen, verse, request)
        if rules is not None:
            reading = replace(reading, text=self.poets.begin(rules, reading.text, request))
        tokenizer = chosen.tokenizer
        if isinstance(after, str):
            after = token_ids(tokenizer, [check_string(after, "after", MAX_PROMPT, request)], special_tokens=False)[0]
        tokens = check_tokens(after, len(tokenizer), request)
        length = int(check_number(settings["max_new_tokens"], "max_new_tokens", 1, MAX_TOKENS, request, whole=True))
        prompt_ids = begin(tokenizer, reading.text, kept)
        task = WritingTask(chosen, reading, prompt_ids, tokens, length, check_sampling(settings, request), kept, rules)
        if rules is None:
            return task
        rule = await self.poets.rule(task, request)
        return replace(task, length=rule.left + 1)

    async def write(self, task: WritingTask, request: Asking | None) -> AsyncGenerator[Writing, None]:
        """Yield the text so far: at once, several times a second, and when it is complete.

        Raises:
            gr.Error: the prompt is longer than the model can read.
        """
        model, begun = task.model, time.monotonic()
        continuation = Continuation(model.tokenizer, task.prompt_ids)
        writing = Writing(model.name, task.reading.text, task.sampling.seed or 0, continuation.text(task.after))
        before, job = writing.text, None
        rule = None if task.verse is None else await self.poets.rule(task, request)
        parts: Any
        try:
            if model.name in self.decoders:
                job = self.decoders[model.name].write(
                    task.tokens,
                    task.length,
                    task.sampling,
                    given=len(task.after),
                    start=task.start_arrays,
                    rule=rule,
                )
                parts = watch(job, lambda tokens: continuation.text(task.after + tokens), self.interval)
            else:
                options = asdict(task.sampling) | {"max_new_tokens": task.length, "interval": INTERVAL, "rule": rule}
                never = self.readers[model.name].unusual
                parts = stream(model.model, model.tokenizer, task.tokens, never=never, **options)
                parts = SyncToAsyncIterator((before + part for part in parts), None)
        except ValueError:  # the numbers are valid, so the prompt must have filled the model's context
            raise refuse("prompt_too_long", request, model=model.name) from None
        self.writing += 1
        try:  # so that stopping the page stops the computation at once
            yield writing
            async with aclosing(parts):
                async for writing.text in parts:
                    writing.seconds = time.monotonic() - begun
                    writing.speed = (len(writing.text) - len(before)) / writing.seconds
                    yield writing
        finally:
            self.writing -= 1
            if job is not None:
                job.close()
        writing.done, writing.seconds = True, time.monotonic() - begun
        if job is not None:
            writing.tokens = task.after + job.tokens
            writing.pieces = continuation.pieces(writing.tokens)
            writing.bits = [round(bits, 3) for bits in job.bits]
        yield writing

    def interval(self) -> float:
        """Seconds between two updates of a text that is written now."""
        return INTERVAL * max(1.0, self.writing / AT_FULL_RATE)

    async def read(self, task: WritingTask, tokens: Sequence[int]) -> Job:
        """The decoder's job after it has read these tokens from the state that the task starts from."""
        job = self.decoders[task.model.name].write(tokens, 1, Sampling(temperature=0), start=task.start_arrays)
        try:
            await asyncio.wrap_future(job.ended)
        finally:
            job.close()
        return job

    async def next_logits(self, task: WritingTask) -> np.ndarray:
        """The logits (V,) of the token after all that a task reads."""
        if task.model.name in self.decoders:
            job = await self.read(task, task.tokens)
            assert job.logits is not None
            return job.logits
        return await asyncio.to_thread(_last_logits, task.model, task.tokens)

    async def keep(self, task: WritingTask, request: Asking | None) -> KeptState:
        """The state after the text of a task.

        If the model would end the text there, it has read all of it; else the last token is still to be read, so that
        a text that starts from this state goes on as this one would have.

        Raises:
            gr.Error: the model runs without the decoder that has states.
        """
        like = self.states.like(task.model, request)
        job = await self.read(task, task.tokens)
        state, unread = job.state, None
        if job.tokens:
            *read, unread = task.tokens
            start = task.start_arrays or list(like.arrays.values())
            state = (await self.read(task, read)).state if read else start
        assert state is not None
        arrays = dict(zip(like.arrays, state, strict=True))
        text = task.reading.text + Continuation(task.model.tokenizer, task.prompt_ids).text(task.after)
        return replace(like, arrays=arrays, unread=unread, text=text)


def begin(tokenizer: Any, prompt: str, start: KeptState | None) -> list[int]:
    """The tokens that a text begins with: those of the prompt, after what a kept state has still to read."""
    if start is None:
        return encode_prompt(tokenizer, prompt)
    waiting = [] if start.unread is None else [start.unread]
    return [*waiting, *token_ids(tokenizer, [prompt], special_tokens=False)[0]] or encode_prompt(tokenizer, "")


def _last_logits(model: LoadedModel, tokens: list[int]) -> np.ndarray:
    with torch.inference_mode():
        logits = model.model(torch.tensor([tokens], device=model.model.device)).logits
    return logits[0, -1].float().numpy(force=True)


def check_tokens(value: object, vocab_size: int, request: Asking | None) -> list[int]:
    """A list of tokens of a vocabulary."""
    known = isinstance(value, list) and len(value) <= MAX_PROMPT
    if not known or not all(type(token) is int and 0 <= token < vocab_size for token in value):  # type: ignore
        name = field_name("after", request)
        raise refuse("not_tokens", request, field=name, limit=MAX_PROMPT, high=vocab_size - 1)
    return list(value)  # type: ignore


def check_sampling(settings: dict[str, object], request: Asking | None) -> Sampling:
    """The settings of a text; a seed of None is drawn."""
    seed = settings["seed"]
    if seed is None:
        seed = random.randint(0, MAX_SEED)
    return Sampling(
        temperature=check_number(settings["temperature"], "temperature", 0, 5, request),
        top_k=int(check_number(settings["top_k"], "top_k", 0, 10**6, request, whole=True)),
        top_p=check_number(settings["top_p"], "top_p", 0, 1, request),
        repetition_penalty=check_number(settings["repetition_penalty"], "repetition_penalty", 0.5, 3, request),
        seed=int(check_number(seed, "seed", 0, MAX_SEED, request, whole=True)),
    )


def notes(task: WritingTask, text: str, done: bool, request: Asking | None) -> list[str]:
    """What a reader should know of a text: how the prompt was read, which rules a complete poem keeps, how much of it
    stands in the training text, and whether the text repeats itself."""
    reading, found = task.reading, []
    if reading.from_traditional:
        found.append(say("read_simplified", request))
    if reading.other_marks:
        found.append(say("read_marks", request))
    if reading.unknown:
        found.append(say("not_known", request, characters=" ".join(reading.unknown[:20])))
    if task.verse is not None and done:
        found += say_rules(task.verse, reading.text + text, request)
    spans = task.model.training_spans
    if done and spans is not None and (share := spans.share(text)) is not None:
        found.append(say("copied", request, percent=f"{share:.0%}".replace("%", " %"), length=spans.length))
    if is_looping(text):
        found.append(say("looping_greedy" if task.sampling.temperature == 0 else "looping", request))
    return found
