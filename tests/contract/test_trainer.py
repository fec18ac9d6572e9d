"""transformers' own `Trainer`, used as with any other model."""

import pytest
import torch
from transformers import Trainer, TrainingArguments

from rnn_models import RNNForCausalLM, RNNForSequenceClassification, RNNForTokenClassification

each_head_with_labels = pytest.mark.parametrize(
    "head", [RNNForCausalLM, RNNForSequenceClassification, RNNForTokenClassification]
)


@pytest.fixture
def rows(head, ids, labels_of):
    return [{"input_ids": row, "labels": label} for row, label in zip(ids, labels_of(head), strict=True)]


@pytest.fixture
def trainer(make, head, rows, tmp_path):
    def trainer(**options):
        arguments = {
            "output_dir": tmp_path,
            "report_to": "none",
            "use_cpu": True,
            "disable_tqdm": True,
            "max_steps": 4,
        }
        arguments |= {"save_steps": 2, "eval_steps": 2, "eval_strategy": "steps", "per_device_train_batch_size": 2}
        settings = TrainingArguments(**{**arguments, **options})
        return Trainer(make(head), settings, train_dataset=rows, eval_dataset=rows)

    return trainer


@each_head_with_labels
def test_it_reports_the_loss_and_loads_the_best_model(trainer, rows):
    trains = trainer(load_best_model_at_end=True, metric_for_best_model="eval_loss")
    trains.train()
    found = trains.evaluate()["eval_loss"]
    batch = {name: torch.stack([row[name] for row in rows]) for name in rows[0]}
    assert found == pytest.approx(trains.model(**batch).loss.item(), rel=1e-4)
    assert found == pytest.approx(trains.state.best_metric, rel=1e-4)


@each_head_with_labels
@pytest.mark.parametrize("size", [1, 2, 8])
def test_predictions_are_only_the_logits(trainer, rows, make, head, size):
    predicts = trainer(per_device_eval_batch_size=size)
    predicts.model.config.use_cache = True
    found = predicts.predict(rows)
    batch = torch.stack([row["input_ids"] for row in rows])
    torch.testing.assert_close(torch.from_numpy(found.predictions), predicts.model(batch).logits.detach())
    assert found.label_ids.shape == torch.stack([row["labels"] for row in rows]).shape
