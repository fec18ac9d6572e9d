"""Gradient checkpointing: layers run again in the backward pass, and nothing else changes."""

import pytest
import torch

from rnn_models import RNNForCausalLM, RNNForSequenceClassification
from rnn_models.modeling.recurrence import Direction


def train(model, **inputs):
    """Loss and gradients of a step, and how many times a direction read."""
    reads = []
    hooks = [
        module.cell.register_forward_pre_hook(lambda *_: reads.append(1))
        for module in model.modules()
        if isinstance(module, Direction)
    ]
    model.zero_grad()
    torch.manual_seed(5)
    loss = model(**inputs).loss
    loss.backward()
    for hook in hooks:
        hook.remove()
    return len(reads), [loss.detach(), *(weight.grad.clone() for weight in model.parameters())]


@pytest.mark.parametrize("reentrant", [False, True], ids=["not reentrant", "reentrant"])
@pytest.mark.parametrize("padded", [False, True], ids=["full", "padded"])
@pytest.mark.parametrize(
    "ways", [{}, {"backwards": True}, {"bidirectional": True}], ids=["there", "back", "both ways"]
)
def test_layers_run_twice_and_the_gradients_stay_the_same(make, ids, mask, ways, padded, reentrant):
    head, labels = (RNNForSequenceClassification, torch.tensor([0, 1, 2])) if ways else (RNNForCausalLM, ids)
    model = make(head, **ways, layer_dropout=0.3, output_dropout=0.3).train()
    inputs = {"input_ids": ids, "attention_mask": mask if padded else None, "labels": labels}
    once, expected = train(model, **inputs)
    model.gradient_checkpointing_enable({"use_reentrant": reentrant})
    if reentrant:
        model.enable_input_require_grads()
    twice, result = train(model, **inputs)
    assert twice == 2 * once
    torch.testing.assert_close(result, expected)
    model.gradient_checkpointing_disable()
    assert train(model, **inputs)[0] == once


def test_a_state_comes_in_and_goes_out_with_its_gradient(make, ids):
    model = make(RNNForCausalLM).train()
    results = []
    for enable in (lambda: None, model.gradient_checkpointing_enable):
        enable()
        model.zero_grad()
        before = model(ids[:, :6]).state
        after = model(ids[:, 6:], state=before).state
        sum(part.square().sum() for part in after.tensors.values()).backward()
        results.append([weight.grad for weight in model.rnn.parameters()])
    torch.testing.assert_close(results[1], results[0])
