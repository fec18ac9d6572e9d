"""Inside the network: gates, influence, gradients, attributions and units of a model, on a text, as NumPy arrays.

    from rnn_models.interpret import steps

    steps("checkpoints/shakespeare-lstm", "To be, or not to be").layer().gates["forget"]   # (T, H)

Every function takes a folder, a name on the Hub, a loaded checkpoint or (model, tokenizer). Nothing here draws.
"""

from __future__ import annotations

import importlib

MODULES = {
    "GateSaturation": "gates",
    "LayerSteps": "gates",
    "Steps": "gates",
    "Tokens": "source",
    "UnitTerms": "gates",
    "equations": "gates",
    "saturation": "gates",
    "steps": "gates",
    "unit_terms": "gates",
}

__all__ = [
    "GateSaturation",
    "LayerSteps",
    "Steps",
    "Tokens",
    "UnitTerms",
    "equations",
    "saturation",
    "steps",
    "unit_terms",
]


def __getattr__(name: str):
    if name in MODULES:
        return getattr(importlib.import_module(f"{__name__}.{MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
