"""View 7: how a network learnt, as its `training_log.jsonl` tells it."""

from __future__ import annotations

from typing import Any

from ...checkpoint import TrainingLog
from ..i18n import say
from .asking import Asked, joined, named


def logs(asked: Asked, model: str) -> dict[str, TrainingLog]:
    """The logs of a model and of those with other cells, by name. Raises a sentence if the model itself has none."""
    chosen = asked.model(model)
    found = {one.name: one.training_log for one in asked.views.by_name.values() if one.training_log is not None}
    found = {name: log for name, log in found.items() if log.lines}
    if chosen.name not in found:
        names = ", ".join(found) or say("inside_none", asked.request)
        raise asked.refuse("inside_no_log", model=chosen.name, names=names)
    return {one.name: found[one.name] for one in asked.views.group(chosen) if one.name in found}


def inside_training(asked: Asked, model: str = "") -> dict:
    """The training of a model and of those with other cells: loss, gradients and speed at each step of their logs.

    Args:
        model: name of a model of this app that has a training log; empty takes the first model.
    """
    found = logs(asked, model)
    return {
        "models": [
            {
                "model": name,
                "train": log.of("train"),
                "evaluation": [
                    {"step": line["step"], "epoch": line["epoch"], "loss": line["metrics"].get("loss")}
                    for line in log.of("evaluation")
                ],
            }
            for name, log in found.items()
        ],
        "parts": list(
            dict.fromkeys(
                part for log in found.values() for line in log.of("train") for part in line["gradient_norms"]
            )
        ),
        "moments": sorted({line["step"] for log in found.values() for line in log.lines}),
    }


def inside_moment(asked: Asked, model: str = "", step: int = -1) -> dict:
    """What the networks were like at a moment of their training: what they wrote, their losses, their gates.

    Args:
        model: name of a model of this app that has a training log; empty takes the first model.
        step: of the training; each model is shown at its last moment until then. Negative for the end.
    """
    found = logs(asked, model)
    last = max(line["step"] for log in found.values() for line in log.lines)
    step = asked.whole(step, "inside_step_count", -1, last)
    step = last if step < 0 else step
    shown = [_at(name, log, step) for name, log in found.items()]
    return {"step": step, "models": shown, "sentence": _sentence(asked, step, shown)}


def _at(name: str, log: TrainingLog, step: int) -> dict[str, Any]:
    """A model at its last moment until a step."""
    train, evaluation = _last(log, "train", step), _last(log, "evaluation", step)
    sample, saturation = _last(log, "sample", step), _last(log, "saturation", step)
    return {
        "model": name,
        "step": saturation.get("step", train.get("step", 0)),
        "loss": train.get("loss"),
        "validation_loss": evaluation.get("metrics", {}).get("loss"),
        "sample": sample.get("text"),
        "gates": [
            {"layer": layer["layer"], "direction": layer["direction"], "gate": gate, **shares}
            for layer in saturation.get("layers", [])
            for gate, shares in layer["gates"].items()
        ],
    }


def _last(log: TrainingLog, kind: str, step: int) -> dict[str, Any]:
    return next((line for line in reversed(log.of(kind)) if line["step"] <= step), {})


def _sentence(asked: Asked, step: int, shown: list[dict[str, Any]]) -> str:
    losses = [f"{one['model']} {one['loss']:.3g}" for one in shown if one["loss"] is not None]
    gates = [(gate["below"] + gate["above"], one["model"], gate) for one in shown for gate in one["gates"]]
    parts = [
        say("inside_said_losses", asked.request, step=step, losses=", ".join(losses))
        if losses
        else say("inside_said_before", asked.request)
    ]
    if gates:
        _, name, gate = max(gates, key=lambda found: found[0])
        shares = {"below": gate["below"], "above": gate["above"]}
        parts.append(
            say(
                "inside_said_gate",
                asked.request,
                model=name,
                gate=named(gate["gate"], asked.request),
                **shares,
            )
        )
    return joined(parts, asked.request)
