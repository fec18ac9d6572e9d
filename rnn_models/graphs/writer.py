"""Models as ONNX graphs, written from the cells' equations.

Glossary
    B  batch            T  time (tokens)    V  vocabulary    H  width of a state
    D  width of an output, H for each direction
    G  number of gates  L  layers times directions

Inside a graph, time is the first axis: (T, B, ...). A classifier moves each row's tokens to the front, and the second
direction reads the reversed row, so that no padding is read before a token.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from onnx import ModelProto, TensorProto
from torch import nn

from ..modeling.cells import Cell
from ..modeling.pooling import Attention, last, maximum, mean
from .arithmetic import ARITHMETICS, Float32, Rows, look_up
from .crf_nodes import crf_nodes
from .equations import equations_of, in_order, to_numpy
from .graph import Graph

# W x + b of the first layer is looked up in a table instead of computed if the table has at most this many numbers.
TABLE = 2**20
BOOL, FLOAT = TensorProto.BOOL, TensorProto.FLOAT


def language_model_graph(model: Any, precision: str, *, steps: bool = False) -> ModelProto:
    """The graph of a language model.

    Inputs: `input_ids` (B, T) int64, and each part of the state before them under its name, (L, B, H).
    Outputs: `logits` (B, T, V), and each part of the state after them, as `next_` and its name.

    Args:
        model: an `RNNForCausalLM`.
        precision: `"float32"` or `"int8"`.
        steps: read one token per row: `input_ids` (B,), `logits` (B, V). Each part of each layer's state is then a
            separate input, (B, H), as `hidden_0`, `hidden_1`: at batch 1, splitting and stacking them would take a
            tenth of the step's time.

    Raises:
        NoEquationsError: the model's cell has no equations for ONNX.
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
            state = writer.joint_step(cell, x, state) if joint else writer.step(g, cell, multiply(g, cell, x), state)
            x = state[0]
        else:
            (x,), (state,) = writer.scan([cell], Inputs([multiply(g, cell, x)]), [state])
        states.append(state)
    after = list(zip(*states, strict=True))
    rows = writer.arithmetic.rows(g, x, cell.is_bounded)
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
    """The graph of a classifier.

    Inputs: `input_ids` and `attention_mask`, both (B, T) int64. Output: `logits` (B, num_labels).
    The mask is 1 for tokens and 0 for padding, which may be anywhere; every row needs a token.

    Args:
        model: an `RNNForSequenceClassification`.
        precision: `"float32"` or `"int8"`.

    Raises:
        NoEquationsError: the model's cell has no equations for ONNX.
    """
    writer = _Writer(model, precision)
    g, config = writer.graph, model.config
    text = writer.text()
    counts = g.node("Unsqueeze", g.node("Cast", text.lengths, to=FLOAT), g.ints(-1))
    tokens = g.node("Unsqueeze", g.node("Cast", text.mask, to=FLOAT), g.ints(-1))
    x = text.ids
    for index in range(len(writer.layers) - (model.pooling.attention is None)):
        x = writer.layer(text, index, x)
    if model.pooling.attention is None:
        kinds = [RUNNING[pooling] for pooling in model.pooling.poolings]
        last_layer = len(writer.layers) - 1
        inputs, states = writer.inputs(text, last_layer, x)
        pooled = writer.pooled_scan(writer.layers[last_layer], inputs, states, tokens, counts, kinds)
    else:
        pooled = [writer.attention(model.pooling.attention, x, tokens)]
    logits = writer.labels(g.node("Concat", *pooled, axis=-1))
    g.output(logits, "logits", ["batch", config.num_labels])
    return writer.finish()


def tagger_graph(model: Any, precision: str) -> ModelProto:
    """The graph of a tagger.

    Inputs as those of `classifier_graph`. Outputs: `logits` (B, T, num_labels), in the places of the tokens, and if
    the model has a CRF its `tags` (B, T) int64; those of padding mean nothing.

    Args:
        model: an `RNNForTokenClassification`.
        precision: `"float32"` or `"int8"`.

    Raises:
        NoEquationsError: the model's cell has no equations for ONNX.
    """
    writer = _Writer(model, precision)
    g, config = writer.graph, model.config
    text = writer.text()
    x = text.ids
    for index in range(len(writer.layers)):
        x = writer.layer(text, index, x)
    if model.crf is None:
        logits = writer.labels(x)
    else:
        logits, tags = crf_nodes(g, model.crf, writer.scores(x), lambda y: writer.backwards(text, y))
        logits = g.node("Div", logits, g.constant(np.float32(config.temperature)))
        tags = writer.at_places(text, g.node("Unsqueeze", tags, g.ints(-1)))
        g.output(g.node("Squeeze", tags, g.ints(-1)), "tags", ["batch", "time"], np.int64)
    g.output(writer.at_places(text, logits), "logits", ["batch", "time", config.num_labels])
    return writer.finish()


def _front(g: Graph, mask: str) -> str:
    """The order (B, T) that moves each row's tokens to the front without reordering them."""
    time = g.node("Shape", mask, start=1)
    positions = g.node("Range", g.constant(np.int64(0)), g.node("Squeeze", time), g.constant(np.int64(1)))
    # TopK sorts in descending order: T - t for a token, -t for padding.
    keys = g.node("Sub", g.node("Mul", mask, time), positions)
    return g.nodes_of("TopK", keys, time, outputs=2, axis=1)[1]


class Text(NamedTuple):
    """Padded rows of tokens whose padding was moved behind them.

    Attributes:
        ids, mask: (T, B).
        lengths: (B,), the number of tokens.
        order: (B, T), the place from which each token comes.
        zeros: (B, H), the state before the first token.
    """

    ids: str
    mask: str
    lengths: str
    order: str
    zeros: str


class Inputs(NamedTuple):
    """The inputs of cells that run in parallel over time.

    Attributes:
        values: one input per cell, (T, B, ...).
        multiply: computes W x + b (B, G*H) from one step of an input; by default the inputs are W x + b already.
        dtype: the dtype of the inputs.
    """

    values: Sequence[str]
    multiply: Callable[[Graph, Cell, str], str] = lambda g, cell, x: x
    dtype: type[np.generic] = np.float32


@dataclass(frozen=True)
class Running:
    """A pooling of one direction that is computed while it reads, so that the outputs of all steps are never stored.

    Attributes:
        start: the initial value of each element.
        step: `(graph, before, h, token)` -> after, all (B, H) except token (B, 1), which is 1 for a token and 0 for
            the padding after the tokens; at padding, h still belongs to the last token.
        end: `(graph, after, lengths)` -> the pooling, with lengths (B, 1).
    """

    start: float
    step: Callable[[Graph, str, str, str], str]
    end: Callable[[Graph, str, str], str] = lambda g, after, lengths: after


RUNNING: dict[Any, Running] = {
    last: Running(0.0, lambda g, before, h, token: h),
    maximum: Running(-np.inf, lambda g, before, h, token: g.node("Max", before, h)),
    mean: Running(
        0.0,
        lambda g, before, h, token: g.node("Add", before, g.node("Mul", h, token)),
        lambda g, after, lengths: g.node("Div", after, lengths),
    ),
}


class _Writer:
    """Writes the graph of one model.

    Attributes:
        layers: the cells of each layer, one per direction.
        joint: W and U concatenated (G*H, D+H), for cells above the first layer that only add the two products. W and U
            share their scales, so that one product equals the sum of two.
    """

    def __init__(self, model: Any, precision: str) -> None:
        self.model = model
        self.arithmetic = ARITHMETICS[precision]
        self.graph = Graph()
        self.layers = [[m for m in layer.modules() if isinstance(m, Cell)] for layer in model.rnn.recurrence.layers]
        for cell in chain(*self.layers):
            equations_of(cell)
        self.embedding = to_numpy(model.rnn.embedding.weight)
        self.joint = {
            cell: np.concatenate([in_order(cell, cell.weight_ih), in_order(cell, cell.weight_hh)], axis=1)
            for cell in chain(*self.layers[1:])
            if equations_of(cell).adds and cell.is_bounded
        }

    def finish(self) -> ModelProto:
        about = {"precision": self.arithmetic.name, "model_type": self.model.config.model_type}
        return self.graph.model(type(self.model).__name__, about)

    def text(self) -> Text:
        """The inputs `input_ids` and `attention_mask`, (B, T) int64, with all padding behind the tokens."""
        g = self.graph
        ids, mask = (g.input(name, np.int64, ["batch", "time"]) for name in ("input_ids", "attention_mask"))
        lengths = g.node("ReduceSum", mask, g.ints(1), keepdims=0)
        order = _front(g, mask)
        ids, mask = (g.node("Transpose", g.node("GatherElements", x, order, axis=1), perm=[1, 0]) for x in (ids, mask))
        state_shape = g.node("Concat", g.node("Shape", lengths), g.ints(self.model.config.hidden_size), axis=0)
        zeros = g.node("Expand", g.constant(np.zeros((1, 1), np.float32)), state_shape)
        return Text(ids, mask, lengths, order, zeros)

    def backwards(self, text: Text, x: str) -> str:
        """x (T, B, ...) with the tokens of each row in reverse order."""
        return self.graph.node("ReverseSequence", x, text.lengths, time_axis=0, batch_axis=1)

    def inputs(self, text: Text, index: int, x: str) -> tuple[Inputs, list[list[str]]]:
        """What the cells of a layer read, and their states before it; x is the output of the layer below."""
        reads = [self.backwards(text, x) if back else x for back in self.model.config.reads_backwards]
        # Each step computes its own W x + b, which is then in the cache; W x + b of all steps would not fit.
        inputs = Inputs(reads, self.above) if index else Inputs(reads, self.first, np.int64)
        return inputs, [[text.zeros] * len(cell.state_names) for cell in self.layers[index]]

    def layer(self, text: Text, index: int, x: str) -> str:
        """The outputs (T, B, D) of a layer, in the order of the tokens."""
        outputs, _ = self.scan(self.layers[index], *self.inputs(text, index, x))
        ways = zip(outputs, self.model.config.reads_backwards, strict=True)
        return self.graph.node("Concat", *[self.backwards(text, y) if back else y for y, back in ways], axis=-1)

    def labels(self, x: str) -> str:
        """The logits of labels, divided by the temperature."""
        return self.scores(x, self.model.config.temperature)

    def scores(self, x: str, divisor: float = 1.0) -> str:
        """The outputs of the linear layer for labels, divided. They are few, so int8 would gain nothing."""
        weight, bias = (to_numpy(parameter) / np.float32(divisor) for parameter in self.model.classifier.parameters())
        return Float32().linear(self.graph, Rows(x), weight, bias)

    def at_places(self, text: Text, x: str) -> str:
        """x (T, B, D), whose tokens are at the front of their rows -> (B, T, D), the tokens back at their places."""
        g = self.graph
        x = g.node("Transpose", x, perm=[1, 0, 2])
        places = g.node("Expand", g.node("Unsqueeze", text.order, g.ints(-1)), g.node("Shape", x))
        return g.node("ScatterElements", x, places, x, axis=1)

    @cached_property
    def table(self) -> Rows:
        return self.arithmetic.table(self.graph, self.embedding)

    def first(self, g: Graph, cell: Cell, ids: str) -> str:
        """W x + b of the first layer, with x the embedding of ids (...) -> (..., G*H)."""
        weight, bias = in_order(cell, cell.weight_ih), in_order(cell, cell.bias_ih)
        if len(self.embedding) * len(weight) <= TABLE:
            return g.node("Gather", g.constant(self.embedding @ weight.T + bias), ids)
        return self.arithmetic.linear(g, look_up(g, self.table, ids), weight, bias)

    def above(self, g: Graph, cell: Cell, x: str) -> str:
        """W x + b of a higher layer, with x (..., D) the outputs of the layer below -> (..., G*H)."""
        rows = self.arithmetic.rows(g, x, cell.is_bounded)
        weight, bias = in_order(cell, cell.weight_ih), in_order(cell, cell.bias_ih)
        return self.arithmetic.linear(g, rows, weight, bias, self.joint.get(cell))

    def step(self, g: Graph, cell: Cell, x: str, state: Sequence[str]) -> list[str]:
        """The state after one step, (B, H) each, the output first; x is W x + b."""
        rows = self.arithmetic.rows(g, state[0], cell.is_bounded)
        weight, bias = in_order(cell, cell.weight_hh), in_order(cell, cell.bias_hh)
        h = self.arithmetic.linear(g, rows, weight, bias, self.joint.get(cell))
        return equations_of(cell).step(g, cell, x, h, state)

    def joint_step(self, cell: Cell, x: str, state: Sequence[str]) -> list[str]:
        """As `step`, for a cell in `joint`; x (B, D) is the output of the layer below. Saves two nodes, which
        cost more than the arithmetic at batch 1."""
        g = self.graph
        rows = self.arithmetic.rows(g, g.node("Concat", x, state[0], axis=-1), True)
        bias = in_order(cell, cell.bias_ih) + in_order(cell, cell.bias_hh)
        added = self.arithmetic.linear(g, rows, self.joint[cell], bias)
        return equations_of(cell).step(g, cell, added, None, state)

    def scan(
        self, cells: Sequence[Cell], inputs: Inputs, states: Sequence[Sequence[str]]
    ) -> tuple[list[str], list[list[str]]]:
        """Run cells in parallel over time: the inputs and state of each cell -> its outputs (T, B, H) and the state
        after."""
        body = Graph(self.graph)
        _, after = self._steps(body, cells, inputs, states)
        ends, outputs = self.graph.scan(
            body, [*chain(*states)], inputs.values, [*chain(*after)], [h for h, *_ in after]
        )
        left = iter(ends)
        return outputs, [[next(left) for _ in state] for state in states]

    def pooled_scan(
        self,
        cells: Sequence[Cell],
        inputs: Inputs,
        states: Sequence[Sequence[str]],
        tokens: str,
        lengths: str,
        poolings: Sequence[Running],
    ) -> list[str]:
        """As `scan`, but returns each of `poolings` of the outputs: for each pooling one (B, H) per cell.

        Args:
            tokens: (T, B, 1), 1 for a token and 0 for the padding after the tokens.
            lengths: (B, 1) float32.
        """
        g, body = self.graph, Graph(self.graph)
        starts = [g.node("Add", states[0][0], g.constant(np.float32(kind.start))) for kind in poolings] * len(cells)
        pools = [[body.input(body.name("pool"), np.float32, None) for _ in poolings] for _ in cells]
        before, after = self._steps(body, cells, inputs, states)
        token = body.input(body.name("token"), np.float32, None)
        is_token = body.node("Cast", token, to=BOOL)
        held = [body.node("Where", is_token, new[0], old[0]) for new, old in zip(after, before, strict=True)]
        pooled = [
            kind.step(body, pool, h, token)
            for h, each in zip(held, pools, strict=True)
            for kind, pool in zip(poolings, each, strict=True)
        ]
        after = [[h, *others] for h, (_, *others) in zip(held, after, strict=True)]
        ends, _ = g.scan(body, [*starts, *chain(*states)], [*inputs.values, tokens], [*pooled, *chain(*after)], [])
        found = ends[: len(pooled)]
        return [
            kind.end(g, end, lengths) for index, kind in enumerate(poolings) for end in found[index :: len(poolings)]
        ]

    def _steps(
        self, body: Graph, cells: Sequence[Cell], inputs: Inputs, states: Sequence[Sequence[str]]
    ) -> tuple[list[list[str]], list[list[str]]]:
        """Add one step of each cell to the body of a scan, with the states before it and the step's inputs as the
        body's next inputs. Returns the states before and after the step."""
        before = [[body.input(body.name("state"), np.float32, None) for _ in state] for state in states]
        steps = [body.input(body.name("x"), inputs.dtype, None) for _ in cells]
        after = [
            self.step(body, cell, inputs.multiply(body, cell, x), state)
            for cell, x, state in zip(cells, steps, before, strict=True)
        ]
        return before, after

    def linear(self, x: Rows, layer: nn.Linear) -> str:
        weight = to_numpy(layer.weight)
        bias = np.zeros(len(weight), np.float32) if layer.bias is None else to_numpy(layer.bias)
        return self.arithmetic.linear(self.graph, x, weight, bias)

    def attention(self, pooling: Attention, outputs: str, tokens: str) -> str:
        """Attention pooling: outputs (T, B, D) -> (B, D); tokens as in `pooled_scan`."""
        g = self.graph
        rows = self.arithmetic.rows(g, outputs, self.layers[-1][0].is_bounded)
        hidden = g.node("Tanh", self.linear(rows, pooling.hidden))
        scores = g.node("MatMul", hidden, g.constant(to_numpy(pooling.score.weight).T.copy()))
        scores = g.node("Where", g.node("Cast", tokens, to=BOOL), scores, g.constant(np.float32("-inf")))
        weights = g.node("Softmax", scores, axis=0)
        return g.node("ReduceSum", g.node("Mul", weights, outputs), g.ints(0), keepdims=0)
