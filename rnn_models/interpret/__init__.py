"""Inside a network: gates, influence, gradients, attributions and units of a model on a text, as NumPy arrays.

    from rnn_models.interpret import steps

    steps("checkpoints/shakespeare-lstm", "To be, or not to be").layer().gates["forget"]   # (T, H)

Every function takes a folder, a name on the Hub, a loaded checkpoint or (model, tokenizer). Nothing here makes plots.
"""

from __future__ import annotations

import importlib

MODULES = {
    "Activations": "units",
    "Attribution": "attribution",
    "Clamp": "clamp",
    "Dossier": "units",
    "GateSaturation": "gates",
    "GradientFlow": "gradients",
    "Influence": "influence",
    "InfluenceCurve": "influence",
    "Influences": "influence",
    "LayerFlow": "gradients",
    "LayerSteps": "gates",
    "MemoryReport": "memory_task",
    "PROPERTIES": "properties",
    "Passage": "units",
    "Probe": "probe",
    "Property": "properties",
    "RunningVerdict": "attribution",
    "Score": "units",
    "Steps": "gates",
    "Tokens": "source",
    "UnitTerms": "gates",
    "attribute_by_gradients": "attribution",
    "attribute_by_occlusion": "attribution",
    "dossier": "units",
    "equations": "gates",
    "find_sentiment": "probe",
    "fresh_gradient_flow": "gradients",
    "gradient_flow": "gradients",
    "influence_at": "influence",
    "influence_by_distance": "influence",
    "read_corpus": "units",
    "running_verdict": "attribution",
    "saturation": "gates",
    "steps": "gates",
    "train_memory": "memory_task",
    "unit_terms": "gates",
    "units_that_tell": "units",
    "write_clamped": "clamp",
}

__all__ = [
    "PROPERTIES",
    "Activations",
    "Attribution",
    "Clamp",
    "Dossier",
    "GateSaturation",
    "GradientFlow",
    "Influence",
    "InfluenceCurve",
    "Influences",
    "LayerFlow",
    "LayerSteps",
    "MemoryReport",
    "Passage",
    "Probe",
    "Property",
    "RunningVerdict",
    "Score",
    "Steps",
    "Tokens",
    "UnitTerms",
    "attribute_by_gradients",
    "attribute_by_occlusion",
    "dossier",
    "equations",
    "find_sentiment",
    "fresh_gradient_flow",
    "gradient_flow",
    "influence_at",
    "influence_by_distance",
    "read_corpus",
    "running_verdict",
    "saturation",
    "steps",
    "train_memory",
    "unit_terms",
    "units_that_tell",
    "write_clamped",
]


def __getattr__(name: str):
    if name in MODULES:
        return getattr(importlib.import_module(f"{__name__}.{MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
