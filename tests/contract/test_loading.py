"""Saving and loading: shards, dtypes, devices, other shapes, other heads."""

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
)

from rnn_models import RNNForCausalLM, RNNForSequenceClassification, RNNForTokenClassification, RNNModel


def first(model, ids):
    return model(ids)[0]


def test_a_model_in_shards_loads_as_it_was(tmp_path, make, head, ids):
    model = make(head)
    model.save_pretrained(tmp_path, max_shard_size="1KB")
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 1
    assert torch.equal(first(head.from_pretrained(tmp_path), ids), first(model, ids))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64], ids=str)
def test_a_model_is_loaded_in_the_requested_dtype_and_saved_in_its_own(tmp_path, make, head, dtype):
    make(head).save_pretrained(tmp_path / "single")
    model = head.from_pretrained(tmp_path / "single", dtype=dtype)
    assert {parameter.dtype for parameter in model.parameters()} == {dtype}
    model.save_pretrained(tmp_path / "again")
    assert {parameter.dtype for parameter in head.from_pretrained(tmp_path / "again").parameters()} == {dtype}


@pytest.mark.parametrize("device_map", ["cpu", "auto", {"": "cpu"}], ids=str)
def test_a_model_is_loaded_onto_the_devices_of_a_map(tmp_path, make, head, ids, device_map):
    model = make(head)
    model.save_pretrained(tmp_path)
    loaded = head.from_pretrained(tmp_path, device_map=device_map)
    # the map "auto" takes a GPU if there is one
    assert torch.equal(first(loaded, ids.to(loaded.device)), first(model.to(loaded.device), ids.to(loaded.device)))


@pytest.mark.parametrize("auto", [AutoModelForCausalLM, AutoModelForSequenceClassification])
def test_weights_left_on_disk_are_read_when_they_are_needed(tmp_path, make, ids, mask, auto):
    language_model = auto is AutoModelForCausalLM
    model = make(RNNForCausalLM) if language_model else make(RNNForSequenceClassification, bidirectional=True)
    model.save_pretrained(tmp_path)
    places = {name: "cpu" for name, _ in model.named_children()}
    places |= {f"rnn.{name}": "cpu" for name, _ in model.rnn.named_children()} | {"rnn.recurrence": "disk"}
    del places["rnn"]
    loaded = auto.from_pretrained(tmp_path, device_map=places, offload_folder=tmp_path / "offloaded")
    assert loaded.rnn.recurrence.layers[0].state_dict().popitem()[1].is_meta
    assert torch.equal(loaded(ids, attention_mask=mask).logits, model(ids, attention_mask=mask).logits)
    if language_model:
        assert torch.equal(loaded.generate(ids, max_new_tokens=4), model.generate(ids, max_new_tokens=4))


def test_a_model_on_the_meta_device_takes_no_memory_and_gives_its_shapes(make, head, ids):
    with torch.device("meta"):
        model = make(head)
    assert all(parameter.is_meta for parameter in model.parameters())
    assert first(model, ids.to("meta")).shape == first(make(head), ids).shape


def test_weights_that_are_missing_or_unexpected_are_listed(tmp_path, make, head):
    make(head).save_pretrained(tmp_path)
    file = tmp_path / "model.safetensors"
    weights = load_file(file)
    gone = next(name for name in weights if "weight_hh" in name)
    weights["extra"] = weights.pop(gone)
    save_file(weights, file, metadata={"format": "pt"})
    _, found = head.from_pretrained(tmp_path, output_loading_info=True)
    assert found["missing_keys"] == {gone}
    assert found["unexpected_keys"] == {"extra"}


@pytest.mark.parametrize(
    ("head", "auto"),
    [
        (RNNForSequenceClassification, AutoModelForSequenceClassification),
        (RNNForTokenClassification, AutoModelForTokenClassification),
    ],
)
def test_another_number_of_classes_is_an_error_unless_it_is_asked_for(tmp_path, make, ids, head, auto):
    model = make(head)
    model.save_pretrained(tmp_path)
    with pytest.raises(RuntimeError, match="mismatch"):
        auto.from_pretrained(tmp_path, num_labels=5)
    other = auto.from_pretrained(tmp_path, num_labels=5, ignore_mismatched_sizes=True)
    assert other(ids).logits.shape == (*model(ids).logits.shape[:-1], 5)
    assert torch.equal(other.rnn(ids).last_hidden_state, model.rnn(ids).last_hidden_state)


@pytest.mark.parametrize("other_head", [RNNForCausalLM, RNNForSequenceClassification, RNNForTokenClassification])
def test_a_backbone_goes_into_a_head_and_back(tmp_path, make, other_head, ids):
    backbone = make(RNNModel)
    backbone.save_pretrained(tmp_path / "backbone")
    model, found = other_head.from_pretrained(tmp_path / "backbone", output_loading_info=True)
    assert found["missing_keys"] and not any(name.startswith("rnn.") for name in found["missing_keys"])
    model.save_pretrained(tmp_path / "head")
    again = AutoModel.from_pretrained(tmp_path / "head")
    assert type(again) is RNNModel
    assert torch.equal(first(again, ids), first(backbone, ids))


def test_new_weights_are_those_that_a_new_model_draws(make, head):
    """Weights that a file lacks are initialised as in a new model, and no uninitialised memory remains."""
    from transformers import set_seed

    config = make(head).config
    set_seed(3)
    new = head(config)
    bare = head.from_pretrained(None, config=config, state_dict={})
    for (name, drawn), (_, filled) in zip(new.named_parameters(), bare.named_parameters(), strict=True):
        assert filled.isfinite().all(), name
        assert abs(filled.std(correction=0) - drawn.std(correction=0)) < 0.25, name
        assert (filled.abs().max() == 0) == (drawn.abs().max() == 0), name
