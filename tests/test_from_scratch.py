"""The NumPy networks: their gradients against numerical ones, and the example that a learner runs first."""

from __future__ import annotations

import doctest
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnn_models import from_scratch
from rnn_models.from_scratch import GRU, LSTM, RNN, CharacterModel, backward, cross_entropy, forward, gradient_norms

SENTENCE = "to be, or not to be"
CELLS = [RNN("tanh"), RNN("relu"), LSTM(), GRU()]
BATCH, TIME, INPUT, HIDDEN = 2, 4, 3, 5

each_cell = pytest.mark.parametrize("cell", CELLS, ids=["rnn-tanh", "rnn-relu", "lstm", "gru"])


def numerical_gradient(loss, x: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """dL/dx by central differences: `loss` takes no arguments and reads x, which is changed one element at a time."""
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        original = x[place]
        x[place] = original + step
        above = loss()
        x[place] = original - step
        below = loss()
        x[place] = original
        gradient[place] = (above - below) / (2 * step)
    return gradient


@dataclass
class Problem:
    """A random cell, input and state, and a loss that depends on every output and the entire last state."""

    cell: from_scratch.NumPyCell

    def __post_init__(self):
        rng = np.random.default_rng(1)
        self.parameters = from_scratch.initial_parameters(self.cell, INPUT, HIDDEN, rng)
        self.inputs = rng.normal(size=(BATCH, TIME, INPUT))
        self.state = tuple(rng.normal(size=(BATCH, HIDDEN)) for _ in range(self.cell.state_parts))
        self.d_outputs = rng.normal(size=(BATCH, TIME, HIDDEN))
        self.d_state = tuple(rng.normal(size=(BATCH, HIDDEN)) for _ in range(self.cell.state_parts))

    def loss(self) -> float:
        outputs, state, _ = forward(self.cell, self.parameters, self.inputs, self.state)
        parts = zip(self.d_state, state, strict=True)
        return float((self.d_outputs * outputs).sum() + sum((d * part).sum() for d, part in parts))

    def gradients(self) -> from_scratch.Gradients:
        _, _, tape = forward(self.cell, self.parameters, self.inputs, self.state)
        return backward(self.cell, self.parameters, tape, self.d_outputs, self.d_state)


def assert_close(computed: np.ndarray, expected: np.ndarray) -> None:
    assert np.abs(expected).max() > 1e-3  # comparing zeros would prove nothing
    np.testing.assert_allclose(computed, expected, rtol=1e-6, atol=1e-8)


@each_cell
@pytest.mark.parametrize("name", from_scratch.Parameters._fields)
def test_the_gradient_of_each_parameter_is_the_numerical_one(cell, name):
    problem = Problem(cell)
    expected = numerical_gradient(problem.loss, getattr(problem.parameters, name))
    assert_close(getattr(problem.gradients().parameters, name), expected)


@each_cell
def test_the_gradient_of_the_inputs_is_the_numerical_one(cell):
    problem = Problem(cell)
    assert_close(problem.gradients().inputs, numerical_gradient(problem.loss, problem.inputs))


@each_cell
def test_the_gradient_of_the_initial_state_is_the_numerical_one(cell):
    problem = Problem(cell)
    for computed, part in zip(problem.gradients().state, problem.state, strict=True):
        assert_close(computed, numerical_gradient(problem.loss, part))


@each_cell
def test_the_gradient_of_each_hidden_state_is_that_of_the_steps_after_it(cell):
    problem = Problem(cell)
    hidden = problem.gradients().hidden
    for t in range(TIME - 1):
        # Take h_t as the initial state of the remaining steps; h_t's own output adds its gradient directly.
        _, state, _ = forward(cell, problem.parameters, problem.inputs[:, : t + 1], problem.state)
        rest = Problem(cell)
        rest.inputs, rest.state, rest.d_outputs = problem.inputs[:, t + 1 :], state, problem.d_outputs[:, t + 1 :]
        assert_close(hidden[:, t], problem.d_outputs[:, t] + numerical_gradient(rest.loss, rest.state[0]))


def test_the_gradient_of_the_cross_entropy_is_the_numerical_one():
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(size=(4, 6)), np.array([0, 5, 2, 2])
    expected = numerical_gradient(lambda: cross_entropy(logits, targets)[0], logits)
    assert_close(cross_entropy(logits, targets)[1], expected)


def test_the_loss_of_equal_logits_is_the_logarithm_of_their_number():
    loss, _ = cross_entropy(np.full((3, 7), 1e4), np.array([0, 3, 6]))
    assert loss == pytest.approx(np.log(7))


def test_huge_logits_and_activations_do_not_overflow():
    with np.errstate(over="raise", invalid="raise"):
        loss, gradient = cross_entropy(np.array([[1e4, -1e4]]), np.array([1]))
        assert loss == pytest.approx(2e4)
        assert np.isfinite(gradient).all()
        assert from_scratch.sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == [0.0, 0.5, 1.0]


@each_cell
@pytest.mark.parametrize("first", [1, 7])
def test_the_gradient_of_each_weight_of_the_character_model_is_the_numerical_one(cell, first):
    model = CharacterModel(SENTENCE, cell, HIDDEN)
    _, gradients, _ = model.loss_and_gradients(SENTENCE, first)
    for weight, gradient in zip(model.weights(), gradients, strict=True):
        expected = numerical_gradient(lambda: model.loss_and_gradients(SENTENCE, first)[0], weight)
        assert_close(gradient, expected)


@each_cell
def test_the_state_carries_everything_from_one_chunk_to_the_next(cell):
    problem = Problem(cell)
    whole, last, _ = forward(cell, problem.parameters, problem.inputs, problem.state)
    first_half, state, _ = forward(cell, problem.parameters, problem.inputs[:, :2], problem.state)
    second_half, state, _ = forward(cell, problem.parameters, problem.inputs[:, 2:], state)
    np.testing.assert_allclose(np.concatenate([first_half, second_half], axis=1), whole, rtol=1e-12)
    np.testing.assert_allclose(state, last, rtol=1e-12)


@each_cell
def test_each_cell_learns_a_sentence_and_generates_it(cell):
    model = CharacterModel(SENTENCE, cell, hidden_size=16)
    losses = [model.train_step(SENTENCE) for _ in range(301)]
    assert losses[0] > 2.0
    assert losses[-1] < 0.1
    assert model.write(SENTENCE[0], length=len(SENTENCE) - 1) == SENTENCE


def test_the_gradient_is_clipped_to_the_maximum_norm():
    model = CharacterModel(SENTENCE, LSTM(), hidden_size=8)
    before = [weight.copy() for weight in model.weights()]
    model.train_step(SENTENCE, learning_rate=1.0, max_norm=1e-3)
    step = np.concatenate([(a - b).ravel() for a, b in zip(model.weights(), before, strict=True)])
    assert np.linalg.norm(step) == pytest.approx(1e-3)


def test_sampling_follows_the_models_own_distribution_and_the_seed():
    model = CharacterModel("abc", RNN(), hidden_size=4)
    model.weight_out[:] = 0
    model.bias_out[:] = np.log([0.7, 0.2, 0.1])
    drawn = model.write("a", length=3000, temperature=1.0)[1:]
    assert [drawn.count(c) / 3000 for c in "abc"] == pytest.approx([0.7, 0.2, 0.1], abs=0.03)
    squared = model.write("a", length=3000, temperature=0.5)[1:]  # p^(1/0.5), normalised
    assert squared.count("a") / 3000 == pytest.approx(0.49 / 0.54, abs=0.03)
    assert model.write("a", 50, temperature=1.0, seed=3) == model.write("a", 50, temperature=1.0, seed=3)
    assert model.write("a", 50, temperature=1.0, seed=3) != model.write("a", 50, temperature=1.0, seed=4)
    assert model.write("b", length=5) == "baaaaa"


def test_generating_with_the_state_equals_reading_the_entire_text_again():
    model = CharacterModel(SENTENCE, GRU(), hidden_size=16)
    for weight in model.weights():
        weight *= 5  # large weights, so that the output depends on the entire prefix
    text = "to "
    for _ in range(12):
        h, _, _ = model.read(text, from_scratch.zero_state(model.cell, 1, 16))
        text += model.characters[(h @ model.weight_out.T + model.bias_out)[-1].argmax()]
    assert model.write("to ", length=12) == text


def test_an_open_forget_gate_lets_the_gradient_reach_far_back():
    sentence = SENTENCE * 3
    closed, opened = (CharacterModel(sentence, LSTM(), hidden_size=16) for _ in range(2))
    closed.parameters.bias_ih[16:32] -= 5
    opened.parameters.bias_ih[16:32] += 5
    norms = {name: gradient_norms(model, sentence) for name, model in [("closed", closed), ("opened", opened)]}
    assert all(norm.shape == (len(sentence) - 1,) for norm in norms.values())
    assert norms["closed"][-31] < 1e-12 * norms["closed"][-1]
    assert norms["opened"][-31] > 1e-3 * norms["opened"][-1]


@each_cell
def test_gradient_norms_are_those_of_the_last_characters_loss(cell):
    model = CharacterModel(SENTENCE, cell, HIDDEN)
    norms = gradient_norms(model, SENTENCE)
    start = from_scratch.zero_state(cell, 1, HIDDEN)
    for t in (1, 5, len(SENTENCE) - 2):
        _, state, _ = model.read(SENTENCE[:t], start)

        def loss(t=t, state=state) -> float:
            h, _, _ = model.read(SENTENCE[t:-1], state)
            logits = h[-1:] @ model.weight_out.T + model.bias_out
            return cross_entropy(logits, model.encode(SENTENCE[-1]))[0]

        expected = np.linalg.norm(numerical_gradient(loss, state[0]))
        assert norms[t - 1] == pytest.approx(expected, rel=1e-4, abs=1e-9)


@example("\0\0")
@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(exclude_categories=()), min_size=2, max_size=30))
def test_any_text_can_be_learned_and_is_generated_in_its_own_characters(text):
    model = CharacterModel(text, GRU(), hidden_size=4)
    assert [model.characters[place] for place in model.encode(text)] == list(text)
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(model.train_step(text))
    written = model.write(text, length=5, temperature=1.0)
    assert written.startswith(text)
    assert len(written) == len(text) + 5
    assert set(written) <= set(text)


def test_errors_say_what_is_allowed():
    model = CharacterModel("ab", RNN(), hidden_size=4)
    with pytest.raises(ValueError, match="'z' is not in the vocabulary, which is 'ab'"):
        model.write("az", length=1)
    with pytest.raises(ValueError, match="at least one character to continue from"):
        model.write("", length=1)
    with pytest.raises(ValueError, match=r"temperature is -1; it must be 0 \(greedy\) or more"):
        model.write("a", length=1, temperature=-1)
    with pytest.raises(ValueError, match="must be at least 1 and less than the text's length, 1"):
        model.train_step("a")
    with pytest.raises(ValueError, match="less than the text's length, 1"):
        gradient_norms(model, "a")
    with pytest.raises(ValueError, match="the vocabulary needs at least one character"):
        CharacterModel("", RNN(), hidden_size=4)
    with pytest.raises(ValueError, match="'sigmoid'; it must be 'tanh' or 'relu'"):
        RNN("sigmoid")


def test_the_example_in_the_module_docstring_is_correct():
    finder = doctest.DocTestFinder(recurse=False)
    (example,) = finder.find(from_scratch, "from_scratch")
    assert example.examples
    result = doctest.DocTestRunner().run(example)
    assert result.failed == 0


def in_a_fresh_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python *arguments` in the folder of the package, and assert that it succeeds."""
    folder = Path(from_scratch.__file__).parents[1]
    run = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, encoding="utf-8", timeout=300)
    assert run.returncode == 0, run.stderr
    return run


def test_the_module_runs_as_a_command_and_each_cell_generates_the_sentence():
    run = in_a_fresh_process("-W", "error", "-m", "rnn_models.from_scratch")
    assert run.stderr == ""
    sentence = "A recurrent network reads one character at a time and remembers."
    assert run.stdout.count(f"writes: {sentence}") == 3
    losses = [float(line.split()[3]) for line in run.stdout.splitlines() if line.startswith("step ")]
    assert len(losses) == 21
    for first, last in zip(losses[::7], losses[6::7], strict=True):
        assert last < 0.1 < first


def test_the_module_needs_nothing_but_numpy():
    run = in_a_fresh_process(
        "-c",
        """
import sys, numpy.random  # it loads parts of Cython under names of their own
before = set(sys.modules)
from rnn_models.from_scratch import LSTM, CharacterModel
CharacterModel("ab", LSTM(), hidden_size=2).train_step("abab")
new = {name.partition(".")[0] for name in set(sys.modules) - before}
print(new - set(sys.stdlib_module_names) - {"numpy"})
""",
    )
    assert run.stdout.strip() == "{'rnn_models'}"
