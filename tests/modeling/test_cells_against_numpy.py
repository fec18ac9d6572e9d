"""The cells of the shipped models, forward and backward, against the NumPy networks written from the equations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnn_models import from_scratch
from rnn_models.modeling.cells import CELLS, Cell, State

# The names here are those of RNNConfig: (cell_type, nonlinearity).
ORACLES: dict[tuple[str, str], Callable[[], from_scratch.NumPyCell]] = {
    ("rnn", "tanh"): lambda: from_scratch.RNN("tanh"),
    ("rnn", "relu"): lambda: from_scratch.RNN("relu"),
    ("lstm", "tanh"): from_scratch.LSTM,
    ("gru", "tanh"): from_scratch.GRU,
}
GATES_OF_THE_ORACLE = {
    "rnn": ("hidden",),
    "lstm": ("input", "forget", "cell", "output"),
    "gru": ("reset", "update", "new"),
}
TOLERANCES = {torch.float64: 1e-11, torch.float32: 2e-5}

each_cell = pytest.mark.parametrize("kind", ORACLES, ids="-".join)
each_precision = pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
each_shape = pytest.mark.parametrize("shape", [(4, 6, 3, 5), (3, 1, 2, 4)], ids=["six-steps", "one-step"])


def step_by_step(cell: Cell, x: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
    outputs = []
    for x_t in x.unbind(1):
        output, state = cell.step(x_t, state)
        outputs.append(output)
    return torch.stack(outputs, dim=1), state


def fused_step_by_step(cell: Cell, x: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
    outputs = []
    for x_t in x.unbind(1):
        output, state = cell(x_t, state)
        outputs.append(output)
    return torch.stack(outputs, dim=1), state


def fused(cell: Cell, x: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
    return cell.fused(x, state)


def fused_without_gradients(cell: Cell, x: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
    before = [tensor.clone() for tensor in (x, *state)]
    with torch.no_grad():
        answer = cell.eval().fused(x, state)
    assert all(torch.equal(tensor, kept) for tensor, kept in zip((x, *state), before, strict=True)), "input changed"
    return answer


each_path = pytest.mark.parametrize("path", [step_by_step, fused_step_by_step, fused])
each_path_forward = pytest.mark.parametrize("path", [step_by_step, fused_step_by_step, fused, fused_without_gradients])


@dataclass
class Problem:
    """A cell in torch and in NumPy with the same random weights, inputs and state, and gradients to send back."""

    kind: tuple[str, str]
    shape: tuple[int, int, int, int]  # B, T, E, H
    dtype: torch.dtype

    def __post_init__(self):
        batch, time, inputs, hidden = self.shape
        rng = np.random.default_rng(0)
        self.oracle = ORACLES[self.kind]()
        # Twice torch's scale, so that gates and activations leave the linear range.
        first = from_scratch.initial_parameters(self.oracle, inputs, hidden, rng)
        self.parameters = from_scratch.Parameters(*(2 * parameter for parameter in first))
        self.inputs = rng.normal(size=(batch, time, inputs))
        self.state = tuple(rng.normal(size=(batch, hidden)) for _ in range(self.oracle.state_parts))
        self.d_outputs = rng.normal(size=(batch, time, hidden))
        self.d_state = tuple(rng.normal(size=(batch, hidden)) for _ in range(self.oracle.state_parts))

        cell_type, nonlinearity = self.kind
        self.cell = CELLS[cell_type](inputs, hidden, nonlinearity).to(self.dtype)
        with torch.no_grad():
            for name, value in self.parameters._asdict().items():
                getattr(self.cell, name).copy_(torch.from_numpy(value))

    def tensors(self, *arrays: np.ndarray) -> tuple[torch.Tensor, ...]:
        return tuple(torch.tensor(array, dtype=self.dtype) for array in arrays)

    def assert_equal(self, computed: torch.Tensor, expected: np.ndarray, what: str) -> None:
        tolerance = TOLERANCES[self.dtype]
        assert computed.dtype == self.dtype
        np.testing.assert_allclose(
            computed.detach().double().numpy(), expected, rtol=tolerance, atol=tolerance, err_msg=what
        )

    def assert_gradients_equal(self, x: torch.Tensor, state: State, expected: from_scratch.Gradients) -> None:
        for name, gradient in expected.parameters._asdict().items():
            assert np.abs(gradient).max() > 1e-3, name  # comparing zeros would prove nothing
            self.assert_equal(getattr(self.cell, name).grad, gradient, name)
        self.assert_equal(x.grad, expected.inputs, "inputs")
        for name, part, gradient in zip(self.cell.state_names, state, expected.state, strict=True):
            self.assert_equal(part.grad, gradient, f"initial {name}")


def test_every_cell_of_the_models_has_an_oracle():
    assert {cell_type for cell_type, _ in ORACLES} == set(CELLS)


@each_cell
@each_path_forward
@each_shape
@each_precision
def test_outputs_and_last_state_are_those_of_the_equations(kind, path, shape, dtype):
    problem = Problem(kind, shape, dtype)
    outputs, state = path(problem.cell, *problem.tensors(problem.inputs), problem.tensors(*problem.state))
    expected, expected_state, _ = from_scratch.forward(
        problem.oracle, problem.parameters, problem.inputs, problem.state
    )
    problem.assert_equal(outputs, expected, "outputs")
    for name, part, expected_part in zip(problem.cell.state_names, state, expected_state, strict=True):
        problem.assert_equal(part, expected_part, f"last {name}")


@each_cell
@each_path
@each_shape
@each_precision
def test_all_gradients_are_those_of_the_equations(kind, path, shape, dtype):
    problem = Problem(kind, shape, dtype)
    (x,) = problem.tensors(problem.inputs)
    before = problem.tensors(*problem.state)
    for leaf in (x, *before):
        leaf.requires_grad_()
    outputs, state = path(problem.cell, x, before)
    torch.autograd.backward([outputs, *state], problem.tensors(problem.d_outputs, *problem.d_state))

    _, _, tape = from_scratch.forward(problem.oracle, problem.parameters, problem.inputs, problem.state)
    expected = from_scratch.backward(problem.oracle, problem.parameters, tape, problem.d_outputs, problem.d_state)
    problem.assert_gradients_equal(x, before, expected)


@each_cell
@each_precision
def test_the_fused_path_over_sequences_of_different_lengths_equals_each_sequence_by_itself(kind, dtype):
    problem = Problem(kind, (3, 6, 3, 5), dtype)
    lengths = [6, 4, 1]  # longest first, as in a packed sequence
    (x,) = problem.tensors(problem.inputs)
    before = problem.tensors(*problem.state)
    for leaf in (x, *before):
        leaf.requires_grad_()
    packed = pack_padded_sequence(x, torch.tensor(lengths), batch_first=True)
    data, state = problem.cell.fused(packed.data, before, packed.batch_sizes)
    outputs, _ = pad_packed_sequence(packed._replace(data=data), batch_first=True)
    torch.autograd.backward([outputs, *state], problem.tensors(problem.d_outputs, *problem.d_state))

    gradients = []
    for row, length in enumerate(lengths):
        alone = slice(row, row + 1)
        expected, expected_state, tape = from_scratch.forward(
            problem.oracle,
            problem.parameters,
            problem.inputs[alone, :length],
            tuple(part[alone] for part in problem.state),
        )
        problem.assert_equal(outputs[alone, :length], expected, f"outputs of row {row}")
        for part, expected_part in zip(state, expected_state, strict=True):
            problem.assert_equal(part[alone], expected_part, f"last state of row {row}")
        d_state = tuple(part[alone] for part in problem.d_state)
        gradients.append(
            from_scratch.backward(problem.oracle, problem.parameters, tape, problem.d_outputs[alone, :length], d_state)
        )
    rest = [((0, 0), (0, 6 - length), (0, 0)) for length in lengths]  # the loss ignores the padding
    inputs = np.concatenate([np.pad(g.inputs, after) for g, after in zip(gradients, rest, strict=True)])
    state_gradients = tuple(np.concatenate(parts) for parts in zip(*(g.state for g in gradients), strict=True))
    sums = (sum(parts) for parts in zip(*(g.parameters for g in gradients), strict=True))
    expected = gradients[0]._replace(parameters=from_scratch.Parameters(*sums), inputs=inputs, state=state_gradients)
    problem.assert_gradients_equal(x, before, expected)


@each_cell
def test_the_gates_come_out_under_their_names(kind):
    problem = Problem(kind, (4, 1, 3, 5), torch.float64)
    gates = problem.cell.gates(*problem.tensors(problem.inputs[:, 0]), problem.tensors(*problem.state))
    _, _, [(_, _, saved)] = from_scratch.forward(problem.oracle, problem.parameters, problem.inputs, problem.state)
    names = GATES_OF_THE_ORACLE[kind[0]]
    assert tuple(gates) == problem.cell.gate_names == names
    for name, expected in zip(names, saved[: len(names)], strict=True):
        problem.assert_equal(gates[name], expected, name)


@each_cell
def test_parameters_are_laid_out_as_in_torch(kind):
    cell_type, nonlinearity = kind
    problem = Problem(kind, (4, 6, 3, 5), torch.float64)
    options = {"nonlinearity": nonlinearity} if cell_type == "rnn" else {}
    reference = getattr(torch.nn, cell_type.upper())(3, 5, batch_first=True, dtype=torch.float64, **options)
    with torch.no_grad():
        for name, value in problem.parameters._asdict().items():
            getattr(reference, f"{name}_l0").copy_(torch.from_numpy(value))
        (x,) = problem.tensors(problem.inputs)
        zeros = from_scratch.zero_state(problem.oracle, 4, 5)
        expected, _, _ = from_scratch.forward(problem.oracle, problem.parameters, problem.inputs, zeros)
        problem.assert_equal(reference(x)[0], expected, "outputs of torch.nn")
        problem.assert_equal(step_by_step(problem.cell, x, problem.tensors(*zeros))[0], expected, "outputs")
