"""A classifier that was pretrained can learn level by level: later, the farther from the head."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import TrainerCallback, TrainingArguments

from rnn_models import RNNConfig, RNNForSequenceClassification
from rnn_models.data.batches import LengthGroupedBatches
from rnn_models.training.classification import ClassifierTrainer
from rnn_models.training.levels import levels


def make(folder: Path, epochs: int = 1, **options: Any) -> ClassifierTrainer:
    torch.manual_seed(0)
    config = RNNConfig(
        vocab_size=9, embedding_size=4, hidden_size=6, num_hidden_layers=2, bidirectional=True, num_labels=2
    )
    rows = [np.array([2, 4 + i % 4, 5]) for i in range(8)]
    data = LengthGroupedBatches(
        rows, [i % 2 for i in range(8)], batch_size=4, pad_token_id=0, label_weights=np.ones((1, 2), dtype=np.float32)
    )
    arguments = TrainingArguments(
        str(folder), num_train_epochs=epochs, learning_rate=0.01, lr_scheduler_type="constant", report_to="none",
        use_cpu=True, disable_tqdm=True, save_strategy="no", logging_strategy="no",
    )  # fmt: skip
    model = RNNForSequenceClassification(config)
    return ClassifierTrainer(
        model=model, args=arguments, train_dataset=data, eval_dataset=[], measure=lambda model: {}, **options
    )


def level(trainer: ClassifierTrainer, name: str) -> int:
    return levels(trainer.model)[dict(trainer.model.named_parameters())[name]]


def test_levels_count_from_the_head_down_to_the_embedding(tmp_path: Path):
    trainer = make(tmp_path)
    assert level(trainer, "classifier.weight") == 0
    assert level(trainer, "rnn.recurrence.layers.1.left_to_right.cell.weight_hh") == 1
    assert level(trainer, "rnn.recurrence.layers.0.right_to_left.cell.bias_ih") == 2
    assert level(trainer, "rnn.embedding.weight") == 3


@pytest.mark.parametrize("adversarial_norm", [0.0, 1.0])
def test_one_level_more_is_trained_after_every_epoch(tmp_path: Path, adversarial_norm: float):
    trainer = make(tmp_path, epochs=4, unfreeze_epochs=1.0, adversarial_norm=adversarial_norm)
    trained: list[set[int]] = []

    class Watch(TrainerCallback):
        def on_epoch_begin(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
            self.before = {p: p.detach().clone() for p in model.parameters()}

        def on_epoch_end(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
            moved = {depth for p, depth in levels(model).items() if not torch.equal(p, self.before[p])}
            trained.append(moved)

    trainer.add_callback(Watch())
    trainer.train()
    assert trained == [{0}, {0, 1}, {0, 1, 2}, {0, 1, 2, 3}]
