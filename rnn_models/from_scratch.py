"""Recurrent networks from scratch: the three cells, forward and backward, in pure NumPy.

Start reading here. Nothing below is hidden in a library: every line is an equation, and every gradient was derived by
hand. The models that are trained and shipped (`rnn_models.modeling`) compute the same numbers with torch; the tests
compare the two.

    >>> from rnn_models.from_scratch import LSTM, CharacterModel
    >>> sentence = "A recurrent network reads one character at a time and remembers."
    >>> model = CharacterModel(sentence, LSTM(), hidden_size=32)
    >>> losses = [model.train_step(sentence) for _ in range(301)]
    >>> round(losses[0], 1), round(losses[-1], 1)  # nats per character: from guessing among 19 to certainty
    (2.9, 0.0)
    >>> model.write("A", length=len(sentence) - 1)  # greedy: always the most likely character
    'A recurrent network reads one character at a time and remembers.'

`python -m rnn_models.from_scratch` does this with each cell and shows how far back in time its gradients reach.

Glossary
--------
B, T      batch size (sequences processed in parallel); time (steps in a sequence)
E, H, V   sizes of an input vector x, of the hidden state h, and of the vocabulary
G         number of gates: 1 (RNN), 4 (LSTM), 3 (GRU)
x_t       (B, E) the input of step t
h_t       (B, H) the hidden state after step t, also the output of the step; h_0 is given
c_t       (B, H) the cell state, the LSTM's second memory
W, b      weight_ih (G*H, E), bias_ih (G*H,), weight_hh (G*H, H), bias_hh (G*H,); the gates are stacked along the rows
          as in torch.nn.RNN, LSTM (i, f, g, o) and GRU (r, z, n)
u_t, v_t  (B, G*H) the contributions of input and memory: u_t = W_ih x_t + b_ih,  v_t = W_hh h_{t-1} + b_hh.
          All cells share these two; cells differ in what they compute from them. u_i, v_i are the rows of gate i.
σ, *      the logistic function 1 / (1 + e^-a); the elementwise product
L, d_a    the loss, a scalar; its gradient dL/da, with the shape of a

Backpropagation through time (Werbos 1990, "Backpropagation through time: what it does and how to do it") is the chain
rule applied to the steps in reverse order. It needs only two derivatives: σ' = σ (1 - σ) and tanh' = 1 - tanh².

Not included: several layers, both directions, padding, dropout, speed. See `rnn_models.modeling` for those.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
State = tuple[Array, ...]  # (h,) or (h, c), each (B, H)


def sigmoid(a: Array) -> Array:
    """σ(a), written with tanh because e^-a overflows for very negative a."""
    return 0.5 * (1.0 + np.tanh(0.5 * a))


class NumPyCell(ABC):
    """One step of a recurrence, as a pure function, and the gradient of that step."""

    gates: int  # G
    state_parts: int  # 1: the state is (h,); 2: it is (h, c)

    @abstractmethod
    def step(self, u: Array, v: Array, state: State) -> tuple[State, tuple[Array, ...]]:
        """u_t, v_t (B, G*H) and the state before the step -> the state after it, and the values `step_back` needs."""

    @abstractmethod
    def step_back(self, d_state: State, saved: tuple[Array, ...]) -> tuple[Array, Array, State]:
        """Gradient of the state after the step -> gradients of u_t, of v_t and of the state before the step.

        The last one omits the path through v_t: `backward` adds it, since it is the same for every cell.
        """


class RNN(NumPyCell):
    """The vanilla cell (Elman 1990, "Finding structure in time").

    forward   h_t = φ(u + v)                      φ = tanh, or relu (Le et al. 2015, arXiv:1504.00941)
    backward  d_u = d_v = d_h * φ'(u + v)         tanh' = 1 - h_t²;  relu' = 1 if h_t > 0, else 0
    """

    gates = 1
    state_parts = 1

    def __init__(self, nonlinearity: str = "tanh") -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"nonlinearity is {nonlinearity!r}; it must be 'tanh' or 'relu'")
        self.nonlinearity = nonlinearity

    def step(self, u: Array, v: Array, state: State) -> tuple[State, tuple[Array, ...]]:
        h = np.tanh(u + v) if self.nonlinearity == "tanh" else np.maximum(u + v, 0.0)  # (B, H)
        return (h,), (h,)

    def step_back(self, d_state: State, saved: tuple[Array, ...]) -> tuple[Array, Array, State]:
        (d_h,), (h,) = d_state, saved
        d_a = d_h * (1 - h**2) if self.nonlinearity == "tanh" else d_h * (h > 0)
        return d_a, d_a, (np.zeros_like(d_h),)  # h_{t-1} acts only through v


class LSTM(NumPyCell):
    """Long short-term memory (Hochreiter & Schmidhuber 1997), with the forget gate of Gers et al. 2000.

    forward   i = σ(u_i + v_i)        input gate: how much to write
              f = σ(u_f + v_f)        forget gate: how much to keep
              g = tanh(u_g + v_g)     what to write
              o = σ(u_o + v_o)        output gate: how much to show
              c_t = f * c_{t-1} + i * g
              h_t = o * tanh(c_t)
    backward  d_o = d_h * tanh(c_t)
              d_c += d_h * o * (1 - tanh²(c_t))     c_t acts twice: on h_t and on the next step
              d_i = d_c * g
              d_f = d_c * c_{t-1}
              d_g = d_c * i
              d_c_{t-1} = d_c * f                   no weights and no tanh on this path: for f near 1, nothing vanishes
    """

    gates = 4
    state_parts = 2

    def step(self, u: Array, v: Array, state: State) -> tuple[State, tuple[Array, ...]]:
        _, c_before = state
        a_i, a_f, a_g, a_o = np.split(u + v, 4, axis=1)  # (B, 4H) -> four of (B, H)
        i = sigmoid(a_i)
        f = sigmoid(a_f)
        g = np.tanh(a_g)
        o = sigmoid(a_o)
        c = f * c_before + i * g
        h = o * np.tanh(c)
        return (h, c), (i, f, g, o, c_before, c)

    def step_back(self, d_state: State, saved: tuple[Array, ...]) -> tuple[Array, Array, State]:
        (d_h, d_c), (i, f, g, o, c_before, c) = d_state, saved
        d_o = d_h * np.tanh(c)
        d_c = d_c + d_h * o * (1 - np.tanh(c) ** 2)
        d_i = d_c * g
        d_f = d_c * c_before
        d_g = d_c * i
        d_c_before = d_c * f
        by_gate = [d_i * i * (1 - i), d_f * f * (1 - f), d_g * (1 - g**2), d_o * o * (1 - o)]
        d_a = np.concatenate(by_gate, axis=1)  # four of (B, H) -> (B, 4H)
        return d_a, d_a, (np.zeros_like(d_h), d_c_before)


class GRU(NumPyCell):
    """Gated recurrent unit (Cho et al. 2014, arXiv:1406.1078), with torch's reset gate: after the matrix product.

    forward   r = σ(u_r + v_r)            reset gate: how much of the memory enters the candidate
              z = σ(u_z + v_z)            update gate: how much to keep
              n = tanh(u_n + r * v_n)     the candidate; v_n = W_hn h_{t-1} + b_hn, so r also gates b_hn
              h_t = (1 - z) * n + z * h_{t-1}
    backward  d_n = d_h * (1 - z)
              d_z = d_h * (h_{t-1} - n)
              d_h_{t-1} = d_h * z         the GRU's direct path back
              d_a_n = d_n * (1 - n²)      with a_n = u_n + r * v_n
              d_r = d_a_n * v_n
              d_v_n = d_a_n * r           but d_u_n = d_a_n: d_u and d_v differ only here
    """

    gates = 3
    state_parts = 1

    def step(self, u: Array, v: Array, state: State) -> tuple[State, tuple[Array, ...]]:
        (h_before,) = state
        u_r, u_z, u_n = np.split(u, 3, axis=1)  # (B, 3H) -> three of (B, H)
        v_r, v_z, v_n = np.split(v, 3, axis=1)
        r = sigmoid(u_r + v_r)
        z = sigmoid(u_z + v_z)
        n = np.tanh(u_n + r * v_n)
        h = (1 - z) * n + z * h_before
        return (h,), (r, z, n, v_n, h_before)

    def step_back(self, d_state: State, saved: tuple[Array, ...]) -> tuple[Array, Array, State]:
        (d_h,), (r, z, n, v_n, h_before) = d_state, saved
        d_n = d_h * (1 - z)
        d_z = d_h * (h_before - n)
        d_h_before = d_h * z
        d_a_n = d_n * (1 - n**2)
        d_r = d_a_n * v_n
        d_a_r, d_a_z = d_r * r * (1 - r), d_z * z * (1 - z)
        d_u = np.concatenate([d_a_r, d_a_z, d_a_n], axis=1)  # three of (B, H) -> (B, 3H)
        d_v = np.concatenate([d_a_r, d_a_z, d_a_n * r], axis=1)
        return d_u, d_v, (d_h_before,)


class Parameters(NamedTuple):
    """The weights of a cell, or their gradients."""

    weight_ih: Array  # (G*H, E)
    weight_hh: Array  # (G*H, H)
    bias_ih: Array  # (G*H,)
    bias_hh: Array  # (G*H,)


class Gradients(NamedTuple):
    """The gradients of everything that went into `forward`, and dL/dh_t of every step."""

    parameters: Parameters
    inputs: Array  # (B, T, E)
    state: State  # of the state before the first step
    hidden: Array  # (B, T, H): dL/dh_t, through the output of step t and all later steps


Tape = list[tuple[Array, Array, tuple[Array, ...]]]  # per step: x_t, h_{t-1}, the values that the cell saved


def initial_parameters(cell: NumPyCell, input_size: int, hidden_size: int, rng: np.random.Generator) -> Parameters:
    """Uniform in ±1/√H, as torch.nn draws them."""
    rows, bound = cell.gates * hidden_size, hidden_size**-0.5
    shapes = (rows, input_size), (rows, hidden_size), rows, rows
    return Parameters(*(rng.uniform(-bound, bound, shape) for shape in shapes))


def zero_state(cell: NumPyCell, batch_size: int, hidden_size: int) -> State:
    """The state before anything has been read."""
    return tuple(np.zeros((batch_size, hidden_size)) for _ in range(cell.state_parts))


def forward(cell: NumPyCell, parameters: Parameters, inputs: Array, state: State) -> tuple[Array, State, Tape]:
    """Runs the cell over time: inputs (B, T, E) -> outputs h_1..h_T (B, T, H), the state after them, the tape."""
    outputs, tape = [], []
    for x in inputs.swapaxes(0, 1):  # (T, B, E), one (B, E) at a time
        u = x @ parameters.weight_ih.T + parameters.bias_ih  # (B, G*H)
        v = state[0] @ parameters.weight_hh.T + parameters.bias_hh  # (B, G*H)
        h_before = state[0]
        state, saved = cell.step(u, v, state)
        outputs.append(state[0])
        tape.append((x, h_before, saved))
    return np.stack(outputs, axis=1), state, tape


def backward(cell: NumPyCell, parameters: Parameters, tape: Tape, d_outputs: Array, d_state: State) -> Gradients:
    """Backpropagation through time.

    `d_outputs` (B, T, H) is the gradient of the outputs, and `d_state` that of the state that `forward` returned: all
    zeros if the loss depends only on the outputs. For t = T..1, with d_u and d_v from the cell:

        d_h_t      = d_outputs_t + the gradient from step t+1
        d_W_ih    += d_u^T x_t            d_b_ih += d_u         summed over the batch
        d_W_hh    += d_v^T h_{t-1}        d_b_hh += d_v
        d_x_t      = d_u W_ih
        d_h_{t-1}  = d_v W_hh  + the cell's direct path
    """
    gradients = Parameters(*(np.zeros_like(parameter) for parameter in parameters))
    d_hidden = np.zeros_like(d_outputs)
    d_inputs = np.zeros((*d_outputs.shape[:2], parameters.weight_ih.shape[1]))
    for t in reversed(range(len(tape))):
        x, h_before, saved = tape[t]
        d_hidden[:, t] = d_outputs[:, t] + d_state[0]
        d_u, d_v, d_state = cell.step_back((d_hidden[:, t], *d_state[1:]), saved)
        gradients.weight_ih[:] += d_u.T @ x
        gradients.weight_hh[:] += d_v.T @ h_before
        gradients.bias_ih[:] += d_u.sum(axis=0)
        gradients.bias_hh[:] += d_v.sum(axis=0)
        d_inputs[:, t] = d_u @ parameters.weight_ih
        d_state = (d_state[0] + d_v @ parameters.weight_hh, *d_state[1:])
    return Gradients(gradients, d_inputs, d_state, d_hidden)


def log_softmax(logits: Array) -> Array:
    """(..., V) -> log-probabilities (..., V). Subtracts the largest logit first, or e^logit would overflow."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_p: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return log_p


def cross_entropy(logits: Array, targets: NDArray[np.int64]) -> tuple[float, Array]:
    """Logits (N, V), targets (N,) -> L = mean of -log p[target] in nats, and d_logits = (p - onehot) / N, (N, V)."""
    rows = np.arange(len(targets))
    log_p = log_softmax(logits)
    d_logits = np.exp(log_p)
    d_logits[rows, targets] -= 1
    return float(-log_p[rows, targets].mean()), d_logits / len(targets)


class CharacterModel:
    """Predicts the next character: one-hot inputs (so E = V), a cell, and a linear layer with a softmax on h_t.

    The vocabulary is the set of characters in `text`, which must not be empty; `seed` draws the initial weights.
    """

    def __init__(self, text: str, cell: NumPyCell, hidden_size: int, seed: int = 0) -> None:
        if not text:
            raise ValueError("the text is empty; the vocabulary needs at least one character")
        self.characters = sorted(set(text))
        self.cell, self.hidden_size = cell, hidden_size
        rng = np.random.default_rng(seed)
        size, bound = len(self.characters), hidden_size**-0.5
        self.parameters = initial_parameters(cell, size, hidden_size, rng)
        self.weight_out = rng.uniform(-bound, bound, (size, hidden_size))  # (V, H)
        self.bias_out = np.zeros(size)  # (V,)

    def weights(self) -> list[Array]:
        return [*self.parameters, self.weight_out, self.bias_out]

    def encode(self, text: str) -> NDArray[np.int64]:
        """Text of T characters -> their ids (T,). ValueError if a character is not in the vocabulary."""
        ids = {character: index for index, character in enumerate(self.characters)}
        for character in text:
            if character not in ids:
                raise ValueError(f"{character!r} is not in the vocabulary, which is {''.join(self.characters)!r}")
        return np.array([ids[character] for character in text], dtype=np.int64)

    def read(self, text: str, state: State) -> tuple[Array, State, Tape]:
        """Text of T characters -> h_1..h_T (T, H), the state after them, the tape."""
        one_hot = np.eye(len(self.characters))[self.encode(text)]  # (T, V)
        h, state, tape = forward(self.cell, self.parameters, one_hot[None], state)  # a batch of one
        return h[0], state, tape

    def loss_and_gradients(self, text: str, first: int = 1) -> tuple[float, list[Array], Array]:
        """Predicts text[first], text[first + 1], ... to the end, each from all the characters before it.

        Returns the loss in nats per character, the gradients in the order of `weights`, and dL/dh_t (T, H) with
        T = len(text) - 1. ValueError if there is no character to read or none to predict.
        """
        if not 1 <= first < len(text):
            raise ValueError(f"first is {first}; it must be at least 1 and less than the text's length, {len(text)}")
        zeros = zero_state(self.cell, 1, self.hidden_size)
        h, _, tape = self.read(text[:-1], zeros)
        logits = h[first - 1 :] @ self.weight_out.T + self.bias_out  # (N, V), N = len(text) - first
        loss, d_logits = cross_entropy(logits, self.encode(text[first:]))
        d_h = np.zeros_like(h)
        d_h[first - 1 :] = d_logits @ self.weight_out
        cell = backward(self.cell, self.parameters, tape, d_h[None], d_state=zeros)
        gradients = [*cell.parameters, d_logits.T @ h[first - 1 :], d_logits.sum(axis=0)]
        return loss, gradients, cell.hidden[0]

    def train_step(self, text: str, learning_rate: float = 1.0, max_norm: float = 1.0) -> float:
        """One step of gradient descent; returns the loss before it.

        A gradient whose norm exceeds `max_norm` is scaled down to it, because gradients through many steps can explode
        (Pascanu et al. 2013, arXiv:1211.5063).
        """
        loss, gradients, _ = self.loss_and_gradients(text)
        norm = np.sqrt(sum((gradient**2).sum() for gradient in gradients))
        for weight, gradient in zip(self.weights(), gradients, strict=True):
            weight -= learning_rate * max_norm / max(norm, max_norm) * gradient
        return loss

    def write(self, prompt: str, length: int, temperature: float = 0.0, seed: int = 0) -> str:
        """The prompt and `length` more characters, each drawn from softmax(logits / temperature) and fed back in.

        Temperature 0 takes the most likely character (greedy decoding), 1 samples from the model's own distribution.
        ValueError if the prompt is empty or has a character outside the vocabulary, or if the temperature is negative.
        """
        if not prompt:
            raise ValueError("the prompt is empty; it needs at least one character to continue from")
        if not temperature >= 0:
            raise ValueError(f"temperature is {temperature}; it must be 0 (greedy) or more")
        rng = np.random.default_rng(seed)
        text, unread, state = prompt, prompt, zero_state(self.cell, 1, self.hidden_size)
        for _ in range(length):
            h, state, _ = self.read(unread, state)  # the state covers everything before: read only what is new
            logits = self.weight_out @ h[-1] + self.bias_out  # (V,)
            if temperature > 0:
                index = rng.choice(len(logits), p=np.exp(log_softmax(logits / temperature)))
            else:
                index = logits.argmax()
            unread = self.characters[index]
            text += unread
        return text


def gradient_norms(model: CharacterModel, text: str) -> Array:
    """How far back the loss of the last character reaches: |dL/dh_t| for t = 1..T, (T,), with T = len(text) - 1.

    The gradient enters at h_T, and every step back multiplies it by that step's derivative. A product of many factors
    vanishes or explodes (Bengio et al. 1994, "Learning long-term dependencies with gradient descent is difficult").
    If the norm is near 0 at a step, training gets no signal about what to change there.
    """
    _, _, d_hidden = model.loss_and_gradients(text, first=len(text) - 1)
    norms: Array = np.linalg.norm(d_hidden, axis=1)
    return norms


def main() -> None:
    """Show how far back the gradient of each cell reaches, then train each on one sentence and generate from it."""
    sentence = "A recurrent network reads one character at a time and remembers."
    cells = {"RNN": RNN(), "LSTM": LSTM(), "GRU": GRU()}
    models = {name: CharacterModel(sentence, cell, hidden_size=32) for name, cell in cells.items()}
    lstm_gate_open = CharacterModel(sentence, LSTM(), hidden_size=32)
    lstm_gate_open.parameters.bias_ih[32:64] += 5  # the forget gate's rows, H..2H: f is about σ(5) = 0.99

    print("|dL/dh_t| of the last character's loss before training, relative to its value at the last step:")
    steps_back = [0, 1, 5, 10, 20, 40]
    print(f"{'steps back':24}" + "".join(f"{steps:9}" for steps in steps_back))
    for name, model in {**models, "LSTM, forget gate open": lstm_gate_open}.items():
        norms = gradient_norms(model, sentence)[::-1]
        print(f"{name:24}" + "".join(f"{norms[steps] / norms[0]:9.0e}" for steps in steps_back))

    for name, model in models.items():
        print(f"\n{name}")
        for step in range(301):
            loss = model.train_step(sentence)
            if step % 50 == 0:
                print(f"step {step:3}   loss {loss:.3f} nats per character")
        print(f"writes: {model.write(sentence[0], length=len(sentence) - 1)}")


if __name__ == "__main__":
    main()
