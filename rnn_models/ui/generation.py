"""Writing texts for the page and the API: the checks of what was sent, and the text as it grows."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from typing import Any

from gradio.utils import SyncToAsyncIterator

from ..inference import Decoder, Reader, Reading, Sampling, encode_prompt, special_tokens, stream, watch
from ..inference.loops import is_looping
from ..inference.text import Continuation
from .i18n import Asking, refuse, say
from .inputs import MAX_PROMPT, check_number, check_string, choose, field_name
from .models import LoadedModel

MAX_TOKENS = 2000
MAX_SEED = 2**31 - 1
INTERVAL = 0.1  # seconds between two updates of the page


@dataclass(frozen=True)
class WritingTask:
    """A text to write, checked.

    Attributes:
        reading: the prompt.
        after: tokens that follow the prompt already, such as the beginning of a text that goes on.
    """

    model: LoadedModel
    reading: Reading
    after: list[int]
    length: int
    sampling: Sampling


@dataclass
class Writing:
    """A text as far as it is written.

    Attributes:
        text: what follows the prompt.
        tokens: the tokens of `text`, and what each adds to it, and -log2 of the probability that the model gave it,
            in bits; empty until the text is complete, and if the model's way to write does not tell.
    """

    model: str
    prompt: str
    seed: int
    text: str = ""
    seconds: float = 0.0
    done: bool = False
    tokens: list[int] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    bits: list[float] = field(default_factory=list)


class Writers:
    """The language models of an app, each with its decoder."""

    def __init__(self, models: Sequence[LoadedModel]) -> None:
        self.by_name = {model.name: model for model in models}
        self.readers = {model.name: Reader(model.tokenizer, model.language) for model in models}
        self.decoders: dict[str, Decoder] = {}
        for model in models:
            unusual = self.readers[model.name].unusual  # reads the vocabulary now, so that no visitor waits for it
            if model.engine is not None:
                ends, never = special_tokens(model.model, model.tokenizer)
                self.decoders[model.name] = Decoder(model.engine, ends, [*never, *unusual])

    def check(
        self, prompt: object, model: object, after: object, settings: dict[str, object], request: Asking | None
    ) -> WritingTask:
        """The text that is asked for.

        Args:
            settings: `max_new_tokens` and the arguments of `Sampling`; a seed of None is drawn.

        Raises:
            gr.Error: something cannot be used; the sentence says what and why.
        """
        chosen = choose(model, self.by_name, request)
        text = check_string(prompt, "prompt", MAX_PROMPT, request)
        reading = self.readers[chosen.name].read(text)
        if not reading.text and chosen.tokenizer.bos_token_id is None:
            raise refuse("prompt_needed", request)
        if reading.nothing_known:
            raise refuse("unknown_script", request, model=chosen.name)
        tokens = check_tokens(after, len(chosen.tokenizer), request)
        length = check_number(settings["max_new_tokens"], "max_new_tokens", 1, MAX_TOKENS, request, whole=True)
        return WritingTask(chosen, reading, tokens, int(length), check_sampling(settings, request))

    async def write(self, task: WritingTask, request: Asking | None) -> AsyncGenerator[Writing, None]:
        """Yield the text so far: at once, several times a second, and when it is complete.

        Raises:
            gr.Error: the prompt is longer than the model can read.
        """
        model, tokenizer, begin = task.model, task.model.tokenizer, time.monotonic()
        prompt_ids = encode_prompt(tokenizer, task.reading.text)
        continuation = Continuation(tokenizer, prompt_ids)
        writing = Writing(model.name, task.reading.text, task.sampling.seed or 0, continuation.text(task.after))
        before, job = writing.text, None
        parts: Any
        try:
            if model.name in self.decoders:
                job = self.decoders[model.name].write([*prompt_ids, *task.after], task.length, task.sampling)
                parts = watch(job, lambda tokens: continuation.text(task.after + tokens), INTERVAL)
            else:
                options = asdict(task.sampling) | {"max_new_tokens": task.length, "interval": INTERVAL}
                parts = stream(
                    model.model,
                    tokenizer,
                    [*prompt_ids, *task.after],
                    never=self.readers[model.name].unusual,
                    **options,
                )
                parts = SyncToAsyncIterator((before + part for part in parts), None)
        except ValueError:  # the numbers are valid, so the prompt must have filled the model's context
            raise refuse("prompt_too_long", request, model=model.name) from None
        try:  # so that stopping the page stops the computation at once
            yield writing
            async with aclosing(parts):
                async for writing.text in parts:
                    writing.seconds = time.monotonic() - begin
                    yield writing
        finally:
            if job is not None:
                job.close()
        writing.done, writing.seconds = True, time.monotonic() - begin
        if job is not None:
            writing.tokens = task.after + job.tokens
            writing.pieces = continuation.pieces(writing.tokens)
            writing.bits = [round(bits, 3) for bits in job.bits]
        yield writing


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


def notes(task: WritingTask, text: str, request: Asking | None) -> list[str]:
    """What a reader should know of a text: how the prompt was read, and whether the text repeats itself."""
    reading, found = task.reading, []
    if reading.from_traditional:
        found.append(say("read_simplified", request))
    if reading.other_marks:
        found.append(say("read_marks", request))
    if reading.unknown:
        found.append(say("not_known", request, characters=" ".join(reading.unknown[:20])))
    if is_looping(text):
        found.append(say("looping_greedy" if task.sampling.temperature == 0 else "looping", request))
    return found
