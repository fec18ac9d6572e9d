"""What a model writes by itself: a corpus of its own kind of text, for models whose corpus is not here."""

from __future__ import annotations

import time

from ...inference import Decoder, Sampling, special_tokens
from ...inference.text import Continuation, encode
from ...interpret import write_clamped
from ..examples import texts_to_see
from ..models import LoadedModel

PASSAGES, LENGTH = 16, 300  # texts, and tokens of each
FEW = 4  # where no engine writes many at once


def passages(model: LoadedModel) -> list[str]:
    """Texts that a language model begins from nothing, the same ones each time."""
    begin = encode(model.tokenizer, _beginning(model))
    if model.engine is None:
        found = [_alone(model, seed, LENGTH) for seed in range(FEW)]
    else:
        decoder = Decoder(model.engine, *special_tokens(model.model, model.tokenizer))
        writings = [decoder.write(begin, LENGTH, Sampling(temperature=0.8, seed=seed)) for seed in range(PASSAGES)]
        for writing in writings:
            writing.ended.result()
        found = [Continuation(model.tokenizer, begin).text(writing.tokens) for writing in writings]
    return [text for text in found if text.strip()]


def _beginning(model: LoadedModel) -> str:
    """Nothing, for models that can begin so."""
    return "" if model.tokenizer.bos_token_id is not None else texts_to_see(model)[0]


def _alone(model: LoadedModel, seed: int, length: int) -> str:
    sampling = Sampling(temperature=0.8, seed=seed)
    return ["", *write_clamped(model, _beginning(model), [], max_new_tokens=length, sampling=sampling)][-1]


def tokens_per_second(model: LoadedModel, tokens: int = 100) -> float:
    """How fast one text is written here and now."""
    begun = time.perf_counter()
    if model.engine is None:
        _alone(model, 0, tokens)
    else:
        decoder = Decoder(model.engine, *special_tokens(model.model, model.tokenizer))
        writing = decoder.write(encode(model.tokenizer, _beginning(model)), tokens, Sampling(temperature=0.8, seed=0))
        writing.ended.result()
        tokens = max(1, len(writing.tokens))
    return tokens / (time.perf_counter() - begun)
