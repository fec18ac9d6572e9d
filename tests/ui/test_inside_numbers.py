"""Every number that the tab Inside shows is the model's own: read from the page, and computed slowly and plainly."""

from __future__ import annotations

import copy
import itertools
import json
import math
from collections.abc import Iterable
from urllib.parse import urlencode

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch.nn import functional as F

from rnn_models import RNNConfig, RNNForCausalLM
from rnn_models.interpret.fresh import fresh
from rnn_models.modeling.cells import CELLS
from rnn_models.ui.i18n import TEXTS
from rnn_models.ui.views import mood

from .conftest import Served, Visits, rows_of_csv
from .inside_slowly import (
    QUOTED,
    best_cut,
    bracketed,
    cell_of,
    close,
    flow_slowly,
    ids_of,
    logits_after,
    scored_slowly,
    states_after,
    told,
    values_over_the_corpus,
    without,
    written_slowly,
)

pytestmark = pytest.mark.browser
TEXT = "To be, or not to be:\nthat is it"
TRIO = ("shakespeare-lstm", "shakespeare-gru", "shakespeare-rnn")
READ = "(table) => [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent))"


@pytest.fixture(scope="module", params=["en-US", "zh-CN"])
def see(request, chromium, served: Served):
    """Shows a view with the given choices, always on the same page, and returns the page when all of it is drawn."""
    visits = Visits(chromium, served.url)
    page = visits.open(request.param)
    page.locator("button[role=tab][data-tab-id=inside]").click()

    def see_(view: str, **chosen: object):
        first = {"text": TEXT, "position": -1, "unit": 0, "layer": 0, "direction": 0, "holds": "unit", "prompt": "To"}
        page.evaluate("document.querySelector('.view').dataset.before = 'yes'")
        page.evaluate("(hash) => { location.hash = hash; }", f"inside?{urlencode({'view': view, **first, **chosen})}")
        page.locator(".view:not([data-before]):not([aria-busy]) .tools").wait_for()
        return page

    yield see_
    visits.close()
    visits.check()


def numbers_of(page) -> list[list[str]]:
    """The rows of the file, after a look at the table for screen readers: it has the same ones, in five digits."""
    head, *rows = rows_of_csv(page)
    page.locator("details.numbers summary").click()
    of_table, *table = page.locator("details.numbers table").evaluate(READ)
    assert of_table == head
    for row, shown in zip(rows[:600], table, strict=True):
        for value, cell in zip(row, shown, strict=True):
            if value and is_number(value):
                assert float(cell) == pytest.approx(float(value), rel=1e-4)
    return rows


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def column(rows: Iterable[list[str]], index: int) -> list[float]:
    return [float(row[index]) for row in rows]


# view 1


@pytest.mark.parametrize(("name", "gates"), [(TRIO[0], "ifgo"), (TRIO[1], "rzn"), (TRIO[2], " ")])
@torch.no_grad()
def test_all_units_of_a_step_and_the_equations_of_one(see, served, name, gates):
    model, position, unit = served.models[name], 6, 3
    page = see("step", model=name, position=position, unit=unit, compare="no")
    cell = cell_of(model.model)
    vectors = model.model.base_model.embedding(ids_of(model, TEXT))
    states = states_after(model.model, vectors)
    x, before, after = vectors[position], states[position], states[position + 1]
    opened = cell.gates(x[None], before).values()
    close(column(numbers_of(page), 3), torch.cat([x, *(part[0] for part in (*before, *opened, *after))]))
    sums = {"W x": cell.weight_ih @ x, "b": cell.bias_ih, "U h": cell.weight_hh @ before[0][0], "d": cell.bias_hh}
    terms = page.locator(".one-cell .term")
    shown = terms.evaluate_all(
        "(all) => Object.fromEntries(all.map((one) => [one.dataset.symbol, one.dataset.value]))"
    )
    for row, gate in enumerate(gates):
        for symbol, values in sums.items():
            letter, *vector = symbol.split()
            close(shown[" ".join([f"{letter}_{gate}".rstrip("_ "), *vector])], values[row * cell.hidden_size + unit])
    functions = {"tanh": math.tanh, "sigmoid": lambda value: 1 / (1 + math.exp(-value))}
    for line in page.locator(".one-cell .filled").all_inner_texts():  # with the numbers as they stand, in three digits
        _, expression, result = line.split(" = ")
        assert eval(expression, functions) == pytest.approx(float(result), abs=0.01)


# view 2


@torch.no_grad()
def test_a_gate_over_the_text_and_the_shares_of_steps_in_which_it_is_shut_or_open(see, served):
    model, text = served.models["shakespeare-lstm"], "The slings and the sea"  # no other test may read it: it is kept
    cell = cell_of(model.model)
    drawn = cell.weight_ih.clone()
    try:
        cell.weight_ih *= 200  # the fresh weights open no gate wide and shut none
        page = see("heat_map", model=model.name, text=text, shows="gate forget", sort="variance", first=0)
        vectors = model.model.base_model.embedding(ids_of(model, text))
        states = states_after(model.model, vectors)
        gate = torch.cat([cell.gates(x[None], state)["forget"] for x, state in zip(vectors, states[:-1], strict=True)])
    finally:
        cell.weight_ih.copy_(drawn)
    rows = numbers_of(page)
    units = [int(row[0]) for row in rows]
    varied = [float(gate[:, unit].double().var()) for unit in units]
    assert sorted(units) == list(range(16)) and varied == sorted(varied, reverse=True)
    shares = torch.stack([(gate < 0.1).double().mean(0), (gate > 0.9).double().mean(0)])  # (2, H)
    assert len(shares[0].unique()) > 2 and len(shares[1].unique()) > 2
    for unit, row in zip(units, rows, strict=True):
        close(row[1:], torch.cat([shares[:, unit], gate[:, unit].double()]))


# view 3


def influences(rows: list[list[str]], name: str) -> np.ndarray:
    """(P, 2), change of loss and of logit by each token."""
    return np.array([row[3:5] for row in rows if row[0] == name and row[4]], dtype=float)


def test_influence_by_occlusion_is_what_the_loss_and_the_logit_are_without_each_token(see, served):
    page = see("reach", model="shakespeare-lstm", position=9, method="occlusion")
    rows = numbers_of(page)
    for name in TRIO:
        model = served.models[name]
        ids = ids_of(model, TEXT)
        with torch.no_grad():
            vectors = model.model.base_model.embedding(ids[:10])
            logits = logits_after(model.model, vectors)[-1]
            expected = []
            for position in range(10):
                left_out = logits_after(model.model, without(vectors, position))[-1]
                more = F.cross_entropy(left_out, ids[10]) - F.cross_entropy(logits, ids[10])
                expected.append([float(more), float(logits[ids[10]] - left_out[ids[10]])])
        close(influences(rows, name), expected, atol=1e-5)
        (hint,) = [one for one in page.locator(".view .hint").all_inner_texts() if name in one]
        assert f"{100 * float(logits.softmax(-1)[ids[10]]):.3g}" in hint


def test_influence_by_gradient_is_the_steepest_slope_of_the_loss_and_of_the_logit(see, served):
    rows = numbers_of(see("reach", model="shakespeare-gru", position=4, method="gradient"))
    for name in TRIO:
        model = served.models[name]
        network, ids = copy.deepcopy(model.model).double(), ids_of(model, TEXT)
        with torch.no_grad():
            vectors = network.base_model.embedding(ids[:5])
            expected = []
            for position in range(5):
                slopes = []
                for coordinate in range(vectors.shape[1]):
                    both = []
                    for step in (1e-5, -1e-5):
                        moved = vectors.clone()
                        moved[position, coordinate] += step
                        logits = logits_after(network, moved)[-1]
                        both.append(torch.stack([F.cross_entropy(logits, ids[5]), logits[ids[5]]]))
                    slopes.append((both[0] - both[1]) / 2e-5)
                expected.append(torch.stack(slopes).norm(dim=0).tolist())
        close(influences(rows, name), expected)


def test_the_curve_of_influence_is_the_mean_change_of_the_loss_at_each_distance(see, served):
    text = TEXT[:15]  # as many predictions as tokens are left out at most: all of them are
    rows = numbers_of(see("reach", model="shakespeare-rnn", text=text, method="occlusion"))
    for name in TRIO:
        model = served.models[name]
        ids = ids_of(model, text)
        with torch.no_grad():
            vectors = model.model.base_model.embedding(ids[:-1])
            losses = F.cross_entropy(logits_after(model.model, vectors), ids[1:], reduction="none")
            changes: dict[int, list[float]] = {}
            for position in range(len(vectors)):
                left_out = logits_after(model.model, without(vectors, position))
                others = F.cross_entropy(left_out, ids[1:], reduction="none")
                for prediction in range(position, len(vectors)):
                    changes.setdefault(prediction - position, []).append(
                        abs(float(others[prediction] - losses[prediction]))
                    )
        curve = [row for row in rows if row[0] == name and not row[4]]
        assert column(curve, 1) == sorted(changes)
        close(column(curve, 3), [np.mean(changes[distance]) for distance in sorted(changes)], atol=1e-5)


def test_the_running_verdict_is_that_on_each_beginning_and_a_token_adds_what_is_lost_without_it(see, served):
    text = "To be, or not"
    model = served.models["sentiment-en"]
    rows = numbers_of(see("reach", model="sentiment-en", text=text))
    ids = ids_of(model, text)
    with torch.no_grad():
        shares = [model.model(ids[None, : end + 1]).logits[0].softmax(-1).tolist() for end in range(len(ids))]
        vectors = model.model.base_model.embedding(ids)
        logits = model.model(inputs_embeds=vectors[None]).logits[0]
        label = int(logits.argmax())
        adds = [
            float(logits[label] - model.model(inputs_embeds=without(vectors, position)[None]).logits[0, label])
            for position in range(len(ids))
        ]
    close([row[3:] for row in rows], shares)
    close(column(rows, 2), adds, atol=1e-5)


# view 4


def check_flows(page, expected: dict[str, tuple[list[list[float]], float, float]], clip: float) -> None:
    rows = numbers_of(page)
    networks = page.locator(".view table").first.evaluate(READ)[1:]
    assert [row[0] for row in networks] == list(dict.fromkeys(row[0] for row in rows)) and len(networks) == len(
        expected
    )
    for name, loss, norm, clipped in networks:
        norms, slow_loss, slow_norm = expected[name]
        own = [row for row in rows if row[0] == name]
        assert column(own, 2) == [*range(len(norms[0]))] * len(norms)
        close(column(own, 3), np.concatenate(norms), atol=1e-12)
        close([loss, norm, clipped], [slow_loss, slow_norm, min(1, clip / slow_norm)])


def test_the_gradient_on_its_way_back_through_trained_cells(see, served):
    page = see("flow", model="shakespeare-lstm", weights="trained", length=10, clip=0.5)
    expected = {}
    for name in TRIO:
        model = served.models[name]
        expected[name] = flow_slowly(model.model, ids_of(model, TEXT[-11:]))
    check_flows(page, expected, 0.5)


@pytest.mark.parametrize(("scale", "bias", "nonlinearity"), [(0.9, 1, "tanh"), (1.5, -2, "relu")])
def test_the_gradient_on_its_way_back_through_fresh_cells(see, scale, bias, nonlinearity):
    options = {"weight_scale": scale, "forget_bias": bias}
    page = see("flow", weights="fresh", length=30, nonlinearity=nonlinearity, clip=2, **options)
    ids = torch.randint(32, (31,), generator=torch.Generator().manual_seed(0))
    expected = {}
    for cell_type, cell in CELLS.items():
        phi = nonlinearity if cell_type == "rnn" else "tanh"
        config = RNNConfig(vocab_size=32, hidden_size=64, cell_type=cell_type, nonlinearity=phi, pad_token_id=None)
        expected[cell.label] = flow_slowly(fresh(RNNForCausalLM, config, seed=0, **options).double(), ids)
    check_flows(page, expected, 2)


# view 5


def test_the_histogram_the_passages_and_the_scores_of_a_unit(see, served):
    texts = [bracketed(text)[0] for text in QUOTED]
    model, unit = served.models["shakespeare-lstm"], 5
    page = see("portrait", model="shakespeare-lstm", unit=unit, part="cell", texts="\n\n".join(texts))
    rows = numbers_of(page)
    values = [part[:, unit].tolist() for part in values_over_the_corpus(model, "cell")]
    together = values[0] + values[1]
    edges = np.linspace(min(together), max(together), 41)
    counts = [sum(low <= value < high for value in together) for low, high in itertools.pairwise(edges)]
    counts[-1] += 1  # the greatest, which is the last edge
    close(column(rows[:40], 2), edges[:-1], atol=1e-5)
    assert column(rows[:40], 3) == counts
    scores = {row[1].rpartition(" (")[0]: float(row[2]) for row in rows[40:46]}  # these and sentiment
    for name in ("quotation", "line_position", "negation", "capital", "line_end"):
        (found,) = [scores[title] for title in TEXTS[f"inside_told_{name}"] if title in scores]
        close(found, scored_slowly(name, values))
    # no two passages overlap, and the second text is shorter than a passage: one of each text
    for first, extreme in ((46, max), (48, min)):
        tops = sorted(
            ((extreme(part), text) for part, text in zip(values, texts, strict=True)), reverse=extreme is max
        )
        for row, (value, text) in zip(rows[first : first + 2], tops, strict=True):
            place = values[texts.index(text)].index(value)
            close(float(row[2]), value)
            around = f"{text[max(0, place - 40) : place]}[{text[place]}]{text[place + 1 : place + 41]}"
            assert row[1].endswith(f": {around}")
    shown = page.locator(".view ol").first.locator("li").first.inner_text()
    close(float(shown.partition(":")[0]), max(together), rtol=6e-3)


def test_the_units_that_a_search_finds_are_the_best_on_the_first_text_and_scored_on_the_second(see, served):
    texts = [bracketed(text)[0] for text in QUOTED]
    page = see("portrait", model="shakespeare-gru", part="hidden", tells="capital", texts="\n\n".join(texts))
    page.locator(".view .controls").first.get_by_role("button").click()
    found = page.locator(".view .controls").nth(1).get_by_role("button")
    found.first.wait_for()
    read = values_over_the_corpus(served.models["shakespeare-gru"], "hidden")
    best = [best_cut(read[0][:, unit].tolist(), told("capital", 0))[0] for unit in range(16)]
    units = []
    for text in found.all_inner_texts():
        unit, value = text.split(": ")
        units.append(int(unit))
        close(float(value), scored_slowly("capital", [part[:, units[-1]].tolist() for part in read]), rtol=6e-3)
    strengths = [best[unit] for unit in units]
    assert strengths == sorted(strengths, reverse=True) and strengths == sorted(best, reverse=True)[: len(units)]


# view 6


def texts_written(page) -> list[str]:
    page.locator(".view .written").nth(1).wait_for()
    return page.locator(".view .written p").evaluate_all("(all) => all.map((one) => one.lastChild.textContent)")


@pytest.mark.parametrize("value", [0.9, -0.9])
def test_what_is_written_with_a_unit_held_is_what_its_cell_writes_with_it_at_that_value(see, served, value):
    model, unit = served.models["shakespeare-gru"], 4
    page = see("mood", model="shakespeare-gru", prompt="To be", holds="unit", unit=unit, held=value)

    def hold(state):
        held = state[0].clone()
        held[0, unit] = value
        return (held,)

    free, clamped = texts_written(page)
    assert free == written_slowly(model, "To be", None)
    assert clamped == written_slowly(model, "To be", hold) != free
    assert [row[2] for row in numbers_of(page)] == ["0", str(value)]


def test_the_state_along_the_direction_of_a_probe_and_what_is_written_with_it_held(see, served, monkeypatch):
    model, (unit, threshold, value) = served.models["shakespeare-lstm"], (7, 0.05, 1.5)
    direction = np.random.default_rng(0).normal(size=16)
    direction /= np.linalg.norm(direction)
    probe = {
        **{"model": model.name, "state": "cell", "direction": direction.tolist(), "threshold": threshold},
        **{"units": 16, "used": 16, "total": 10, "balanced_accuracy": 0.8, "low": -1, "high": 1},
        "best": {"unit": unit, "balanced_accuracy": 0.7},
    }
    monkeypatch.setitem(mood._probes(), mood.fingerprint(model.model), probe)
    page = see("mood", model=model.name, prompt="To be", holds="direction", held=value)
    with torch.no_grad():
        states = states_after(model.model, model.model.base_model.embedding(ids_of(model, TEXT)))[1:]
    cells = torch.cat([state[1] for state in states]).double().numpy()
    along = [float(sum(a * b for a, b in zip(values, direction, strict=True))) for values in cells]
    running = [float(np.mean(along[: end + 1])) for end in range(len(along))]
    rows = numbers_of(page)
    close([row[2:] for row in rows], np.stack([along, running, cells[:, unit]], axis=1), atol=1e-5)

    def hold(state):
        toward = torch.tensor(direction, dtype=torch.float32)
        return state[0], state[1] + (value - state[1] @ toward) * toward

    assert texts_written(page) == [written_slowly(model, "To be", None), written_slowly(model, "To be", hold)]


# view 8


def test_the_weights_in_the_table_of_cells_are_those_in_the_files(see, served, tiny_checkpoints):
    head, *rows = rows_of_csv(see("comparison", model="shakespeare-lstm"))
    for place, name in enumerate(head[1:], start=1):
        file = tiny_checkpoints / name / "model.safetensors"
        with safe_open(file, "pt") as weights:
            sizes = {key: int(np.prod(weights.get_slice(key).get_shape())) for key in weights.keys()}  # noqa: SIM118
        units, of_the_cell, of_all, megabytes, loss = column(rows[2:7], place)
        assert units == json.loads((tiny_checkpoints / name / "config.json").read_text())["hidden_size"]
        assert of_all == sum(sizes.values())
        assert of_the_cell == sum(size for key, size in sizes.items() if ".recurrence." in key)
        close([megabytes, loss], [file.stat().st_size / 1e6, 1.5])
        assert rows[0][place] == cell_of(served.models[name].model).label
        assert float(rows[7][place]) > 0
