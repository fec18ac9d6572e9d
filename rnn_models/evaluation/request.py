"""What is to be evaluated: the data, the split, the figures that are asked for."""

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
# Texts are cut to this many tokens where neither the recipe nor the tokenizer says; it says a huge number then.
MAX_LENGTH, UNSAID = 512, 10**6


@dataclass(frozen=True)
class Request:
    """What is asked of `evaluate`.

    Attributes:
        data: a recipe, or what `--datasets` of train.py takes.
        data_root: a folder that has the data sets in place of the Hub; default the environment's RNN_MODELS_DATA.
        split: `"validation"` or `"test"`; None for test where a data set has one.
        rows: only the first so many of each split, None for all.
        baseline: whether the linear or n-gram baseline is trained.
        by: a column whose values a classifier's metrics are shown by; None for a row a data set.
        order: of the n-grams.
        dynamic: learning rate of dynamic evaluation, None for none.
        cache: theta, share and size of the neural cache, None for none.
        samples, sample_length, seed: number of texts to write, tokens of each, and what decides them.
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
        """Raise `InputError` where a number is out of its range."""
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
        raise InputError(f"option cache: {text!r} is not THETA,LAMBDA,SIZE, as 0.3,0.1,2000") from None
    if not (0 <= theta < float("inf") and 0 <= share < 1 and size >= 1):
        raise InputError(
            f"option cache: {text!r} needs THETA of 0 or more, LAMBDA from 0 to below 1, SIZE of 1 or more"
        )
    return theta, share, size


@dataclass
class Data:
    """What is taken of a recipe, by the recipe's names; the rest of it is about training.

    The lengths are None where it does not say: then the tokenizer does.
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
        """How many tokens of a text a classifier reads."""
        length = self.inference_max_length or self.max_length or tokenizer.model_max_length
        return length if length < UNSAID else MAX_LENGTH


def read_data(data: str) -> Data:
    """The recipe, or the data set by its name. Raises `InputError`."""
    if not data.endswith(RECIPES):
        return Data([DatasetEntry(data)])
    recipe = read_recipe(data)
    hints = typing.get_type_hints(Data)
    values = {name: convert(recipe[name], hints[name], f"option {name}") for name in hints if name in recipe}
    if not values.get("datasets"):
        raise InputError(f"recipe {data} names no datasets")
    return Data(**values)


def load_texts(data: Data, data_root: str | None) -> list[Corpus]:
    """The corpora for a language model. Raises `InputError`."""
    return _load(data, data_root, None)[0]


def load_labelled(data: Data, data_root: str | None, config: Any) -> list[Corpus]:
    """The corpora with the labels of a classifier's configuration; they may use fewer than the model has.

    Raises `InputError`, also where a label is none of the model's. Numbers are taken for the model's own where they
    are as many.
    """
    corpora, names = _load(data, data_root, data.labels)
    known = {str(label): index for label, index in config.label2id.items()}
    if sorted(names) == sorted(map(str, range(config.num_labels))):
        known = {name: int(name) for name in names}
    for name in names:
        if name not in known:
            raise InputError(
                f"the model has the labels {', '.join(known)}, and the data {name!r}: give a recipe whose datasets map"
                " their labels to these"
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
    """The splits that are asked for. Raises `InputError` where there are none."""
    pairs = []
    for corpus in corpora:
        tests = [] if request.split == "validation" else corpus.tests
        splits = tests or ([] if request.split == "test" else [corpus.validation])
        pairs += [(corpus, split.take(range(len(split))[: request.rows])) for split in splits]
    if not pairs:
        raise InputError(f"{', '.join(corpus.name for corpus in corpora)}: there is no test split")
    return pairs
