"""The line about a model on the page: its cell, size and quality."""

from __future__ import annotations

import gradio as gr

from ..modeling.heads import GENERATION
from .i18n import say
from .models import LoadedModel


def details(model: LoadedModel, request: gr.Request | None) -> str:
    """Markdown: `**shakespeare-lstm** · LSTM · 1.3M parameters, 2.6 MB · ONNX Runtime int8 · validation loss 1.5`."""
    kind = getattr(model.model.config, "cell_type", model.model.config.model_type).upper()
    size = say("size", request, parameters=_short(model.parameters), megabytes=f"{model.megabytes:.1f} MB")
    parts = [f"**{model.name}**", kind, size, model.runs_on]
    if "loss" in model.validation:
        parts.append(say("validation_loss", request, value=model.validation["loss"]))
    if "mase" in model.validation:
        parts.append(say("mase", request, value=model.validation["mase"]))
    if model.task != GENERATION and "accuracy" in model.validation:
        parts.append(say("accuracy", request, value=model.validation["accuracy"]))
    return " · ".join(parts)


def _short(count: int) -> str:
    return f"{count / 1e6:.1f}M" if count >= 100_000 else f"{count / 1e3:.1f}k"
