"""View 3: how much each earlier token moves a prediction, or a verdict, and how far back a token is still felt."""

from __future__ import annotations

from ...interpret import InfluenceCurve, attribute_by_occlusion, running_verdict
from ...modeling.heads import CLASSIFICATION
from ..i18n import say
from ..sentiment_labels import label_name
from .asking import Asked, plain, shown, visible

WINDOW = 100  # tokens that are left out, one after the other
METHODS = ("gradient", "occlusion")


def inside_influence(
    asked: Asked, model: str = "", text: str = "", position: int = -1, method: str = "gradient"
) -> dict:
    """How much each token of a text moves what is predicted after one of them, for each cell that reads the same.

    Args:
        model: name of a language model of this app; empty takes the first. Those with other cells are asked as well.
        text: at most 600 characters, read from a zero state.
        position: after which token the prediction is made, counted from 0, or from the end for a negative one.
        method: "gradient" of the loss by each token's vector, or "occlusion", which leaves each out, the last 100.
    """
    chosen = asked.model(model, writes=True)
    text = asked.text(text, chosen)
    method = asked.one_of(method, "method", METHODS)
    tokens = asked.tokens(chosen, text)
    position = asked.position(position, tokens)
    found = asked.views.in_each(
        chosen, lambda one: asked.influences(one, text).at(position, method=method, window=WINDOW)
    )
    one = found[chosen.name]
    earlier = [abs(value) if value == value else 0.0 for value in one.loss[:-1].tolist()]
    far = max(range(len(earlier)), key=earlier.__getitem__, default=0)
    return {
        "tokens": shown(tokens),
        "position": position,
        "method": method,
        "models": [
            {
                "model": name,
                "target": each.target_piece,
                "probability": plain(each.probability),
                "loss": plain(each.loss),
                "logit": plain(each.logit),
            }
            for name, each in found.items()
        ],
        "sentence": say(
            "inside_said_influence" if earlier else "inside_said_influence_first",
            asked.request,
            model=chosen.name,
            token=visible(tokens.pieces[position]),
            target=visible(one.target_piece),
            probability=one.probability,
            far=visible(tokens.pieces[far]),
            distance=position - far,
        ),
    }


def inside_reach(asked: Asked, model: str = "", text: str = "") -> dict:
    """The mean change of the loss when a token is left out, against its distance, for each cell that reads the same.

    Args:
        model: name of a language model of this app; empty takes the first. Those with other cells are asked as well.
        text: at most 600 characters, of at least two tokens.
    """
    chosen = asked.model(model, writes=True)
    text = asked.text(text, chosen)
    if len(asked.tokens(chosen, text)) < 2:
        raise asked.refuse("inside_two_tokens")
    found = asked.views.in_each(chosen, lambda one: asked.influences(one, text).by_distance(method="occlusion"))
    felt = ", ".join(
        say("inside_at_least", asked.request, name=name, steps=curve.reach())
        if _cut(curve)
        else f"{name} {curve.reach()}"
        for name, curve in found.items()
    )
    longest = max(int(curve.distance[-1]) for curve in found.values())
    return {
        "models": [
            {
                "model": name,
                "distance": curve.distance.tolist(),
                "loss": plain(curve.loss),
                "pairs": curve.pairs.tolist(),
                "reach": curve.reach(),
                "cut": _cut(curve),
            }
            for name, curve in found.items()
        ],
        "sentence": say("inside_said_reach", asked.request, felt=felt, longest=longest),
    }


def _cut(curve: InfluenceCurve) -> bool:
    """Whether a token is felt as far back as was tried: it may be felt farther."""
    return curve.reach() == int(curve.distance[-1])


def inside_verdict(asked: Asked, model: str = "", text: str = "") -> dict:
    """What a classifier would say after each token, and what each token adds to the logit of its verdict.

    Args:
        model: name of a classifier of this app; empty takes the first model.
        text: at most 600 characters.
    """
    chosen = asked.model(model)
    if chosen.task != CLASSIFICATION:
        raise asked.refuse("inside_judges_only", model=chosen.name)
    text = asked.text(text, chosen)
    running, adds = running_verdict(chosen, text), attribute_by_occlusion(chosen, text)
    most = int(abs(adds.scores).argmax())
    return {
        "model": chosen.name,
        "tokens": shown(adds.tokens),
        "labels": [label_name(label, asked.request) for label in running.labels],
        "kinds": list(running.labels),
        "probabilities": plain(running.probabilities.T),
        "label": label_name(adds.label_name, asked.request),
        "logit": plain(adds.logit),
        "scores": plain(adds.scores),
        "sentence": say(
            "inside_said_verdict" if adds.scores[most] >= 0 else "inside_said_verdict_against",
            asked.request,
            model=chosen.name,
            label=label_name(adds.label_name, asked.request),
            probability=float(running.probabilities[-1][adds.label]),
            token=visible(adds.tokens.pieces[most]),
            score=abs(float(adds.scores[most])),
        ),
    }
