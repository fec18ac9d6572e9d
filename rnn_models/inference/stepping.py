"""One token after another through a language model, for the loop of `generate`.

A step is some thirty small kernels. On a GPU each takes microseconds, which is less than it takes to launch it; there
the step is recorded once as a CUDA graph, whose kernels are all launched at once.
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
    """Whether the modules that a step calls are this package's and torch's own, on a device that a step is for."""
    if not all(isinstance(layer, Unidirectional) for layer in model.rnn.recurrence.layers):
        return False
    if model.device.type == "cpu":
        return True
    # A recorded step does for ever what it did when it was recorded: no module may decide anything anew. ROCm calls
    # itself CUDA too; nobody has tried it there.
    around = {type(module) for module in (model.rnn.embedding, model.projection, model.lm_head)}
    recordable = around <= {nn.Embedding, nn.Linear, nn.Identity} and not torch.is_autocast_enabled("cuda")
    return model.device.type == "cuda" and torch.version.cuda is not None and recordable


class Step:
    """Calling it takes a step: tokens (B,) -> logits (B, V). It keeps the state in between.

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
    """The same on a GPU, played from a graph. The logits that come back are overwritten by the next step.

    A graph reads and writes where it did when it was recorded: the tokens, the state and the logits have their places
    here, and the weights must still be in theirs, which `fits` asks. It must not hold the model, which could then
    never be freed.
    """

    # torch can record only one graph at a time in a process
    recording = threading.Lock()

    def __init__(self, model: PreTrainedModel, state: RNNState) -> None:
        # What is made here outlives an inference mode that may be on, outside of which it could not be written to.
        with torch.inference_mode(False), torch.no_grad(), torch.cuda.device(model.device), self.recording:
            self.state = state.clone()
            self.layers = list(self.state.layers(model.rnn.recurrence.state_names))
            self.tokens = torch.zeros(state.batch_size, dtype=torch.long, device=model.device)
            self.weights = _addresses(model)
            # Libraries set themselves up in their first calls, stream by stream, which cannot be recorded.
            stream = torch.cuda.Stream()
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):
                for _ in range(3):
                    self._advance(model)
            torch.cuda.current_stream().wait_stream(stream)
            self.graph = torch.cuda.CUDAGraph()
            # other threads may go on using the GPU meanwhile
            with torch.cuda.graph(self.graph, stream=stream, capture_error_mode="thread_local"):
                self.logits = self._advance(model)

    def _advance(self, model: PreTrainedModel) -> Tensor:
        step = Step(model, self.state)
        logits = step(self.tokens)
        for kept, new in zip(chain(*self.layers), chain(*step.layers), strict=True):
            kept.copy_(new)
        return logits

    def fits(self, model: PreTrainedModel, state: RNNState) -> bool:
        """Whether the graph is of this model as it is now, for states like this."""
        like = {name: (tensor.shape, tensor.dtype) for name, tensor in state.tensors.items()}
        own = {name: (tensor.shape, tensor.dtype) for name, tensor in self.state.tensors.items()}
        return like == own and _addresses(model) == self.weights

    def start(self, state: RNNState) -> None:
        """Go on from this state."""
        for name, tensor in state.tensors.items():
            self.state.tensors[name].copy_(tensor)

    def __call__(self, tokens: Tensor) -> Tensor:
        self.tokens.copy_(tokens)
        self.graph.replay()
        return self.logits


def _addresses(model: PreTrainedModel) -> list[tuple[int, torch.Size, torch.dtype]]:
    return [(weight.data_ptr(), weight.shape, weight.dtype) for weight in model.parameters()]


# of each model the step that was recorded last, while nobody uses it
_RECORDED: WeakKeyDictionary[PreTrainedModel, RecordedStep] = WeakKeyDictionary()


@contextmanager
def stepping(model: PreTrainedModel, state: RNNState) -> Iterator[Step | RecordedStep]:
    """The step of a model, from this state, in the way that is fastest on its device; see `can_step`."""
    if model.device.type == "cpu":
        yield Step(model, state)
        return
    step = _RECORDED.pop(model, None)
    if step is None or not step.fits(model, state):
        step = RecordedStep(model, state)
    step.start(state)
    yield step
    _RECORDED[model] = step
