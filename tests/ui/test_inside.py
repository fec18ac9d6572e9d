"""The tab Inside, asked as other programs ask it: each number against the model's own, computed the slow way."""

from __future__ import annotations

import asyncio
import inspect
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
import torch
from gradio_client.exceptions import AppError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnn_models import interpret, ui
from rnn_models.inference import Sampling
from rnn_models.modeling.cells import CELLS
from rnn_models.ui.views import mood, reach
from rnn_models.ui.views.asking import MAX_SEEN, MAX_WAITING, Asked, Views
from rnn_models.ui.views.everyday import everyday_sentences
from rnn_models.ui.views.flow import inside_gradients
from rnn_models.ui.views.one_step import inside_step
from tests.ui.inside_slowly import is_close, steps_slowly

ROOT = Path(__file__).parents[2]

TEXT = "To be, or not to be:\nthat is it"


@pytest.mark.parametrize(
    ("name", "direction"),
    [("shakespeare-rnn", 0), ("shakespeare-gru", 0), ("shakespeare-lstm", 0), ("sentiment-en", 1)],
)
def test_every_number_of_a_step_is_the_model_s_own(client, models, name, direction):
    slow = steps_slowly(models[name], TEXT, direction)
    for position in (0, 5, -1):
        step = client.predict(name, TEXT, position, 3, 0, direction, api_name="/inside_step")
        wanted = slow[position]
        assert step["position"] == position % len(slow)
        assert is_close(step["input"], wanted["input"])
        for kind in ("gates", "before", "after"):
            assert list(step[kind]) == list(wanted[kind])
            assert all(is_close(step[kind][part], wanted[kind][part]) for part in wanted[kind])
        for state in wanted["after"]:
            assert is_close(step["terms"][f"{state[0]}'"][position], wanted["after"][state][3])


def test_the_heat_map_has_the_model_s_own_numbers_in_the_order_that_was_asked_for(client, models):
    slow = np.stack([step["gates"]["forget"] for step in steps_slowly(models["shakespeare-lstm"], TEXT)])
    for sort, key in (
        ("variance", -slow.var(0)),
        ("saturation", -((slow < 0.1).mean(0) + (slow > 0.9).mean(0))),
        ("number", np.arange(16)),
    ):
        found = client.predict("shakespeare-lstm", TEXT, "gate forget", sort, 2, api_name="/inside_heat_map")
        assert found["units"] == np.argsort(key, kind="stable")[2:].tolist()
        assert is_close(found["values"], slow[:, found["units"]].T)
    assert {*found["gates"]} == {"gate input", "gate forget", "gate cell", "gate output"}
    assert is_close(found["gates"]["gate forget"]["below"], (slow < 0.1).mean(0))


MISTAKES = [
    ("step", {"text": ""}, "There is no text"),
    ("step", {"text": "a" * (MAX_SEEN + 1)}, f"{MAX_SEEN + 1} characters; at most {MAX_SEEN} are allowed"),
    ("step", {"text": "\u00e9\u00e9"}, "knows none of these characters"),
    ("step", {"text": 5}, "must be a string, not a number"),
    ("step", {"text": TEXT, "model": "gpt-9"}, "There is no such model here"),
    ("step", {"text": TEXT, "unit": 16}, "Unit must be a whole number from 0 to 15"),
    ("step", {"text": TEXT, "unit": None}, "Unit is empty: enter a number from 0"),
    ("step", {"text": TEXT, "position": 999}, "Position must be a whole number from -"),
    ("step", {"text": TEXT, "layer": 1}, "Layer must be a whole number from 0 to 0"),
    ("step", {"text": TEXT, "direction": 0.5}, "Direction must be a whole number"),
    ("heat_map", {"text": TEXT, "shows": "gate reset"}, "must be one of state hidden, state cell, gate input"),
    ("heat_map", {"text": TEXT, "sort": ["variance"]}, "must be one of variance, saturation, number"),
    ("heat_map", {"text": TEXT, "first": -1}, "First unit must be a whole number from 0 to 15"),
    ("influence", {"text": TEXT, "model": "sentiment-en"}, "sentiment-en writes no texts, and this view"),
    ("influence", {"text": TEXT, "method": "magic"}, "method must be one of gradient, occlusion"),
    ("verdict", {"text": TEXT, "model": "shakespeare-rnn"}, "shakespeare-rnn gives no verdict on a text"),
    ("gradients", {"length": MAX_SEEN + 1}, "Length must be a whole number from 1 to 600"),
    ("gradients", {"weight_scale": "1"}, "Scale of the recurrent weights must be a number, not a string"),
    ("gradients", {"nonlinearity": "sin"}, "nonlinearity must be one of tanh, relu"),
    ("gradients", {"weights": "trained", "text": ""}, "There is no text"),
    ("memory", {"run": "x"}, "This training is not here, or no longer"),
    ("memory", {"seed": -1}, "Seed must be a whole number from 0 to 1000"),
    ("dossier", {"texts": "a" * 20_001}, "The text has 20,001 characters; at most 20,000 are allowed"),
    ("dossier", {"texts": "\u00e9\u00e9"}, "knows none of these characters"),
    ("dossier", {"state": "cell", "model": "shakespeare-gru"}, "state must be one of hidden"),
    ("search", {"tells": "quotation", "texts": "To be\n\nor not"}, "These texts cannot show it"),
    ("search", {"tells": "love"}, "tells must be one of quotation, line_position"),
    ("write", {"prompt": "", "model": "shakespeare-rnn"}, "There is no text"),
    ("write", {"prompt": "To be", "length": 121}, "Length must be a whole number from 1 to 120"),
    ("write", {"prompt": "To be", "holds": "unit", "unit": 16}, "Unit must be a whole number from 0 to 15"),
    ("write", {"prompt": "To be", "holds": "unit", "value": 51}, "Value must be a number from -50 to 50"),
    ("write", {"prompt": "To be", "holds": "breath"}, "holds must be one of nothing, direction, unit"),
    ("training", {"model": "tang-poems"}, "tang-poems has no training_log.jsonl.* Models that have one: shakespeare-"),
    ("moment", {"model": "sentiment-en"}, "sentiment-en has no training_log.jsonl"),
    ("moment", {"model": "shakespeare-gru", "step": 9}, "step must be a whole number from -1 to 8"),
    ("code", {"name": "os.system"}, "must be one of"),
]


@pytest.mark.parametrize(("name", "arguments", "sentence"), MISTAKES, ids=lambda value: f"{value!s:.60}")
def test_a_mistake_gets_a_sentence(client, name, arguments, sentence):
    with pytest.raises(AppError, match=sentence):
        client.predict(**arguments, api_name=f"/inside_{name}")


def test_every_parameter_of_every_endpoint_is_described(client):
    described = client.view_api(return_format="dict")["named_endpoints"]
    assert {"/inside_step", "/inside_heat_map", "/generate"} <= set(described)
    for name, about in described.items():
        assert about["description"], name
        for parameter in about["parameters"]:
            assert parameter["python_type"]["description"], (name, parameter["parameter_name"])


def component(served) -> int:
    return next(block._id for block in served.page.blocks.values() if getattr(block, "elem_id", "") == "inside")


def ask_page(served, data: object) -> dict:
    """What the page's script is answered."""
    from tests.ui.test_api import post

    body = {"session_hash": "a", "component_id": component(served), "fn_name": "ask", "data": data}
    status, answer = post(f"{served.url}gradio_api/component_server", json.dumps(body).encode())
    assert status == 200, answer
    return json.loads(json.loads(answer))


@pytest.mark.parametrize(
    "data",
    [None, [], "x", {"name": "inside_step"}, {"name": ["a"], "arguments": {}}, {"name": "x", "arguments": {}},
     {"name": "inside_step", "arguments": {"request": 1}}, {"name": "inside_step", "arguments": {"text": None}},
     {"name": "inside_code", "arguments": {"name": "x"}}],
)  # fmt: skip
def test_whatever_is_sent_in_the_page_s_place_gets_a_sentence(served, data):
    answer = ask_page(served, data)
    assert set(answer) == {"error"} and answer["error"].endswith(".")


def test_the_page_gets_what_the_endpoint_gives(served, client):
    arguments = {"model": "shakespeare-rnn", "text": TEXT, "position": 4}
    assert ask_page(served, {"name": "inside_step", "arguments": arguments}) == client.predict(
        **arguments, api_name="/inside_step"
    )


def test_influence_is_that_of_each_model_and_sits_at_the_position_that_was_asked_for(client, models):
    for method in ("gradient", "occlusion"):
        found = client.predict("shakespeare-gru", TEXT, 9, method, api_name="/inside_influence")
        assert {one["model"] for one in found["models"]} == {f"shakespeare-{cell}" for cell in ("rnn", "gru", "lstm")}
        for one in found["models"]:
            direct = interpret.influence_at(models[one["model"]], TEXT, 9, method=method)
            assert is_close(one["loss"], direct.loss) and is_close(one["probability"], direct.probability)
            assert one["target"] == direct.target_piece and len(one["loss"]) == 10


def test_the_curve_of_influence_and_its_sentence_are_the_same_numbers(client, models):
    found = client.predict("shakespeare-rnn", TEXT, api_name="/inside_reach")
    for one in found["models"]:
        direct = interpret.influence_by_distance(models[one["model"]], TEXT, method="occlusion")
        assert is_close(one["loss"], direct.loss) and one["reach"] == direct.reach()
        assert one["cut"] == (direct.reach() == direct.distance[-1])
        told = f"{one['model']} {direct.reach()}{' or more' if one['cut'] else ''}"
        assert told + "," in found["sentence"] or told + "." in found["sentence"]
    assert f"tried up to {max(direct.distance)} steps back" in found["sentence"]


def test_only_the_tokens_of_a_text_are_read_where_no_step_is_shown(models, monkeypatch):
    views = Views(list(models.values()))
    monkeypatch.setattr(views, "steps", None)
    asked = Asked(views, None)
    assert (
        reach.inside_influence(asked, "shakespeare-rnn", TEXT)["tokens"]
        == reach.inside_influence(asked, "shakespeare-gru", TEXT)["tokens"]
    )
    reach.inside_reach(asked, "shakespeare-rnn", TEXT)
    inside_gradients(asked, "shakespeare-rnn", TEXT, "trained")


def test_a_classifier_s_verdict_after_each_token_is_what_it_says_of_that_beginning(client, models):
    model = models["sentiment-en"]
    found = client.predict("sentiment-en", "I like it, I do not", api_name="/inside_verdict")
    ids = torch.tensor([model.tokenizer("I like it, I do not")["input_ids"]])
    with torch.no_grad():
        slow = [model.model(ids[:, : end + 1]).logits.softmax(-1)[0].numpy() for end in range(ids.shape[1])]
    assert is_close(np.array(found["probabilities"]).T, slow)
    assert len(found["scores"]) == len(found["tokens"]) == ids.shape[1]


def test_the_gradients_are_those_of_fresh_cells_or_of_the_model_s_own_weights(client, models):
    fresh = client.predict(weights="fresh", length=12, weight_scale=1.5, clip=0.5, api_name="/inside_gradients")
    for cell_type, cell in CELLS.items():
        direct = interpret.fresh_gradient_flow(cell_type, length=12, weight_scale=1.5)
        lines = {line["state"]: line["norms"] for line in fresh["lines"] if line["name"] == cell.label}
        assert list(lines) == list(cell.state_names)
        assert all(is_close(lines[state], norms) for state, norms in direct.layers[0].norms.items())
        (network,) = [one for one in fresh["networks"] if one["name"] == cell.label]
        assert network["clipped"] == pytest.approx(direct.clipped(0.5), rel=1e-4)
    trained = client.predict("shakespeare-lstm", TEXT, "trained", 10, api_name="/inside_gradients")
    direct = interpret.gradient_flow(models["shakespeare-lstm"], TEXT[-11:])
    (line,) = [one for one in trained["lines"] if (one["name"], one["state"]) == ("shakespeare-lstm", "cell")]
    assert len(line["norms"]) <= 11 and is_close(line["norms"][:5], direct.layers[0].norms["cell"][:5])


def test_cells_are_trained_a_little_further_at_each_call(client):
    first = client.predict(seed=1, api_name="/inside_memory")
    again = client.predict(run=first["run"], api_name="/inside_memory")
    assert again["run"] == first["run"] and first["reports"] and again["reports"]
    both = [(report["cell"], report["step"]) for report in [*first["reports"], *again["reports"]]]
    assert both[:2] == [("vanilla RNN", 0), ("LSTM", 0)] and len(set(both)) == len(both)
    assert set(first["reports"][0]["accuracy"]) == {"5", "10", "20", "40", "80"}


PASSAGES = "To be\nor not\n\nThat is the question\nto be\n\nOr not to be\nthat is\n\nthe question\nTo be that"


def test_a_dossier_is_that_of_the_same_texts_and_its_sentence_says_the_best_score(client, models):
    found = client.predict("shakespeare-lstm", 4, PASSAGES, "cell", api_name="/inside_dossier")
    read = interpret.read_corpus(models["shakespeare-lstm"], PASSAGES.split("\n\n"), state="cell")
    direct = interpret.dossier(read, 4)
    assert found["counts"] == direct.counts.tolist() and is_close(found["edges"], direct.edges)
    told = [one["told"] for one in found["scores"] if one["told"] != "sentiment"]
    assert told == [one.told for one in direct.scores]
    assert is_close([one["value"] for one in found["highest"]], [one.value for one in direct.highest])
    assert f"Unit 4 is {'above' if direct.scores[0].above else 'below'}" in found["sentence"]
    assert f"{direct.scores[0].value:.0%}" in found["sentence"]


def test_the_search_finds_the_units_that_tell_best(client, models):
    found = client.predict("shakespeare-gru", "capital", PASSAGES, api_name="/inside_search")
    read = interpret.read_corpus(models["shakespeare-gru"], PASSAGES.split("\n\n"))
    assert [one["unit"] for one in found["scores"]] == [one.unit for one in interpret.units_that_tell(read, "capital")]


def test_without_texts_a_unit_is_seen_over_what_the_model_writes_itself(client):
    one, other = (client.predict("tang-poems", unit, api_name="/inside_dossier") for unit in (1, 2))
    assert one["of"] == "model" and one["texts"] == other["texts"] == 16 and one["tokens"] == 16 * 300
    assert sum(one["counts"]) == one["tokens"] and one["counts"] != other["counts"]


@pytest.mark.parametrize("name", ["sentiment-en", "sentiment-zh"])
def test_a_model_that_writes_nothing_is_seen_over_everyday_sentences(client, models, name):
    rows = everyday_sentences(models[name].language)
    read = interpret.read_corpus(models[name], [text for text, _ in rows])
    found = client.predict(name, 3, api_name="/inside_dossier")
    assert (found["of"], found["texts"], found["tokens"]) == ("everyday", len(rows), len(read.values))
    assert found["file"] == f"everyday/{models[name].language}.tsv"
    assert found["counts"] == interpret.dossier(read, 3).counts.tolist()
    given = client.predict(name, 3, PASSAGES if name == "sentiment-en" else "很好。", api_name="/inside_dossier")
    assert given["of"] == "reader" and given["file"] == ""


@pytest.fixture
def probed(models, monkeypatch) -> dict:
    """A probe of shakespeare-lstm as a file of probes has it."""
    direction = np.random.default_rng(0).normal(size=16)
    probe = {
        "model": "shakespeare-lstm", "reviews": 10, "state": "cell", "direction": (direction / 4).tolist(),
        "threshold": 0.25, "units": [3, 1], "used": 2, "balanced_accuracy": 0.9, "auc": 0.95, "total": 5,
        "low": [0.0, 0.1], "high": [0.5, 0.1], "best": {"unit": 3, "balanced_accuracy": 0.8, "above": True},
    }  # fmt: skip
    monkeypatch.setattr(mood, "_probes", lambda: {mood.fingerprint(models["shakespeare-lstm"].model): probe})
    return probe


def test_the_mood_of_a_text_is_its_state_along_the_direction_of_the_probe(client, models, probed):
    found = client.predict("shakespeare-lstm", TEXT, api_name="/inside_mood")
    cell = np.stack([step["after"]["cell"] for step in steps_slowly(models["shakespeare-lstm"], TEXT)])
    along = cell @ np.array(probed["direction"])
    assert is_close(found["along"], along)
    assert is_close(found["running"], [along[: end + 1].mean() for end in range(len(along))])
    assert ("positive" if along.mean() > 0.25 else "negative") in found["sentence"]
    with pytest.raises(AppError, match="No probe was made for shakespeare-rnn, only for: shakespeare-lstm"):
        client.predict("shakespeare-rnn", TEXT, api_name="/inside_mood")


def test_what_is_written_with_the_state_held_is_what_the_same_clamp_writes(client, models, probed):
    sampling = Sampling(temperature=0.7, seed=5)
    for holds, clamps in (
        ("nothing", []),
        ("unit", [interpret.Clamp(3.0, unit=2)]),
        ("direction", [interpret.Clamp(3.0, direction=np.array(probed["direction"]), state="cell")]),
    ):
        written = client.predict(
            "shakespeare-lstm", "To be", holds, 3.0, 2, "hidden", 20, 5, api_name="/inside_write"
        )["text"]
        *_, wanted = interpret.write_clamped(
            models["shakespeare-lstm"], "To be", clamps, max_new_tokens=20, sampling=sampling
        )
        assert written == wanted


def test_the_shipped_probe_belongs_to_the_shipped_model():
    """Weights of another training would make its direction meaningless."""
    model, _ = ui.load_models([str(ROOT / "checkpoints" / "film-reviews")])
    probe = mood._probes()[mood.fingerprint(model[0].model)]
    assert probe["model"] == "film-reviews" and len(probe["direction"]) == model[0].model.config.hidden_size
    assert np.linalg.norm(probe["direction"]) == pytest.approx(1, abs=1e-4)
    assert probe["balanced_accuracy"] > 0.7


def test_a_training_is_shown_as_the_logs_of_all_cells_tell_it(client, tiny_checkpoints):
    found = client.predict("shakespeare-gru", api_name="/inside_training")
    assert {one["model"] for one in found["models"]} == {f"shakespeare-{cell}" for cell in ("rnn", "gru", "lstm")}
    for one in found["models"]:
        text = (tiny_checkpoints / one["model"] / "training_log.jsonl").read_text(encoding="utf-8")
        lines = [json.loads(line) for line in text.splitlines()]
        assert one["train"] == [line for line in lines if line["kind"] == "train"]
        evaluated = [(line["step"], line["metrics"]["loss"]) for line in lines if line["kind"] == "evaluation"]
        assert [(line["step"], line["loss"]) for line in one["evaluation"]] == evaluated
    assert found["moments"] == [0, 1, 2, 3, 4, 6, 8] and found["parts"] == ["embedding", "layer 0"]


def test_a_moment_is_the_last_of_each_model_until_then_and_its_sentence_has_the_same_numbers(client):
    found = client.predict("shakespeare-lstm", 5, api_name="/inside_moment")
    (lstm,) = [one for one in found["models"] if one["model"] == "shakespeare-lstm"]
    assert (lstm["step"], lstm["loss"], lstm["validation_loss"]) == (4, 3.0, 4.0)
    assert lstm["sample"] == "<b>To be</b> at 4"
    assert lstm["gates"] == [{"layer": 0, "direction": 0, "gate": "hidden", "below": 0.04, "above": 0.2}]
    assert (
        "By step 5 the loss was: shakespeare-lstm 3, shakespeare-gru 3.5, shakespeare-rnn 3.67." in found["sentence"]
    )
    assert "the gate “hidden” of shakespeare-lstm: 4% of its values were shut and 20% open." in found["sentence"]
    assert "Nothing was learnt yet." in client.predict("shakespeare-lstm", 0, api_name="/inside_moment")["sentence"]
    assert client.predict("shakespeare-lstm", api_name="/inside_moment")["step"] == 8


def test_the_table_of_cells_counts_what_the_models_have(client, models):
    rows = client.predict("shakespeare-rnn", api_name="/inside_cells")["rows"]
    assert {row["model"] for row in rows} == {f"shakespeare-{cell}" for cell in ("rnn", "gru", "lstm")}
    for row in rows:
        model = models[row["model"]]
        assert row["parameters"] == sum(weight.numel() for weight in model.model.parameters())
        assert row["loss"] == 1.5 and row["tokens_per_second"] > 0
        assert len(row["equations"]) >= len(row["gates"])


def test_the_code_that_is_shown_is_what_runs(client):
    for name, thing in (("steps", interpret.steps), ("GRUCell", CELLS["gru"])):
        shown = client.predict(name, api_name="/inside_code")
        assert shown["code"] == inspect.getsource(thing) and shown["link"] is None
        lines = (ROOT / shown["file"]).read_text(encoding="utf-8").splitlines(keepends=True)
        assert "".join(lines[shown["first_line"] - 1 : shown["last_line"]]) == shown["code"]


def test_on_a_space_the_code_has_its_address_on_the_hub(client, monkeypatch):
    monkeypatch.setenv("SPACE_ID", "someone/a-space")
    shown = client.predict("attribute_by_gradients", api_name="/inside_code")  # a function with a decorator
    lines = f"L{shown['first_line']}-L{shown['last_line']}"
    assert shown["link"] == f"https://huggingface.co/spaces/someone/a-space/blob/main/{shown['file']}#{lines}"
    assert shown["code"].startswith("@gradients()\ndef attribute_by_gradients(")


def test_looking_inside_does_not_stop_what_others_write(client, app):
    app.pause = 0.002
    job = client.submit("To be", max_new_tokens=400, api_name="/generate")
    while not job.outputs():
        time.sleep(0.02)
    looks = [client.submit("shakespeare-lstm", TEXT[:n], api_name="/inside_influence") for n in range(5, 11)]
    job.result(timeout=120)
    assert len(job.outputs()) > 3
    for look in looks:
        look.result(timeout=120)


def test_what_is_seen_inside_takes_one_thread_of_torch_and_leaves_the_others_theirs():
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    try:
        worker = Views([]).worker
        with ThreadPoolExecutor(1) as later:
            assert later.submit(torch.get_num_threads).result() == torch.get_num_threads() == 4
        assert worker.submit(torch.get_num_threads).result() == 1
    finally:
        torch.set_num_threads(before)


def test_who_comes_when_too_many_wait_gets_a_sentence(models, monkeypatch):
    views = Views([models["tang-poems"]])
    monkeypatch.setattr(views, "waiting", MAX_WAITING)
    with pytest.raises(gr.Error, match="Too many look inside at the moment"):
        asyncio.run(views.run(inside_step, None, text="床前"))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(max_size=40), name=st.sampled_from(["inside_step", "inside_reach", "inside_verdict", "inside_mood"])
)
def test_any_text_gets_an_answer_or_a_sentence(served, text, name):
    answer = ask_page(served, {"name": name, "arguments": {"text": text, "model": "sentiment-zh"}})
    assert answer.get("error") or answer["sentence"]
