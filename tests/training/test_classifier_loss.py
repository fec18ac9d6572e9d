"""The loss of a classifier asks among the labels of the row's corpus."""

import pytest
import torch
from transformers import TrainingArguments

from rnn_models import RNNConfig, RNNForSequenceClassification
from rnn_models.training.trainer import ClassifierTrainer


@pytest.fixture
def loss_of(tmp_path):
    def compute(batch, smoothing=0.0):
        torch.manual_seed(0)
        model = RNNForSequenceClassification(RNNConfig(vocab_size=9, num_labels=3, initializer_range=1.0)).eval()
        arguments = TrainingArguments(str(tmp_path), label_smoothing_factor=smoothing, report_to="none", use_cpu=True)
        trainer = ClassifierTrainer(model=model, args=arguments, measure=lambda model: {})
        loss, outputs = trainer.compute_loss(model, batch, return_outputs=True)
        return loss, outputs.logits

    return compute


def batch(loss_labels):
    ids = torch.tensor([[4, 5, 6], [7, 8, 4]])
    return {"input_ids": ids, "labels": torch.tensor([0, 2]), "loss_labels": torch.tensor(loss_labels)}


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_among_all_labels_it_is_the_usual_cross_entropy(loss_of, smoothing):
    loss, logits = loss_of(batch([[True] * 3] * 2), smoothing)
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor([0, 2]), label_smoothing=smoothing)
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_a_label_that_the_corpus_does_not_have_takes_no_part(loss_of, smoothing):
    loss, logits = loss_of(batch([[True, False, True], [True] * 3]), smoothing)
    two = torch.nn.functional.cross_entropy(logits[:1, [0, 2]], torch.tensor([0]), label_smoothing=smoothing)
    three = torch.nn.functional.cross_entropy(logits[1:], torch.tensor([2]), label_smoothing=smoothing)
    torch.testing.assert_close(loss, (two + three) / 2)
    grad = torch.autograd.grad(loss, logits)[0]
    assert grad[0, 1] == 0 and grad.isfinite().all()
