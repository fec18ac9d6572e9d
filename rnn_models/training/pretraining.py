"""The task `pretraining`: a backbone learns to predict the words of texts, and a classifier starts from it.

The idea is that of Dai & Le (2015, "Semi-supervised Sequence Learning") and of ULMFiT (Howard & Ruder 2018): what
predicts the next word has to know what those before it mean. Both directions learn at once over one embedding, as in
ELMo (Peters et al. 2018):

    left to right:  softmax(E (P h_t) + b)  predicts token t+1
    right to left:  softmax(E (Q h_t) + b)  predicts token t-1

with E the embedding (V, E), which is tied, and P, Q projections H -> E.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers.modeling_outputs import ModelOutput

from ..data import InputError
from ..data.batches import LengthGroupedBatches, encode_texts, variation
from ..data.corpora import Corpus, Split
from ..data.token_rows import chosen, row_lengths, together
from ..metrics.measures import pretraining_nats
from ..modeling import RNNConfig, RNNModel
from ..modeling.modeling_rnn import RNNPreTrainedModel
from ..tokenization.encoding import set_and_keep
from .losses import linear_cross_entropy
from .options import PretrainingArguments
from .task import Part, Task
from .trainer import BatchTrainer

PREDICTED = 4096
# An accelerator waits for the steps of the network, one after the other, and has the softmax for nothing beside them.
ON_ACCELERATOR = 8
ALONE = "a lone token has no neighbour to predict"


@dataclass
class PretrainingOutput(ModelOutput):
    """`loss`: nats per token, the mean over the directions."""

    loss: Tensor | None = None


class RNNForPretraining(RNNPreTrainedModel):
    """A backbone that predicts the token after each position, or before it in the direction from right to left.

    Raises:
        ValueError: several bidirectional layers, of which the second would read what it has to predict.
    """

    def __init__(self, config: RNNConfig):
        if config.bidirectional and config.num_hidden_layers > 1:
            raise ValueError(
                f"RNNConfig.num_hidden_layers is {config.num_hidden_layers}; if both directions learn to predict, it"
                " must be 1: a second layer would read what it has to predict."
            )
        super().__init__(config)
        self.rnn = RNNModel(config)
        self.projections = nn.ModuleList(
            nn.Linear(config.hidden_size, config.embedding_size) for _ in config.reads_backwards
        )
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        self.post_init()

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        every_input_ids: Tensor | None = None,
        every_attention_mask: Tensor | None = None,
        **kwargs: Any,
    ) -> PretrainingOutput:
        """input_ids and attention_mask (B, T), padded on the right.

        In training the softmax is over the tokens of the batch only, at no more than `PREDICTED` positions, on an
        accelerator `ON_ACCELERATOR` times as many. At all positions, even over these tokens, it takes four times as
        long as the network itself on a CPU. If these are only some rows of a batch, `every_input_ids` and
        `every_attention_mask` are all of it.
        """
        if every_input_ids is None or every_attention_mask is None:
            every_input_ids, every_attention_mask = input_ids, attention_mask
        every = every_attention_mask[:, 1:].bool()
        outputs = self.rnn(input_ids, attention_mask=attention_mask, use_cache=False).last_hidden_state
        both = attention_mask[:, 1:].bool()  # (B, T-1), true if both neighbours are tokens
        losses = []
        directions = zip(
            self.config.reads_backwards, self.projections, outputs.chunk(len(self.projections), dim=-1), strict=True
        )
        for backwards, project, read in directions:
            # from left to right the right one of two neighbours is predicted, from right to left the left one
            seen, predicted = (read[:, 1:], input_ids[:, :-1]) if backwards else (read[:, :-1], input_ids[:, 1:])
            candidates = (every_input_ids[:, :-1] if backwards else every_input_ids[:, 1:])[every]
            losses.append(self._loss(project(seen[both]), predicted[both], candidates))
        return PretrainingOutput(loss=torch.stack(losses).mean())

    def _loss(self, predicted: Tensor, targets: Tensor, candidates: Tensor) -> Tensor:
        """predicted (N, E), targets (N,), candidates (M,): tokens among which those of the targets are."""
        weight, bias = self.rnn.embedding.weight, self.bias
        if self.training:
            candidates = candidates.unique()
            targets = torch.searchsorted(candidates, targets)
            weight, bias = weight[candidates], bias[candidates]
            limit = PREDICTED if predicted.device.type == "cpu" else ON_ACCELERATOR * PREDICTED
            chosen = torch.randperm(len(targets), device=targets.device)[:limit]
            predicted, targets = predicted[chosen], targets[chosen]
        return linear_cross_entropy(predicted, weight, bias, targets)


class PretrainingTrainer(BatchTrainer):
    """A loss is the mean over the predicted tokens, among all tokens of a batch."""

    def targets_in(self, batch: dict[str, Any]) -> int:
        return int(batch["attention_mask"][:, 1:].sum())

    def share_of(self, batch: dict[str, Any]) -> dict[str, Any]:
        return {**super().share_of(batch), **{f"every_{name}": value for name, value in batch.items()}}


class PretrainingTask(Task[PretrainingArguments]):
    """Predict each text's tokens, from both sides in a bidirectional network, for a classifier to start from."""

    model_class = RNNForPretraining
    trainer_class = PretrainingTrainer
    best = ("loss", False)
    intermediate = True

    def __init__(
        self, arguments: PretrainingArguments, corpora: Sequence[Corpus], labels: Sequence[str], tokenizer: Any
    ) -> None:
        super().__init__(arguments, corpora, labels, tokenizer)
        set_and_keep(
            tokenizer,
            padding_side="right",
            truncation_side=arguments.truncation_side,
            model_max_length=arguments.max_length,
        )
        for corpus in corpora:
            for split in [corpus.validation, *(corpus.tests if arguments.evaluate_test else [])]:
                if not len(self.rows(split)):
                    raise InputError(f"no text of {corpus.name}, split {split.name}, has two tokens; {ALONE}")

    def encode(self, texts: Sequence[str]) -> Sequence[np.ndarray]:
        rows = encode_texts(self.tokenizer, texts, self.arguments.max_length)
        return chosen(rows, np.flatnonzero(row_lengths(rows) > 1))

    def training_data(self) -> LengthGroupedBatches:
        rows = together([self.encode(corpus.train.texts) for corpus in self.corpora])
        if not len(rows):
            raise InputError(f"no text of the corpora has two tokens; {ALONE}")
        return LengthGroupedBatches(
            rows,
            None,
            batch_size=self.arguments.per_device_train_batch_size,
            pad_token_id=self.tokenizer.pad_token_id,
            vary=variation(self.tokenizer, self.arguments.split_tokens, self.arguments.crop),
            seed=self.arguments.seed,
        )

    def measure(self, model: Any) -> dict[str, float]:
        """The metrics of an evaluation during training, under the softmax over all tokens."""
        return _metrics(*self._nats(model, together([self.rows(corpus.validation) for corpus in self.corpora])))

    def _nats(self, model: Any, rows: Sequence[np.ndarray]) -> tuple[float, int]:
        return pretraining_nats(model, rows, batch_size=self.arguments.per_device_eval_batch_size)

    def metric_names(self) -> list[str]:
        return list(_metrics(1.0, 1))

    def read(self, model: Any, split: Split) -> tuple[float, int]:
        """Nats and predicted tokens of a split."""
        return self._nats(model, self.rows(split))

    def report(self, model: Any, parts: Sequence[Part]) -> dict[str, Any]:
        nats, tokens = (sum(numbers) for numbers in zip(*(found for _, _, found in parts), strict=True))
        return _metrics(nats, tokens)

    def notes(self) -> dict[str, str]:
        return {"loss": "nats per token, given the text on one side of it; the mean of both sides where both are read"}


def _metrics(nats: float, tokens: int) -> dict[str, float]:
    return {"loss": nats / tokens, "tokens": tokens}
