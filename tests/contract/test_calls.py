"""Calls that transformers and its users make: each works correctly or is refused by name."""

import inspect

import pytest
import torch
from transformers import GenerationMixin, PreTrainedModel

from rnn_models import RNNForCausalLM, RNNForSequenceClassification, RNNForTokenClassification, RNNModel
from rnn_models.modeling.modeling_rnn import RNNPreTrainedModel


@pytest.mark.parametrize("name", ["atention_mask", "past", "lengths", "cell", "stat", "label"])
def test_an_unknown_keyword_is_refused_and_not_ignored(make, head, ids, name):
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{name}'"):
        make(head)(ids, **{name: None})


@pytest.mark.parametrize("name", ["cache_position", "output_attentions", "position_ids", "token_type_ids"])
def test_a_keyword_of_transformers_without_meaning_here_may_only_have_a_value_without_effect(make, head, ids, name):
    model = make(head)
    for nothing in (None, False, torch.zeros_like(ids)) if name == "token_type_ids" else (None, False):
        assert torch.equal(model(ids, **{name: nothing})[0], model(ids)[0])
    with pytest.raises(TypeError, match=f"'{name}', which has no meaning for a recurrent network"):
        model(ids, **{name: torch.arange(11).expand(3, 11)})


def test_the_loss_over_several_batches_is_divided_by_the_trainer_s_number_of_items(make, ids):
    model = make(RNNForCausalLM)
    whole = model(ids, labels=ids).loss
    torch.testing.assert_close(model(ids, labels=ids, num_items_in_batch=torch.tensor(60)).loss, whole / 2)


def test_a_longer_mask_counts_from_its_end_when_a_state_is_given_for_the_loss_too(make, head, ids, labels_of):
    labels = labels_of(head)
    if labels is not None:
        labels = labels[:, 6:] if labels.dim() == 2 else labels
    labels = {} if labels is None else {"labels": labels}
    model = make(head)
    state = make(RNNModel)(ids[:, :6]).state
    mask = torch.ones_like(ids)
    mask[0, :8] = 0
    output = model(ids[:, 6:], attention_mask=mask, state=state, **labels)
    expected = model(ids[:, 6:], attention_mask=mask[:, 6:], state=state, **labels)
    assert torch.equal(output[0], expected[0])
    with pytest.raises(ValueError, match=r"attention_mask has shape \(3, 11\); the input needs \(3, 5\); a longer"):
        model(ids[:, 6:], attention_mask=mask, **labels)


@pytest.mark.parametrize(
    ("head", "name"), [(RNNForSequenceClassification, "classifier"), (RNNForTokenClassification, "tagger")]
)
def test_a_head_that_reads_complete_texts_says_that_it_returns_no_state(make, head, name, ids):
    model = make(head)
    assert torch.equal(model(ids, use_cache=False).logits, model(ids).logits)
    with pytest.raises(ValueError, match=f"a {name} returns no state"):
        model(ids, use_cache=True)


def overridden():
    heads = (RNNModel, RNNForCausalLM, RNNForSequenceClassification, RNNForTokenClassification)
    for ours in (RNNPreTrainedModel, *heads):
        for theirs in (PreTrainedModel, GenerationMixin):
            for name, method in vars(ours).items():
                if inspect.isfunction(method) and name in vars(theirs) and name not in ("__init__", "forward"):
                    yield pytest.param(method, getattr(theirs, name), id=f"{ours.__name__}.{name}")


@pytest.mark.parametrize(("ours", "theirs"), list(overridden()))
def test_an_override_of_a_transformers_method_accepts_all_of_its_calls(ours, theirs):
    mine, parameters = inspect.signature(ours), list(inspect.signature(theirs).parameters.values())
    positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    by_name = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    required = [p.name for p in parameters if p.default is p.empty and p.name in positional]
    # `prepare_inputs_for_generation` gets its arguments by name.
    if ours.__name__ != "prepare_inputs_for_generation":
        mine.bind(*positional)
    mine.bind(*required, **dict.fromkeys(name for name in by_name if name not in required))


def test_a_model_can_be_saved_with_positional_arguments(make, head, tmp_path):
    make(head).save_pretrained(tmp_path, True)
    assert (tmp_path / "model.safetensors").is_file()
