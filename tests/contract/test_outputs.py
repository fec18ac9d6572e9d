"""What a forward pass returns: the same each time, in any batch, in half precision, with its hidden states."""

import pytest
import torch

from rnn_models import RNNForCausalLM, RNNForSequenceClassification, RNNForTokenClassification, RNNModel

# Largest difference from single precision, relative to the largest output.
TOLERANCES = {torch.float16: 0.005, torch.bfloat16: 0.04}


def test_the_same_input_gives_the_same_output_and_so_does_another_model_of_the_seed(make, head, ids, mask):
    model, twin = make(head), make(head)
    once = model(ids, attention_mask=mask)[0]
    assert torch.equal(model(ids, attention_mask=mask)[0], once)
    assert torch.equal(twin(ids, attention_mask=mask)[0], once)


def test_a_row_does_not_depend_on_its_batch(make, head, ids, mask):
    model = make(head)
    together = model(ids, attention_mask=mask, output_hidden_states=True)
    for row in range(3):
        rows = slice(row, row + 1)
        alone = model(ids[rows], attention_mask=mask[rows], output_hidden_states=True)
        torch.testing.assert_close(together[0][rows], alone[0])
        for layer, layer_alone in zip(together.hidden_states, alone.hidden_states, strict=True):
            torch.testing.assert_close(layer[rows], layer_alone)


@pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
def test_half_precision_stays_within_its_tolerance(make, head, ids, mask, dtype):
    expected = make(head)(ids, attention_mask=mask)[0]
    output = make(head).to(dtype)(ids, attention_mask=mask)[0]
    assert output.dtype == dtype
    assert (output.float() - expected).abs().max() <= TOLERANCES[dtype] * expected.abs().max()


@pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
def test_half_precision_generates_and_trains(make, ids, mask, dtype):
    model = make(RNNForCausalLM).to(dtype)
    options = {"attention_mask": mask, "max_new_tokens": 4, "eos_token_id": None, "pad_token_id": 0}
    for mode in ({}, {"num_beams": 3}, {"do_sample": True}):
        assert model.generate(ids, **mode, **options).shape == (3, 15)
    model(ids, attention_mask=mask, labels=ids).loss.backward()
    assert all(p.grad.dtype == dtype and p.grad.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
def test_autocast_trains_in_half_precision_with_weights_in_single(make, ids, mask, dtype, padded):
    model = make(RNNForCausalLM)
    with torch.autocast("cpu", dtype=dtype):
        output = model(ids, attention_mask=mask if padded else None, labels=ids)
    output.loss.backward()
    assert output.logits.dtype == dtype
    assert all(p.grad.dtype == torch.float32 and p.grad.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
def test_autocast_evaluates_in_half_precision_without_gradients(make, head, ids, mask, dtype, padded):
    model = make(head).eval()
    inputs = {"attention_mask": mask if padded else None}
    with torch.no_grad():
        expected = model(ids, **inputs)[0]
        with torch.autocast("cpu", dtype=dtype):
            output = model(ids, **inputs)[0]
    assert (output.float() - expected).abs().max() <= TOLERANCES[dtype] * expected.abs().max()


def test_gradients_reach_every_hidden_state_and_every_weight(make, head, ids, mask):
    model = make(head)
    output = model(ids, attention_mask=mask, output_hidden_states=True)
    assert len(output.hidden_states) == 3
    for states in output.hidden_states:
        states.retain_grad()
    output[0].sum().backward()
    assert all(states.grad.abs().sum() > 0 for states in output.hidden_states)
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_hidden_states_can_be_selected_by_index(make, head, ids):
    model = make(head)
    every = model(ids, output_hidden_states=True).hidden_states
    chosen = model(ids, output_hidden_states=[0, -1]).hidden_states
    assert [states is None for states in chosen] == [False, True, False]
    assert torch.equal(chosen[0], every[0]) and torch.equal(chosen[2], every[2])
    assert "hidden_states" not in model(ids)


def test_the_configuration_can_ask_for_hidden_states_and_tuples(make, head, ids):
    model = make(head)
    expected = model(ids, output_hidden_states=True)
    model.config.output_hidden_states = True
    model.config.return_dict = False
    output = model(ids)
    assert type(output) is tuple
    assert torch.equal(output[0], expected[0])
    for states, expected_states in zip(output[-1], expected.hidden_states, strict=True):
        assert torch.equal(states, expected_states)


def test_a_tuple_has_what_the_output_object_has_in_its_order(make, head, ids, labels_of):
    model = make(head)
    options = {} if head is RNNModel else {"labels": labels_of(head)}
    output = model(ids, output_hidden_states=True, **options)
    names = {
        RNNModel: ["last_hidden_state", "state", "hidden_states"],
        RNNForCausalLM: ["loss", "logits", "state", "hidden_states"],
        RNNForSequenceClassification: ["loss", "logits", "hidden_states"],
        RNNForTokenClassification: ["loss", "logits", "hidden_states"],
    }
    assert list(output) == names[head]
    parts = model(ids, output_hidden_states=True, return_dict=False, **options)
    assert len(parts) == len(output)
    assert torch.equal(parts[0], output[0])
