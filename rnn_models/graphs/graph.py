"""Building an ONNX graph node by node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, checker
from onnx.helper import (
    make_graph,
    make_model,
    make_node,
    make_opsetid,
    make_tensor_value_info,
    np_dtype_to_tensor_dtype,
)
from onnx.numpy_helper import from_array

OPSET, IR_VERSION = 18, 8
# Operators that ONNX Runtime adds to ONNX's own.
RUNTIME = "com.microsoft"

Shape = Sequence[int | str] | None


class Graph:
    """A graph under construction. Values are identified by their names, as in ONNX.

    Args:
        outer: the graph whose loop body this one is; its values can be used here, and it holds the constants.
    """

    def __init__(self, outer: Graph | None = None) -> None:
        self.root: Graph = outer.root if outer else self
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self.inputs: list[ValueInfoProto] = []
        self.outputs: list[ValueInfoProto] = []
        self.names = 0

    def name(self, stem: str) -> str:
        """A name that is still free, in this graph and those around it."""
        self.root.names += 1
        return f"{stem}_{self.root.names}"

    def constant(self, value: np.ndarray | np.generic) -> str:
        name = self.name("constant")
        self.root.constants.append(from_array(np.asarray(value), name))
        return name

    def ints(self, *values: int) -> str:
        """A constant (len(values),) int64: axes, sizes, shapes."""
        return self.constant(np.array(values, dtype=np.int64))

    def nodes_of(self, kind: str, *inputs: str, outputs: int, domain: str = "", **attributes: Any) -> list[str]:
        """Add a node and return the names of its outputs."""
        names = [self.name(kind) for _ in range(outputs)]
        self.nodes.append(make_node(kind, inputs, names, domain=domain, **attributes))
        return names

    def node(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output and return the output's name."""
        return self.nodes_of(kind, *inputs, outputs=1, domain=domain, **attributes)[0]

    def split(self, x: str, sizes: Sequence[int], axis: int = -1) -> list[str]:
        return self.nodes_of("Split", x, self.ints(*sizes), outputs=len(sizes), axis=axis)

    def unstack(self, x: str, number: int) -> list[str]:
        """The parts of x along its first axis."""
        return [self.node("Squeeze", part, self.ints(0)) for part in self.split(x, [1] * number, axis=0)]

    def stack(self, parts: Sequence[str]) -> str:
        """The parts along a new first axis."""
        return self.node("Concat", *(self.node("Unsqueeze", part, self.ints(0)) for part in parts), axis=0)

    def input(self, name: str, dtype: type[np.generic], shape: Shape) -> str:
        self.inputs.append(make_tensor_value_info(name, np_dtype_to_tensor_dtype(np.dtype(dtype)), shape))
        return name

    def output(self, value: str, name: str, shape: Shape, dtype: type[np.generic] = np.float32) -> None:
        """Make a value an output of the graph, under the given name."""
        self.nodes.append(make_node("Identity", [value], [name]))
        self.outputs.append(make_tensor_value_info(name, np_dtype_to_tensor_dtype(np.dtype(dtype)), shape))

    def scan(
        self, body: Graph, states: Sequence[str], inputs: Sequence[str], after: Sequence[str], outputs: Sequence[str]
    ) -> tuple[list[str], list[str]]:
        """Run a body over time -> the states after the last step, and the outputs of all steps, (T, ...).

        Args:
            body: its inputs are the states before a step and one step of each of `inputs`.
            states: the states before the first step.
            inputs: (T, ...) each.
            after, outputs: the body's values for the states after a step and the outputs of the step, all float32.
        """
        for value in [*after, *outputs]:
            # Every output needs its own name; a value that is already an output is copied by a node.
            taken = value in [output.name for output in body.outputs]
            name = body.node("Identity", value) if taken else value
            body.outputs.append(make_tensor_value_info(name, TensorProto.FLOAT, None))
        total, proto = len(body.outputs), body.proto("step")
        found = self.nodes_of("Scan", *states, *inputs, outputs=total, body=proto, num_scan_inputs=len(inputs))
        return found[: len(states)], found[len(states) :]

    def proto(self, name: str) -> GraphProto:
        return make_graph(self.nodes, name, self.inputs, self.outputs, self.constants)

    def model(self, name: str, about: dict[str, str]) -> ModelProto:
        """The graph as a model with `about` as metadata. Raises `onnx.checker.ValidationError` if it is not valid."""
        opsets = [make_opsetid("", OPSET), make_opsetid(RUNTIME, 1)]
        model = make_model(self.proto(name), opset_imports=opsets, ir_version=IR_VERSION, producer_name="rnn_models")
        for key, value in about.items():
            model.metadata_props.add(key=key, value=value)
        checker.check_model(model)
        return model
