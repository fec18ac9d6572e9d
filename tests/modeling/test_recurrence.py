"""The invariants of a recurrence, swept over cells, layers and directions."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_models.modeling.cells import CELLS
from rnn_models.modeling.recurrence import align, flip_order, take

TOLERANCE = {"rtol": 1e-5, "atol": 1e-6}

WAYS: list[dict] = [{}, {"backwards": True}, {"bidirectional": True}]


def assert_close(actual, expected):
    torch.testing.assert_close(actual, expected, **TOLERANCE)


def assert_same_state(actual, expected):
    assert actual.tensors.keys() == expected.tensors.keys()
    for name, tensor in actual.tensors.items():
        assert_close(tensor, expected.tensors[name])


@pytest.mark.parametrize("chunks", [[11], [4, 7], [1, 1, 9], [5, 1, 5], [1] * 11])
def test_a_sequence_in_chunks_with_the_state_carried_equals_the_complete_sequence(
    cell, layers, chunks, make_language_model, ids
):
    model = make_language_model(**cell, **layers)
    whole = model(ids)
    logits, state = [], None
    for chunk in ids.split(chunks, dim=1):
        output = model(chunk, state=state)
        logits.append(output.logits)
        state = output.state
    assert_close(torch.cat(logits, 1), whole.logits)
    assert_same_state(state, whole.state)


def padded(ids, lengths, side):
    """The first `lengths` tokens of each row as a padded batch and its mask."""
    batch, mask = torch.zeros_like(ids), torch.zeros_like(ids)
    for row, length in enumerate(lengths):
        place = {"right": slice(0, length), "left": slice(ids.shape[1] - length, None)}[side]
        batch[row, place] = ids[row, :length]
        mask[row, place] = 1
    return batch, mask


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_never_changes_the_valid_outputs_states_or_loss(cell, layers, side, make_language_model, ids):
    model = make_language_model(**cell, **layers)
    lengths = [11, 4, 1]
    batch, mask = padded(ids, lengths, side)
    output = model(batch, attention_mask=mask, labels=batch)
    losses = []
    for row, length in enumerate(lengths):
        alone = model(ids[row : row + 1, :length], labels=ids[row : row + 1, :length])
        assert_close(output.logits[row][mask[row].bool()], alone.logits[0])
        assert_same_state(output.state.index_select(torch.tensor([row])), alone.state)
        losses += [alone.loss] * (length - 1)
    assert_close(output.loss, torch.stack([loss for loss in losses if loss.isfinite()]).mean())


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_padded_batch_continues_from_a_given_state(cell, side, make_language_model, ids):
    model = make_language_model(**cell)
    before = model(ids).state
    batch, mask = padded(ids.flip(1), [11, 6, 2], side)
    output = model(batch, attention_mask=mask, state=before)
    for row, length in enumerate([11, 6, 2]):
        rows = torch.tensor([row])
        alone = model(ids.flip(1)[row : row + 1, :length], state=before.index_select(rows))
        assert_close(output.logits[row][mask[row].bool()], alone.logits[0])
        assert_same_state(output.state.index_select(rows), alone.state)


@pytest.mark.parametrize("pooling", ["last", "mean", "max", "concat", "attention"])
@pytest.mark.parametrize("ways", WAYS, ids=["left to right", "right to left", "both ways"])
@pytest.mark.parametrize("gradients", [True, False], ids=["gradients", "no gradients"])
def test_padding_never_changes_a_classification(cell, layers, ways, gradients, pooling, make_classifier, ids):
    model = make_classifier(**cell, **layers, **ways, pooling=pooling)
    lengths = [11, 4, 1]
    alone = torch.cat([model(ids[row : row + 1, :length]).logits for row, length in enumerate(lengths)])
    for side in ("left", "right"):
        batch, mask = padded(ids, lengths, side)
        with torch.set_grad_enabled(gradients):
            assert_close(model(batch, attention_mask=mask).logits, alone)


@pytest.mark.parametrize("use_cache", [True, False])
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("gradients", [True, False], ids=["gradients", "no gradients"])
@pytest.mark.parametrize("ways", WAYS, ids=["left to right", "right to left", "both ways"])
def test_outputs_are_zero_at_padding(cell, layers, side, use_cache, gradients, ways, make_classifier, ids):
    model = make_classifier(**cell, **layers, **ways)
    batch, mask = padded(ids, [11, 4, 1], side)
    with torch.set_grad_enabled(gradients):
        hidden = model.rnn(batch, attention_mask=mask, use_cache=use_cache).last_hidden_state
    assert (hidden[mask == 0] == 0).all() and (hidden[mask == 1] != 0).any()


@pytest.mark.parametrize("ways", WAYS, ids=["left to right", "right to left", "both ways"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_padded_batch_has_the_gradients_of_its_separate_rows(cell, layers, ways, side, make_classifier, ids):
    model = make_classifier(**cell, **layers, **ways, pooling="concat")
    lengths, labels = [11, 4, 1], torch.tensor([0, 1, 0])
    batch, mask = padded(ids, lengths, side)
    names, parameters = zip(*model.named_parameters(), strict=True)
    found = torch.autograd.grad(model(batch, attention_mask=mask, labels=labels).loss, parameters)
    losses = [model(ids[i : i + 1, :n], labels=labels[i : i + 1]).loss for i, n in enumerate(lengths)]
    expected = torch.autograd.grad(sum(losses) / 3, parameters)
    for name, gradient, alone in zip(names, found, expected, strict=True):
        torch.testing.assert_close(gradient, alone, atol=1e-6, rtol=1e-4, msg=name)


def test_the_contents_of_the_padding_are_never_read(cell, make_classifier, ids):
    model = make_classifier(**cell, bidirectional=True)
    batch, mask = padded(ids, [11, 4, 1], "right")
    noise = torch.where(mask.bool(), batch, 22)
    assert torch.equal(model(noise, attention_mask=mask).logits, model(batch, attention_mask=mask).logits)


def test_reading_a_text_backwards_equals_reading_the_reversed_text_forwards(cell, layers, make_classifier, ids):
    there = make_classifier(**cell, **layers)
    back = make_classifier(**cell, **layers, backwards=True)
    back.load_state_dict(there.state_dict())
    assert_close(back(ids).logits, there(ids.flip(1)).logits)
    assert not torch.allclose(back(ids).logits, there(ids).logits)
    assert_close(back.rnn(ids).last_hidden_state, there.rnn(ids.flip(1)).last_hidden_state.flip(1))


def test_both_directions_see_the_entire_sequence(cell, make_classifier, ids):
    model = make_classifier(**cell, bidirectional=True).rnn
    changed_end, changed_start = ids.clone(), ids.clone()
    changed_end[:, -1] = 5
    changed_start[:, 0] = 5
    width = model.config.hidden_size
    plain = model(ids).last_hidden_state
    assert_close(model(changed_end).last_hidden_state[:, :-1, :width], plain[:, :-1, :width])
    # One step away: a ReLU may forget anything farther away.
    assert not torch.equal(model(changed_end).last_hidden_state[:, -2, width:], plain[:, -2, width:])
    assert_close(model(changed_start).last_hidden_state[:, 1:, width:], plain[:, 1:, width:])


@pytest.mark.parametrize("name", CELLS)
def test_the_fused_kernels_agree_with_the_readable_step_in_outputs_and_gradients(name):
    torch.manual_seed(0)
    layer = CELLS[name](5, 7).double()
    layer.reset_parameters()
    x = torch.randn(3, 6, 5, dtype=torch.double)
    start = tuple(torch.randn(3, 7, dtype=torch.double) for _ in layer.state_names)
    weight = torch.randn(3, 6, 7, dtype=torch.double)

    def stepwise(x, state):
        outputs = []
        for x_t in x.unbind(1):
            output, state = layer(x_t, state)
            outputs.append(output)
        return torch.stack(outputs, 1), state

    results = []
    for run in (stepwise, layer.fused):
        leaves = [x.clone().requires_grad_(), *(s.clone().requires_grad_() for s in start)]
        output, state = run(leaves[0], tuple(leaves[1:]))
        loss = (output * weight).sum() + sum(s.square().sum() for s in state)
        results.append([output, *state, *torch.autograd.grad(loss, [*leaves, *layer.parameters()])])
    for reference, fused in zip(*results, strict=True):
        torch.testing.assert_close(fused, reference)


def test_the_gates_come_out_by_name_and_within_their_range(cell, make_language_model):
    module = make_language_model(**cell).rnn.recurrence.layers[0].cell
    x = torch.randn(2, 5)
    gates = module.gates(x, module.initial_state(2, x))
    assert tuple(gates) == module.gate_names
    assert all(gate.shape == (2, 7) for gate in gates.values())
    if "forget" in gates:
        assert all(((gates[name] >= 0) & (gates[name] <= 1)).all() for name in ("input", "forget", "output"))


@given(st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=1, max_size=4))
@settings(max_examples=50, deadline=None)
def test_alignment_moves_tokens_to_the_front_in_their_order_and_back_again(rows):
    mask = torch.tensor(rows)
    positions = torch.arange(6).expand(len(rows), 6).unsqueeze(-1)
    order = align(mask)
    moved = take(positions, order)
    for row, keep in enumerate(mask):
        assert moved[row, : keep.sum(), 0].tolist() == keep.nonzero().flatten().tolist()
    assert torch.equal(take(moved, order.argsort(1)), positions)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=4))
@settings(max_examples=50, deadline=None)
def test_flipping_twice_changes_nothing_and_leaves_the_padding_in_place(lengths):
    order = flip_order(torch.tensor(lengths), 6)
    for row, length in zip(order, lengths, strict=True):
        assert row.tolist() == [*reversed(range(length)), *range(length, 6)]
    x = torch.randn(len(lengths), 6, 2)
    assert torch.equal(take(take(x, order), order), x)
