"""The loss of a classifier asks among the labels of the row's corpus."""

import pytest
import torch
from transformers import TrainingArguments

from rnn_models import RNNConfig, RNNForSequenceClassification
from rnn_models.data.corpora import load_corpora
from rnn_models.training.arguments import DatasetEntry
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


def batch(weights):
    ids = torch.tensor([[4, 5, 6], [7, 8, 4]])
    return {
        "input_ids": ids,
        "labels": torch.tensor([0, 2]),
        "label_weights": torch.tensor(weights, dtype=torch.float),
    }


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_among_all_labels_it_is_the_usual_cross_entropy(loss_of, smoothing):
    loss, logits = loss_of(batch([[1, 1, 1]] * 2), smoothing)
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor([0, 2]), label_smoothing=smoothing)
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_a_label_that_the_corpus_does_not_have_takes_no_part(loss_of, smoothing):
    loss, logits = loss_of(batch([[1, 0, 1], [1, 1, 1]]), smoothing)
    two = torch.nn.functional.cross_entropy(logits[:1, [0, 2]], torch.tensor([0]), label_smoothing=smoothing)
    three = torch.nn.functional.cross_entropy(logits[1:], torch.tensor([2]), label_smoothing=smoothing)
    torch.testing.assert_close(loss, (two + three) / 2)
    grad = torch.autograd.grad(loss, logits)[0]
    assert grad[0, 1] == 0 and grad.isfinite().all()


def test_a_row_counts_as_much_as_its_label(loss_of):
    loss, logits = loss_of(batch([[3, 1, 1], [1, 1, 0.5]]))
    each = torch.nn.functional.cross_entropy(logits, torch.tensor([0, 2]), reduction="none")
    torch.testing.assert_close(loss, (3 * each[0] + 0.5 * each[1]) / 2)


@pytest.mark.parametrize("balance", [0.0, 0.5, 1.0])
def test_balance_raises_the_weight_of_rare_labels_and_keeps_the_mean(tmp_path, balance):
    (tmp_path / "train.csv").write_text("text,label\n" + "a fine day,b\n" * 30 + "a bad day,a\n" * 10)
    entry = DatasetEntry(name=str(tmp_path / "train.csv"), balance=balance)
    (corpus,), _ = load_corpora([entry], labels=["a", "b"], validation_size=0.1)
    rare, common = corpus.label_weights
    counts = [corpus.train.labels.count(0), corpus.train.labels.count(1)]
    assert rare / common == pytest.approx((counts[1] / counts[0]) ** balance)
    assert (rare * counts[0] + common * counts[1]) / sum(counts) == pytest.approx(1.0)


def test_a_loss_over_own_labels_gives_the_others_no_weight(tmp_path):
    (tmp_path / "three.csv").write_text("text,label\n" + "so so,b\ngood,c\nbad,a\n" * 10)
    (tmp_path / "two.csv").write_text("text,label\n" + "great,c\nawful,a\n" * 10)
    entries = [
        DatasetEntry(str(tmp_path / "three.csv")),
        DatasetEntry(str(tmp_path / "two.csv"), loss_over_own_labels=True),
    ]
    (three, two), _ = load_corpora(entries, labels=["a", "b", "c"], validation_size=0.1)
    assert all(three.label_weights)
    assert [weight > 0 for weight in two.label_weights] == [True, False, True]


def test_an_adversarial_step_adds_the_gradients_of_embeddings_moved_the_worst_way(tmp_path):
    torch.manual_seed(0)
    model = RNNForSequenceClassification(RNNConfig(vocab_size=9, num_labels=3, initializer_range=1.0))
    arguments = TrainingArguments(str(tmp_path), report_to="none", use_cpu=True)
    trainer = ClassifierTrainer(model=model, args=arguments, measure=lambda model: {}, adversarial_norm=2.0)
    given = batch([[1, 1, 1]] * 2)
    trainer.current_gradient_accumulation_steps = 1
    loss = trainer.training_step(model, given)

    embedding = model.get_input_embeddings()
    x = embedding(given["input_ids"]).detach().requires_grad_()
    clean = torch.nn.functional.cross_entropy(model(inputs_embeds=x).logits, given["labels"])
    (gradient,) = torch.autograd.grad(clean, x)
    move = 2.0 * embedding.weight.std() * gradient / gradient.flatten(1).norm(dim=1)[:, None, None]
    worse = torch.nn.functional.cross_entropy(model(inputs_embeds=x + move).logits, given["labels"])
    assert worse > clean
    torch.testing.assert_close(loss, (clean + worse).detach())
    expected = torch.autograd.grad(clean_and_worse(model, given, move), list(model.parameters()))
    for parameter, gradient in zip(model.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient)
    assert not embedding._forward_hooks


def clean_and_worse(model, given, move):
    x = model.get_input_embeddings()(given["input_ids"])
    losses = [
        torch.nn.functional.cross_entropy(model(inputs_embeds=y).logits, given["labels"])
        for y in (x, x + move.detach())
    ]
    return sum(losses)
