"""Models as ONNX graphs, written from the cells' equations.

Glossary
    B  batch            T  time (tokens)    V  vocabulary    H  width of a state
    D  width of an output, H for each direction
    G  number of gates  L  layers times directions

Inside a graph time comes first: (T, B, ...). A classifier brings each row's tokens to the front and reads the second
direction from the reversed row, so that padding never stands before a token that is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto
from torch import nn

from ..modeling.cells import Cell
from ..modeling.pooling import Attention, last, maximum, mean
from .arithmetic import ARITHMETICS, Float32, Rows, look_up
from .cells import EQUATIONS, in_order, is_bounded, to_numpy
from .graph import Graph

# W x + b of the first layer is looked up, not computed, where a table of it has at most so many numbers.
TABLE = 2**20
BOOL, FLOAT = TensorProto.BOOL, TensorProto.FLOAT


def language_model_graph(model: Any, precision: str, *, steps: bool = False) -> ModelProto:
    """Tokens and the state before them in, logits and the state after them out.

    Inputs: `input_ids` (B, T) int64, and each part of the state under its name, (L, B, H).
    Outputs: `logits` (B, T, V), and each part of the state as `next_` and its name.

    Args:
        model: an `RNNForCausalLM`.
        precision: `"float32"` or `"int8"`.
        steps: one token of each row at a time: `input_ids` (B,) and `logits` (B, V); and each part of each layer's
            state by itself, (B, H), as `hidden_0`, `hidden_1`, since at batch 1 the nodes that would take them apart
            and put them together again cost a tenth of the step.
    """
    writer = _Writer(model, precision)
    g, config = writer.graph, model.config
    names, layers = model.rnn.recurrence.state_names, config.num_hidden_layers
    shape = ["batch"] if steps else ["batch", "time"]
    ids = g.input("input_ids", np.int64, shape)
    if steps:
        part_names = [[f"{name}_{layer}" for layer in range(layers)] for name in names]
        part_shape = ["batch", config.hidden_size]
        before = [[g.input(part, np.float32, part_shape) for part in parts] for parts in part_names]
    else:
        state_shape = [layers, "batch", config.hidden_size]
        before = [g.unstack(g.input(name, np.float32, state_shape), layers) for name in names]
    x = ids if steps else g.node("Transpose", ids, perm=[1, 0])
    states = []
    for index, (cell,) in enumerate(writer.layers):
        state = [part[index] for part in before]
        multiply = writer.above if index else writer.first
        if steps:
            joint = cell in writer.joint
            state = writer.joint_step(cell, x, state) if joint else writer.step(g, cell, multiply(cell, x), state)
            x = state[0]
        else:
            (x,), (state,) = writer.scan([cell], [multiply(cell, x)], [state])
        states.append(state)
    after = list(zip(*states, strict=True))
    rows = writer.arithmetic.rows(g, x, is_bounded(cell))
    if isinstance(model.projection, nn.Linear):
        rows = writer.arithmetic.rows(g, writer.linear(rows, model.projection), False)
    logits = writer.linear(rows, model.lm_head)
    g.output(logits if steps else g.node("Transpose", logits, perm=[1, 0, 2]), "logits", [*shape, config.vocab_size])
    if steps:
        for value, part in zip(chain(*after), chain(*part_names), strict=True):
            g.output(value, f"next_{part}", part_shape)
    else:
        for name, parts in zip(names, after, strict=True):
            g.output(g.stack(parts), f"next_{name}", state_shape)
    return writer.finish()


def classifier_graph(model: Any, precision: str) -> ModelProto:
    """Inputs `input_ids` and `attention_mask`, both (B, T) int64; output `logits` (B, num_labels).

    The mask has a 1 for each token and a 0 for padding, wherever it stands, and every row needs a token.

    Args:
        model: an `RNNForSequenceClassification`.
        precision: `"float32"` or `"int8"`.
    """
    writer = _Writer(model, precision)
    g, config = writer.graph, model.config
    ids, mask = (g.input(name, np.int64, ["batch", "time"]) for name in ("input_ids", "attention_mask"))
    lengths = g.node("ReduceSum", mask, g.ints(1), keepdims=0)
    order = _front(g, mask)
    ids, mask = (g.node("Transpose", g.node("GatherElements", x, order, axis=1), perm=[1, 0]) for x in (ids, mask))
    state_shape = g.node("Concat", g.node("Shape", lengths), g.ints(config.hidden_size), axis=0)
    zeros = g.node("Expand", g.constant(np.zeros((1, 1), np.float32)), state_shape)

    def backwards(x: str) -> str:
        return g.node("ReverseSequence", x, lengths, time_axis=0, batch_axis=1)

    x = ids
    for index, cells in enumerate(writer.layers):
        multiply = writer.above if index else writer.first
        products = [multiply(cell, read) for cell, read in zip(cells, [x, backwards(x)][: len(cells)], strict=True)]
        outputs, _ = writer.scan(cells, products, [[zeros] * len(cell.state_names) for cell in cells])
        # the second direction has read backwards
        x = g.node("Concat", *outputs[:1], *map(backwards, outputs[1:]), axis=-1)
    tokens = g.node("Unsqueeze", g.node("Cast", mask, to=FLOAT), g.ints(-1))
    read = _Read(x, outputs, lengths, tokens, backwards)
    pooled = [writer.pool(pooling, read) for pooling in model.pooling.poolings]
    weight, bias = (
        to_numpy(parameter) / np.float32(config.temperature) for parameter in model.classifier.parameters()
    )
    # a few rows: there is nothing to gain in int8
    logits = Float32().linear(g, Rows(g.node("Concat", *pooled, axis=-1)), weight, bias)
    g.output(logits, "logits", ["batch", config.num_labels])
    return writer.finish()


def _front(g: Graph, mask: str) -> str:
    """The order (B, T) that brings each row's tokens to the front and keeps their sequence."""
    time = g.node("Shape", mask, start=1)
    places = g.node("Range", g.constant(np.int64(0)), g.node("Squeeze", time), g.constant(np.int64(1)))
    # the greatest come first: T - t for a token, -t for padding
    keys = g.node("Sub", g.node("Mul", mask, time), places)
    return g.nodes_of("TopK", keys, time, outputs=2, axis=1)[1]


@dataclass(frozen=True)
class _Read:
    """What a classifier has read, tokens in front.

    Attributes:
        outputs: (T, B, D).
        directions: (T, B, H) of each direction, in the order in which it reads.
        lengths: (B,) int64.
        tokens: (T, B, 1), 1 for a token and 0 for padding.
        backwards: reverses the tokens of (T, B, ...).
    """

    outputs: str
    directions: Sequence[str]
    lengths: str
    tokens: str
    backwards: Callable[[str], str]


def _last(g: Graph, read: _Read) -> str:
    ends = [g.node("Gather", read.backwards(output), g.constant(np.int64(0))) for output in read.directions]
    return g.node("Concat", *ends, axis=-1)


def _mean(g: Graph, read: _Read) -> str:
    total = g.node("ReduceSum", g.node("Mul", read.outputs, read.tokens), g.ints(0), keepdims=0)
    return g.node("Div", total, g.node("Unsqueeze", g.node("Cast", read.lengths, to=FLOAT), g.ints(1)))


def _maximum(g: Graph, read: _Read) -> str:
    return g.node("ReduceMax", _without_padding(g, read.outputs, read.tokens), g.ints(0), keepdims=0)


def _without_padding(g: Graph, x: str, tokens: str) -> str:
    return g.node("Where", g.node("Cast", tokens, to=BOOL), x, g.constant(np.float32("-inf")))


POOLINGS: dict[Any, Callable[[Graph, _Read], str]] = {last: _last, mean: _mean, maximum: _maximum}


class _Writer:
    """One model's graph and how its products are made.

    Attributes:
        layers: the cells of each layer, one for each direction.
        joint: W and U side by side (G*H, D+H), of the cells above the first layer that only add their products. They
            get scales in common, so that one product gives what two and their sum do.
    """

    def __init__(self, model: Any, precision: str) -> None:
        self.model = model
        self.arithmetic = ARITHMETICS[precision]
        self.graph = Graph()
        self.layers = [[m for m in layer.modules() if isinstance(m, Cell)] for layer in model.rnn.recurrence.layers]
        self.embedding = to_numpy(model.rnn.embedding.weight)
        self.joint = {
            cell: np.concatenate([in_order(cell, cell.weight_ih), in_order(cell, cell.weight_hh)], axis=1)
            for cell in chain(*self.layers[1:])
            if EQUATIONS[type(cell)].adds and is_bounded(cell)
        }

    def finish(self) -> ModelProto:
        about = {"precision": self.arithmetic.name, "model_type": self.model.config.model_type}
        return self.graph.model(type(self.model).__name__, about)

    def first(self, cell: Cell, ids: str) -> str:
        """W x + b of the first layer, x the embedding of ids (...) -> (..., G*H)."""
        weight, bias = in_order(cell, cell.weight_ih), in_order(cell, cell.bias_ih)
        if len(self.embedding) * len(weight) <= TABLE:
            return self.graph.node("Gather", self.graph.constant(self.embedding @ weight.T + bias), ids)
        vectors = look_up(self.graph, self.arithmetic.table(self.graph, self.embedding), ids)
        return self.arithmetic.linear(self.graph, vectors, weight, bias)

    def above(self, cell: Cell, x: str) -> str:
        """W x + b of another layer, x (..., D) the outputs of the one below -> (..., G*H)."""
        rows = self.arithmetic.rows(self.graph, x, is_bounded(cell))
        weight, bias = in_order(cell, cell.weight_ih), in_order(cell, cell.bias_ih)
        return self.arithmetic.linear(self.graph, rows, weight, bias, self.joint.get(cell))

    def step(self, g: Graph, cell: Cell, x: str, state: Sequence[str]) -> list[str]:
        """The state after one step, (B, H) each, its output first; x is W x + b."""
        rows = self.arithmetic.rows(g, state[0], is_bounded(cell))
        weight, bias = in_order(cell, cell.weight_hh), in_order(cell, cell.bias_hh)
        h = self.arithmetic.linear(g, rows, weight, bias, self.joint.get(cell))
        return EQUATIONS[type(cell)].step(g, cell, x, h, state)

    def joint_step(self, cell: Cell, x: str, state: Sequence[str]) -> list[str]:
        """As `step`, of a cell in `joint`; x (B, D) is the output of the layer below. At batch 1 nodes cost more than
        numbers, and so there are two fewer."""
        g = self.graph
        rows = self.arithmetic.rows(g, g.node("Concat", x, state[0], axis=-1), True)
        bias = in_order(cell, cell.bias_ih) + in_order(cell, cell.bias_hh)
        added = self.arithmetic.linear(g, rows, self.joint[cell], bias)
        return EQUATIONS[type(cell)].step(g, cell, added, None, state)

    def scan(
        self, cells: Sequence[Cell], products: Sequence[str], states: Sequence[Sequence[str]]
    ) -> tuple[list[str], list[list[str]]]:
        """Run cells side by side over time: of each its W x + b (T, B, G*H) and the state before -> of each its
        outputs (T, B, H) and the state after."""
        body = Graph(self.graph)
        parts = [[body.input(body.name("state"), np.float32, None) for _ in state] for state in states]
        inputs = [body.input(body.name("x"), np.float32, None) for _ in cells]
        after = [self.step(body, *each) for each in zip(cells, inputs, parts, strict=True)]
        before = [part for state in states for part in state]
        for value in [*(part for state in after for part in state), *(state[0] for state in after)]:
            body.output(value, body.name("out"), None)
        found = self.graph.nodes_of(
            "Scan",
            *before,
            *products,
            outputs=len(before) + len(cells),
            body=body.proto("step"),
            num_scan_inputs=len(cells),
        )
        left = iter(found)
        ends = [[next(left) for _ in state] for state in states]
        return list(left), ends

    def linear(self, x: Rows, layer: nn.Linear) -> str:
        weight = to_numpy(layer.weight)
        bias = np.zeros(len(weight), np.float32) if layer.bias is None else to_numpy(layer.bias)
        return self.arithmetic.linear(self.graph, x, weight, bias)

    def pool(self, pooling: Any, read: _Read) -> str:
        """(B, D) of everything read."""
        if not isinstance(pooling, Attention):
            return POOLINGS[pooling](self.graph, read)
        g = self.graph
        rows = self.arithmetic.rows(g, read.outputs, is_bounded(self.layers[-1][0]))
        hidden = g.node("Tanh", self.linear(rows, pooling.hidden))
        scores = g.node("MatMul", hidden, g.constant(to_numpy(pooling.score.weight).T.copy()))
        weights = g.node("Softmax", _without_padding(g, scores, read.tokens), axis=0)
        return g.node("ReduceSum", g.node("Mul", weights, read.outputs), g.ints(0), keepdims=0)
