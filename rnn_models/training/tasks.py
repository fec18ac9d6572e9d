"""The two tasks: what data becomes, which model and trainer it takes, which figures are reported."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..data import InputError
from ..data.batches import LengthGroupedBatches, encode_texts, variation
from ..data.corpora import Corpus, Split
from ..data.streams import SeparateDocuments, TokenStreams, encode_documents
from ..metrics.calibration import fit_temperature
from ..metrics.measures import classifier_logits, evaluate_language_model, pretraining_nats
from ..metrics.scores import classification_metrics, language_model_metrics
from ..modeling import RNNConfig, RNNForCausalLM, RNNForSequenceClassification
from ..tokenization import TOKENIZER_KINDS, train_tokenizer, with_html, with_unicode
from ..tokenization.encoding import set_and_keep
from .arguments import Arguments
from .output import generation_config
from .pretraining import RNNForPretraining
from .trainer import BatchTrainer, ClassifierTrainer, LanguageModelTrainer, sample_text

SHAPE = (
    "cell_type", "nonlinearity", "embedding_size", "hidden_size", "num_hidden_layers", "bidirectional",
    "backwards", "tie_word_embeddings",
)  # fmt: skip
NO_LABEL = -100
DROPOUTS_AND_POOLING = (
    "pooling", "word_dropout", "embedding_dropout", "layer_dropout", "output_dropout", "classifier_dropout",
    "weight_dropout", "variational_dropout",
)  # fmt: skip


class LanguageModelTask:
    """Predict the next token of contiguous streams."""

    model_class: Any = RNNForCausalLM
    trainer_class: Any = LanguageModelTrainer
    best = ("loss", False)
    writes_text = True
    is_a_stage = False

    def __init__(self, arguments: Arguments, corpora: Sequence[Corpus], labels: Sequence[str], tokenizer: Any) -> None:
        self.arguments, self.corpora, self.tokenizer = arguments, corpora, tokenizer
        # Prompts of a batch end together, where their continuations begin.
        set_and_keep(tokenizer, padding_side="left")
        for corpus in corpora:
            if not float(corpus.weight).is_integer():
                raise InputError(f"{corpus.name}: a language model's corpus is read whole times, not {corpus.weight}")
        self.validation = [
            document for corpus in corpora for document in encode_documents(tokenizer, corpus.validation.texts)
        ]
        self.validation_characters = sum(len(text) for corpus in corpora for text in corpus.validation.texts)

    def config(self) -> dict[str, Any]:
        return {}

    def trainer_options(self) -> dict[str, Any]:
        names = ("activation_regularization", "temporal_activation_regularization")
        return {name: getattr(self.arguments, name) for name in names}

    def finished(self, model: Any) -> Any:
        return model

    def training_data(self) -> SeparateDocuments | TokenStreams:
        documents: list[np.ndarray] = []
        for corpus in self.corpora:
            documents += encode_documents(self.tokenizer, corpus.train.texts) * int(corpus.weight)
        if self.arguments.separate_documents:
            return SeparateDocuments(
                documents,
                batch_size=self.arguments.per_device_train_batch_size,
                pad_token_id=self.tokenizer.pad_token_id,
                seed=self.arguments.seed,
            )
        return TokenStreams(
            documents,
            batch_size=self.arguments.per_device_train_batch_size,
            sequence_length=self.arguments.sequence_length,
            pad_token_id=self.tokenizer.pad_token_id,
            shuffle=self.arguments.shuffle_documents,
            random_truncation=self.arguments.random_truncation,
            seed=self.arguments.seed,
        )

    def measure(self, model: Any) -> dict[str, float]:
        """Figures during training: quick, in parallel streams."""
        streams = self.arguments.per_device_eval_batch_size
        return self._evaluate(model, self.validation, self.validation_characters, streams)

    def _evaluate(self, model: Any, documents: list[np.ndarray], characters: int, streams: int) -> dict[str, float]:
        separate = self.arguments.separate_documents
        return evaluate_language_model(model, documents, characters, streams=streams, separate=separate)

    def figure_names(self) -> list[str]:
        """What `measure` will return."""
        return list(language_model_metrics(1.0, 1, 1))

    def report(self, model: Any, splits: Sequence[tuple[Corpus, Split]]) -> dict[str, Any]:
        """Final figures: each split's whole text in one stream, or document by document where they are separate."""
        documents: list[np.ndarray] = []
        for _, split in splits:
            documents += encode_documents(self.tokenizer, split.texts)
        characters = sum(len(text) for _, split in splits for text in split.texts)
        unknown = sum(int((document == self.tokenizer.unk_token_id).sum()) for document in documents)
        streams = self.arguments.per_device_eval_batch_size if self.arguments.separate_documents else 1
        return {**self._evaluate(model, documents, characters, streams), "unknown_tokens": unknown}

    def notes(self) -> dict[str, str]:
        kind = self.arguments.tokenizer if self.arguments.tokenizer in TOKENIZER_KINDS else "pretrained"
        return {
            "token": f"one entry of the {kind} vocabulary; the end token </s> of each row is counted, <s> is not",
            "conditioned_on": (
                "the row before it alone, from <s> and a zero state"
                if self.arguments.separate_documents
                else "all text before it in one stream, state carried across rows; the first on <s>"
            ),
            "loss": "nats a token",
            "nats_per_character": "nats of all tokens, end tokens included, over the characters of the text",
        }


class ClassificationTask:
    """Label a text."""

    model_class: Any = RNNForSequenceClassification
    trainer_class: Any = ClassifierTrainer
    best = ("accuracy", True)
    writes_text = False
    is_a_stage = False

    def __init__(self, arguments: Arguments, corpora: Sequence[Corpus], labels: Sequence[str], tokenizer: Any) -> None:
        self.arguments, self.corpora, self.labels, self.tokenizer = arguments, corpora, labels, tokenizer
        set_and_keep(tokenizer, padding_side="right", truncation_side=arguments.truncation_side)
        self.max_length = arguments.inference_max_length or arguments.max_length
        set_and_keep(tokenizer, model_max_length=self.max_length)
        self.answered: dict[int, tuple[Any, Any]] = {}
        self.validation = [(corpus, self._clean_rows(corpus.validation)) for corpus in corpora]
        self.validation_rows = [
            encode_texts(self.tokenizer, split.texts, self.max_length) for _, split in self.validation
        ]

    def config(self) -> dict[str, Any]:
        return {
            "temperature": 1.0,
            "id2label": dict(enumerate(self.labels)),
            "label2id": {label: index for index, label in enumerate(self.labels)},
        }

    def trainer_options(self) -> dict[str, Any]:
        names = (
            "adversarial_norm", "virtual_adversarial_norm", "entropy_weight", "level_rate", "unfreeze_epochs",
        )  # fmt: skip
        return {name: getattr(self.arguments, name) for name in names}

    def finished(self, model: Any) -> Any:
        """The model with the temperature that fits the validation rows, asked as in training."""
        model.config.temperature = 1.0
        parts = []
        for (corpus, split), rows in zip(self.validation, self.validation_rows, strict=True):
            logits = self._logits(model, rows).astype(np.float64)
            asked = (np.array(corpus.label_weights) > 0)[None]
            # each corpus counts alike, or the largest would decide how sure the model is of all
            counts = np.full(len(logits), 1 / len(logits))
            parts.append((np.where(asked, logits, -np.inf), np.array(split.labels), counts))
        logits, labels, weights = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        model.config.temperature = round(fit_temperature(logits, labels, weights), 4)
        return model

    @staticmethod
    def _clean_rows(split: Split) -> Split:
        """Only rows that are not in training too: choosing by the others would reward learning by heart."""
        rows = [i for i, seen in enumerate(split.in_train) if not seen]
        return split.take(rows) if rows else split

    def training_data(self) -> LengthGroupedBatches:
        # a corpus' rows without labels are read once an epoch, whatever its weight
        parts = [(split, corpus, weight) for corpus in self.corpora for split, weight in corpus.parts()]
        labels = [label for split, _, _ in parts for label in split.labels or [NO_LABEL] * len(split)]
        targets = None
        if any(split.targets is not None for split, _, _ in parts):
            targets = np.concatenate([self._targets(split) for split, _, _ in parts])
            labels = np.where(targets.any(-1), targets.argmax(-1), NO_LABEL).tolist()
        return LengthGroupedBatches(
            [
                row
                for split, _, _ in parts
                for row in encode_texts(self.tokenizer, split.texts, self.arguments.max_length)
            ],
            labels,
            batch_size=self.arguments.per_device_train_batch_size,
            pad_token_id=self.tokenizer.pad_token_id,
            sources=np.repeat(np.arange(len(parts)), [len(split) for split, _, _ in parts]),
            weights=[weight for _, _, weight in parts],
            label_weights=np.array([corpus.label_weights for _, corpus, _ in parts], dtype=np.float32),
            targets=targets,
            vary=variation(self.tokenizer, self.arguments.split_tokens, self.arguments.crop),
            seed=self.arguments.seed,
        )

    def _targets(self, split: Split) -> np.ndarray:
        """The probabilities (rows, C) of the labels: 1 for a row's own, 0 for all where it has none."""
        if split.targets is not None:
            return split.targets
        none = np.zeros((len(split), len(self.labels)))
        return none if split.labels is None else np.eye(len(self.labels))[split.labels]

    def measure(self, model: Any) -> dict[str, float]:
        """Figures during training, on validation rows that are not in train: all together, then each corpus."""
        return self._figures([self._logits(model, rows) for rows in self.validation_rows])

    def figure_names(self) -> list[str]:
        """What `measure` will return."""
        return list(self._figures([np.zeros((len(rows), len(self.labels))) for rows in self.validation_rows]))

    def _figures(self, logits: Sequence[np.ndarray]) -> dict[str, float]:
        labels = [np.array(split.labels) for _, split in self.validation]
        figures = classification_metrics(np.concatenate(logits), np.concatenate(labels))
        for (corpus, _), own_logits, own in zip(self.validation, logits, labels, strict=True):
            if len(self.corpora) > 1 or len(corpus.own_labels) < len(self.labels):
                separate = classification_metrics(own_logits, own, corpus.own_labels)
                figures |= {f"{corpus.short_name}_{name}": value for name, value in separate.items()}
        return figures

    def _answers(self, model: Any, split: Split) -> np.ndarray:
        """The logits of a split, computed once: it is reported by itself and with all others."""
        asked, logits = self.answered.get(id(split), (None, None))
        if asked is not model:
            logits = self._logits(model, encode_texts(self.tokenizer, split.texts, self.max_length))
            self.answered[id(split)] = model, logits
        return logits

    def _logits(self, model: Any, rows: Sequence[np.ndarray]) -> np.ndarray:
        return classifier_logits(model, rows, batch_size=self.arguments.per_device_eval_batch_size)

    def report(self, model: Any, splits: Sequence[tuple[Corpus, Split]]) -> dict[str, Any]:
        """Final figures, also on the rows that do not stand in training where some do."""
        logits = np.concatenate([self._answers(model, split) for _, split in splits])
        labels = np.array([label for _, split in splits for label in split.labels or []])
        own = sorted({label for corpus, _ in splits for label in corpus.own_labels})
        figures: dict[str, Any] = classification_metrics(logits, labels, own)
        fresh = ~np.array([seen for _, split in splits for seen in split.in_train])
        if fresh.any() and not fresh.all():
            separate = classification_metrics(logits[fresh], labels[fresh], own)
            figures["rows_not_in_train"] = {"rows": int(fresh.sum()), **separate}
        return figures

    def notes(self) -> dict[str, str]:
        return {
            "own_labels": "figures ending in _own_labels choose among the labels that the data set itself uses",
            "macro": "mean over the labels that occur among the true ones",
        }


class PretrainingTask:
    """Predict each text's tokens, from both sides in a bidirectional network, for a classifier to start from."""

    model_class: Any = RNNForPretraining
    trainer_class: Any = BatchTrainer
    best = ("loss", False)
    writes_text = False
    is_a_stage = True

    def __init__(self, arguments: Arguments, corpora: Sequence[Corpus], labels: Sequence[str], tokenizer: Any) -> None:
        self.arguments, self.corpora, self.tokenizer = arguments, corpora, tokenizer
        set_and_keep(tokenizer, padding_side="right", truncation_side=arguments.truncation_side)
        set_and_keep(tokenizer, model_max_length=arguments.max_length)
        self.validation = self._encode([text for corpus in corpora for text in corpus.validation.texts])

    def config(self) -> dict[str, Any]:
        return {}

    def trainer_options(self) -> dict[str, Any]:
        return {}

    def finished(self, model: Any) -> Any:
        return model

    def _encode(self, texts: Sequence[str]) -> list[np.ndarray]:
        # a lone token has no neighbour to predict
        return [row for row in encode_texts(self.tokenizer, texts, self.arguments.max_length) if len(row) > 1]

    def training_data(self) -> LengthGroupedBatches:
        rows = self._encode([text for corpus in self.corpora for text in corpus.train.texts])
        if not rows:
            raise InputError("no text of the corpora has two tokens, and one alone has no neighbour to predict")
        return LengthGroupedBatches(
            rows,
            None,
            batch_size=self.arguments.per_device_train_batch_size,
            pad_token_id=self.tokenizer.pad_token_id,
            vary=variation(self.tokenizer, self.arguments.split_tokens, self.arguments.crop),
            seed=self.arguments.seed,
        )

    def measure(self, model: Any) -> dict[str, float]:
        """Figures during training, of the whole softmax."""
        return self._figures(model, self.validation)

    def _figures(self, model: Any, rows: list[np.ndarray]) -> dict[str, float]:
        nats, tokens = pretraining_nats(model, rows, batch_size=self.arguments.per_device_eval_batch_size)
        return {"loss": nats / tokens, "tokens": tokens}

    def figure_names(self) -> list[str]:
        """What `measure` will return."""
        return ["loss", "tokens"]

    def report(self, model: Any, splits: Sequence[tuple[Corpus, Split]]) -> dict[str, Any]:
        return self._figures(model, self._encode([text for _, split in splits for text in split.texts]))

    def notes(self) -> dict[str, str]:
        return {"loss": "nats a token, given the text on one side of it; the mean of both sides where both are read"}


TASKS: dict[str | None, Any] = {
    "language-model": LanguageModelTask,
    "classification": ClassificationTask,
    "pretraining": PretrainingTask,
}


def build_tokenizer(arguments: Arguments, texts: Sequence[str]) -> Any:
    """A tokenizer trained on `texts`, or the trained one that the option names. Raises `InputError`."""
    from transformers import AutoTokenizer

    kind = arguments.tokenizer or arguments.pretrained_model
    html = any(entry.strip_html for entry in arguments.datasets)
    chinese = arguments.language == "zh"
    if arguments.normalize_unicode and chinese and importlib.util.find_spec("opencc") is None:
        raise InputError("option normalize_unicode: traditional characters need OpenCC: pip install opencc")
    if kind in TOKENIZER_KINDS and arguments.pretrained_model:
        raise InputError(
            f"option tokenizer: {kind} would be trained anew, and pretrained_model {arguments.pretrained_model} knows"
            " the tokens of its own alone; leave tokenizer out"
        )
    try:
        if kind in TOKENIZER_KINDS:
            return train_tokenizer(
                kind,
                texts,
                vocab_size=arguments.vocab_size,
                html=html,
                unicode=arguments.normalize_unicode,
                chinese=chinese,
                lowercase=arguments.lowercase,
                min_frequency=arguments.min_frequency,
                max_token_length=arguments.max_token_length,
            )
        tokenizer = AutoTokenizer.from_pretrained(kind, trust_remote_code=False)
    except (ValueError, OSError) as error:
        raise InputError(f"tokenizer {kind}: {' '.join(str(error).split())}") from error
    missing = [name for name in ("pad_token", "bos_token", "eos_token") if getattr(tokenizer, name) is None]
    if missing:
        raise InputError(f"tokenizer {kind} lacks {', '.join(missing)}")
    backend = tokenizer.backend_tokenizer
    if arguments.normalize_unicode:
        backend.normalizer = with_unicode(backend.normalizer, chinese=chinese)
    if html:
        backend.normalizer = with_html(backend.normalizer)
    return tokenizer


def build_model(arguments: Arguments, task: Any) -> Any:
    """The model of a task, new or from `pretrained_model`. Raises `InputError` where the options do not make one."""
    tokenizer = task.tokenizer
    choices = {name: getattr(arguments, name) for name in DROPOUTS_AND_POOLING}
    try:
        if arguments.pretrained_model:
            model = task.model_class.from_pretrained(arguments.pretrained_model, **choices, **task.config())
            if model.config.vocab_size != len(tokenizer):
                raise InputError(
                    f"the tokenizer has {len(tokenizer)} tokens, and pretrained_model {arguments.pretrained_model}"
                    f" knows {model.config.vocab_size}; leave tokenizer out to take the model's own"
                )
            return model
        special = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("pad", "bos", "eos")}
        shape = {name: getattr(arguments, name) for name in SHAPE}
        config = RNNConfig(vocab_size=len(tokenizer), **shape, **choices, **special, **task.config())
        return task.model_class(config)
    except InputError:
        raise
    except (ValueError, OSError, RuntimeError) as error:
        where = f"pretrained_model {arguments.pretrained_model}: " if arguments.pretrained_model else ""
        raise InputError(where + " ".join(str(error).split())) from error


def check_generation(arguments: Arguments, model: Any, tokenizer: Any) -> None:
    """Raise `InputError` where the options of `generate` cannot generate: by generating a token, as they are many."""
    try:
        generation_config(arguments, tokenizer).validate(strict=True)
        sample_text(model, tokenizer, arguments.sample_prompt, 1, arguments.generation)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"option generation: {' '.join(str(error).split())}") from error
