"""Every step of a network over a text: gates by name, states, and the terms of each gate's sum.

seen = steps("checkpoints/shakespeare-lstm", "To be, or not to be")
seen.layer().gates["forget"]        # (T, H), T tokens by H units
seen.layer().states["cell"]         # (T, H), after each token

terms = unit_terms("checkpoints/shakespeare-lstm", "To be", unit=7)
terms.filled(3)                     # ["i = sigmoid(0.41 + (-0.2) + ...) = 0.6", ...]
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import torch

from ..modeling.cells import Cell
from .source import MAX_TOKENS, Source, Tokens, chosen, numbers, open_source, read_tokens
from .unrolling import Track, frozen, unroll

# The lowest and the highest tenth of the range of a nonlinearity. A ReLU has no upper bound; its lower one is 0, where
# no gradient passes.
BOUNDS = {
    "sigmoid": (0.1, 0.9),
    "tanh": (-0.8, 0.8),
    "relu": (float(np.finfo(np.float32).tiny), float("inf")),
}


@dataclass(frozen=True)
class LayerSteps:
    """The steps of one direction of one layer. Row t belongs to token t, in either direction.

    Attributes:
        layer, direction: their indices, counted from 0.
        backwards: whether it reads from right to left.
        inputs: (T, E), the tokens' vectors, or the outputs of the layer below.
        gates: by name, each (T, H) after its nonlinearity. They include the candidate: `cell` of an LSTM, `new` of a
            GRU, `hidden` of a vanilla RNN, which has no other.
        states: by name, each (T, H), after the token: `hidden`, and `cell` of an LSTM.
        before: the same before the token.
        nonlinearities: of each gate: `sigmoid`, `tanh` or `relu`.
    """

    layer: int
    direction: int
    backwards: bool
    inputs: np.ndarray
    gates: dict[str, np.ndarray]
    states: dict[str, np.ndarray]
    before: dict[str, np.ndarray]
    nonlinearities: dict[str, str]


@dataclass(frozen=True)
class Steps:
    """All steps of a network over one text.

    Attributes:
        tokens: the text that was read, T tokens.
        layers: from the bottom up, a layer's directions next to each other, in the order of `RNNState`.
    """

    tokens: Tokens
    layers: tuple[LayerSteps, ...]

    def layer(self, layer: int = -1, direction: int = 0) -> LayerSteps:
        """The steps of one layer and direction; the top layer by default. Raises ValueError if it does not exist."""
        return self.layers[track_index(self.layers, layer, direction)]


def track_index(tracks: Sequence, layer: int, direction: int) -> int:
    """The index of a layer and direction among all tracks of a network. Raises ValueError."""
    layers = [index for index, track in enumerate(tracks) if track.direction == 0]
    first = layers[chosen("layer", layer, layers)]
    side_by_side = [track for track in tracks if track.layer == tracks[first].layer]
    return first + chosen("direction", direction, side_by_side)


def steps(source: Source, text: str, *, max_tokens: int = MAX_TOKENS) -> Steps:
    """Read a text from a zero state and record everything.

    Args:
        source: a folder, a name on the Hub, a checkpoint, or (model, tokenizer).
        text: the text to read.
        max_tokens: the largest length of the text.

    Raises:
        ValueError: the text is empty, too long or unknown to the model, or the model is from another package.
        LoadError: the source cannot be loaded.
    """
    tokens, tracks = _read(source, text, max_tokens)
    return Steps(tokens, tuple(map(_layer_steps, tracks)))


def _read(source: Source, text: str, max_tokens: int) -> tuple[Tokens, list[Track]]:
    opened = open_source(source)
    tokens = read_tokens(opened, text, max_tokens)
    with torch.inference_mode():
        model = frozen(opened.model)
        ids = torch.as_tensor(tokens.ids, device=model.device)
        return tokens, unroll(model, model.base_model.embedding(ids)[None])


@torch.inference_mode()
def _layer_steps(track: Track) -> LayerSteps:
    names = track.cell.state_names
    before = tuple(part[0] for part in track.before())
    # A gate depends only on its input and the state before it, so all T steps form one batch.
    gates = track.cell.gates(track.inputs[0], before)
    return LayerSteps(
        track.layer,
        track.direction,
        track.backwards,
        numbers(track.inputs[0]),
        {name: numbers(gate) for name, gate in gates.items()},
        {name: numbers(part[0]) for name, part in zip(names, track.states(), strict=True)},
        {name: numbers(part) for name, part in zip(names, before, strict=True)},
        {gate.name: gate.nonlinearity for gate in _gates(track.cell)},
    )


class GateSaturation(NamedTuple):
    """How often each unit of a gate is nearly closed or nearly open (Karpathy, Johnson & Fei-Fei 2015, section 4.2).

    Attributes:
        layer, direction, gate: the gate and its layer and direction.
        low, high: the thresholds, the lowest and the highest tenth of the range: 0.1 and 0.9 for a sigmoid, -0.8 and
            0.8 for a tanh. For a ReLU just above 0, and infinity.
        below, above: (H,), the share of steps at which each unit was below `low` and above `high`.
    """

    layer: int
    direction: int
    gate: str
    low: float
    high: float
    below: np.ndarray
    above: np.ndarray


def saturation(*seen: Steps) -> list[GateSaturation]:
    """The saturation of each gate over the steps of one or more texts, layer by layer.

    Raises:
        ValueError: no steps are given.
    """
    if not seen:
        raise ValueError("no steps are given: saturation(steps(model, text))")
    found = []
    for layers in zip(*(one.layers for one in seen), strict=True):
        for gate, nonlinearity in layers[0].nonlinearities.items():
            low, high = BOUNDS[nonlinearity]
            values = np.concatenate([layer.gates[gate] for layer in layers])
            shares = (values < low).mean(0), (values > high).mean(0)
            found.append(GateSaturation(layers[0].layer, layers[0].direction, gate, low, high, *shares))
    return found


class Gate(NamedTuple):
    """A gate in the notation of its cell's equations.

    Attributes:
        name: as in `cell.gate_names`.
        letter: its symbol in the equations; `h'` for the vanilla RNN.
        suffix: the subscript of its weights: `_f` in `W_f x`.
        nonlinearity: `sigmoid`, `tanh` or `relu`.
    """

    name: str
    letter: str
    suffix: str
    nonlinearity: str


def equations(cell: Cell) -> tuple[str, ...]:
    """The equations of a cell, taken from its docstring: `f = sigmoid(W_f x + b_f + ...)`.

    Raises:
        ValueError: the docstring has no equations (`python -OO` removes docstrings).
    """
    lines = [" ".join(line.split()) for line in (inspect.getdoc(type(cell)) or "").splitlines()]
    found = [re.sub(r"(\w) \(", r"\1(", line) for line in lines if re.match(r"\w'? = ", line)]
    if not found:
        raise ValueError(f"the docstring of {type(cell).__name__} has no equations")
    return tuple(line.replace("phi(", f"{cell.nonlinearity}(") for line in found)


def _gates(cell: Cell) -> list[Gate]:
    found = [re.match(r"(\w'?) = (\w+)\(W(_\w|) x ", line) for line in equations(cell)]
    rows = [(match[1], match[3], match[2]) for match in found if match]
    return [Gate(name, *row) for name, row in zip(cell.gate_names, rows, strict=True)]


@dataclass(frozen=True)
class UnitTerms:
    """The terms of a cell's equations for one of its units, at each token.

    Attributes:
        tokens: the text that was read, T tokens.
        layer, direction, unit: the unit.
        equations: of the cell, one per line, such as `f = sigmoid(W_f x + b_f + U_f h + d_f)`.
        values: (T,) for each symbol: the terms of each gate's sum before its nonlinearity (`W_f x`, `b_f`, `U_f h`,
            `d_f`), the gates (`f`), and the states before the token (`h`, `c`) and after it (`h'`, `c'`).
    """

    tokens: Tokens
    layer: int
    direction: int
    unit: int
    equations: tuple[str, ...]
    values: dict[str, np.ndarray]

    def filled(self, position: int = -1, digits: int = 2) -> list[str]:
        """The equations at one token, with numbers for the symbols on the right side, and the result:
        `f = sigmoid(0.41 + 1.02 + (-0.33) + 0) = 0.75`.

        Args:
            position: the token's index; negative from the end.
            digits: significant digits of each number.
        """

        def number(match: re.Match[str]) -> str:
            text = f"{self.values[match[0]][position]:.{digits}g}"
            behind_bracket = match.string[: match.start()].endswith("(")
            return f"({text})" if text.startswith("-") and not behind_bracket else text

        lines = []
        for line in self.equations:
            left, right = line.split(" = ")
            filled = _symbols(tuple(self.values)).sub(number, right)
            lines.append(f"{left} = {filled} = {self.values[left][position]:.{digits}g}")
        return lines


@cache
def _symbols(names: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern of all symbols, but no letters of functions. The longest come first, or `h` would match in `U_f h`."""
    alternatives = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{alternatives})(?![\w'(])")


def unit_terms(
    source: Source, text: str, unit: int, *, layer: int = -1, direction: int = 0, max_tokens: int = MAX_TOKENS
) -> UnitTerms:
    """Read a text from a zero state and compute the terms of one unit's equations at every token.

    Args:
        unit, layer, direction: the unit, counted from 0; by default in the first direction of the top layer.
        max_tokens: the largest length of the text.

    Raises:
        ValueError, LoadError: as in `steps`; ValueError also if there is no such unit.
    """
    tokens, tracks = _read(source, text, max_tokens)
    track = tracks[track_index(tracks, layer, direction)]
    cell = track.cell
    unit = chosen("unit", unit, range(cell.hidden_size))
    seen = _layer_steps(track)
    size = cell.hidden_size
    values: dict[str, np.ndarray] = {}
    with torch.inference_mode():
        x, h = track.inputs[0], track.before()[cell.state_names.index("hidden")][0]  # (T, E), (T, H)
        for index, gate in enumerate(_gates(cell)):
            row = index * size + unit
            values[f"W{gate.suffix} x"] = numbers(x @ cell.weight_ih[row])
            values[f"b{gate.suffix}"] = numbers(cell.bias_ih[row].expand(len(x)))
            values[f"U{gate.suffix} h"] = numbers(h @ cell.weight_hh[row])
            values[f"d{gate.suffix}"] = numbers(cell.bias_hh[row].expand(len(x)))
            values[gate.letter] = seen.gates[gate.name][:, unit]
    for name in cell.state_names:
        # the equations abbreviate a state to its first letter
        values[name[0]], values[f"{name[0]}'"] = seen.before[name][:, unit], seen.states[name][:, unit]
    return UnitTerms(tokens, track.layer, track.direction, unit, equations(cell), values)
