"""View 1: one step of the network, each gate and state of it, and one unit's equations with their numbers."""

from __future__ import annotations

import numpy as np

from ..i18n import say
from .asking import Asked, named, plain, shown, visible


def inside_step(
    asked: Asked,
    model: str = "",
    text: str = "",
    position: int = -1,
    unit: int = 0,
    layer: int = 0,
    direction: int = 0,
) -> dict:
    """One step of a network over a text: its input, its gates by name, its state before and after it.

    Args:
        model: name of a model of this app; empty takes the first.
        text: at most 600 characters, read from a zero state.
        position: which token, counted from 0, or from the end for a negative one.
        unit: of which unit the equations are filled in, counted from 0.
        layer: which layer, counted from 0.
        direction: 0, or 1 for the second direction of a bidirectional layer.
    """
    chosen = asked.model(model)
    text = asked.text(text, chosen)
    layer, direction = asked.place(chosen, layer, direction)
    unit = asked.unit(chosen, unit)
    seen = asked.steps(chosen, text)
    position = asked.position(position, seen.tokens)
    track = seen.layer(layer, direction)
    terms = asked.terms(chosen, text, unit, layer, direction)
    first, *_ = track.states
    moved = abs(track.states[first][position] - track.before[first][position])
    gates = ", ".join(f"{named(name, asked.request)} {gate[position, unit]:.2f}" for name, gate in track.gates.items())
    return {
        "model": chosen.name,
        "tokens": shown(seen.tokens),
        "position": position,
        "unit": unit,
        "backwards": track.backwards,
        "input": plain(track.inputs[position]),
        "gates": {name: plain(gate[position]) for name, gate in track.gates.items()},
        "nonlinearities": track.nonlinearities,
        "before": {name: plain(part[position]) for name, part in track.before.items()},
        "after": {name: plain(part[position]) for name, part in track.states.items()},
        "equations": list(terms.equations),
        "terms": {name: plain(values) for name, values in terms.values.items()},
        "sentence": say(
            "inside_said_step",
            asked.request,
            model=chosen.name,
            position=position,
            token=visible(seen.tokens.pieces[position]),
            unit=unit,
            before=float(track.before[first][position, unit]),
            after=float(track.states[first][position, unit]),
            share=float(np.mean(moved < moved[unit])),
            units=len(moved),
            gates=gates,
        ),
    }
