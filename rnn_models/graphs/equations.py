"""The cells' equations as nodes of an ONNX graph: the only place outside the models that distinguishes the cells.

The products W x + b and U h + d are computed outside, in any arithmetic. A step has few nodes, since at batch 1 a node
has about as much overhead as computation: gates with the same nonlinearity are adjacent and share a node.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from ..modeling.cells import Cell, GRUCell, LSTMCell, RNNCell
from .graph import Graph

PHI = {"tanh": "Tanh", "relu": "Relu"}


@dataclass(frozen=True)
class Equations:
    """A cell's step as nodes.

    Attributes:
        order: its gates, those with a sigmoid first.
        step: `(graph, cell, x, h, state)` -> the state after, whose first part is the output. x is W x + b and h is
            U h + d, (B, G*H) with the gates in that order; the state's parts are (B, H).
        adds: whether the step needs only the sum of both; then x may be the sum and h None.
    """

    order: tuple[str, ...]
    step: Callable[[Graph, Cell, str, str | None, Sequence[str]], list[str]]
    adds: bool


def _sum(g: Graph, x: str, h: str | None) -> str:
    return x if h is None else g.node("Add", x, h)


def _rnn(g: Graph, cell: Cell, x: str, h: str | None, state: Sequence[str]) -> list[str]:
    return [g.node(PHI[cell.nonlinearity], _sum(g, x, h))]


def _lstm(g: Graph, cell: Cell, x: str, h: str | None, state: Sequence[str]) -> list[str]:
    size = cell.hidden_size
    a_ifo, a_g = g.split(_sum(g, x, h), [3 * size, size])
    i, f, o = g.split(g.node("Sigmoid", a_ifo), [size] * 3)
    c = g.node("Add", g.node("Mul", f, state[1]), g.node("Mul", i, g.node("Tanh", a_g)))
    return [g.node("Mul", o, g.node("Tanh", c)), c]


def _gru(g: Graph, cell: Cell, x: str, h: str | None, state: Sequence[str]) -> list[str]:
    assert h is not None, "the reset gate applies only to U h"
    size = cell.hidden_size
    x_rz, x_n = g.split(x, [2 * size, size])
    h_rz, h_n = g.split(h, [2 * size, size])
    r, z = g.split(g.node("Sigmoid", g.node("Add", x_rz, h_rz)), [size] * 2)
    n = g.node("Tanh", g.node("Add", x_n, g.node("Mul", r, h_n)))
    # (1 - z) * n + z * h, with one node less
    return [g.node("Add", n, g.node("Mul", z, g.node("Sub", state[0], n)))]


EQUATIONS: dict[type[Cell], Equations] = {
    RNNCell: Equations(("hidden",), _rnn, adds=True),
    LSTMCell: Equations(("input", "forget", "output", "cell"), _lstm, adds=True),
    GRUCell: Equations(("reset", "update", "new"), _gru, adds=False),
}


class NoEquationsError(ValueError):
    """A model's cell cannot be written as a graph."""


def equations_of(cell: Cell) -> Equations:
    """The cell's row in `EQUATIONS`. Raises `NoEquationsError` if it has none."""
    if type(cell) not in EQUATIONS:
        raise NoEquationsError(f"{type(cell).__name__} has no equations for ONNX; the model runs only on PyTorch")
    return EQUATIONS[type(cell)]


def in_order(cell: Cell, parameter: Tensor) -> np.ndarray:
    """A weight or bias of the cell, (G*H, ...), with the gates in the order of the equations."""
    blocks = dict(zip(cell.gate_names, np.split(to_numpy(parameter), len(cell.gate_names)), strict=True))
    return np.concatenate([blocks[gate] for gate in equations_of(cell).order])


def to_numpy(parameter: Tensor) -> np.ndarray:
    return parameter.detach().float().cpu().numpy()
