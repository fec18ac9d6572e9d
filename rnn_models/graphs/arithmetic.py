"""Products with a model's weights as nodes of an ONNX graph, in float32 or in int8.

int8, with k over the inputs of a product and j over its outputs:

    W_jk ~ w_j Q_jk             Q in -LIMIT..LIMIT, w_j = max_k |W_jk| / LIMIT
    x_k  ~ a (p_k - 128) / 127  p in 1..255, a = 1 where |x| <= 1 is known, else a = max_k |x_k|
    W x + b ~ a / 127 w * (Q (p - 128)) + b

The sums are exact integers, and no scale depends on another row of the batch: a row gets, to the last bit, what it
gets alone. `onnxruntime.quantization.quantize_dynamic` and ONNX Runtime's DynamicQuantizeLSTM take one scale for the
whole batch, and cannot promise that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .graph import RUNTIME, Graph

ZERO, STEPS = 128, 127
# Processors without VNNI add two products of uint8 and int8 in 16 bits, where 2 * 255 * 64 fits and more is cut off.
# https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
LIMIT = 64
SMALLEST = np.float32(1e-30)


@dataclass(frozen=True)
class Rows:
    """Vectors to multiply with: a value (..., K), and a scale for each, (..., 1), where it has one."""

    value: str
    scale: str | None = None


class Arithmetic(Protocol):
    """How products are made."""

    name: str

    def table(self, g: Graph, vectors: np.ndarray) -> Rows:
        """Constants with vectors (V, K) to look up."""

    def rows(self, g: Graph, x: str, bounded: bool) -> Rows:
        """x (..., K) float32 as vectors to multiply with; `bounded` where |x| <= 1 is known."""

    def linear(
        self, g: Graph, x: Rows, weight: np.ndarray, bias: np.ndarray, scaled_as: np.ndarray | None = None
    ) -> str:
        """x (..., K), weight (N, K) and bias (N,) -> x weight^T + bias, (..., N) float32.

        `scaled_as` (N, any): a matrix whose rows decide the scales in place of those of `weight`.
        """


class Float32:
    """As the model has it."""

    name = "float32"

    def table(self, g: Graph, vectors: np.ndarray) -> Rows:
        return Rows(g.constant(vectors))

    def rows(self, g: Graph, x: str, bounded: bool) -> Rows:
        return Rows(x)

    def linear(
        self, g: Graph, x: Rows, weight: np.ndarray, bias: np.ndarray, scaled_as: np.ndarray | None = None
    ) -> str:
        return g.node("Add", g.node("MatMul", x.value, g.constant(weight.T.copy())), g.constant(bias))


class Int8:
    """As above, in ONNX Runtime's own operator, which multiplies, scales and adds the bias in one."""

    name = "int8"

    def table(self, g: Graph, vectors: np.ndarray) -> Rows:
        scales = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), SMALLEST)
        values = np.rint(vectors / scales * STEPS) + ZERO
        return Rows(g.constant(values.astype(np.uint8)), g.constant(scales.astype(np.float32)))

    def rows(self, g: Graph, x: str, bounded: bool) -> Rows:
        scale = None
        if not bounded:
            greatest = g.node("ReduceMax", g.node("Abs", x), g.ints(-1), keepdims=1)
            scale = g.node("Max", greatest, g.constant(SMALLEST))
            x = g.node("Div", x, scale)
        step, zero = np.float32(1 / STEPS), np.uint8(ZERO)
        return Rows(g.node("QuantizeLinear", x, g.constant(step), g.constant(zero)), scale)

    def linear(
        self, g: Graph, x: Rows, weight: np.ndarray, bias: np.ndarray, scaled_as: np.ndarray | None = None
    ) -> str:
        scales = np.maximum(np.abs(weight if scaled_as is None else scaled_as).max(axis=1) / LIMIT, SMALLEST)
        values = np.rint(weight / scales[:, None]).astype(np.int8)
        constants = [g.constant(value) for value in (values.T.copy(), np.float32(1 / STEPS), scales, np.uint8(ZERO))]
        inputs = [x.value, *constants, ""]  # the weights are around 0
        if x.scale is None:
            return g.node("MatMulIntegerToFloat", *inputs, g.constant(bias), domain=RUNTIME)
        products = g.node("MatMulIntegerToFloat", *inputs, domain=RUNTIME)
        return g.node("Add", g.node("Mul", products, x.scale), g.constant(bias))


def look_up(g: Graph, table: Rows, ids: str) -> Rows:
    """The vectors (..., K) of ids (...)."""
    return Rows(g.node("Gather", table.value, ids), g.node("Gather", table.scale, ids) if table.scale else None)


ARITHMETICS: dict[str, Arithmetic] = {kind.name: kind for kind in (Float32(), Int8())}
