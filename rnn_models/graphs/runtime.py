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

from .. import RNNForCausalLM, RNNForSequenceClassification, RNNForTokenClassification
from ..checkpoint import load_checkpoint
from ..modeling.outputs import RNNTokenClassifierOutput
from .writer import classifier_graph, language_model_graph, tagger_graph

State = list[np.ndarray]


class OnnxModel:
    """A graph of `graphs.writer`, ready to run.

    Args:
        graph: the graph, or the path of its file.
        threads: number of threads of one call; None for torch's number.

    Attributes:
        precision: `"float32"` or `"int8"`.
        name: the name to show to a user.
        threads: number of threads of one call.
    """

    # An arena is fastest for one call at a time, but concurrent calls wait for it.
    arena = True

    def __init__(self, graph: ModelProto | str | Path, threads: int | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.enable_cpu_mem_arena = self.arena
        self.threads = options.intra_op_num_threads = threads or torch.get_num_threads()
        options.log_severity_level = 3  # only errors, which are raised as well
        content = graph.SerializeToString() if isinstance(graph, ModelProto) else str(graph)
        self.session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        # Passed to every call: otherwise the session spends microseconds on listing them.
        self.outputs = [output.name for output in self.session.get_outputs()]
        self.precision = self.session.get_modelmeta().custom_metadata_map["precision"]
        self.name = f"ONNX Runtime {self.precision}"


class OnnxLanguageModel(OnnxModel):
    """The graph of `language_model_graph`, which reads sequences.

    Attributes:
        vocab_size: V.
        state_names: the names of a state's arrays, in their order.
    """

    def __init__(self, graph: ModelProto | str | Path, threads: int | None = None) -> None:
        super().__init__(graph, threads)
        self.vocab_size: int = self.session.get_outputs()[0].shape[-1]
        states = self.session.get_inputs()[1:]
        self.state_names = [state.name for state in states]
        self.state_shape = states[0].shape

    def initial_state(self, batch_size: int) -> State:
        """The zero state: for each of `state_names` a float32 array (layers, B, H), or (B, H) for an `OnnxEngine`."""
        shape = [batch_size if isinstance(size, str) else size for size in self.state_shape]
        return [np.zeros(shape, np.float32) for _ in self.state_names]

    def read(self, tokens: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        """tokens (B, T) int64 and the state before them -> logits (B, T, V) float32 after each, and the state after.

        The returned arrays are new.
        """
        inputs = dict(zip(self.state_names, state, strict=True))
        logits, *after = self.session.run(self.outputs, {"input_ids": tokens, **inputs})
        return logits, after


class OnnxEngine(OnnxLanguageModel):
    """The graph of `language_model_graph` with `steps=True`: reads one token per row at a time, and each layer's state
    has its own arrays.

    In int8, a row's results do not depend on the other rows.
    """

    def step(self, tokens: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        """tokens (B,) int64 and the state before them -> logits (B, V) float32, and the state after; both new."""
        return self.read(tokens, state)


class OnnxClassifier(OnnxModel):
    """The graph of `classifier_graph`. It can be called like the original model, so `classify` works with it.

    Args:
        config: the model's configuration, which `classify` needs; a graph does not store the labels.
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
        """input_ids and attention_mask, (B, T) -> logits (B, num_labels) float32. Raises `ValueError` as `run`."""
        return self.run(input_ids, attention_mask)["logits"]

    def run(self, input_ids: np.ndarray, attention_mask: np.ndarray) -> dict[str, np.ndarray]:
        """All outputs of the graph by name.

        Raises:
            ValueError: a row is all padding.
        """
        if not attention_mask.any(axis=1).all():
            raise ValueError(f"attention_mask leaves no token in row {np.argmin(attention_mask.any(axis=1))}")
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask.astype(np.int64)}
        return dict(zip(self.outputs, self.session.run(self.outputs, inputs), strict=True))


class OnnxTagger(OnnxClassifier):
    """The graph of `tagger_graph`, called like its model: its logits are (B, T, num_labels)."""

    def __call__(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> RNNTokenClassifierOutput:
        """input_ids and attention_mask, (B, T) -> logits (B, T, num_labels) float32, and the tags of a CRF (B, T)."""
        found = self.run(input_ids.numpy(), attention_mask.numpy())
        return RNNTokenClassifierOutput(**{name: torch.from_numpy(value) for name, value in found.items()})


def has_graph(model: Any) -> bool:
    """Whether graphs can be written for a model: only for those of this package."""
    return isinstance(model, (RNNForCausalLM, RNNForSequenceClassification, RNNForTokenClassification))


def engine_for(model: Any, quantize: str | None = "int8", threads: int | None = None) -> OnnxEngine:
    """A language model on ONNX Runtime.

    Args:
        model: an `RNNForCausalLM`, or the folder or Hub name of one.
        quantize: `"int8"`, or None for float32.
        threads: number of threads of one call; None for torch's number.

    Raises:
        LoadError: there is no such model.
    """
    return OnnxEngine(language_model_graph(_loaded(model), quantize or "float32", steps=True), threads)


def classifier_for(model: Any, quantize: str | None = "int8", threads: int | None = None) -> OnnxClassifier:
    """A classifier on ONNX Runtime.

    Args:
        model: an `RNNForSequenceClassification`, or the folder or Hub name of one.
        quantize: `"int8"`, or None for float32.
        threads: number of threads of one call; None for torch's number.

    Raises:
        LoadError: there is no such model.
    """
    model = _loaded(model)
    return OnnxClassifier(classifier_graph(model, quantize or "float32"), threads, model.config)


def tagger_for(model: Any, quantize: str | None = "int8", threads: int | None = None) -> OnnxTagger:
    """A tagger on ONNX Runtime.

    Args:
        model: an `RNNForTokenClassification`, or the folder or Hub name of one.
        quantize: `"int8"`, or None for float32.
        threads: number of threads of one call; None for torch's number.

    Raises:
        LoadError: there is no such model.
    """
    model = _loaded(model)
    return OnnxTagger(tagger_graph(model, quantize or "float32"), threads, model.config)


def _loaded(model: Any) -> Any:
    return load_checkpoint(model).model if isinstance(model, (str, Path)) else model
