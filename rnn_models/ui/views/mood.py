"""View 6: the unit, and the direction, in which a language model keeps sentiment, and writing with it held."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

import numpy as np
from transformers import PreTrainedModel

from ...inference import Sampling
from ...interpret import Clamp, write_clamped
from ...interpret.unrolling import directions
from ..i18n import say
from ..models import LoadedModel
from .asking import MAX_SEEN, Asked, plain, shown, visible

PROBES = Path(__file__).with_name("probes.json")
"""What `docs/sentiment_probe.py` found, by the fingerprint of the weights in which it was found."""
MAX_WRITTEN = 120
HOLDS = ("nothing", "direction", "unit")


def fingerprint(model: PreTrainedModel) -> str:
    """Tells the weights of one training from those of every other."""
    weights = next(directions(model)).cell.weight_hh.detach().float().cpu().numpy()
    return hashlib.sha256(weights.tobytes()).hexdigest()[:16]


@cache
def _probes() -> dict[str, dict]:
    return json.loads(PROBES.read_text(encoding="utf-8")) if PROBES.is_file() else {}


def probe_of(asked: Asked, model: LoadedModel) -> dict:
    """The probe of this model. Raises a sentence where none was made with its weights."""
    found = _probes().get(fingerprint(model.model))
    if found is None:
        names = ", ".join(sorted({probe["model"] for probe in _probes().values()}))
        raise asked.refuse("inside_no_probe", model=model.name, names=names)
    return found


def inside_mood(asked: Asked, model: str = "", text: str = "") -> dict:
    """What a language model keeps of sentiment after each token: its state along the direction that a probe found.

    Args:
        model: name of a language model that has a probe, such as film-reviews; empty takes the first model.
        text: at most 600 characters, read from a zero state.
    """
    chosen = asked.model(model, writes=True)
    probe = probe_of(asked, chosen)
    text = asked.text(text, chosen)
    seen = asked.steps(chosen, text)
    values = seen.layer().states[probe["state"]]
    direction = np.array(probe["direction"])
    along = values @ direction
    running = np.cumsum(along) / np.arange(1, len(along) + 1)
    verdict = "positive" if running[-1] > probe["threshold"] else "negative"
    most = int(abs(np.diff(along, prepend=0)).argmax())
    return {
        "model": chosen.name,
        "tokens": shown(seen.tokens),
        "state": probe["state"],
        "along": plain(along),
        "running": plain(running),
        "unit": probe["best"]["unit"],
        "unit_values": plain(values[:, probe["best"]["unit"]]),
        "threshold": probe["threshold"],
        "low": probe["low"],
        "high": probe["high"],
        "units": probe["units"],
        "used": probe["used"],
        "balanced_accuracy": probe["balanced_accuracy"],
        "best": probe["best"],
        "sentence": say(
            "inside_said_mood",
            asked.request,
            unit=probe["best"]["unit"],
            alone=probe["best"]["balanced_accuracy"],
            used=probe["used"],
            together=probe["balanced_accuracy"],
            total=probe["total"],
            mean=float(running[-1]),
            threshold=probe["threshold"],
            verdict=say(verdict, asked.request),
            token=visible(seen.tokens.pieces[most]),
        ),
    }


def inside_write(
    asked: Asked,
    model: str = "",
    prompt: str = "",
    holds: str = "direction",
    value: float = 0.0,
    unit: int = 0,
    state: str = "hidden",
    length: int = 60,
    seed: int = 1,
) -> dict:
    """Continue a prompt while a part of the state is held at a value after every step.

    Args:
        model: name of a language model of this app; empty takes the first.
        prompt: at most 600 characters, which are read without anything held.
        holds: "nothing", "direction" for that of the model's sentiment probe, or "unit" for one unit.
        value: what the part is held at, -50 to 50.
        unit: which unit of the top layer, counted from 0, where a unit is held.
        state: of the unit, "hidden" or "cell" of an LSTM.
        length: how many tokens are written, 1 to 120.
        seed: with the same seed nothing but what is held differs, 0 to 1000000.
    """
    chosen = asked.model(model, writes=True)
    prompt = asked.text(prompt, chosen, MAX_SEEN)
    holds = asked.one_of(holds, "holds", HOLDS)
    value = asked.number(value, "inside_value", -50, 50)
    length = asked.whole(length, "inside_length", 1, MAX_WRITTEN)
    sampling = Sampling(temperature=0.7, seed=asked.whole(seed, "inside_seed", 0, 10**6))
    clamps = []
    if holds == "direction":
        probe = probe_of(asked, chosen)
        clamps = [Clamp(value, direction=np.array(probe["direction"]), state=probe["state"])]
    elif holds == "unit":
        part = asked.one_of(state, "state", chosen.model.base_model.recurrence.state_names)
        clamps = [Clamp(value, unit=asked.unit(chosen, unit), state=part)]
    written = ["", *write_clamped(chosen, prompt, clamps, max_new_tokens=length, sampling=sampling)][-1]
    return {"model": chosen.name, "holds": holds, "value": plain(value), "text": written}
