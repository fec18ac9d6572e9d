"""A conditional random field as nodes of an ONNX graph: the equations and names of `modeling.crf`.

Time is the first axis, and the padding of each row follows its tokens.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from onnx import TensorProto

from ..modeling.crf import CRF
from .equations import to_numpy
from .graph import Graph

SUM, MAXIMUM = "ReduceLogSumExp", "ReduceMax"


def crf_nodes(g: Graph, crf: CRF, scores: str, backwards: Callable[[str], str]) -> tuple[str, str]:
    """The log-probability of each label at each token, (T, B, C), and the most likely labels, (T, B) int64.

    Args:
        scores: (T, B, C).
        backwards: a value (T, B, ...) with the tokens of each row in reverse order.
    """
    start, transitions, end = map(to_numpy, crf.learnt(crf.start.float()))
    first, last = (_for_each_row(g, scores, value) for value in (start, end))
    before = _arriving(g, scores, first, transitions, SUM)
    after = backwards(_arriving(g, backwards(scores), last, transitions.T, SUM))
    marginals = g.node("LogSoftmax", g.node("Add", g.node("Add", before, scores), after), axis=-1)
    here = g.node("Add", scores, _arriving(g, scores, first, transitions, MAXIMUM))
    return marginals, backwards(_chosen(g, backwards(here), last, transitions))


def _for_each_row(g: Graph, scores: str, value: np.ndarray) -> str:
    """value (C,) -> (B, C)."""
    return g.node("Expand", g.constant(value), g.node("Shape", scores, start=1))


def _arriving(g: Graph, scores: str, first: str, transitions: np.ndarray, reduce: str) -> str:
    """(T, B, C), the sum or maximum over all that precedes a token with each of its labels."""
    body = Graph(g)
    arriving, score = (body.input(body.name(name), np.float32, None) for name in ("arriving", "score"))
    here = body.node("Unsqueeze", body.node("Add", arriving, score), body.ints(-1))
    steps = body.node("Add", here, body.constant(np.ascontiguousarray(transitions)))  # (B, C, C)
    after = body.node(reduce, steps, body.ints(-2), keepdims=0)
    # ONNX Runtime cannot return an input of the body as it is
    _, (found,) = g.scan(body, [first], [scores], [after], [body.node("Identity", arriving)])
    return found


def _chosen(g: Graph, here: str, last: str, transitions: np.ndarray) -> str:
    """(T, B) int64, the best labels, chosen from the last one to the first; here (T, B, C) is in that order."""
    body = Graph(g)
    after, here_now = (body.input(body.name(name), np.float32, None) for name in ("after", "here"))
    label = body.node("ArgMax", body.node("Add", here_now, after), axis=-1, keepdims=0)
    before = body.node("Gather", body.constant(np.ascontiguousarray(transitions.T)), label)
    _, (labels,) = g.scan(body, [last], [here], [before], [body.node("Cast", label, to=TensorProto.FLOAT)])
    return g.node("Cast", labels, to=TensorProto.INT64)
