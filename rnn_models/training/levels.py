"""The levels of a pretrained classifier, of which the lower ones learn later (Howard & Ruder 2018)."""

from __future__ import annotations

import math
from typing import Any

import torch
from transformers import TrainerCallback


def levels(model: torch.nn.Module) -> dict[torch.nn.Parameter, int]:
    """How far below the head each parameter lies: 0 in the head, 1 in the last layer, and so on to the embedding."""
    layers = len(model.rnn.recurrence.layers)
    found = dict.fromkeys(model.parameters(), 0)
    for index, layer in enumerate(model.rnn.recurrence.layers):
        found.update(dict.fromkeys(layer.parameters(), layers - index))
    found.update(dict.fromkeys(model.get_input_embeddings().parameters(), layers + 1))
    return found


class Unfreeze(TrainerCallback):
    """Trains the head alone at first, and one more level below it after every `epochs` epochs."""

    def __init__(self, model: torch.nn.Module, epochs: float) -> None:
        self.levels, self.epochs = levels(model), epochs

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        for parameter, level in self.levels.items():
            # a run that goes on in the middle of an epoch is still in it
            parameter.requires_grad_(level * self.epochs <= math.floor(state.epoch + 1e-6))
