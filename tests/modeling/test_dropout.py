"""Dropout in training, and none outside training."""

import pytest
import torch

from rnn_models import RNNConfig
from rnn_models.modeling.recurrence import VariationalDropout


def test_variational_dropout_drops_the_same_elements_at_every_step_but_different_ones_in_each_row():
    torch.manual_seed(0)
    dropped = VariationalDropout(0.5)(torch.ones(4, 9, 50))
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))
    assert not torch.equal(dropped[0], dropped[1])


@pytest.mark.parametrize("variational", [True, False])
def test_every_sequence_dropout_is_of_the_configured_kind(make_language_model, variational):
    model = make_language_model(num_hidden_layers=2, variational_dropout=variational)
    parts = [model.rnn.embedding_dropout, model.rnn.output_dropout, model.rnn.recurrence.dropout]
    assert [isinstance(part, VariationalDropout) for part in parts] == [variational] * 3


def test_weight_dropout_drops_recurrent_weights_for_the_entire_sequence(cell, make_language_model, ids):
    """The outputs are those of a network with these weights set to zero and the others scaled."""
    model = make_language_model(**cell, weight_dropout=0.5)
    torch.manual_seed(1)
    dropped = model.train()(ids).logits
    torch.manual_seed(1)
    (layer,) = model.rnn.recurrence.layers
    weight = layer.cell.weight_hh.data
    kept = torch.nn.functional.dropout(weight, 0.5)
    assert 0.2 < (kept == 0).float().mean() < 0.8
    weight.copy_(kept)
    torch.testing.assert_close(model.eval()(ids).logits, dropped)


def test_variational_word_dropout_drops_every_occurrence_of_a_word_in_its_row(make_language_model):
    model = make_language_model(word_dropout=0.5, variational_dropout=True).train()
    ids = torch.tensor([[4, 5, 4, 6, 5, 4, 7, 8]] * 6)
    seen = []
    model.rnn.recurrence.register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    torch.manual_seed(0)
    model(ids)
    embedded = model.rnn.embedding(ids)
    kept = seen[0].abs().sum(-1) > 0  # (B, T)
    torch.testing.assert_close(seen[0], embedded * 2 * kept.unsqueeze(-1))
    for row in range(len(ids)):
        for word in ids.unique():
            assert len(kept[row, ids[row] == word].unique()) == 1
    assert len(kept.unique(dim=0)) > 1, "every row draws its own"


@pytest.mark.parametrize("variational", [True, False])
def test_nothing_is_dropped_outside_training(cell, make_language_model, ids, variational):
    names = ("word_dropout", "embedding_dropout", "layer_dropout", "output_dropout", "weight_dropout")
    options = {**cell, "num_hidden_layers": 2}
    dropping = make_language_model(**options, **dict.fromkeys(names, 0.5), variational_dropout=variational)
    assert torch.equal(dropping(ids).logits, make_language_model(**options)(ids).logits)
    assert not torch.allclose(dropping.train()(ids).logits, dropping.eval()(ids).logits)


def test_a_temperature_divides_the_scores_and_changes_no_choice(make_classifier, ids):
    plain, warm = make_classifier(), make_classifier(temperature=2.5)
    torch.testing.assert_close(warm(ids).logits, plain(ids).logits / 2.5)


@pytest.mark.parametrize("temperature", [0, -1.0, float("inf"), float("nan"), "warm", True])
def test_an_invalid_temperature_is_refused(temperature):
    with pytest.raises(ValueError, match=r"RNNConfig\.temperature is .*; it must be a number above 0"):
        RNNConfig(temperature=temperature)
