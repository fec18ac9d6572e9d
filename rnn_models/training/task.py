"""What a task is: the part of a training that differs from one kind of model to another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import numpy as np

from ..data import InputError
from ..data.corpora import Corpus, Split, load_corpora
from ..data.large_texts import LargeTexts, each_of
from ..data.sources import resolve_data_root
from ..modeling import RNNConfig
from ..tokenization.pieces import pieces
from .build import build_tokenizer
from .options import Arguments
from .progress import say
from .trainer import BatchTrainer
from .word_vectors import start_embedding

Options = TypeVar("Options", bound=Arguments)


class Part(NamedTuple):
    """One split of a corpus, and what `Task.read` found in it."""

    corpus: Corpus
    split: Split
    found: Any


class Task(ABC, Generic[Options]):
    """From corpora to the data that a model is trained on, and to what the model is worth.

    Args:
        tokenizer: the task sets and keeps how it pads and cuts; None for a task that reads numbers.

    Raises:
        InputError: the task cannot train on these corpora.

    Attributes:
        model_class: what is trained, a `PreTrainedModel`.
        config_class: its configuration.
        trainer_class: what trains it.
        best: the metric that decides which weights are kept, and whether greater is better.
        generates: whether the model writes text.
        intermediate: whether another run starts from the model and nobody else uses it, so that it gets no card.
    """

    model_class: ClassVar[Any]
    config_class: ClassVar[Any] = RNNConfig
    trainer_class: ClassVar[type[BatchTrainer]] = BatchTrainer
    best: ClassVar[tuple[str, bool]]
    generates: ClassVar[bool] = False
    intermediate: ClassVar[bool] = False

    def __init__(self, arguments: Options, corpora: Sequence[Corpus], labels: Sequence[str], tokenizer: Any) -> None:
        self.arguments, self.corpora, self.labels, self.tokenizer = arguments, corpora, labels, tokenizer
        self._encoded: dict[int, Sequence[np.ndarray]] = {}

    @classmethod
    def load(cls, arguments: Options) -> tuple[list[Corpus], list[str]]:
        """The corpora of a run, and their labels if the task needs any. Raises `InputError`."""
        return read_corpora(arguments, labels=None)

    @classmethod
    def make_tokenizer(cls, arguments: Any, corpora: Sequence[Any]) -> Any:
        """The tokenizer, which tasks that read tokens train on the texts or load. Raises `InputError`."""
        return build_tokenizer(arguments, texts_to_learn(corpora))

    def vocabulary(self) -> dict[str, Any]:
        """What a new model's configuration says about what it reads."""
        special = {f"{name}_token_id": getattr(self.tokenizer, f"{name}_token_id") for name in ("pad", "bos", "eos")}
        return {"vocab_size": len(self.tokenizer), **special}

    def start(self, model: Any, data: Any) -> None:
        """Set what does not start at random in a new model; `data` is the training data."""
        if getattr(self.arguments, "embedding_init", None) == "counts":
            start_embedding(model.get_input_embeddings(), data.token_rows)

    def check_fits(self, config: Any) -> None:
        """Raise `InputError` if a pretrained model of this configuration cannot read the data."""
        if config.vocab_size != len(self.tokenizer):
            raise InputError(
                f"the tokenizer has {len(self.tokenizer)} tokens, and pretrained_model"
                f" {self.arguments.pretrained_model} knows {config.vocab_size}; leave tokenizer out to take the"
                " model's own"
            )

    def size_of_input(self) -> str:
        """For the line that tells how large the model is."""
        return f"{len(self.tokenizer):,} tokens"

    @abstractmethod
    def encode(self, texts: Sequence[str]) -> Sequence[np.ndarray]:
        """Token ids of texts as an evaluation reads them."""

    def rows(self, split: Split) -> Sequence[np.ndarray]:
        """Token ids of a split, which is encoded at its first use."""
        if id(split) not in self._encoded:
            self._encoded[id(split)] = self.encode(split.texts)
        return self._encoded[id(split)]

    def fixed_rows(self) -> Sequence[np.ndarray]:
        """Rows of the validation data, at which the network is looked at while it learns."""
        return self.rows(self.corpora[0].validation)

    def config(self) -> dict[str, Any]:
        """What the data decide about the model's configuration."""
        return {}

    def from_pretrained(self, name: str, changes: dict[str, Any]) -> Any:
        """The model to start from, with changes to its configuration."""
        return self.model_class.from_pretrained(name, **changes)

    @abstractmethod
    def training_data(self) -> Any:
        """A data set of complete batches, which `set_epoch` lays out again. Raises `InputError`."""

    def check(self, model: Any) -> None:
        """Raise `InputError` if the options do not fit the new model, before hours are spent."""
        return None

    def sample(self, model: Any) -> str | None:
        """A text to look at after an evaluation; None for none."""
        return None

    @abstractmethod
    def measure(self, model: Any) -> dict[str, float]:
        """The metrics of an evaluation during training."""

    @abstractmethod
    def metric_names(self) -> list[str]:
        """The names of what `measure` returns."""

    def calibrate(self, model: Any) -> None:
        """Set what the trained model's configuration says about its use."""
        return None

    @abstractmethod
    def read(self, model: Any, split: Split) -> Any:
        """What `report` needs of a split: computed once, used for the split alone and together with others."""

    @abstractmethod
    def report(self, model: Any, parts: Sequence[Part]) -> dict[str, Any]:
        """The final metrics on all rows of the parts together."""

    @abstractmethod
    def notes(self) -> dict[str, str]:
        """What has to be known to read the metrics."""


def read_corpora(arguments: Arguments, labels: Sequence[str] | None) -> tuple[list[Corpus], list[str]]:
    """As `load_corpora`, by the options, with a line about the size of each."""
    corpora, names = load_corpora(
        arguments.datasets,
        labels=labels,
        data_root=resolve_data_root(arguments.data_root),
        validation_size=arguments.validation_size,
        seed=arguments.seed,
        encoding=arguments.encoding,
        labelled_on_disk=True,
        streaming=arguments.streaming,
    )
    say_sizes(corpora)
    return corpora, names


def say_sizes(corpora: Sequence[Corpus]) -> None:
    """A line about each corpus."""
    for corpus in corpora:
        for note in corpus.notes:
            say(note)
        tests = "".join(f", {split.name} {len(split)}" for split in corpus.tests)
        say(f"{corpus.name}: train {len(corpus.train)}, validation {len(corpus.validation)}{tests} rows")


def texts_to_learn(corpora: Sequence[Corpus]) -> Iterable[str]:
    """The training texts, from which a tokenizer is made; large ones in pieces that begin with a line."""
    for corpus in corpora:
        if isinstance(corpus.train.texts, LargeTexts):
            for blocks in each_of(corpus.train.texts):
                yield from pieces(blocks, lambda left, right: True)
        else:
            yield from corpus.train.texts
