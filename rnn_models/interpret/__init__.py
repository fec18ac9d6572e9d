"""Inside the network: gates, influence, gradients, attributions and units of a model, on a text, as NumPy arrays.

    from rnn_models.interpret import steps

    steps("checkpoints/shakespeare-lstm", "To be, or not to be").layer().gates["forget"]   # (T, H)

Every function takes a folder, a name on the Hub, a loaded checkpoint or (model, tokenizer). Nothing here draws.
"""

from __future__ import annotations

import importlib

MODULES = {
    "GateSaturation": "gates",
    "GradientFlow": "gradients",
    "Influence": "influence",
    "InfluenceCurve": "influence",
    "LayerFlow": "gradients",
    "LayerSteps": "gates",
    "Steps": "gates",
    "Tokens": "source",
    "UnitTerms": "gates",
    "equations": "gates",
    "fresh_gradient_flow": "gradients",
    "gradient_flow": "gradients",
    "influence_at": "influence",
    "influence_by_distance": "influence",
    "saturation": "gates",
    "steps": "gates",
    "unit_terms": "gates",
}

__all__ = [
    "GateSaturation",
    "GradientFlow",
    "Influence",
    "InfluenceCurve",
    "LayerFlow",
    "LayerSteps",
    "Steps",
    "Tokens",
    "UnitTerms",
    "equations",
    "fresh_gradient_flow",
    "gradient_flow",
    "influence_at",
    "influence_by_distance",
    "saturation",
    "steps",
    "unit_terms",
]


def __getattr__(name: str):
    if name in MODULES:
        return getattr(importlib.import_module(f"{__name__}.{MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
