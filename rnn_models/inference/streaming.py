"""Streaming text: `model.generate` in its own thread, read through an iterator that can be closed."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Generator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import torch
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList, StoppingCriteria, StoppingCriteriaList
from transformers.generation.streamers import BaseStreamer

from .sampling import Rule, Sampler, Sampling, check
from .text import Continuation, encode, special_tokens

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def stream(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompt: str | list[int] = "",
    *,
    max_new_tokens: int = 200,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    repetition_penalty: float = 1.0,
    seed: int | None = None,
    never: Sequence[int] = (),
    rule: Rule | None = None,
    interval: float = 0.0,
) -> Generator[str, None, None]:
    """Continue `prompt` and yield the growing continuation.

    The computation is `model.generate` in a thread. Closing the iterator (or leaving the loop that reads it) stops
    that thread at its next token. Each yield consists of complete characters and begins with the one before.

    Args:
        prompt: the text to continue, or its tokens; an empty text starts from the beginning-of-text token.
        max_new_tokens: the largest number of new tokens; the end-of-text token ends the text earlier.
        temperature: divides the logits; 0 always takes the most likely token.
        top_k: sample only from the k most likely tokens; 0 for no limit.
        top_p: sample only from the most likely tokens that together have this probability (arXiv 1904.09751); 1 for
            no limit.
        repetition_penalty: above 1 makes tokens that have occurred less likely (arXiv 1909.05858).
        seed: see `Sampling`.
        never: more tokens that are never generated.
        rule: what the text has to keep to.
        interval: the least number of seconds between two yields.

    Raises:
        ValueError: a number is out of its range, the prompt is empty and the tokenizer has no beginning-of-text token,
            or the prompt fills the context of a model with a bounded one. `NotTextError` for NUL and lone surrogates.
    """
    check("max_new_tokens", max_new_tokens, 1)
    sampling = Sampling(temperature, top_k, top_p, repetition_penalty, seed)
    prompt_ids = encode(tokenizer, prompt)
    context = getattr(model.config, "max_position_embeddings", None)
    if context is not None:
        if len(prompt_ids) >= context:
            raise ValueError(f"the prompt has {len(prompt_ids)} tokens, but this model reads at most {context - 1}")
        max_new_tokens = min(max_new_tokens, context - len(prompt_ids))

    ends, special = special_tokens(model, tokenizer)
    config = GenerationConfig(
        max_new_tokens=max_new_tokens,
        do_sample=False,
        num_beams=1,
        # `Drawn` applies these; None here would take the model's own settings
        temperature=1.0,
        repetition_penalty=1.0,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=sorted(ends) or None,
        pad_token_id=tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id,
    )
    draw = LogitsProcessorList([Drawn(sampling, prompt_ids, [*special, *never], rule)])
    return _Generation(model, tokenizer, prompt_ids, config, draw).texts(interval)


class Drawn(LogitsProcessor):
    """Leaves only the token that a `Sampler` draws, which greedy `generate` then takes.

    So a seed means the same whatever computes the logits. `generate` itself samples from torch's global generator of
    the device, where two users who generate at the same time would change each other's seeded texts.
    """

    def __init__(self, sampling: Sampling, prompt_ids: list[int], never: list[int], rule: Rule | None = None) -> None:
        self.sampler_for = partial(Sampler, sampling, prompt_ids=prompt_ids, never=never, rule=rule)
        self.sampler: Sampler | None = None

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """scores (1, V) -> the same, -inf for all tokens but one."""
        if self.sampler is None:  # V is known only here: the configuration may state too low a number
            self.sampler = self.sampler_for(vocab_size=scores.shape[-1])
        token = self.sampler.draw(scores[0].float().numpy(force=True))
        only = torch.full_like(scores, -torch.inf)
        only[0, token] = 0
        return only


class _Tokens(BaseStreamer):
    """Passes tokens from the generating thread to the reading one; `None` marks the end."""

    def __init__(self) -> None:
        self.queue: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self.prompt_seen = False

    def put(self, value: torch.Tensor) -> None:
        if self.prompt_seen:
            self.queue.put(int(value))
        self.prompt_seen = True  # generate sends the prompt first

    def end(self) -> None:
        """Nothing: the thread itself marks the end, because `generate` does not call this when it fails."""


class _Stopped(StoppingCriteria):
    def __init__(self) -> None:
        self.event = threading.Event()

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **kwargs: object) -> torch.Tensor:
        return torch.full((input_ids.shape[0],), self.event.is_set(), device=input_ids.device)


class _Generation:
    """One call of `generate`, its thread and its output so far."""

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        prompt_ids: list[int],
        config: GenerationConfig,
        draw: LogitsProcessorList,
    ) -> None:
        self.model, self.prompt_ids, self.config, self.draw = model, prompt_ids, config, draw
        self.continuation = Continuation(tokenizer, prompt_ids)
        self.tokens = _Tokens()
        self.stopped = _Stopped()
        self.error: Exception | None = None

    def texts(self, interval: float) -> Generator[str, None, None]:
        thread = threading.Thread(target=self._run, name="rnn-models-generation", daemon=True)
        thread.start()
        ids: list[int] = []
        shown = ""
        ended = False
        try:
            while not ended:
                due = time.monotonic() + (interval if shown else 0.0)
                ended = self._collect(ids, due)
                text = self.continuation.text(ids)
                if text != shown:
                    shown = text
                    yield text
        finally:
            self.stopped.event.set()
            thread.join()
        if self.error is not None:
            raise self.error

    def _collect(self, ids: list[int], due: float) -> bool:
        """Wait for a token; append it and all others that arrive until `due`. Returns whether the text has ended."""
        token = self.tokens.queue.get()
        while token is not None:
            ids.append(token)
            try:
                token = self.tokens.queue.get(timeout=max(0.0, due - time.monotonic()))
            except queue.Empty:
                return False
        return True

    def _run(self) -> None:
        input_ids = torch.tensor([self.prompt_ids], device=self.model.device)
        try:
            self.model.generate(
                input_ids=input_ids,
                attention_mask=torch.ones_like(input_ids),
                generation_config=self.config,
                logits_processor=self.draw,
                stopping_criteria=StoppingCriteriaList([self.stopped]),
                streamer=self.tokens,
            )
        except Exception as error:  # raised again in the thread that reads the text
            self.error = error
        finally:
            self.tokens.queue.put(None)
