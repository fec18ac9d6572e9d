"""The recurrent cells. A cell is one step in time, `(x, state) -> (output, state)`, and owns its state's shape.

Glossary
    B  batch            T  time (tokens)      E  width of the input     H  width of the state
    x  (B, E)  input of this step
    h  (B, H)  hidden state, which is also the output
    c  (B, H)  cell state of the LSTM
    i, f, g, o  gates of the LSTM: input, forget, cell, output
    r, z, n     gates of the GRU: reset, update, new
    W  weight_ih (G*H, E)    U  weight_hh (G*H, H)    b  bias_ih (G*H)    d  bias_hh (G*H)    G  number of gates
    a_k  rows of a that belong to gate k

`step` is the reference: it follows the equations line by line. `fused` runs the same parameters over a sequence in one
kernel of torch, and `fused_step` over one token. Tests hold all three to the same outputs and gradients. A call of the
cell chooses by the shape of its input, so that hooks on the cell always run. The parameters have the layout of
`torch.nn.RNN`, `LSTM` and `GRU`. To add a cell, write it here and list it in `CELLS`; a `Cell` only needs `step`, and
then runs over a sequence in a loop.
"""

from __future__ import annotations

import warnings
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import initialization as init

State = tuple[Tensor, ...]

# Each weight is a parameter of its own, which cuDNN copies into one place at every call, and warns. The copy is small
# beside the call: a network has as many weights as it multiplies in a single step.
warnings.filterwarnings("ignore", message="RNN module weights are not part of single contiguous chunk of memory")


class Cell(nn.Module):
    """One step in time, and all that the rest of the package needs to know about it.

    Args:
        input_size: E.
        hidden_size: H.
        nonlinearity: one of `nonlinearities`.
        weight_dropout: probability of dropping a recurrent weight in training; one mask for all steps of a call.

    Attributes:
        label: the name for people.
        nonlinearities: the allowed values of `nonlinearity`.
        state_names: the parts of the state, each (B, H); the first is also the output.
        gate_names: the keys of `gates`.
        is_bounded: whether the outputs lie in [-1, 1].
        drops_weights: whether the cell supports `weight_dropout`.

    Raises:
        ValueError: the cell does not support `weight_dropout`.
    """

    label: str
    drops_weights = False
    nonlinearities: tuple[str, ...] = ("tanh",)
    state_names: tuple[str, ...] = ("hidden",)
    gate_names: tuple[str, ...]

    def __init__(self, input_size: int, hidden_size: int, nonlinearity: str = "tanh", weight_dropout: float = 0.0):
        super().__init__()
        if weight_dropout and not self.drops_weights:
            raise ValueError(
                f"weight_dropout is {weight_dropout}; {type(self).__name__} does not support it: leave it at 0."
            )
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.nonlinearity = nonlinearity
        self.weight_dropout = weight_dropout

    @property
    def is_bounded(self) -> bool:
        return self.nonlinearity == "tanh"

    def reset_parameters(self) -> None:
        """Draw new weights."""
        raise NotImplementedError

    def initial_state(self, batch_size: int, like: Tensor) -> State:
        """The zero state: one (B, H) tensor per name in `state_names`, with the dtype and device of `like`."""
        return tuple(like.new_zeros(batch_size, self.hidden_size) for _ in self.state_names)

    def gates(self, x: Tensor, state: State) -> dict[str, Tensor]:
        """The gates of the step by name, each (B, H), after their nonlinearity."""
        raise NotImplementedError

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """One step: x (B, E) and the previous state -> output (B, H) and the next state.

        Works as well for x (..., E) and a state (..., H) whose leading dimensions only broadcast against each other.
        """
        raise NotImplementedError

    def forward(self, x: Tensor, state: State, batch_sizes: Tensor | None = None) -> tuple[Tensor, State]:
        """`step` for x (B, E); `unroll` for x (B, T, E), or with `batch_sizes`."""
        if x.dim() == 2 and batch_sizes is None:
            return self.step(x, state)
        return self.unroll(x, state, batch_sizes)

    def unroll(self, x: Tensor, state: State, batch_sizes: Tensor | None = None) -> tuple[Tensor, State]:
        """All steps in turn: x (B, T, E) -> outputs (B, T, H) and the last state.

        With `batch_sizes`, x (tokens, E) and the outputs (tokens, H) are the data of a
        `torch.nn.utils.rnn.PackedSequence`.
        """
        outputs = []
        if batch_sizes is None:
            for x_t in x.unbind(1):
                output, state = self.step(x_t, state)
                outputs.append(output)
            return torch.stack(outputs, 1), state
        for x_t in x.split(batch_sizes.tolist()):
            # Rows are sorted by length: those that have ended come last.
            output, now = self.step(x_t, tuple(part[: len(x_t)] for part in state))
            state = tuple(torch.cat([new, old[len(x_t) :]]) for new, old in zip(now, state, strict=True))
            outputs.append(output)
        return torch.cat(outputs), state


class FusedCell(Cell):
    """A cell with the sums W x + b and U h + d for each gate, for which torch has kernels."""

    drops_weights = True

    def __init__(self, input_size: int, hidden_size: int, nonlinearity: str = "tanh", weight_dropout: float = 0.0):
        super().__init__(input_size, hidden_size, nonlinearity, weight_dropout)
        rows = len(self.gate_names) * hidden_size
        self.weight_ih = nn.Parameter(torch.empty(rows, input_size))
        self.weight_hh = nn.Parameter(torch.empty(rows, hidden_size))
        self.bias_ih = nn.Parameter(torch.empty(rows))
        self.bias_hh = nn.Parameter(torch.empty(rows))

    def reset_parameters(self) -> None:
        """Draw new weights: Glorot for the input, orthogonal in each gate for the recurrence (Saxe et al. 2014)."""
        gates = len(self.gate_names)
        init.xavier_uniform_(self.weight_ih)
        blocks = [torch.empty(self.hidden_size, self.hidden_size) for _ in range(gates)]
        init.copy_(self.weight_hh, torch.cat([nn.init.orthogonal_(block) for block in blocks]))
        init.zeros_(self.bias_ih)
        init.zeros_(self.bias_hh)

    def forward(self, x: Tensor, state: State, batch_sizes: Tensor | None = None) -> tuple[Tensor, State]:
        """`fused_step` for x (B, E); `fused` for x (B, T, E), or with `batch_sizes`."""
        if x.dim() == 2 and batch_sizes is None:
            return self.fused_step(x, state)
        return self.unroll(x, state, batch_sizes)

    def fused_step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """The same as `step`, in one call of torch: a dozen calls from Python take a fifth of the time of a step."""
        # Like the kernels below: a tensor for cells with one state.
        hidden = state if len(state) > 1 else state[0]
        after = self.step_kernel(x, hidden, self.weight_ih, self._recurrent_weight(), self.bias_ih, self.bias_hh)
        after = after if len(state) > 1 else (after,)
        return after[0], after

    def _recurrent_weight(self) -> Tensor:
        """`weight_hh`, with dropout in training: one mask per call."""
        dropped = self.training and self.weight_dropout > 0
        return F.dropout(self.weight_hh, self.weight_dropout) if dropped else self.weight_hh

    def unroll(self, x: Tensor, state: State, batch_sizes: Tensor | None = None) -> tuple[Tensor, State]:
        return self.fused(x, state, batch_sizes)

    # torch.compile would unroll the kernel into steps; compiling a hundred of them takes minutes.
    # https://github.com/pytorch/pytorch/blob/main/torch/_decomp/decompositions.py
    @torch.compiler.disable
    def fused(self, x: Tensor, state: State, batch_sizes: Tensor | None = None) -> tuple[Tensor, State]:
        """The same as `Cell.unroll`, in one kernel."""
        hidden = [s.unsqueeze(0) for s in state]
        # The LSTM's kernel takes a list of two tensors, the others one tensor.
        hidden = hidden if len(hidden) > 1 else hidden[0]
        weights = [self.weight_ih, self._recurrent_weight(), self.bias_ih, self.bias_hh]
        has_biases, num_layers, dropout, bidirectional, batch_first = True, 1, 0.0, False, True
        options = (has_biases, num_layers, dropout, self.training, bidirectional)
        if batch_sizes is None:
            output, *last = self.kernel(x, hidden, weights, *options, batch_first)
        else:
            output, *last = self.kernel(x, batch_sizes, hidden, weights, *options)
        return output, tuple(s.squeeze(0) for s in last)

    @property
    def kernel(self):
        """torch's function for a sequence."""
        raise NotImplementedError

    @property
    def step_kernel(self):
        """torch's function for one token."""
        raise NotImplementedError


class RNNCell(FusedCell):
    """Vanilla RNN (Elman 1990), with phi the tanh or the ReLU:

    h' = phi(W x + b + U h + d)
    """

    label = "vanilla RNN"
    nonlinearities = ("tanh", "relu")
    gate_names = ("hidden",)

    def reset_parameters(self) -> None:
        """As in the base class. With the unbounded ReLU the recurrent weights start small (Le et al. 2015)."""
        super().reset_parameters()
        if self.nonlinearity == "relu":
            init.copy_(self.weight_hh, 0.3 * self.weight_hh)

    def gates(self, x: Tensor, state: State) -> dict[str, Tensor]:
        (h,) = state
        phi = getattr(torch, self.nonlinearity)
        return {"hidden": phi(F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh))}

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        h = self.gates(x, state)["hidden"]
        return h, (h,)

    @torch.compiler.disable
    def fused(self, x: Tensor, state: State, batch_sizes: Tensor | None = None) -> tuple[Tensor, State]:
        """As in the base class, except without gradients on a CPU.

        There torch's function is a loop that allocates every step. Here each step overwrites its input: a classifier
        is a quarter faster.
        """
        wanted = self.training or torch.is_grad_enabled()
        if wanted or batch_sizes is not None or not x.is_cpu or torch.is_autocast_enabled("cpu"):
            return super().fused(x, state, batch_sizes)
        phi = getattr(torch, f"{self.nonlinearity}_")
        (h,), recurrent = state, self.weight_hh.t().contiguous()
        outputs = F.linear(x.transpose(0, 1), self.weight_ih, self.bias_ih + self.bias_hh)  # (T, B, H)
        for a in outputs:
            h = phi(a.addmm_(h, recurrent))
        return outputs.transpose(0, 1), (h,)

    @property
    def kernel(self):
        return {"tanh": torch.rnn_tanh, "relu": torch.rnn_relu}[self.nonlinearity]

    @property
    def step_kernel(self):
        return {"tanh": torch.rnn_tanh_cell, "relu": torch.rnn_relu_cell}[self.nonlinearity]


class LSTMCell(FusedCell):
    """Long short-term memory (Hochreiter & Schmidhuber 1997) with a forget gate (Gers et al. 2000):

    i  = sigmoid(W_i x + b_i + U_i h + d_i)
    f  = sigmoid(W_f x + b_f + U_f h + d_f)
    g  = tanh   (W_g x + b_g + U_g h + d_g)
    o  = sigmoid(W_o x + b_o + U_o h + d_o)
    c' = f * c + i * g
    h' = o * tanh(c')
    """

    label = "LSTM"
    state_names = ("hidden", "cell")
    gate_names = ("input", "forget", "cell", "output")

    def reset_parameters(self) -> None:
        """As in the base class, and a forget bias of 1: the gate starts open (Jozefowicz et al. 2015)."""
        super().reset_parameters()
        i, f, g, o = torch.zeros(4, self.hidden_size)
        init.copy_(self.bias_ih, torch.cat([i, f + 1, g, o]))

    def gates(self, x: Tensor, state: State) -> dict[str, Tensor]:
        h, _ = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=-1)
        return {"input": i.sigmoid(), "forget": f.sigmoid(), "cell": g.tanh(), "output": o.sigmoid()}

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        _, c = state
        i, f, g, o = self.gates(x, state).values()
        c = f * c + i * g
        h = o * c.tanh()
        return h, (h, c)

    @torch.compiler.disable
    def fused(self, x: Tensor, state: State, batch_sizes: Tensor | None = None) -> tuple[Tensor, State]:
        """As in the base class. If the CPU lacks autocast's precision, in the precision of the weights."""
        wanted = torch.get_autocast_dtype("cpu") if x.is_cpu and torch.is_autocast_enabled("cpu") else None
        if wanted is None or has_lstm_in(wanted, torch.is_grad_enabled()):
            return super().fused(x, state, batch_sizes)
        dtype = self.weight_hh.dtype
        with torch.autocast("cpu", enabled=False):
            return super().fused(x.to(dtype), tuple(s.to(dtype) for s in state), batch_sizes)

    @property
    def kernel(self):
        return torch.lstm

    @property
    def step_kernel(self):
        return torch.lstm_cell


@cache
def has_lstm_in(dtype: torch.dtype, gradients: bool = False) -> bool:
    """Whether `torch.lstm` runs under autocast to `dtype` on this processor, with or without gradients.

    torch chooses oneDNN's kernel by the weights' precision, but autocast then calls it in the other one. If the
    processor lacks it (bfloat16 without AVX-512; float16 with gradients, which AMX has only without), oneDNN has no
    kernel. What counts is whether gradients are wanted, not the module's mode. Trying is the only public way to
    find out.
    https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/native/mkldnn/RNN.cpp
    """
    x, gates = torch.zeros(1, 2, 1), torch.zeros(4, 1, requires_grad=gradients)
    weights = [gates, gates, gates[:, 0], gates[:, 0]]
    try:
        with torch.set_grad_enabled(gradients), torch.autocast("cpu", dtype=dtype):
            output = torch.lstm(x, [x[:, :1], x[:, :1]], weights, True, 1, 0.0, False, False, True)[0]
        if gradients:
            output.float().sum().backward()
    except RuntimeError:
        return False
    return True


class GRUCell(FusedCell):
    """Gated recurrent unit (Cho et al. 2014), with the reset gate after the product as in cuDNN and torch:

    r  = sigmoid(W_r x + b_r + U_r h + d_r)
    z  = sigmoid(W_z x + b_z + U_z h + d_z)
    n  = tanh   (W_n x + b_n + r * (U_n h + d_n))
    h' = (1 - z) * n + z * h
    """

    label = "GRU"
    gate_names = ("reset", "update", "new")

    def gates(self, x: Tensor, state: State) -> dict[str, Tensor]:
        (h,) = state
        x_r, x_z, x_n = F.linear(x, self.weight_ih, self.bias_ih).chunk(3, dim=-1)
        h_r, h_z, h_n = F.linear(h, self.weight_hh, self.bias_hh).chunk(3, dim=-1)
        r = (x_r + h_r).sigmoid()
        z = (x_z + h_z).sigmoid()
        n = (x_n + r * h_n).tanh()
        return {"reset": r, "update": z, "new": n}

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        (h,) = state
        _, z, n = self.gates(x, state).values()
        h = (1 - z) * n + z * h
        return h, (h,)

    @property
    def kernel(self):
        return torch.gru

    @property
    def step_kernel(self):
        return torch.gru_cell


CELLS: dict[str, type[Cell]] = {"rnn": RNNCell, "lstm": LSTMCell, "gru": GRUCell}
"""The cells by their names in `RNNConfig.cell_type`: the only list of cells."""
