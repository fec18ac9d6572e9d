"""The task `tagging`: give each word of a sentence one of several tags."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch

from ..data import InputError
from ..data.batches import LengthGroupedBatches, merge_parts, pad_right, random_spans, undo_merges_of
from ..data.corpora import Corpus, Split
from ..data.sources import resolve_data_root
from ..data.tagged import NO_TAG, load_tagged, split_tags, split_words
from ..metrics.calibration import fit_temperature
from ..metrics.measures import TaggerAnswers, tagger_answers
from ..metrics.tag_scores import are_bio, tagging_metrics
from ..modeling import RNNForTokenClassification
from ..tokenization import WordTokens, word_tokens
from ..tokenization.encoding import set_and_keep
from .classification import LabelTask
from .options import TaggingArguments
from .task import Part, say_sizes


class TaggedBatches(LengthGroupedBatches):
    """As the base class, but each row (T, 2) has a token and its tag, so that a batch has `labels` (B, T)."""

    @property
    def token_rows(self) -> list[np.ndarray]:
        return [row[:, 0] for row in self.rows]

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        rows = [self.varied[i] for i in self.batches[index]]
        tags = pad_right([row[:, 1] for row in rows], NO_TAG)["input_ids"]
        return {**pad_right([row[:, 0] for row in rows], self.pad_token_id), "labels": tags}


class TaggingTask(LabelTask[TaggingArguments]):
    """Give each word of a sentence one of several tags."""

    model_class = RNNForTokenClassification
    best = ("accuracy", True)

    def __init__(
        self, arguments: TaggingArguments, corpora: Sequence[Corpus], labels: Sequence[str], tokenizer: Any
    ) -> None:
        super().__init__(arguments, corpora, labels, tokenizer)
        set_and_keep(
            tokenizer,
            padding_side="right",
            truncation_side=arguments.truncation_side,
            model_max_length=arguments.max_length,
        )
        self.tokens: dict[int, list[WordTokens]] = {}

    @classmethod
    def load(cls, arguments: TaggingArguments) -> tuple[list[Corpus], list[str]]:
        corpora, names = load_tagged(
            arguments.datasets,
            tags=arguments.labels,
            data_root=resolve_data_root(arguments.data_root),
            validation_size=arguments.validation_size,
            seed=arguments.seed,
        )
        say_sizes(corpora)
        return corpora, names

    def encode(self, texts: Sequence[str]) -> list[np.ndarray]:
        return [np.array(row.ids) for row in word_tokens(self.tokenizer, [text.split() for text in texts])]

    def words_of(self, split: Split, where: str) -> list[WordTokens]:
        """The tokens of a split's words. Raises `InputError` for a word that has none."""
        if id(split) not in self.tokens:
            found = word_tokens(self.tokenizer, split_words(split))
            for row, tokens in enumerate(found):
                if -1 in tokens.firsts:
                    word = split_words(split)[row][tokens.firsts.index(-1)]
                    place = f"{where}, split {split.name}, row {row + 1}"
                    raise InputError(f"{place}: the tokenizer makes no token of the word {word!r:.40}")
            self.tokens[id(split)] = found
        return self.tokens[id(split)]

    def training_data(self) -> TaggedBatches:
        for corpus in self.corpora:
            for split in (corpus.validation, *corpus.tests):
                self.words_of(split, corpus.name)
        rows = [row for corpus in self.corpora for row in self._tagged(corpus)]
        return TaggedBatches(
            rows,
            None,
            batch_size=self.arguments.per_device_train_batch_size,
            pad_token_id=self.tokenizer.pad_token_id,
            sources=np.repeat(np.arange(len(self.corpora)), [len(corpus.train) for corpus in self.corpora]),
            weights=[corpus.weight for corpus in self.corpora],
            vary=self._vary if self.arguments.split_tokens or self.arguments.crop else None,
            seed=self.arguments.seed,
        )

    def _tagged(self, corpus: Corpus) -> list[np.ndarray]:
        """The training rows (T, 2) of tokens and tags, cut to `max_length` tokens."""
        rows = []
        for tokens, tags in zip(self.words_of(corpus.train, corpus.name), split_tags(corpus.train), strict=True):
            row = np.full((len(tokens.ids), 2), NO_TAG)
            row[:, 0] = tokens.ids
            row[tokens.firsts, 1] = tags
            longest = self.arguments.max_length
            rows.append(row[:longest] if self.arguments.truncation_side == "right" else row[-longest:])
        return rows

    def _vary(self, rows: Sequence[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
        """Rows for an epoch, cropped and with tokens in their parts. A word's tag stays at its first token."""
        varied = random_spans(rows, self.arguments.crop, rng) if self.arguments.crop else list(rows)
        if not self.arguments.split_tokens:
            return varied
        together = np.concatenate(varied)
        ids, origin = undo_merges_of(together[:, 0], self.parts, self.arguments.split_tokens, rng)
        first = np.diff(origin, prepend=-1) > 0
        tags = np.where(first, together[origin, 1], NO_TAG)
        owner = np.repeat(np.arange(len(varied)), [len(row) for row in varied])[origin]
        return np.split(np.stack([ids, tags], axis=1), np.cumsum(np.bincount(owner, minlength=len(varied)))[:-1])

    @cached_property
    def parts(self) -> np.ndarray:
        return merge_parts(self.tokenizer)

    def check(self, model: Any) -> None:
        if model.config.crf and self.arguments.label_smoothing_factor:
            raise InputError(
                f"option label_smoothing_factor: {self.arguments.label_smoothing_factor} is for tags that are learnt"
                " one by one; with a CRF, which learns those of a sentence together, it must be 0"
            )

    def measure(self, model: Any) -> dict[str, float]:
        """The metrics of an evaluation during training, of all validation words together."""
        parts = [Part(corpus, corpus.validation, self.read(model, corpus.validation)) for corpus in self.corpora]
        return {name: value for name, value in self.report(model, parts).items() if not isinstance(value, dict)}

    def metric_names(self) -> list[str]:
        nothing = [np.zeros((len(row), len(self.labels))) for row in split_tags(self.corpora[0].validation)]
        metrics = tagging_metrics(nothing, split_tags(self.corpora[0].validation), self.labels)
        return [name for name, value in metrics.items() if not isinstance(value, dict)]

    def calibrate(self, model: Any) -> None:
        """Set the temperature that fits the validation words."""
        model.config.temperature = 1.0
        answers = [self.read(model, corpus.validation) for corpus in self.corpora]
        logits = np.concatenate([row for found in answers for row in found.logits])
        tags = np.concatenate([row for corpus in self.corpora for row in split_tags(corpus.validation)])
        model.config.temperature = round(fit_temperature(logits[tags >= 0].astype(np.float64), tags[tags >= 0]), 4)

    def read(self, model: Any, split: Split) -> TaggerAnswers:
        """The answers for a split, whose sentences are read whole, however long they are."""
        tokens = self.words_of(split, split.name)
        return tagger_answers(model, tokens, batch_size=self.arguments.per_device_eval_batch_size)

    def report(self, model: Any, parts: Sequence[Part]) -> dict[str, Any]:
        true = [row for part in parts for row in split_tags(part.split)]
        logits, said = ([row for part in parts for row in part.found[kind]] for kind in (0, 1))
        return tagging_metrics(logits, true, self.labels, said)

    def notes(self) -> dict[str, str]:
        notes = {
            "words": "given as the data set splits its texts; rows are sentences",
            "macro": "mean over the tags that occur among the true ones",
        }
        if are_bio(self.labels):
            notes["entity_f1"] = "of entities whose kind and limits are right"
        return notes
