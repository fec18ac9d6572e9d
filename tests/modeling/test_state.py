from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from rnn_models import RNNForCausalLM, RNNForSequenceClassification, RNNState
from rnn_models.modeling.state import TESTED, fingerprint, is_same_model


def test_the_size_of_the_state_does_not_depend_on_what_was_read(cell, make_language_model, ids):
    model = make_language_model(**cell)
    shapes = [[t.shape for t in model(ids[:, :length]).state.tensors.values()] for length in (1, 5, 11)]
    assert shapes[0] == shapes[1] == shapes[2]


def test_a_saved_state_continues_the_text(tmp_path, cell, make_language_model, ids):
    model = make_language_model(**cell)
    state = model(ids[:, :6]).state
    state.save(tmp_path / "state.safetensors", model)
    loaded = RNNState.load(tmp_path / "state.safetensors", model)
    assert loaded == state
    assert torch.equal(model(ids[:, 6:], state=loaded).logits, model(ids[:, 6:], state=state).logits)


def test_the_state_of_another_model_is_refused_by_name(tmp_path, make_language_model, ids):
    for name, spread in (("one", 0.5), ("other", 0.7)):
        make_language_model(initializer_range=spread).save_pretrained(tmp_path / name)
    one, other = (RNNForCausalLM.from_pretrained(tmp_path / name) for name in ("one", "other"))
    one(ids).state.save(tmp_path / "state.safetensors", one)
    with pytest.raises(ValueError, match=r"holds the state of one, not of other\."):
        RNNState.load(tmp_path / "state.safetensors", other)
    assert str(tmp_path) not in (tmp_path / "state.safetensors").read_bytes().decode("latin-1")


@pytest.mark.parametrize("content", [b"", b"no state", None])
def test_a_file_without_a_state_is_refused(tmp_path, make_language_model, content):
    path = tmp_path / "state.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=r"state\.safetensors is not a readable state"):
        RNNState.load(path, make_language_model())


def test_weights_are_not_a_state(tmp_path, make_language_model):
    model = make_language_model()
    model.save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="holds the state of an unnamed model"):
        RNNState.load(tmp_path / "model.safetensors", model)


PRECISIONS = [torch.float32, torch.float16, torch.bfloat16, torch.float64]


@pytest.mark.parametrize("there", PRECISIONS, ids=str)
@pytest.mark.parametrize("here", PRECISIONS, ids=str)
def test_a_model_recognises_its_state_in_every_precision(tmp_path, make_language_model, cell, ids, here, there):
    make_language_model(**cell, num_hidden_layers=2).save_pretrained(tmp_path)
    one, other = (RNNForCausalLM.from_pretrained(tmp_path, dtype=dtype) for dtype in (here, there))
    state = one(ids).state
    state.save(tmp_path / "state", one)
    assert RNNState.load(tmp_path / "state", other) == state.to(there)
    half = RNNForCausalLM.from_pretrained(tmp_path, dtype=torch.float16).to(torch.bfloat16)
    assert RNNState.load(tmp_path / "state", half) == state.to(torch.bfloat16)


def test_a_fingerprint_follows_the_backbone_and_not_its_head(tmp_path, make_language_model):
    model = make_language_model()
    before = fingerprint(model)
    model.save_pretrained(tmp_path)
    assert is_same_model(before, fingerprint(RNNForSequenceClassification.from_pretrained(tmp_path)))
    assert not is_same_model(before, fingerprint(make_language_model(num_hidden_layers=2)))
    for name, weight in model.rnn.named_parameters():
        with torch.no_grad():
            kept = weight.clone()
            weight.add_(torch.randn(weight.shape) * 0.1)
            assert not is_same_model(before, fingerprint(model)), name
            weight.copy_(kept)
    assert is_same_model(before, fingerprint(model))


@pytest.mark.parametrize(
    "text", ["64dc15d5c0ffee00", "12345678", "{}", "[]", '{"a": 1}', '{"a": [1, "x"]}', "{", "NaN"]
)
def test_a_state_whose_model_is_unknown_is_refused(tmp_path, make_language_model, ids, text):
    model = make_language_model()
    save_file(model(ids).state.detach().tensors, tmp_path / "state", {"fingerprint": text})
    with pytest.raises(ValueError, match=r"was saved by an older release|holds the state of an unnamed model"):
        RNNState.load(tmp_path / "state", model)


def test_a_state_is_loaded_in_the_precision_of_its_model(tmp_path, make_language_model, ids):
    model = make_language_model()
    state = model(ids).state
    state.save(tmp_path / "state.safetensors", model)
    half = RNNState.load(tmp_path / "state.safetensors", model.to(torch.bfloat16))
    assert half == state.to(torch.bfloat16)


def test_states_are_equal_when_their_numbers_are(make_language_model, ids):
    state = make_language_model()(ids).state
    assert state == state.clone() and state == RNNState.cat([state.index_select([row]) for row in range(3)])
    assert state != state.index_select([1, 0, 2]) and state != state.index_select([0]) and state != "state"
    assert state != RNNState({"hidden": state.tensors["hidden"]})


def test_rows_can_be_selected_repeated_and_concatenated(cell, make_language_model, ids):
    model = make_language_model(**cell)
    state = model(ids).state
    rows = [state.index_select(torch.tensor([row])) for row in range(3)]
    together = RNNState.cat(rows)
    assert all(torch.equal(together.tensors[name], state.tensors[name]) for name in state.tensors)
    twice = state.repeat_interleave(2)
    expected = state.index_select(torch.tensor([0, 0, 1, 1, 2, 2]))
    assert twice.batch_size == 6
    assert all(torch.equal(twice.tensors[name], expected.tensors[name]) for name in state.tensors)


def test_reordering_works_in_place_and_everything_else_does_not(make_language_model, ids):
    state = make_language_model()(ids).state
    before = state.clone()
    state.index_select(torch.tensor([2, 0, 0]))
    assert torch.equal(state.tensors["hidden"], before.tensors["hidden"])
    state.reorder_cache(torch.tensor([2, 0, 0]))
    assert torch.equal(state.tensors["hidden"], before.tensors["hidden"][:, [2, 0, 0]])


def test_no_gradient_passes_a_detached_state(make_language_model, ids):
    model = make_language_model()
    state = model(ids).state
    assert state.tensors["hidden"].requires_grad
    assert not state.detach().tensors["hidden"].requires_grad


def test_a_state_can_change_its_dtype(make_language_model, ids):
    state = make_language_model()(ids).state.to(torch.float64)
    assert state.tensors["cell"].dtype == torch.float64


def test_the_releases_that_an_error_names_are_those_of_requirements():
    lines = (Path(__file__).parents[2] / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert TESTED in lines
