"""Single steps of a language model, for the loop of `generate`.

A step is about thirty small kernels. On a GPU each runs for less time than it takes to launch, so the step is recorded
once as a CUDA graph, whose kernels are launched together.
https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from rnn_models.modeling.recurrence import Unidirectional
from rnn_models.modeling.state import RNNState


def can_step(model: PreTrainedModel) -> bool:
    """Whether a step calls only modules of this package and torch, on a supported device."""
    if not all(isinstance(layer, Unidirectional) for layer in model.rnn.recurrence.layers):
        return False
    if model.device.type == "cpu":
        return True
    # A recorded step repeats exactly what it did when it was recorded, so no module may decide anything at run time.
    # ROCm also reports itself as CUDA; it has not been tried.
    around = {type(module) for module in (model.rnn.embedding, model.projection, model.lm_head)}
    recordable = around <= {nn.Embedding, nn.Linear, nn.Identity} and not torch.is_autocast_enabled("cuda")
    return model.device.type == "cuda" and torch.version.cuda is not None and recordable


class Step:
    """A step, tokens (B,) -> logits (B, V), which keeps the state between calls.

    Attributes:
        layers: the state of each layer, a tuple of (B, H) tensors.
    """

    def __init__(self, model: PreTrainedModel, state: RNNState) -> None:
        self.model = model
        self.cells = [layer.cell for layer in model.rnn.recurrence.layers]
        self.layers = list(state.layers(model.rnn.recurrence.state_names))

    def __call__(self, tokens: Tensor) -> Tensor:
        x = self.model.rnn.embedding(tokens)
        for index, cell in enumerate(self.cells):
            x, self.layers[index] = cell(x, self.layers[index])
        return self.model.lm_head(self.model.projection(x))


class RecordedStep:
    """The same on a GPU, replayed from a CUDA graph. The next step overwrites the returned logits.

    A graph reads and writes the addresses at which it was recorded: the tokens, the state and the logits live here,
    and `fits` checks that the weights have not moved. It holds no reference to the model, which could never be freed
    otherwise.
    """

    # torch records only one graph at a time per process
    recording = threading.Lock()

    def __init__(self, model: PreTrainedModel, state: RNNState) -> None:
        # These tensors outlive any active inference mode, outside of which inference tensors cannot be written to.
        with torch.inference_mode(False), torch.no_grad(), torch.cuda.device(model.device), self.recording:
            self.state = state.clone()
            self.layers = list(self.state.layers(model.rnn.recurrence.state_names))
            self.tokens = torch.zeros(state.batch_size, dtype=torch.long, device=model.device)
            self.weights = _addresses(model)
            # Libraries initialize in their first calls on each stream, which cannot be recorded.
            stream = torch.cuda.Stream()
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):
                for _ in range(3):
                    self._advance(model)
            torch.cuda.current_stream().wait_stream(stream)
            self.graph = torch.cuda.CUDAGraph()
            # other threads may keep using the GPU meanwhile
            with torch.cuda.graph(self.graph, stream=stream, capture_error_mode="thread_local"):
                self.logits = self._advance(model)

    def _advance(self, model: PreTrainedModel) -> Tensor:
        step = Step(model, self.state)
        logits = step(self.tokens)
        for kept, new in zip(chain(*self.layers), chain(*step.layers), strict=True):
            kept.copy_(new)
        return logits

    def fits(self, model: PreTrainedModel, state: RNNState) -> bool:
        """Whether the graph still matches this model and states of this shape."""
        like = {name: (tensor.shape, tensor.dtype) for name, tensor in state.tensors.items()}
        own = {name: (tensor.shape, tensor.dtype) for name, tensor in self.state.tensors.items()}
        return like == own and _addresses(model) == self.weights

    def start(self, state: RNNState) -> None:
        """Continue from this state."""
        for name, tensor in state.tensors.items():
            self.state.tensors[name].copy_(tensor)

    def __call__(self, tokens: Tensor) -> Tensor:
        self.tokens.copy_(tokens)
        self.graph.replay()
        return self.logits


def _addresses(model: PreTrainedModel) -> list[tuple[int, torch.Size, torch.dtype]]:
    return [(weight.data_ptr(), weight.shape, weight.dtype) for weight in model.parameters()]


# the last recorded step of each model, while it is not in use
_RECORDED: WeakKeyDictionary[PreTrainedModel, RecordedStep] = WeakKeyDictionary()


@contextmanager
def stepping(model: PreTrainedModel, state: RNNState) -> Iterator[Step | RecordedStep]:
    """The fastest step of a model on its device, starting from this state; check `can_step` first."""
    if model.device.type == "cpu":
        yield Step(model, state)
        return
    step = _RECORDED.pop(model, None)
    if step is None or not step.fits(model, state):
        step = RecordedStep(model, state)
    step.start(state)
    yield step
    _RECORDED[model] = step
