"""Matrix products with a model's weights as nodes of an ONNX graph, in float32 or int8.

int8, with k over the inputs of a product and j over its outputs:

    W_jk ~ w_j Q_jk             Q in -LIMIT..LIMIT, w_j = max_k |W_jk| / LIMIT
    x_k  ~ a (p_k - 128) / 127  p in 1..255, a = 1 if |x| <= 1 is known, else a = max_k |x_k|
    W x + b ~ a / 127 w * (Q (p - 128)) + b

The sums are exact integers, and no scale depends on other rows of the batch, so a row gets bit for bit the same result
as alone. `onnxruntime.quantization.quantize_dynamic` and ONNX Runtime's DynamicQuantizeLSTM use one scale for the
entire batch and cannot guarantee this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .graph import RUNTIME, Graph

ZERO, STEPS = 128, 127
# Processors without VNNI add two products of uint8 and int8 in 16 bits: 2 * 255 * 64 fits, larger values saturate.
# https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
LIMIT = 64
SMALLEST = np.float32(1e-30)


@dataclass(frozen=True)
class Rows:
    """Vectors to multiply with: a value (..., K), and for int8, if needed, a scale per vector, (..., 1)."""

    value: str
    scale: str | None = None


class Arithmetic(Protocol):
    """How products are computed."""

    name: str

    def table(self, g: Graph, vectors: np.ndarray) -> Rows:
        """Vectors (V, K) to look up, as constants."""

    def rows(self, g: Graph, x: str, bounded: bool) -> Rows:
        """x (..., K) float32 as vectors to multiply with; `bounded`: whether |x| <= 1 is known."""

    def linear(
        self, g: Graph, x: Rows, weight: np.ndarray, bias: np.ndarray, scaled_as: np.ndarray | None = None
    ) -> str:
        """x (..., K), weight (N, K) and bias (N,) -> x weight^T + bias, (..., N) float32.

        `scaled_as` (N, any): a matrix whose rows determine the scales instead of the rows of `weight`.
        """


class Float32:
    """The model's own precision."""

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
    """The equations above, with ONNX Runtime's operator that multiplies, scales and adds the bias in one node."""

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
        inputs = [x.value, *constants, ""]  # no zero point: the weights are symmetric around 0
        if x.scale is None:
            return g.node("MatMulIntegerToFloat", *inputs, g.constant(bias), domain=RUNTIME)
        products = g.node("MatMulIntegerToFloat", *inputs, domain=RUNTIME)
        return g.node("Add", g.node("Mul", products, x.scale), g.constant(bias))


def look_up(g: Graph, table: Rows, ids: str) -> Rows:
    """The vectors (..., K) of ids (...)."""
    return Rows(g.node("Gather", table.value, ids), g.node("Gather", table.scale, ids) if table.scale else None)


ARITHMETICS: dict[str, Arithmetic] = {kind.name: kind for kind in (Float32(), Int8())}
