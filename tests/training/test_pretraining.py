"""A backbone that learnt to predict words is where a classifier starts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from rnn_models import RNNConfig, RNNForSequenceClassification
from rnn_models.metrics.measures import pretraining_nats
from rnn_models.training import pretraining
from rnn_models.training.pretraining import RNNForPretraining

SIZES = {"vocab_size": 23, "embedding_size": 5, "hidden_size": 7, "initializer_range": 0.7}


def make(**options) -> RNNForPretraining:
    torch.manual_seed(0)
    return RNNForPretraining(RNNConfig(**{**SIZES, **options})).eval()


@pytest.fixture
def batch() -> dict[str, torch.Tensor]:
    ids = torch.randint(4, 23, (3, 9), generator=torch.Generator().manual_seed(1))
    mask = torch.ones_like(ids)
    mask[1, 6:] = 0
    mask[2, 2:] = 0
    return {"input_ids": ids, "attention_mask": mask}


@pytest.mark.parametrize("cell_type", ["rnn", "gru", "lstm"])
def test_each_direction_predicts_from_what_it_has_read_and_from_nothing_else(cell_type: str):
    """The loss, written out token by token from states that read one side of it alone."""
    model = make(cell_type=cell_type, bidirectional=True)
    ids = torch.tensor([[5, 9, 7, 11]])
    forth, back = [], []
    for t in range(3):
        seen = model.rnn(ids[:, : t + 1]).last_hidden_state[0, -1, :7]  # has read tokens 0..t
        logits = model.projections[0](seen) @ model.rnn.embedding.weight.T + model.bias
        forth.append(-logits.log_softmax(-1)[ids[0, t + 1]])
        seen = model.rnn(ids[:, t + 1 :]).last_hidden_state[0, 0, 7:]  # has read tokens 3..t+1
        logits = model.projections[1](seen) @ model.rnn.embedding.weight.T + model.bias
        back.append(-logits.log_softmax(-1)[ids[0, t]])
    expected = (torch.stack(forth).mean() + torch.stack(back).mean()) / 2
    torch.testing.assert_close(model(ids, torch.ones_like(ids)).loss, expected)


def test_a_network_that_reads_backwards_predicts_the_token_before():
    forwards, backwards = make(), make(backwards=True)
    backwards.load_state_dict(forwards.state_dict())
    ids = torch.tensor([[5, 9, 7, 11]])
    mask = torch.ones_like(ids)
    torch.testing.assert_close(backwards(ids, mask).loss, forwards(ids.flip(1), mask).loss)


def test_padding_changes_no_loss(batch):
    model = make(bidirectional=True)
    rows = [ids[mask.bool()].numpy() for ids, mask in zip(*batch.values(), strict=True)]
    nats, tokens = pretraining_nats(model, rows, batch_size=3)
    alone = [pretraining_nats(model, [row], batch_size=1) for row in rows]
    assert tokens == sum(count for _, count in alone) == 8 + 5 + 1
    assert nats == pytest.approx(sum(part for part, _ in alone), rel=1e-5)
    changed = dict(batch, input_ids=batch["input_ids"].where(batch["attention_mask"].bool(), 3))
    torch.testing.assert_close(model(**changed).loss, model(**batch).loss)


def test_in_training_only_the_tokens_of_the_batch_compete(batch):
    model = make()
    whole = model(**batch).loss
    candidates = batch["input_ids"][:, 1:][batch["attention_mask"][:, 1:].bool()].unique()
    others = torch.ones(23, dtype=torch.bool)
    others[candidates] = False
    model.bias.data[others] = -1e4  # out of the race
    expected = model(**batch).loss
    model.bias.data[others] = 0.0
    torch.testing.assert_close(model.train()(**batch).loss, expected)
    assert expected < whole


def test_in_training_no_more_positions_are_predicted_than_the_cap_allows(batch, monkeypatch):
    asked = []

    def counting(features, weight, bias, targets):
        asked.append(len(targets))
        return features.sum() * 0

    monkeypatch.setattr(pretraining, "linear_cross_entropy", counting)
    model = make(bidirectional=True)
    model(**batch)
    monkeypatch.setattr(pretraining, "PREDICTED", 6)
    model.train()(**batch)
    assert asked == [14, 14, 6, 6]


def test_a_second_layer_would_see_what_both_directions_have_to_predict():
    with pytest.raises(ValueError, match=r"num_hidden_layers is 2; if both directions learn"):
        make(bidirectional=True, num_hidden_layers=2)
    make(num_hidden_layers=2)


def test_a_classifier_starts_from_what_was_learnt(tmp_path: Path):
    model = make(bidirectional=True, cell_type="gru")
    model.save_pretrained(tmp_path)
    classifier = RNNForSequenceClassification.from_pretrained(tmp_path, num_labels=3)
    assert all(
        torch.equal(tensor, classifier.rnn.state_dict()[name]) for name, tensor in model.rnn.state_dict().items()
    )


def test_learning_to_predict_lowers_the_loss():
    model = make(bidirectional=True)
    rows = [np.array([2, 5, 6, 7, 8, 9] * 3)] * 4
    before, _ = pretraining_nats(model, rows, batch_size=4)
    optimizer = torch.optim.Adam(model.train().parameters(), lr=0.05)
    ids = torch.from_numpy(np.stack(rows))
    for _ in range(20):
        optimizer.zero_grad()
        model(ids, torch.ones_like(ids)).loss.backward()
        optimizer.step()
    after, _ = pretraining_nats(model, rows, batch_size=4)
    assert after < before / 4 and model.training
