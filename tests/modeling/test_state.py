import torch

from rnn_models import RNNState


def test_the_state_has_the_same_size_whatever_was_read(cell, make_language_model, ids):
    model = make_language_model(**cell)
    shapes = [[t.shape for t in model(ids[:, :length]).state.tensors.values()] for length in (1, 5, 11)]
    assert shapes[0] == shapes[1] == shapes[2]


def test_a_saved_state_continues_the_text(tmp_path, cell, make_language_model, ids):
    model = make_language_model(**cell)
    state = model(ids[:, :6]).state
    state.save(tmp_path / "state.safetensors")
    loaded = RNNState.load(tmp_path / "state.safetensors")
    assert torch.equal(model(ids[:, 6:], state=loaded).logits, model(ids[:, 6:], state=state).logits)


def test_rows_can_be_chosen_repeated_and_put_together(cell, make_language_model, ids):
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
