"""What to evaluate: the data, the split, the metrics."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..data import InputError
from ..data.corpora import Corpus, Split, load_corpora
from ..data.recipes import DatasetEntry, convert, read_recipe
from ..data.sources import resolve_data_root

RECIPES = (".yaml", ".yml")
# Texts are cut to MAX_LENGTH tokens if neither the recipe nor the tokenizer has a limit. A tokenizer without one
# states a huge number, above UNSAID.
MAX_LENGTH, UNSAID = 512, 10**6


@dataclass(frozen=True)
class Request:
    """The options of `evaluate`.

    Attributes:
        data: a recipe, or a data set as `--datasets` of train.py takes it.
        data_root: a folder with data sets to use instead of the Hub's; default: the environment variable
            RNN_MODELS_DATA.
        split: `"validation"` or `"test"`; None for the test split, or validation if a data set has no test split.
        rows: use only the first N rows of each split; None for all.
        baseline: whether to train the linear or n-gram baseline.
        by: the column to group a classifier's metrics by; None for one row per data set.
        order: of the n-grams.
        dynamic: learning rate of dynamic evaluation; None for no dynamic evaluation.
        cache: theta, share and size of the neural cache; None for no cache.
        samples, sample_length, seed: how many texts to generate, their length in tokens, and the random seed.
    """

    data: str
    data_root: str | None = None
    split: str | None = None
    rows: int | None = None
    baseline: bool = True
    by: str | None = None
    order: int = 5
    dynamic: float | None = None
    cache: tuple[float, float, int] | None = None
    samples: int = 20
    sample_length: int = 200
    seed: int = 0

    def check(self) -> None:
        """Raise `InputError` if a number is out of its range."""
        for name, least in (("rows", 1), ("order", 1), ("samples", 0), ("sample_length", 1)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise InputError(f"option {name}: {value} must be at least {least}")
        if self.dynamic is not None and not 0 <= self.dynamic < float("inf"):
            raise InputError(f"option dynamic: {self.dynamic} must be a learning rate of 0 or more")


def parse_cache(text: str) -> tuple[float, float, int]:
    """`THETA,LAMBDA,SIZE` as numbers. Raises `InputError`."""
    try:
        theta, share, size = (kind(part) for kind, part in zip((float, float, int), text.split(","), strict=True))
    except ValueError:
        raise InputError(f"option cache: {text!r} is not THETA,LAMBDA,SIZE, such as 0.3,0.1,2000") from None
    if not (0 <= theta < float("inf") and 0 <= share < 1 and size >= 1):
        raise InputError(
            f"option cache: {text!r} needs a THETA of at least 0, a LAMBDA from 0 to below 1 and a SIZE of at least 1"
        )
    return theta, share, size


@dataclass
class Data:
    """The part of a recipe that evaluation uses; its other options are about training.

    If a recipe states no lengths, they are None and the tokenizer's limit is used.
    """

    datasets: list[DatasetEntry]
    labels: list[str] = field(default_factory=list)
    validation_size: float = 0.05
    seed: int = 42
    max_length: int | None = None
    inference_max_length: int | None = None
    separate_documents: bool = False
    sample_prompt: str = ""

    def length(self, tokenizer: Any) -> int:
        """The largest number of tokens that a classifier reads of a text."""
        length = self.inference_max_length or self.max_length or tokenizer.model_max_length
        return length if length < UNSAID else MAX_LENGTH


def read_data(data: str) -> Data:
    """Read a recipe, or take the name of a data set. Raises `InputError`."""
    if not data.endswith(RECIPES):
        return Data([DatasetEntry(data)])
    recipe = read_recipe(data)
    hints = typing.get_type_hints(Data)
    values = {name: convert(recipe[name], hints[name], f"option {name}") for name in hints if name in recipe}
    if not values.get("datasets"):
        raise InputError(f"recipe {data} names no datasets")
    return Data(**values)


def load_texts(data: Data, data_root: str | None) -> list[Corpus]:
    """Load the corpora for a language model. Raises `InputError`."""
    return _load(data, data_root, None)[0]


def load_labelled(data: Data, data_root: str | None, config: Any) -> list[Corpus]:
    """Load the corpora for a classifier, with the labels of its configuration; they may use only some of them.

    Labels 0 to N - 1 are taken as the model's own indices if it has N labels. Raises `InputError`, also for a label
    that the model lacks.
    """
    corpora, names = _load(data, data_root, data.labels)
    known = {str(label): index for label, index in config.label2id.items()}
    if sorted(names) == sorted(map(str, range(config.num_labels))):
        known = {name: int(name) for name in names}
    for name in names:
        if name not in known:
            raise InputError(
                f"the model has the labels {', '.join(known)}, but the data has {name!r}: give a recipe whose "
                "datasets map their labels to these"
            )
    to_model = [known[name] for name in names]
    for corpus in corpora:
        corpus.own_labels = sorted(to_model[label] for label in corpus.own_labels)
        for split in [corpus.train, corpus.validation, *corpus.tests]:
            split.labels = [to_model[label] for label in split.labels or []]
    return corpora


def _load(data: Data, data_root: str | None, labels: Sequence[str] | None) -> tuple[list[Corpus], list[str]]:
    return load_corpora(
        data.datasets,
        labels=labels,
        data_root=resolve_data_root(data_root),
        validation_size=data.validation_size,
        seed=data.seed,
    )


def chosen_splits(corpora: Sequence[Corpus], request: Request) -> list[tuple[Corpus, Split]]:
    """The requested splits. Raises `InputError` if there are none."""
    pairs = []
    for corpus in corpora:
        tests = [] if request.split == "validation" else corpus.tests
        splits = tests or ([] if request.split == "test" else [corpus.validation])
        pairs += [(corpus, split.take(range(len(split))[: request.rows])) for split in splits]
    if not pairs:
        raise InputError(f"{', '.join(corpus.name for corpus in corpora)}: there is no test split")
    return pairs
