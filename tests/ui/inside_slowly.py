"""What the tab Inside shows, computed slowly and plainly for networks of one layer that reads from left to right.

Nothing of `rnn_models.interpret` is used but where the cells are: only `cell.step` in loops, autograd, and counting.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional as F

from rnn_models import ui
from rnn_models.inference import Sampling, special_tokens
from rnn_models.inference.sampling import Sampler
from rnn_models.interpret import unrolling
from rnn_models.modeling.cells import Cell


def close(shown: object, expected: object, rtol: float = 1e-3, atol: float = 1e-6) -> None:
    """Assert that numbers, as text or not, are those of a computation."""
    slow = torch.as_tensor(expected, dtype=torch.float64).detach().numpy()
    np.testing.assert_allclose(np.array(shown, dtype=float), slow, rtol=rtol, atol=atol)


def cell_of(network) -> Cell:
    return network.base_model.recurrence.layers[0].cell


def ids_of(model: ui.LoadedModel, text: str) -> torch.Tensor:
    """(T,), the first of which begins every text."""
    return torch.tensor(model.tokenizer(text)["input_ids"])


def states_after(network, vectors: torch.Tensor) -> list[tuple[torch.Tensor, ...]]:
    """The parts of the state, (1, H) each, before the first step and after every one."""
    cell = cell_of(network)
    states = [cell.initial_state(1, vectors)]
    for x in vectors:
        states.append(cell.step(x[None], states[-1])[1])
    return states


def logits_after(network, vectors: torch.Tensor) -> torch.Tensor:
    """(T, V), for the token after each one."""
    return torch.cat([network.lm_head(state[0]) for state in states_after(network, vectors)[1:]])


def without(vectors: torch.Tensor, position: int) -> torch.Tensor:
    left = vectors.clone()
    left[position] = 0
    return left


def flow_slowly(network, ids: torch.Tensor) -> tuple[list[list[float]], float, float]:
    """By each part of the state the norms of the loss's gradient, the last step first; the loss; by all weights."""
    network = copy.deepcopy(network).requires_grad_(True)
    vectors = network.base_model.embedding(ids[:-1])
    _, *states = states_after(network, vectors)
    loss = F.cross_entropy(network.lm_head(states[-1][0]), ids[-1:])
    for state in states:
        for part in state:
            part.retain_grad()
    loss.backward()
    norms = [[float(part.grad.double().norm()) for part in reversed(parts)] for parts in zip(*states, strict=True)]
    of_weights = [weight.grad.double().pow(2).sum() for weight in network.parameters()]
    return norms, float(loss.detach()), float(torch.stack(of_weights).sum().sqrt())


# Brackets enclose what comes after a negation in its clause, and what is quoted.
NEGATED = ['"To be," it is not[ to be]: that\nIs it', 'To "suffer" in the slings, or not[ to be]?\nWhether it is']
QUOTED = ['["To be,]" it is not to be: that\nIs it', 'To ["suffer]" in the slings, or not to be?\nWhether it is']


def bracketed(marked: str) -> tuple[str, list[bool]]:
    """A text without its brackets, and whether each character stood between them."""
    text, truth, inside = "", [], False
    for character in marked:
        if character in "[]":
            inside = character == "["
        else:
            text += character
            truth.append(inside)
    return text, truth


def told(name: str, number: int) -> list[bool] | list[int]:
    """A property of each character of a text of the corpus, told by hand."""
    text, negated = bracketed(NEGATED[number])
    same, quoted = bracketed(QUOTED[number])
    assert text == same
    places = range(len(text))
    return {
        "quotation": quoted,
        "negation": negated,
        "capital": [text[place] in "TIW" for place in places],
        "line_end": [text[place + 1 : place + 2] == "\n" for place in places],
        "line_position": [place - (text.rfind("\n", 0, place) + 1) for place in places],
    }[name]


def balanced_accuracy(values: list[float], truth: list[bool], cut: float, above: bool) -> float:
    right = [((value > cut) == above) == true for value, true in zip(values, truth, strict=True)]
    shares = [[one for one, true in zip(right, truth, strict=True) if true == kind] for kind in (True, False)]
    return float(np.mean([np.mean(share) for share in shares]))


def best_cut(values: list[float], truth: list[bool]) -> tuple[float, float, bool]:
    """How well the best of all thresholds tells, the threshold, and whether the property is above it."""
    levels = sorted(set(values))
    cuts = [(low + high) / 2 for low, high in itertools.pairwise(levels)]
    tried = [
        (round(balanced_accuracy(values, truth, cut, above), 9), cut, above) for above in (True, False) for cut in cuts
    ]
    return max(tried, key=lambda one: one[0])


def rank_correlation(values: list[float], others: list[int]) -> float:
    ranks = [[sum(b < a for b in part) + sum(b == a for b in part) / 2 for a in part] for part in (values, others)]
    return float(np.corrcoef(*ranks)[0, 1])


def scored_slowly(name: str, values: list[list[float]]) -> float:
    """A unit's score for a property: the threshold is that of the first text, the score that on the second."""
    if name == "line_position":
        return rank_correlation(values[1], told(name, 1))
    _, cut, above = best_cut(values[0], told(name, 0))
    return balanced_accuracy(values[1], told(name, 1), cut, above)


def values_over_the_corpus(model: ui.LoadedModel, part: str) -> list[np.ndarray]:
    """(T, H) of both texts, after each character."""
    place = cell_of(model.model).state_names.index(part)
    with torch.no_grad():
        return [
            torch.cat([state[place] for state in states_after(model.model, model.model.base_model.embedding(ids))[2:]])
            for ids in (ids_of(model, bracketed(text)[0]) for text in QUOTED)
        ]


@torch.no_grad()
def written_slowly(model: ui.LoadedModel, prompt: str, hold: Callable | None, length: int = 60) -> str:
    """A continuation, token by token, with the state as `hold` leaves it after the prompt and after every step."""
    network, cell = model.model, cell_of(model.model)
    ids = ids_of(model, prompt)
    sampler = Sampler(
        Sampling(temperature=0.7, seed=1),
        len(model.tokenizer),
        ids.tolist(),
        special_tokens(network, model.tokenizer)[1],
    )
    state = states_after(network, network.base_model.embedding(ids))[-1]
    written: list[int] = []
    while len(written) < length:
        state = hold(state) if hold else state
        written.append(int(sampler.draw(network.lm_head(state[0])[0].numpy())))
        _, state = cell.step(network.base_model.embedding(torch.tensor(written[-1:])), state)
    return "".join(model.tokenizer.convert_ids_to_tokens(written))


def steps_slowly(model: ui.LoadedModel, text: str, direction: int = 0) -> list[dict]:
    """Every step of the first layer: what went in, its gates, the state before and after it."""
    found = []
    place = list(unrolling.directions(model.model))[direction]
    ids = torch.tensor(model.tokenizer(text)["input_ids"])
    with torch.no_grad():
        vectors = model.model.base_model.embedding(ids)
        state = place.cell.initial_state(1, vectors)
        for x in vectors.flip(0) if place.backwards else vectors:
            gates = place.cell.gates(x[None], state)
            _, after = place.cell.step(x[None], state)
            names = place.cell.state_names
            found.append({
                "input": x.numpy(), "gates": {name: gate[0].numpy() for name, gate in gates.items()},
                "before": {name: part[0].numpy() for name, part in zip(names, state, strict=True)},
                "after": {name: part[0].numpy() for name, part in zip(names, after, strict=True)},
            })  # fmt: skip
            state = after
    return found[::-1] if place.backwards else found


def is_close(one: object, other: object) -> bool:
    return np.allclose(one, other, rtol=1e-4, atol=1e-6)
