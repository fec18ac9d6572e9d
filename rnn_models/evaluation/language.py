"""Metrics of a language model, of an n-gram model over the same tokens, and of the text that the model generates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..data.corpora import Corpus, Split
from ..data.token_store import encode_documents
from ..metrics.measures import evaluate_language_model
from ..metrics.ngrams import KneserNey
from ..metrics.scores import language_model_metrics
from .adaptive import DYNAMIC_CHUNK, cache_nats, dynamic_nats
from .samples import held_out_spans, sample_metrics, write_samples

# How many separate documents are read at once.
BATCH_SIZE = 32
ADAPTED = ("perplexity", "nats_per_character", "bits_per_character")


@dataclass(frozen=True)
class LanguageOptions:
    """What to report about a language model.

    Attributes:
        separate: whether each row is read by itself from a zero state, not all rows as one stream.
        order: of the n-gram baseline; None for no baseline.
        dynamic: learning rate of dynamic evaluation; None for no dynamic evaluation.
        cache: theta, share and size of the neural cache; None for no cache.
        samples, sample_length, prompt, seed: how many texts to generate (0 for none), their length in tokens, the
            prompt that they continue, and the random seed.
    """

    separate: bool
    order: int | None
    dynamic: float | None
    cache: tuple[float, float, int] | None
    samples: int
    sample_length: int
    prompt: str
    seed: int


def language_model_rows(
    model: Any,
    tokenizer: Any,
    corpora: Sequence[Corpus],
    splits: Sequence[tuple[Corpus, Split]],
    options: LanguageOptions,
    say: Callable[[str], None],
) -> list[dict[str, Any]]:
    """A row of metrics for each split and model, then one for the samples and one for the same amount of held-out
    text."""
    training = [document for corpus in corpora for document in encode_documents(tokenizer, corpus.train.texts)]
    ngrams = None
    if options.order:
        say(f"{options.order}-gram baseline on {sum(map(len, training))} training tokens")
        ngrams = KneserNey(training, vocab_size=len(tokenizer), order=options.order)
    rows = []
    encoded: list[Any] = []
    for corpus, split in splits:
        documents = encode_documents(tokenizer, split.texts)
        encoded += documents
        characters = sum(map(len, split.texts))
        about = {"data_set": corpus.name, "split": split.name, "rows": len(split)}
        say(f"{corpus.name}, {split.name}: {len(split)} rows, {sum(map(len, documents))} tokens")
        rows.append({**about, "model": "network", **_network_metrics(model, documents, characters, options, say)})
        if ngrams:
            nats, tokens = ngrams.total_nats(documents)
            metrics = language_model_metrics(nats, tokens, characters)
            rows.append({**about, "model": f"{options.order}-gram", **metrics})
    if options.samples:
        say(f"{options.samples} samples of {options.sample_length} tokens")
        size = {"number": options.samples, "length": options.sample_length, "seed": options.seed}
        texts = {
            "network": write_samples(model, tokenizer, prompt=options.prompt, **size),
            "held-out text": held_out_spans(tokenizer, encoded, separate=options.separate, **size),
        }
        # decoded, not the originals: lowercased samples are compared with lowercased texts
        training_texts = tokenizer.batch_decode(training, skip_special_tokens=True)
        about = {"data_set": "samples", "split": "", "rows": options.samples}
        rows += [
            {**about, "model": name, **sample_metrics(written, training_texts)} for name, written in texts.items()
        ]
    return rows


def _network_metrics(
    model: Any, documents: Any, characters: int, options: LanguageOptions, say: Callable[[str], None]
) -> dict[str, float]:
    streams = BATCH_SIZE if options.separate else 1
    metrics = evaluate_language_model(model, documents, characters, streams=streams, separate=options.separate)
    if options.dynamic is not None:
        say("dynamic evaluation")
        nats, tokens = dynamic_nats(model, documents, learning_rate=options.dynamic, separate=options.separate)
        metrics |= _named("dynamic", language_model_metrics(nats, tokens, characters))
    if options.cache is not None:
        say("cache")
        theta, share, size = options.cache
        nats, tokens = cache_nats(model, documents, theta=theta, share=share, size=size, separate=options.separate)
        metrics |= _named("cache", language_model_metrics(nats, tokens, characters))
    return metrics


def _named(name: str, metrics: dict[str, float]) -> dict[str, float]:
    return {f"{metric}_{name}": metrics[metric] for metric in ADAPTED}


def language_notes(options: LanguageOptions) -> dict[str, str]:
    """How to read the metrics."""
    alone = options.separate
    notes = {
        "token": "an entry of the model's vocabulary; the end token </s> of each row is counted, <s> is not",
        "conditioned_on": (
            "the row's own tokens before it, from <s> and a zero state"
            if alone
            else "all text before it in one stream, state carried across rows; the first token on <s>"
        ),
        "perplexity": "exp of the mean nats per token",
        "nats_per_character": "nats of all tokens, end tokens included, over the characters of the text",
    }
    if options.order:
        notes[f"{options.order}-gram"] = (
            f"interpolated Kneser-Ney of order {options.order} over the same tokens of all training rows"
        )
    if options.dynamic is not None:
        notes["dynamic"] = (
            f"after every {DYNAMIC_CHUNK} scored tokens, a gradient descent step on them at rate {options.dynamic:g}"
        )
    if options.cache is not None:
        theta, share, size = options.cache
        notes["cache"] = (
            f"neural cache of the last {size} positions{' of the row' if alone else ''}, theta {theta:g}, "
            f"weight {share:g}"
        )
    if options.samples:
        notes["samples"] = (
            f"{options.samples} texts of at most {options.sample_length} tokens from the model's own generation "
            f"settings, seed {options.seed}, "
            + (f"continuing {options.prompt!r}" if options.prompt else "from the beginning token only")
            + "; below them the same amount of held-out text"
        )
        notes["distinct"] = "distinct n-grams over all, of words or Chinese characters, in all samples together"
        notes["looping"] = (
            "share of the samples in which a piece is repeated three times or more in a row, over 20 characters or "
            "more"
        )
        notes["readable"] = (
            "share of the samples whose first 60 words have no loop and no new word, one that no training text has; "
            "new words: share of these words"
        )
        notes["copied"] = (
            "characters of the longest span, and share of the spans of 20 characters, that occur in the training text"
        )
    return notes
