"""Models on ONNX Runtime.

engine = engine_for(model)                        # int8; engine.name says so
state = engine.initial_state(2)
logits, state = engine.step(np.array([5, 7]), state)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from onnx import ModelProto
from transformers.modeling_outputs import SequenceClassifierOutput

from .. import RNNForCausalLM, RNNForSequenceClassification
from ..checkpoint import load_checkpoint
from .writer import classifier_graph, language_model_graph

State = list[np.ndarray]


class OnnxModel:
    """A graph of `graphs.writer`, ready to run.

    Args:
        graph: the graph, or the path of its file.
        threads: how many threads one call may use; None for as many as torch uses.

    Attributes:
        precision: `"float32"` or `"int8"`.
        name: what to call it to a user.
        threads: how many threads one call may use.
    """

    # memory of the session's own, which is the fastest for one call at a time and makes others wait
    arena = True

    def __init__(self, graph: ModelProto | str | Path, threads: int | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.enable_cpu_mem_arena = self.arena
        self.threads = options.intra_op_num_threads = threads or torch.get_num_threads()
        options.log_severity_level = 3  # errors; what is wrong is raised as well
        content = graph.SerializeToString() if isinstance(graph, ModelProto) else str(graph)
        self.session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self.precision = self.session.get_modelmeta().custom_metadata_map["precision"]
        self.name = f"ONNX Runtime {self.precision}"


class OnnxLanguageModel(OnnxModel):
    """The graph of `language_model_graph`: whole sequences.

    Attributes:
        vocab_size: V.
        state_names: the parts of the state, in the order in which a state lists its arrays.
    """

    def __init__(self, graph: ModelProto | str | Path, threads: int | None = None) -> None:
        super().__init__(graph, threads)
        outputs = self.session.get_outputs()
        self.vocab_size: int = outputs[0].shape[-1]
        # named at every call, since the session takes microseconds to list them itself
        self.outputs = [output.name for output in outputs]
        states = self.session.get_inputs()[1:]
        self.state_names = [state.name for state in states]
        self.state_shape = states[0].shape

    def initial_state(self, batch_size: int) -> State:
        """The zero state: for each of `state_names` an array (layers, B, H) float32; for steps (B, H)."""
        shape = [batch_size if isinstance(size, str) else size for size in self.state_shape]
        return [np.zeros(shape, np.float32) for _ in self.state_names]

    def read(self, tokens: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        """tokens (B, T) int64 and the state before them -> logits (B, T, V) float32 after each, and the state after.

        The arrays that come back are new.
        """
        inputs = dict(zip(self.state_names, state, strict=True))
        logits, *after = self.session.run(self.outputs, {"input_ids": tokens, **inputs})
        return logits, after


class OnnxEngine(OnnxLanguageModel):
    """The same with `steps=True`: one token of each row at a time, each layer's state in arrays of its own.

    In int8 no row changes another's numbers.
    """

    def step(self, tokens: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        """tokens (B,) int64 and the state before them -> logits (B, V) float32, and the state after; both new."""
        return self.read(tokens, state)


class OnnxClassifier(OnnxModel):
    """The graph of `classifier_graph`. Called like the model that it was made of, it gives the logits too, so that
    `classify` runs on it.

    Args:
        config: that model's, where it is to be called so; a graph knows no labels.
    """

    device = torch.device("cpu")
    arena = False

    def __init__(self, graph: ModelProto | str | Path, threads: int | None = None, config: Any = None) -> None:
        super().__init__(graph, threads)
        self.config = config

    def __call__(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> SequenceClassifierOutput:
        """input_ids and attention_mask, (B, T) -> logits (B, num_labels) float32."""
        logits = self.logits(input_ids.numpy(), attention_mask.numpy())
        return SequenceClassifierOutput(logits=torch.from_numpy(logits))

    def logits(self, input_ids: np.ndarray, attention_mask: np.ndarray) -> np.ndarray:
        """input_ids and attention_mask, (B, T) -> logits (B, num_labels) float32.

        Raises:
            ValueError: a row is all padding.
        """
        if not attention_mask.any(axis=1).all():
            raise ValueError(f"attention_mask leaves no token in row {np.argmin(attention_mask.any(axis=1))}")
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask.astype(np.int64)}
        return self.session.run(None, inputs)[0]


def has_graph(model: Any) -> bool:
    """Whether a model is of this package, which writes graphs of no others."""
    return isinstance(model, (RNNForCausalLM, RNNForSequenceClassification))


def engine_for(model: Any, quantize: str | None = "int8", threads: int | None = None) -> OnnxEngine:
    """The engine of a language model: an `RNNForCausalLM`, or the folder or Hub name of one.

    Args:
        quantize: `"int8"`, or None for float32.
        threads: as `OnnxModel` has it.

    Raises:
        LoadError: there is no such model.
    """
    return OnnxEngine(language_model_graph(_loaded(model), quantize or "float32", steps=True), threads)


def classifier_for(model: Any, quantize: str | None = "int8", threads: int | None = None) -> OnnxClassifier:
    """The same of a classifier: an `RNNForSequenceClassification`, or the folder or Hub name of one."""
    model = _loaded(model)
    return OnnxClassifier(classifier_graph(model, quantize or "float32"), threads, model.config)


def _loaded(model: Any) -> Any:
    return load_checkpoint(model).model if isinstance(model, (str, Path)) else model
