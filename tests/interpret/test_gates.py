"""Steps, the terms of their sums and saturation, against a loop over the cells' own step."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from rnn_models.interpret import saturation, steps, unit_terms
from rnn_models.interpret.gates import equations
from rnn_models.modeling.cells import CELLS, Cell

from .conftest import TEXT


def by_hand(model, ids):
    """For each layer and direction a list of (x, state before, gates, state after) in text order."""
    x = list(model.base_model.embedding(ids))
    found = []
    for layer in model.base_model.recurrence.layers:
        cells = [layer.cell] if layer.directions == 1 else [layer.left_to_right.cell, layer.right_to_left.cell]
        outputs = []
        for cell, backwards in zip(cells, model.config.reads_backwards, strict=True):
            state = cell.initial_state(1, x[0])
            rows = []
            for x_t in reversed(x) if backwards else x:
                before = state
                output, state = cell.step(x_t[None], before)
                rows.append((x_t, before, cell.gates(x_t[None], before), state, output[0]))
            found.append(rows[::-1] if backwards else rows)
            outputs.append([row[-1] for row in found[-1]])
        x = [torch.cat(parts) for parts in zip(*outputs, strict=True)]
    return found


@pytest.fixture
def model(make_language_model, make_classifier, cell, layers, way):
    """A language model if the configuration allows it, else a classifier."""
    return (make_classifier if way else make_language_model)(**cell, **layers, **way)


def test_steps_are_those_of_the_cells_one_after_the_other(model, tokenizer):
    seen = steps((model, tokenizer), TEXT)
    expected = by_hand(model, torch.tensor(seen.tokens.ids))
    assert len(seen.layers) == len(expected) == model.base_model.recurrence.num_states
    for layer, rows in zip(seen.layers, expected, strict=True):
        names = model.base_model.recurrence.state_names
        assert list(layer.states) == list(layer.before) == list(names)
        for t, (x, before, gates, after, _output) in enumerate(rows):
            np.testing.assert_allclose(layer.inputs[t], x.detach(), rtol=1e-10)
            assert list(layer.gates) == list(gates)
            for name, gate in gates.items():
                np.testing.assert_allclose(layer.gates[name][t], gate[0].detach(), rtol=1e-10)
            for name, old, new in zip(names, before, after, strict=True):
                np.testing.assert_allclose(layer.before[name][t], old[0].detach(), rtol=1e-10, atol=1e-15)
                np.testing.assert_allclose(layer.states[name][t], new[0].detach(), rtol=1e-10)


def test_layers_and_directions_are_found_by_number(model, tokenizer):
    seen = steps((model, tokenizer), TEXT)
    sides, number = len(model.config.reads_backwards), model.config.num_hidden_layers
    assert seen.layer() is seen.layers[-sides]
    for layer in range(number):
        for direction in range(sides):
            found = seen.layer(layer, direction)
            assert (found.layer, found.direction) == (layer, direction)
            assert found.backwards == model.config.reads_backwards[direction]
    with pytest.raises(ValueError, match=f"layer is {number}: this model has layers 0 to {number - 1}"):
        seen.layer(number)
    with pytest.raises(ValueError, match=f"direction is 2: this model has directions 0 to {sides - 1}"):
        seen.layer(0, 2)


def test_the_numbers_filled_into_the_equations_give_the_unit_s_next_state(model, tokenizer):
    functions = {"sigmoid": lambda a: 1 / (1 + math.exp(-a)), "tanh": math.tanh, "relu": lambda a: max(a, 0.0)}
    layer, direction, unit = model.config.num_hidden_layers - 1, len(model.config.reads_backwards) - 1, 4
    terms = unit_terms((model, tokenizer), TEXT, unit, layer=layer, direction=direction)
    seen = steps((model, tokenizer), TEXT).layer(layer, direction)
    for position in range(len(terms.tokens)):
        for line in terms.filled(position, digits=17):
            left, formula, result = line.split(" = ")
            assert eval(formula, functions) == pytest.approx(float(result), rel=1e-9, abs=1e-12), line
            assert float(result) == terms.values[left][position]
        for name in seen.states:
            assert terms.values[f"{name[0]}'"][position] == seen.states[name][position, unit]
            assert terms.values[name[0]][position] == seen.before[name][position, unit]
        for name, letter in zip(seen.gates, "ifgo" if len(seen.gates) == 4 else "rzn", strict=False):
            if len(seen.gates) > 1:
                assert terms.values[letter][position] == seen.gates[name][position, unit]


def test_every_symbol_of_every_cell_s_equations_gets_a_number(make_language_model, tokenizer, cell):
    terms = unit_terms((make_language_model(**cell), tokenizer), TEXT, 0)
    for line in terms.filled(3):
        right = line.split(" = ")[1]
        assert set(filter(str.isalpha, right.replace("sigmoid", "").replace("tanh", "").replace("relu", ""))) <= {"e"}
    lines = len(terms.equations)
    assert lines == {"rnn": 1, "gru": 4, "lstm": 6}[cell["cell_type"]]


@pytest.mark.parametrize("kind", CELLS)
def test_equations_name_the_gates_in_the_order_of_the_weights(kind):
    cell = CELLS[kind](2, 2)
    lines = [line for line in equations(cell) if "W" in line]
    assert len(lines) == len(cell.gate_names)


def test_a_cell_without_equations_is_named():
    class Mystery(Cell):
        gate_names = ("hidden",)
        __doc__ = "Says nothing."

    with pytest.raises(ValueError, match="docstring of Mystery has no equations"):
        equations(Mystery(1, 1))


def test_saturation_counts_the_steps_at_each_end_of_a_gate_s_range(model, tokenizer):
    one, other = steps((model, tokenizer), TEXT), steps((model, tokenizer), "to be")
    found = saturation(one, other)
    assert len(found) == sum(len(layer.gates) for layer in one.layers)
    for share in found:
        values = np.concatenate([seen.layer(share.layer, share.direction).gates[share.gate] for seen in (one, other)])
        tanh = share.gate in ("cell", "new") or (share.gate == "hidden" and model.config.nonlinearity == "tanh")
        relu = share.gate == "hidden" and model.config.nonlinearity == "relu"
        for unit in range(values.shape[1]):
            column = [float(value) for value in values[:, unit]]
            low = [value < (-0.8 if tanh else 0.1) if not relu else value == 0 for value in column]
            high = [value > (0.8 if tanh else 0.9) if not relu else False for value in column]
            assert share.below[unit] == sum(low) / len(low)
            assert share.above[unit] == sum(high) / len(high)
    assert any(share.below.any() or share.above.any() for share in found)


def test_saturation_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no steps are given"):
        saturation()


def test_a_unit_that_is_not_there_is_named(make_language_model, tokenizer):
    with pytest.raises(ValueError, match="unit is 6: this model has units 0 to 5"):
        unit_terms((make_language_model(), tokenizer), TEXT, 6)
