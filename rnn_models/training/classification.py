"""The task `classification`: give a text one of several labels."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch

from ..data import InputError
from ..data.batches import LengthGroupedBatches, encode_texts, variation
from ..data.corpora import Corpus, Split
from ..data.token_rows import chosen, together
from ..metrics.calibration import fit_temperature
from ..metrics.measures import classifier_logits
from ..metrics.scores import classification_metrics
from ..modeling import RNNConfig, RNNForSequenceClassification, RNNForTokenClassification, RNNModel
from ..tokenization.encoding import set_and_keep
from .levels import Unfreeze
from .objectives import cross_entropy, entropy, hooked, of_length, one_hot, virtual_adversarial
from .options import ClassificationArguments
from .progress import say
from .settings import device_of
from .task import Options, Part, Task, read_corpora
from .teachers import teach
from .trainer import BatchTrainer

NO_LABEL = -100


class ClassifierTrainer(BatchTrainer):
    """Cross entropy with the batch's `label_weights` (B, C): each row counts as its label does, and labels of weight 0
    take no part in its softmax. A row with the label -100 has none. If the batch has `targets` (B, C), they are the
    probabilities of each row's labels.

    If a corpus has only clear opinions, the lack of neutral texts says how it was collected and nothing about the
    texts; a model that learns it tells the corpora apart instead.

    Three more losses move the embedded tokens x (T, E) of a row, or learn from its own answer p (Miyato et al. 2017,
    "Adversarial Training Methods for Semi-Supervised Text Classification"; Sachan et al. 2019 mix all of them), with
    u(v) = v / |v| and s the standard deviation of the embeddings:

        adversarial_norm a            the cross entropy at x + a s u(g),  g its gradient by x
        virtual_adversarial_norm v    KL(p(x) || p(x + v s u(k))),        k the gradient of KL(p(x) || p(x + r)) by r
                                      at a random r of that length; all three passes with the same dropout
        entropy_weight w              w H(p(x)): prefer clear answers

    The last two need no label: rows without one take part in them.

    With `unfreeze_epochs`, each level below the head is frozen until that many epochs after the level above it
    (Howard & Ruder 2018).
    """

    def __init__(
        self,
        *args: Any,
        adversarial_norm: float = 0.0,
        virtual_adversarial_norm: float = 0.0,
        entropy_weight: float = 0.0,
        unfreeze_epochs: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.adversarial_norm = adversarial_norm
        self.virtual_adversarial_norm = virtual_adversarial_norm
        self.entropy_weight = entropy_weight
        if unfreeze_epochs:
            self.add_callback(Unfreeze(self.model, unfreeze_epochs))

    def add_gradients(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> torch.Tensor:
        embedded: list[torch.Tensor] = []

        def keep(module: Any, args: Any, output: torch.Tensor) -> None:
            # the output of a frozen embedding requires no gradient
            output = output if output.requires_grad else output.requires_grad_()
            output.retain_grad()
            embedded.append(output)

        with hooked(self.model.get_input_embeddings(), keep) if self.adversarial_norm else nullcontext():
            loss = super().add_gradients(model, inputs, num_items_in_batch)
        # each further pass adds its gradients to those of the first
        if self.adversarial_norm:
            gradient = embedded[0].grad
            assert gradient is not None
            # rows without a label add nothing to the cross entropy, wherever they are moved
            asked = inputs["targets"].sum(-1) > 0 if "targets" in inputs else inputs["labels"] >= 0
            moved = {name: rows[asked] for name, rows in inputs.items() if name != "whole"}
            moved["move"] = of_length(gradient[asked], self.adversarial_norm * self._spread())
            if asked.any():
                loss = loss + super().add_gradients(model, moved, num_items_in_batch)
        if self.virtual_adversarial_norm:
            loss = loss + super().add_gradients(model, {**inputs, "virtual": True}, num_items_in_batch)
        return loss

    def _spread(self) -> torch.Tensor:
        return self.model.get_input_embeddings().weight.detach().std()

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        inputs = dict(inputs)
        whole = inputs.pop("whole", None)
        labels, weights = inputs.pop("labels"), inputs.pop("label_weights")
        targets = inputs.pop("targets", None)
        part = weights > 0
        # With a number of rows, Trainer takes the loss for one that counts the rows of all batches of a step. Means
        # over the rows of a batch do not.
        batches = 1 if num_items_in_batch is None else self.current_gradient_accumulation_steps
        share = 1 if whole is None else len(labels) / whole["rows"]
        if inputs.pop("virtual", False):
            moved = virtual_adversarial(
                lambda move: self._answer(model, inputs, part, move)[0],
                (*inputs["input_ids"].shape, self.model.config.embedding_size),
                self.virtual_adversarial_norm * self._spread(),
                part,
            )
            return moved * share / batches
        move = inputs.pop("move", None)
        log_probabilities, outputs = self._answer(model, inputs, part, move)
        if targets is None:
            targets = one_hot(labels, part)
        loss = cross_entropy(log_probabilities, targets, weights, self.args.label_smoothing_factor, num_items_in_batch)
        if self.entropy_weight and move is None:
            loss = loss + self.entropy_weight * entropy(log_probabilities, part) * share / batches
        return (loss, outputs) if return_outputs else loss

    def _answer(
        self, model: Any, inputs: dict[str, Any], part: torch.Tensor, move: torch.Tensor | None
    ) -> tuple[torch.Tensor, Any]:
        """Log probabilities (B, C), -inf for the labels that take no part, and the model's outputs."""
        moved = hooked(self.model.get_input_embeddings(), lambda module, args, output: output + move)
        with nullcontext() if move is None else moved:
            outputs = model(**inputs)
        return outputs.logits.float().masked_fill(~part, float("-inf")).log_softmax(-1), outputs


# Heads whose last layer is for labels.
LABELLED = (RNNForSequenceClassification, RNNForTokenClassification)


class LabelTask(Task[Options]):
    """A task whose model has a head for the labels of the data."""

    def config(self) -> dict[str, Any]:
        return {
            "temperature": 1.0,
            "id2label": dict(enumerate(self.labels)),
            "label2id": {label: index for index, label in enumerate(self.labels)},
        }

    def from_pretrained(self, name: str, changes: dict[str, Any]) -> Any:
        """As in the base class, with new layers on top of the network's own if the options ask for more.

        A model of other labels, or one that labels another kind of thing, gets a new head: its own would give them
        wrong names.
        """
        config = RNNConfig.from_pretrained(name)
        layers = self.arguments.num_hidden_layers
        if layers > config.num_hidden_layers:
            if self.arguments.pretrained_share:
                raise InputError(f"option pretrained_share: {name} has {config.num_hidden_layers} of {layers} layers")
            say(f"{name} has {config.num_hidden_layers} of {layers} layers; those above it are new")
            changes = {**changes, "num_hidden_layers": layers}
        before = [config.id2label[index] for index in range(config.num_labels)]
        heads = {head.__name__ for head in LABELLED} & {*(config.architectures or ())}
        if not heads or (heads == {self.model_class.__name__} and before == list(self.labels)):
            return super().from_pretrained(name, changes)
        if self.arguments.pretrained_share:
            raise InputError(f"option pretrained_share: {name} has the labels {', '.join(before)}; the head is new")
        say(f"{name} has the labels {', '.join(before)}; the head for {', '.join(self.labels)} is new")
        model = self.model_class(RNNConfig.from_pretrained(name, **changes))
        known = RNNModel.from_pretrained(name).state_dict()
        model.rnn.load_state_dict({**model.rnn.state_dict(), **known})
        return model


class ClassificationTask(LabelTask[ClassificationArguments]):
    """Give a text one of several labels."""

    model_class = RNNForSequenceClassification
    trainer_class = ClassifierTrainer
    best = ("accuracy", True)

    def __init__(
        self, arguments: ClassificationArguments, corpora: Sequence[Corpus], labels: Sequence[str], tokenizer: Any
    ) -> None:
        super().__init__(arguments, corpora, labels, tokenizer)
        self.max_length = arguments.inference_max_length or arguments.max_length
        set_and_keep(
            tokenizer,
            padding_side="right",
            truncation_side=arguments.truncation_side,
            model_max_length=self.max_length,
        )
        self.clean = [_clean_rows(corpus.validation) for corpus in corpora]

    def config(self) -> dict[str, Any]:
        """Without the CRF of a tagger that it may start from."""
        return {**super().config(), "crf": False}

    @classmethod
    def load(cls, arguments: ClassificationArguments) -> tuple[list[Corpus], list[str]]:
        corpora, labels = read_corpora(arguments, arguments.labels)
        teach(arguments.datasets, corpora, labels, device_of(arguments))
        return corpora, labels

    def encode(self, texts: Sequence[str]) -> Sequence[np.ndarray]:
        return encode_texts(self.tokenizer, texts, self.max_length)

    def training_data(self) -> LengthGroupedBatches:
        # a corpus' rows without labels are read once an epoch, whatever its weight
        parts = [(split, corpus, weight) for corpus in self.corpora for split, weight in corpus.parts()]
        labels = [label for split, _, _ in parts for label in split.labels or [NO_LABEL] * len(split)]
        targets = None
        if any(split.targets is not None for split, _, _ in parts):
            targets = np.concatenate([self._targets(split) for split, _, _ in parts])
            labels = np.where(targets.any(-1), targets.argmax(-1), NO_LABEL).tolist()
        return LengthGroupedBatches(
            together([encode_texts(self.tokenizer, split.texts, self.arguments.max_length) for split, _, _ in parts]),
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
        """The probabilities (rows, C) of the labels: 1 for a row's own; all 0 if it has none."""
        if split.targets is not None:
            return split.targets
        none = np.zeros((len(split), len(self.labels)))
        return none if split.labels is None else np.eye(len(self.labels))[split.labels]

    def measure(self, model: Any) -> dict[str, float]:
        """The metrics of an evaluation during training: of all clean validation rows together, then of each corpus."""
        return self._metrics(self._clean_logits(model))

    def metric_names(self) -> list[str]:
        return list(self._metrics([np.zeros((len(rows), len(self.labels))) for rows in self.clean]))

    def _clean_logits(self, model: Any) -> list[np.ndarray]:
        """Of each corpus, the logits of its clean validation rows."""
        found = []
        for corpus, clean in zip(self.corpora, self.clean, strict=True):
            rows = self.rows(corpus.validation)
            found.append(self._logits(model, chosen(rows, clean)))
        return found

    def _clean_labels(self) -> list[np.ndarray]:
        splits = [corpus.validation for corpus in self.corpora]
        return [np.array(split.labels)[rows] for split, rows in zip(splits, self.clean, strict=True)]

    def _metrics(self, logits: Sequence[np.ndarray]) -> dict[str, float]:
        labels = self._clean_labels()
        metrics = classification_metrics(np.concatenate(logits), np.concatenate(labels))
        for corpus, own_logits, own in zip(self.corpora, logits, labels, strict=True):
            if len(self.corpora) > 1 or len(corpus.own_labels) < len(self.labels):
                separate = classification_metrics(own_logits, own, corpus.own_labels)
                metrics |= {f"{corpus.short_name}_{name}": value for name, value in separate.items()}
        return metrics

    def calibrate(self, model: Any) -> None:
        """Set the temperature: the median of those that fit the clean validation rows of each corpus.

        Rows are judged among the labels that training asks for. The median, because one corpus may be far from all
        others: a model is right about nearly every text made by rules, and would be too sure of what people write.
        """
        model.config.temperature = 1.0
        found = []
        for corpus, logits, labels in zip(self.corpora, self._clean_logits(model), self._clean_labels(), strict=True):
            asked = (np.array(corpus.label_weights) > 0)[None]
            found.append(fit_temperature(np.where(asked, logits.astype(np.float64), -np.inf), labels))
        model.config.temperature = round(float(np.median(found)), 4)

    def _logits(self, model: Any, rows: Sequence[np.ndarray]) -> np.ndarray:
        return classifier_logits(model, rows, batch_size=self.arguments.per_device_eval_batch_size)

    def read(self, model: Any, split: Split) -> np.ndarray:
        """The logits (rows, C) of a split."""
        return self._logits(model, self.rows(split))

    def report(self, model: Any, parts: Sequence[Part]) -> dict[str, Any]:
        """The final metrics, and those of the rows that are not in training if some are."""
        logits = np.concatenate([found for _, _, found in parts])
        labels = np.array([label for _, split, _ in parts for label in split.labels or []])
        own = sorted({label for corpus, _, _ in parts for label in corpus.own_labels})
        metrics: dict[str, Any] = classification_metrics(logits, labels, own)
        fresh = ~np.array([seen for _, split, _ in parts for seen in split.in_train])
        if fresh.any() and not fresh.all():
            separate = classification_metrics(logits[fresh], labels[fresh], own)
            metrics["rows_not_in_train"] = {"rows": int(fresh.sum()), **separate}
        return metrics

    def notes(self) -> dict[str, str]:
        return {
            "own_labels": "figures ending in _own_labels choose among the labels that the data set itself uses",
            "macro": "mean over the labels that occur among the true ones",
        }


def _clean_rows(split: Split) -> list[int]:
    """The rows that are not in training too: choosing by the others would reward learning by heart. All if none is."""
    return [i for i, seen in enumerate(split.in_train) if not seen] or list(range(len(split)))
