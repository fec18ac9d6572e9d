"""Metrics of a tagger and of its baselines on the same words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..checkpoint.load import labels_of
from ..data import InputError
from ..data.corpora import Corpus, Split
from ..data.sources import resolve_data_root
from ..data.tagged import load_tagged, split_tags, split_words
from ..inference.tag import read_words
from ..metrics.measures import tagger_answers
from ..metrics.tag_baselines import MostFrequentTag, WindowRegression
from ..metrics.tag_scores import are_bio, predicted_metrics, tagging_metrics
from .request import Data, Request

BATCH_SIZE = 32
FREQUENT, LINEAR = "most frequent tag", "linear"
WORD_BY_WORD = "network, word by word"


def load_words(data: Data, data_root: str | None, config: Any) -> list[Corpus]:
    """Load the corpora for a tagger, with the tags of its configuration. Raises `InputError`."""
    corpora, _ = load_tagged(
        data.datasets,
        tags=labels_of(config),
        data_root=resolve_data_root(data_root),
        validation_size=data.validation_size,
        seed=data.seed,
    )
    return corpora


def tagger_rows(
    model: Any,
    tokenizer: Any,
    splits: Sequence[tuple[Corpus, Split]],
    *,
    baseline: bool,
    say: Callable[[str], None],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A row of metrics for each model and split, and a row for each tag of a split with its F1 by every model."""
    names = labels_of(model.config)
    rows, by_tag = [], []
    baselines: dict[str, dict[str, Any]] = {}
    for corpus, split in splits:
        words, tags = split_words(split), split_tags(split)
        say(f"{corpus.name}, {split.name}: {len(split)} sentences")
        answers = tagger_answers(model, read_words(tokenizer, words), batch_size=BATCH_SIZE)
        found = {"network": tagging_metrics(answers.logits, tags, names, answers.tags)}
        if has_crf(model):
            found[WORD_BY_WORD] = tagging_metrics(answers.logits, tags, names)
        if baseline:
            if corpus.name not in baselines:
                say(f"{corpus.name}: baselines on {len(corpus.train)} training sentences")
                known = split_words(corpus.train), split_tags(corpus.train)
                baselines[corpus.name] = {FREQUENT: MostFrequentTag(*known), LINEAR: WindowRegression(*known)}
            for name, fitted in baselines[corpus.name].items():
                found[name] = predicted_metrics(fitted.predict(words), tags, names)
        about = {"data_set": corpus.name, "split": split.name, "rows": len(split)}
        rows += [{**about, "model": name, **metrics} for name, metrics in found.items()]
        for tag in found["network"]["f1_by_tag"]:
            occurs = sum(own.count(names.index(tag)) for own in tags)
            scores = {name: metrics["f1_by_tag"][tag] for name, metrics in found.items()}
            by_tag.append({"data_set": corpus.name, "split": split.name, "tag": tag, "words": occurs, "f1": scores})
    return rows, by_tag


def has_crf(model: Any) -> bool:
    """Whether a tagger, which may be one of other people, scores the tags of a sentence together."""
    return bool(getattr(model.config, "crf", False))


def tag_table(rows: Sequence[dict[str, Any]]) -> list[list[str]]:
    """The F1 of each tag by every model, a header first."""
    models = list(rows[0]["f1"])
    lines = [["data set", "split", "tag", "words", *(f"F1, {name}" for name in models)]]
    for row in rows:
        scores = [f"{row['f1'][name]:.4f}" for name in models]
        lines.append([row["data_set"], row["split"], row["tag"], f"{row['words']:,}", *scores])
    return lines


def tagger_notes(baseline: bool, model: Any) -> dict[str, str]:
    """How to read the metrics."""
    notes = {
        "words": "given as the data set splits its texts; rows are sentences, and every word counts",
        "macro": "mean over the tags that occur in the data",
    }
    if has_crf(model):
        notes[WORD_BY_WORD] = (
            "each word has the tag that is most likely for it alone, as in transformers' pipeline; those of network"
            " are most likely together"
        )
    if are_bio(labels_of(model.config)):
        notes["entity_F1"] = "of entities whose kind and limits are right"
    if baseline:
        notes[FREQUENT] = (
            "the tag that a word has most often in train; NOUN or what rare words have if it is not there"
        )
        notes[LINEAR] = "logistic regression on a word, its affixes and shape, and two words on each side of it"
    return notes


def refuse(request: Request) -> None:
    """Raise `InputError` for an option that has no meaning for a tagger."""
    if request.dynamic is not None or request.cache is not None:
        raise InputError("--dynamic and --cache are for language models, and this is a tagger")
    if request.by is not None:
        raise InputError("--by is for classifiers, and this is a tagger")
