"""View 8: the cells in one table."""

from __future__ import annotations

from ...interpret import equations
from ...interpret.unrolling import directions
from ...modeling.cells import CELLS
from ...modeling.heads import GENERATION
from ..i18n import say
from ..models import LoadedModel
from .asking import Asked, joined, plain
from .writing import tokens_per_second


def inside_cells(asked: Asked, model: str = "") -> dict:
    """The cells side by side: equations, parameters, validation loss, and the speed of writing, measured now.

    Args:
        model: name of a model of this app; empty takes the first. Those with other cells are told of as well.
    """
    chosen = asked.model(model)
    rows = []
    for one in asked.views.group(chosen):
        cell = next(directions(one.model)).cell
        rows.append(
            {
                "model": one.name,
                "cell": cell.label,
                "code": type(cell).__name__,
                "equations": list(equations(cell)),
                "gates": list(cell.gate_names),
                "states": list(cell.state_names),
                "units": cell.hidden_size,
                "cell_parameters": sum(weight.numel() for weight in cell.parameters()),
                "parameters": one.parameters,
                "megabytes": plain(one.megabytes),
                "loss": plain(one.validation["loss"]) if "loss" in one.validation else None,
                "tokens_per_second": plain(tokens_per_second(one)) if one.task == GENERATION else None,
                "runs_on": one.runs_on,
            }
        )
    return {"rows": rows, "cells": [cell.label for cell in CELLS.values()], "sentence": _said(asked, chosen, rows)}


def _said(asked: Asked, chosen: LoadedModel, rows: list[dict]) -> str:
    """Which predicts best and which writes fastest; or what is known of the chosen one alone."""
    (own,) = [row for row in rows if row["model"] == chosen.name]
    if len(rows) > 1 and own["loss"] is not None and own["tokens_per_second"]:
        best = min((row for row in rows if row["loss"] is not None), key=lambda row: row["loss"])
        fastest = max(rows, key=lambda row: row["tokens_per_second"])
        return say(
            "inside_said_cells",
            asked.request,
            best=best["model"],
            loss=best["loss"],
            fastest=fastest["model"],
            speed=fastest["tokens_per_second"],
        )
    share = own["cell_parameters"] / own["parameters"]
    parts = [say("inside_said_cell", asked.request, share=share, **own)]
    if "accuracy" in chosen.validation:
        parts.append(say("inside_said_accuracy", asked.request, accuracy=chosen.validation["accuracy"]))
    if own["tokens_per_second"]:
        parts.append(say("inside_said_speed", asked.request, speed=own["tokens_per_second"]))
    return joined(parts, asked.request)
