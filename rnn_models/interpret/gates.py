"""Every step of a network over a text: its gates by name, its states, and the sums that the gates are made of.

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

# The lowest and the highest tenth of what a nonlinearity can give. A ReLU has no highest; its lowest is 0, where no
# gradient passes.
BOUNDS = {
    "sigmoid": (0.1, 0.9),
    "tanh": (-0.8, 0.8),
    "relu": (float(np.finfo(np.float32).tiny), float("inf")),
}


@dataclass(frozen=True)
class LayerSteps:
    """What one direction of one layer did at each token. Row t belongs to token t, whichever way it reads.

    Attributes:
        layer, direction: where it is, both counted from 0.
        backwards: whether it reads from right to left.
        inputs: (T, E), what came from below: the token's vector, or the outputs of the layer under this one.
        gates: by name, each (T, H) after its nonlinearity. The candidate is among them: `cell` of an LSTM, `new` of
            a GRU, `hidden` of a vanilla RNN, which has nothing else.
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
        tokens: what it read, T tokens.
        layers: from the bottom up, a layer's directions side by side, as `RNNState` has them.
    """

    tokens: Tokens
    layers: tuple[LayerSteps, ...]

    def layer(self, layer: int = -1, direction: int = 0) -> LayerSteps:
        """One of them: the top layer where none is named. Raises ValueError where there is no such one."""
        return self.layers[track_index(self.layers, layer, direction)]


def track_index(tracks: Sequence, layer: int, direction: int) -> int:
    """The place of a layer and direction among all of a network. Raises ValueError."""
    layers = [index for index, track in enumerate(tracks) if track.direction == 0]
    first = layers[chosen("layer", layer, layers)]
    side_by_side = [track for track in tracks if track.layer == tracks[first].layer]
    return first + chosen("direction", direction, side_by_side)


def steps(source: Source, text: str, *, max_tokens: int = MAX_TOKENS) -> Steps:
    """Read a text from a zero state and keep everything.

    Args:
        source: a folder, a name on the Hub, a checkpoint, or (model, tokenizer).
        max_tokens: how long the text may be.

    Raises:
        ValueError: the text is empty, too long or unknown to the model, or the model is none of this package.
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
    # A gate depends on nothing but its input and the state before it: all T steps are one batch here.
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
    """How often each unit of a gate is all but shut or all but open (Karpathy, Johnson & Fei-Fei 2015, section 4.2).

    Attributes:
        layer, direction, gate: which it is.
        low, high: what counts: 0.1 and 0.9 for a sigmoid, -0.8 and 0.8 for a tanh, the lowest and the highest tenth
            of its range; for a ReLU 0 and nothing.
        below, above: (H,), the share of the steps at which each unit was below `low` and above `high`.
    """

    layer: int
    direction: int
    gate: str
    low: float
    high: float
    below: np.ndarray
    above: np.ndarray


def saturation(*seen: Steps) -> list[GateSaturation]:
    """The saturation of each gate over the steps of one text or several, layer by layer.

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
    """A gate as its cell's equations write it.

    Attributes:
        name: as in `cell.gate_names`.
        letter: as in the equations; of the vanilla RNN, which has none, `h'`.
        suffix: what its weights have behind them: `_f` in `W_f x`.
        nonlinearity: `sigmoid`, `tanh` or `relu`.
    """

    name: str
    letter: str
    suffix: str
    nonlinearity: str


def equations(cell: Cell) -> tuple[str, ...]:
    """The equations of a cell, as its docstring has them and its code reads: `f = sigmoid(W_f x + b_f + ...)`.

    Raises:
        ValueError: the docstring has none (Python leaves it out with `-OO`).
    """
    lines = [" ".join(line.split()) for line in (inspect.getdoc(type(cell)) or "").splitlines()]
    found = [re.sub(r"(\w) \(", r"\1(", line) for line in lines if re.match(r"\w'? = ", line)]
    if not found:
        raise ValueError(f"the docstring of {type(cell).__name__} holds no equations")
    return tuple(line.replace("phi(", f"{cell.nonlinearity}(") for line in found)


def _gates(cell: Cell) -> list[Gate]:
    found = [re.match(r"(\w'?) = (\w+)\(W(_\w|) x ", line) for line in equations(cell)]
    rows = [(match[1], match[3], match[2]) for match in found if match]
    return [Gate(name, *row) for name, row in zip(cell.gate_names, rows, strict=True)]


@dataclass(frozen=True)
class UnitTerms:
    """What the equations of a cell add up for one of its units, at each token.

    Attributes:
        tokens: what was read, T tokens.
        layer, direction, unit: which unit.
        equations: of the cell, a line each, such as `f = sigmoid(W_f x + b_f + U_f h + d_f)`.
        values: for each symbol in them (T,) numbers: the terms of each gate's sum before its nonlinearity (`W_f x`,
            `b_f`, `U_f h`, `d_f`), the gates (`f`), the states before the token (`h`, `c`) and after it (`h'`, `c'`).
    """

    tokens: Tokens
    layer: int
    direction: int
    unit: int
    equations: tuple[str, ...]
    values: dict[str, np.ndarray]

    def filled(self, position: int = -1, digits: int = 2) -> list[str]:
        """The equations at a token with the numbers in place of the symbols on their right side, and the result.

        `f = sigmoid(0.41 + 1.02 + (-0.33) + 0) = 0.75`. `digits` is how many significant digits a number has.
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
    """Any of the symbols, but no letter of a function's name: the longest first, or `h` would be found in `U_f h`."""
    alternatives = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{alternatives})(?![\w'(])")


def unit_terms(
    source: Source, text: str, unit: int, *, layer: int = -1, direction: int = 0, max_tokens: int = MAX_TOKENS
) -> UnitTerms:
    """Read a text from a zero state and take one unit's equations apart, at every token.

    Args:
        unit, layer, direction: which unit, counted from 0; the top layer and its first direction where none is named.

    Raises:
        ValueError, LoadError: as `steps`, and where the model has no such unit.
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
        # the equations write a state by its first letter
        values[name[0]], values[f"{name[0]}'"] = seen.before[name][:, unit], seen.states[name][:, unit]
    return UnitTerms(tokens, track.layer, track.direction, unit, equations(cell), values)
