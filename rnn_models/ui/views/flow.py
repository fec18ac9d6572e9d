"""View 4: how the gradient vanishes or explodes on its way back, and what a cell can learn to remember."""

from __future__ import annotations

import secrets
import time

from ...interpret import GradientFlow, fresh_gradient_flow, gradient_flow, train_memory
from ...modeling.cells import CELLS
from ...modeling.heads import CLASSIFICATION, GENERATION
from ..i18n import say
from .asking import MAX_SEEN, Asked, Training, joined, named, plain

WEIGHTS = ("fresh", "trained")
LONGEST = MAX_SEEN
RUNS = 8  # trainings that are kept
DELAYS = (5, 10, 20, 40, 80)
AT_A_TIME = 0.4  # seconds of training in one answer


def inside_gradients(
    asked: Asked,
    model: str = "",
    text: str = "",
    weights: str = "fresh",
    length: int = 100,
    weight_scale: float = 1.0,
    forget_bias: float = 1.0,
    nonlinearity: str = "tanh",
    clip: float = 1.0,
) -> dict:
    """The norm of the loss's gradient by the states before it, against the distance in steps, for each cell.

    Args:
        model: name of a model of this app, for trained weights; those with other cells are asked as well.
        text: at most 600 characters, for trained weights; the loss is that of its last token, or of the verdict.
        weights: "fresh" draws new ones and tokens at random, "trained" takes the model's.
        length: steps that the gradient goes back, 1 to 600; fewer where the text is shorter.
        weight_scale: what fresh recurrent weights are multiplied by, 0 to 3.
        forget_bias: bias of a fresh forget gate, -5 to 5.
        nonlinearity: of a fresh vanilla RNN, "tanh" or "relu".
        clip: the bound that clipping holds the gradient of all weights to, 0.01 to 100.
    """
    weights = asked.one_of(weights, "weights", WEIGHTS)
    length = asked.whole(length, "inside_length", 1, LONGEST)
    clip = asked.number(clip, "inside_clip", 0.01, 100)
    flows: dict[str, GradientFlow] = {}
    if weights == "fresh":
        options = {
            "length": length,
            "weight_scale": asked.number(weight_scale, "inside_weight_scale", 0, 3),
            "forget_bias": asked.number(forget_bias, "inside_forget_bias", -5, 5),
        }
        allowed = [one for cell in CELLS.values() for one in cell.nonlinearities]
        phi = asked.one_of(nonlinearity, "nonlinearity", dict.fromkeys(allowed))
        for cell_type, cell in CELLS.items():
            own = phi if phi in cell.nonlinearities else cell.nonlinearities[0]
            flows[cell.label] = fresh_gradient_flow(cell_type, nonlinearity=own, **options)
    else:
        chosen = asked.model(model)
        if chosen.task not in (GENERATION, CLASSIFICATION):
            raise asked.refuse("inside_no_loss", model=chosen.name)
        text = asked.text(text, chosen, MAX_SEEN)
        spans = asked.tokens(chosen, text).spans
        if len(spans) < 2:
            raise asked.refuse("inside_two_tokens")
        end = text[int(spans[max(0, len(spans) - length - 1), 0]) :]
        flows = asked.views.in_each(chosen, lambda one: gradient_flow(one, end))
    lasts = ", ".join(f"{name} {_kept(flow):.2g}" for name, flow in flows.items())
    largest = max(flows, key=lambda name: flows[name].weight_norm)
    sentences = [
        say(
            "inside_said_gradients",
            asked.request,
            steps=min(len(next(iter(flow.layers[-1].norms.values()))) for flow in flows.values()) - 1,
            lasts=lasts,
            name=largest,
            norm=flows[largest].weight_norm,
            clip=clip,
            factor=flows[largest].clipped(clip),
        )
    ]
    if any(flow.layers[-1].backwards for flow in flows.values()):
        sentences.append(say("inside_said_backwards", asked.request))
    return {
        "lines": [
            {"name": name, "state": state, "state_name": named(state, asked.request), "norms": plain(norms)}
            for name, flow in flows.items()
            for state, norms in flow.layers[-1].norms.items()
        ],
        "networks": [
            {
                "name": name,
                "loss": plain(flow.loss),
                "weight_norm": plain(flow.weight_norm),
                "clipped": plain(flow.clipped(clip)),
            }
            for name, flow in flows.items()
        ],
        "sentence": joined(sentences, asked.request),
    }


def _kept(flow: GradientFlow) -> float:
    """What is left of the gradient at the farthest step, as a share of the first, of the state that keeps most."""
    norms = flow.layers[-1].norms.values()
    return max(float(one[-1] / one[0]) if one[0] else 0.0 for one in norms)


def inside_memory(
    asked: Asked, run: str = "", nonlinearity: str = "tanh", forget_bias: float = 1.0, seed: int = 0
) -> dict:
    """Train fresh cells to remember the first symbol for T steps, a little further at each call.

    Args:
        run: what the answer before had under "run", to go on with it; empty begins a new training.
        nonlinearity: of the vanilla RNN, "tanh" or "relu".
        forget_bias: bias of the forget gate at first, -5 to 5.
        seed: decides weights and rows, 0 to 1000.
    """
    runs = asked.views.runs
    if not run:
        allowed = [one for cell in CELLS.values() for one in cell.nonlinearities]
        begun = train_memory(
            list(CELLS),
            delays=DELAYS,
            nonlinearity=asked.one_of(nonlinearity, "nonlinearity", dict.fromkeys(allowed)),
            forget_bias=asked.number(forget_bias, "inside_forget_bias", -5, 5),
            seed=asked.whole(seed, "inside_seed", 0, 1000),
        )
        run = secrets.token_urlsafe(8)
        runs[run] = Training(begun)
        while len(runs) > RUNS:
            runs.pop(next(iter(runs)))
    elif run not in runs:
        raise asked.refuse("inside_no_run")
    training = runs[run]
    reports = []
    until, ended = time.monotonic() + AT_A_TIME, True
    for report in training.reports:
        training.told[CELLS[report.cell_type].label] = report.accuracy[DELAYS[-1]]
        reports.append(
            {
                "cell": CELLS[report.cell_type].label,
                "step": report.step,
                "loss": plain(report.loss),
                "accuracy": {str(delay): plain(share) for delay, share in report.accuracy.items()},
                "seconds": plain(report.seconds),
            }
        )
        if time.monotonic() > until:
            ended = False
            break
    if ended:
        runs.pop(run, None)
    told = ", ".join(f"{cell} {share:.0%}" for cell, share in training.told.items())
    return {
        "run": run,
        "ended": ended,
        "delays": list(DELAYS),
        "reports": reports,
        "sentence": say("inside_said_memory", asked.request, delay=DELAYS[-1], told=told) if told else "",
    }
