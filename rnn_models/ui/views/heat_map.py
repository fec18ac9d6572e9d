"""View 2: a gate or a state of all units over the text, the units sorted by what they do."""

from __future__ import annotations

import numpy as np

from ...interpret import LayerSteps, saturation
from ..i18n import say
from .asking import Asked, called, plain, shown, visible

ROWS = 64  # units that are sent at a time
SORTS = ("variance", "saturation", "number")


def inside_heat_map(
    asked: Asked,
    model: str = "",
    text: str = "",
    shows: str = "",
    sort: str = "variance",
    first: int = 0,
    layer: int = 0,
    direction: int = 0,
) -> dict:
    """A gate or a state of 64 units at each token of a text, and how often all units of each gate are shut or open.

    Args:
        model: name of a model of this app; empty takes the first.
        text: at most 600 characters, read from a zero state.
        shows: "state NAME" or "gate NAME", such as "gate forget"; empty takes the hidden state.
        sort: "variance" has the units that vary most first, "saturation" those most often shut or open, or "number".
        first: how many units of that order are passed over.
        layer: which layer, counted from 0.
        direction: 0, or 1 for the second direction of a bidirectional layer.
    """
    chosen = asked.model(model)
    text = asked.text(text, chosen)
    layer, direction = asked.place(chosen, layer, direction)
    seen = asked.steps(chosen, text)
    track = seen.layer(layer, direction)
    choices = choices_of(track)
    shows = asked.one_of(shows or next(iter(choices)), "shows", choices)
    sort = asked.one_of(sort, "sort", SORTS)
    values = choices[shows]  # (T, H)
    first = asked.whole(first, "inside_first", 0, values.shape[1] - 1)
    found = {f"gate {gate.gate}": gate for gate in saturation(seen) if gate[:2] == (track.layer, track.direction)}
    gate = found.get(shows)
    low, high = (gate.low, gate.high) if gate else (-0.8, 0.8)
    below, above = (values < low).mean(0), (values > high).mean(0)
    keys = {"variance": -values.var(0), "saturation": -(below + above), "number": np.arange(values.shape[1])}
    units = np.argsort(keys[sort], kind="stable")[first : first + ROWS]
    most = int(values.var(0).argmax())
    return {
        "model": chosen.name,
        "tokens": shown(seen.tokens),
        "shows": shows,
        "choices": list(choices),
        "signed": bool(values.min() < 0),
        "units": units.tolist(),
        "of": values.shape[1],
        "values": plain(values[:, units].T),
        "low": plain(low),
        "high": plain(high),
        "below": plain(below[units]),
        "above": plain(above[units]),
        "gates": {
            name: {
                "low": plain(one.low),
                "high": plain(one.high),
                "below": plain(one.below),
                "above": plain(one.above),
            }
            for name, one in found.items()
        },
        "sentence": say(
            "inside_said_heat_map",
            asked.request,
            model=chosen.name,
            shows=called(shows, asked.request),
            high=high,
            low=low,
            above=float(above.mean()),
            below=float(below.mean()),
            unit=most,
            least=float(values[:, most].min()),
            greatest=float(values[:, most].max()),
            token=visible(seen.tokens.pieces[int(values[:, most].argmax())]),
        ),
    }


def choices_of(track: LayerSteps) -> dict[str, np.ndarray]:
    """The states and gates of a layer by the names under which they are asked for, (T, H) each."""
    states = {f"state {name}": values for name, values in track.states.items()}
    return states | {f"gate {name}": values for name, values in track.gates.items()}
