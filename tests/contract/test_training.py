"""Training: problem types, compiled steps, adapters."""

import copy

import pytest
import torch
from packaging.version import Version
from torch.nn import functional as F

from rnn_models import RNNForCausalLM, RNNForSequenceClassification, RNNForTokenClassification


@pytest.mark.parametrize(
    ("problem", "num_labels", "labels"),
    [
        ("regression", 1, torch.tensor([0.5, -1.0, 2.0])),
        ("regression", 3, torch.tensor([[0.5, -1.0, 2.0]] * 3)),
        ("single_label_classification", 3, torch.tensor([2, 0, 1])),
        ("multi_label_classification", 3, torch.tensor([[1.0, 0, 1], [0, 0, 0], [1, 1, 1]])),
    ],
)
@pytest.mark.parametrize("told", [True, False], ids=["told", "guessed"])
def test_the_kind_of_labels_decides_the_loss(make, ids, mask, problem, num_labels, labels, told):
    model = make(
        RNNForSequenceClassification, num_labels=num_labels, problem_type=problem if told or num_labels == 3 else None
    )
    output = model(ids, attention_mask=mask, labels=labels)
    expected = {
        "regression": lambda: F.mse_loss(output.logits.squeeze(), labels),
        "single_label_classification": lambda: F.cross_entropy(output.logits, labels),
        "multi_label_classification": lambda: F.binary_cross_entropy_with_logits(output.logits, labels),
    }[problem]()
    torch.testing.assert_close(output.loss, expected)
    output.loss.backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def gradients(model, **inputs):
    model.zero_grad()
    output = model(**inputs)
    output.loss.backward()
    return output.loss.detach(), {name: weight.grad.clone() for name, weight in model.named_parameters()}


@pytest.mark.parametrize("padded", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["full", "padded"])
def test_a_compiled_training_step_gives_the_gradients_of_an_ordinary_one(make, ids, mask, labels_of, padded):
    if padded and Version(torch.__version__) < Version("2.13"):
        pytest.skip("torch.compile takes no packed sequence before torch 2.13, as requirements.txt says")
    torch.compiler.reset()
    inputs = {"attention_mask": mask if padded else None, "input_ids": ids}
    for head in (RNNForCausalLM, RNNForSequenceClassification, RNNForTokenClassification):
        model, labels = make(head).train(), labels_of(head)
        expected = gradients(model, labels=labels, **inputs)
        model.compile(backend="aot_eager")
        torch.testing.assert_close(gradients(model, labels=labels, **inputs), expected)


def test_compiling_the_model_into_one_graph_is_refused_by_the_name_of_what_cannot_be_in_it(make, ids):
    torch.compiler.reset()
    model = torch.compile(make(RNNForCausalLM), fullgraph=True, backend="eager")
    with pytest.raises(torch._dynamo.exc.Unsupported, match="fused"):
        model(ids, use_cache=False)


peft = pytest.importorskip("peft", reason="PEFT is in the package's extra for tests")


@pytest.mark.parametrize(
    ("head", "task"),
    [
        (RNNForCausalLM, "CAUSAL_LM"),
        (RNNForSequenceClassification, "SEQ_CLS"),
        (RNNForTokenClassification, "TOKEN_CLS"),
    ],
)
@pytest.mark.parametrize(
    "targets",
    [{"target_modules": ["embedding", "lm_head"]}, {"target_parameters": ["cell.weight_ih", "cell.weight_hh"]}],
    ids=["embedding and head", "recurrence"],
)
def test_lora_trains_and_is_saved_and_merged(tmp_path, make, ids, mask, labels_of, head, task, targets):
    base, labels = make(head), labels_of(head)
    config = peft.LoraConfig(r=2, task_type=task, **{"target_modules": [], **targets})
    model = peft.get_peft_model(copy.deepcopy(base), config).train()
    frozen = {name: weight.clone() for name, weight in model.named_parameters() if not weight.requires_grad}
    optimizer = torch.optim.Adam([weight for weight in model.parameters() if weight.requires_grad], lr=0.05)
    losses = []
    for _ in range(15):
        optimizer.zero_grad()
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]
    assert all(torch.equal(weight, frozen[name]) for name, weight in model.named_parameters() if name in frozen)

    expected = model.eval()(input_ids=ids, attention_mask=mask).logits
    model.save_pretrained(tmp_path)
    loaded = peft.PeftModel.from_pretrained(copy.deepcopy(base), tmp_path)
    torch.testing.assert_close(loaded(input_ids=ids, attention_mask=mask).logits, expected)
    merged = loaded.merge_and_unload()
    assert type(merged) is head
    torch.testing.assert_close(merged(ids, attention_mask=mask).logits, expected, rtol=1e-4, atol=1e-4)
