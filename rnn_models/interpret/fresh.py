"""Untrained networks with settings to experiment with."""

from __future__ import annotations

import threading
from typing import TypeVar

import numpy as np
import torch

from ..modeling import RNNConfig, RNNPreTrainedModel
from .unrolling import directions

Model = TypeVar("Model", bound=RNNPreTrainedModel)

# Weights are drawn from torch's global generator, which all threads share.
_drawing = threading.Lock()


def fresh(
    head: type[Model], config: RNNConfig, *, seed: int, weight_scale: float = 1.0, forget_bias: float = 1.0
) -> Model:
    """A model with new weights drawn with a seed. torch's global random state is restored.

    Args:
        head: the class of the model.
        config: its configuration.
        seed: decides the weights.
        weight_scale: multiplies the recurrent weights.
        forget_bias: the bias of the forget gate, for cells with one.

    Raises:
        ValueError: a number is not finite.
    """
    for name, value in (("weight_scale", weight_scale), ("forget_bias", forget_bias)):
        if not np.isfinite(value):
            raise ValueError(f"{name} is {value}: it must be a finite number")
    with _drawing, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = head(config)
    with torch.no_grad():
        for *_, cell in directions(model):
            cell.weight_hh *= weight_scale
            for gate, bias in zip(cell.gate_names, cell.bias_ih.chunk(len(cell.gate_names)), strict=True):
                if gate == "forget":
                    bias.fill_(forget_bias)
    return model
