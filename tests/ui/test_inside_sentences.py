"""The sentences of the tab Inside: each is computed, and says of which side, of what and of whom."""

from __future__ import annotations

import csv
import dataclasses
import types
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
import torch

from rnn_models import interpret
from rnn_models.interpret import unrolling
from rnn_models.modeling.cells import CELLS
from rnn_models.modeling.heads import FORECASTING, TAGGING
from rnn_models.ui.i18n import FromApi
from rnn_models.ui.views import portrait, reach
from rnn_models.ui.views.asking import Asked, Views
from rnn_models.ui.views.comparison import inside_cells
from rnn_models.ui.views.flow import inside_gradients
from rnn_models.ui.views.one_step import inside_step
from rnn_models.ui.views.portrait import inside_dossier, inside_search
from rnn_models.ui.views.reach import inside_verdict
from tests.ui.inside_slowly import is_close, steps_slowly

ROOT = Path(__file__).parents[2]

TEXT = "To be, or not to be:\nthat is it"

PASSAGES = "To be\nor not\n\nThat is the question\nto be\n\nOr not to be\nthat is\n\nthe question\nTo be that"


def test_the_sentence_is_computed_from_the_same_numbers(client, models):
    slow = steps_slowly(models["shakespeare-gru"], TEXT)[5]
    sentence = client.predict("shakespeare-gru", TEXT, 5, 2, api_name="/inside_step")["sentence"]
    before, after = (f"{float(slow[when]['hidden'][2]):.3g}" for when in ("before", "after"))
    assert f"unit 2 goes from {before} to {after}" in sentence
    assert f"update {float(slow['gates']['update'][2]):.2f}" in sentence


def test_a_token_that_is_felt_as_far_back_as_was_tried_is_felt_so_far_or_farther():
    curve = interpret.InfluenceCurve("occlusion", np.arange(101), np.ones(101), np.ones(101), np.ones(101, dtype=int))
    assert reach._cut(curve)
    curve.loss[-1] = 0.001
    assert not reach._cut(curve) and curve.reach() == 99


def test_of_the_first_token_no_other_is_named_that_comes_before_it(client):
    sentence = client.predict("shakespeare-gru", TEXT, 0, api_name="/inside_influence")["sentence"]
    assert sentence.endswith("No token comes before.")


@pytest.mark.parametrize(
    ("language", "lower", "higher"), [("en", "would be {} lower", "would be {} higher"), ("zh", "会低 {}", "会高 {}")]
)
def test_a_token_that_speaks_against_the_verdict_is_told_so(models, monkeypatch, language, lower, higher):
    """Of a signed number the sentence gives the size, and a word for the side."""
    asked = Asked(
        Views([models["sentiment-en"]]), FromApi(types.SimpleNamespace(headers={"accept-language": language}))
    )
    text = "I like it, I do not"
    adds = interpret.attribute_by_occlusion(models["sentiment-en"], text)
    size = abs(adds.scores).max()
    for sign, told in ((1, lower), (-1, higher)):
        scores = np.full(len(adds.scores), sign * size, dtype=float)
        monkeypatch.setattr(
            reach, "attribute_by_occlusion", lambda *_, to=scores: dataclasses.replace(adds, scores=to)
        )
        assert told.format(f"{size:.2g}") in inside_verdict(asked, "sentiment-en", text)["sentence"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_unit_that_falls_with_what_it_tells_is_not_said_to_rise(models, language):
    asked = Asked(
        Views([models["shakespeare-gru"]]), FromApi(types.SimpleNamespace(headers={"accept-language": language}))
    )
    words = {"en": ("rises with", "falls with"), "zh": ("升高", "降低")}[language]
    seen = set()
    for unit in range(16):
        read = interpret.read_corpus(models["shakespeare-gru"], PASSAGES.split("\n\n"), layer=0)
        (score,) = [one for one in interpret.dossier(read, unit).scores if one.told == "line_position"]
        sentence = portrait._said(asked, models["shakespeare-gru"], portrait.StatePart("hidden", 0, 0), score, unit)
        assert words[score.value <= 0] in sentence and words[score.value > 0] not in sentence
        seen.add(score.value > 0)
    assert seen == {True, False}


def test_sentiment_is_told_of_everyday_sentences_with_labels_and_the_sentence_says_so(client, models):
    model = models["sentiment-en"]
    with (ROOT / "everyday" / "en.tsv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["label"] != "neutral"]
    read = interpret.read_corpus(model, [row["text"] for row in rows], layer=0, direction=1)
    labels = [row["label"] == "positive" for row in rows]
    best = interpret.units_that_tell(read, "sentiment", labels=labels)
    found = client.predict("sentiment-en", "sentiment", direction=1, api_name="/inside_search")
    assert [one["unit"] for one in found["scores"]] == [one.unit for one in best]
    assert is_close([one["value"] for one in found["scores"]], [one.value for one in best])
    assert found["texts"] == len(rows) and found["of"] == "everyday"
    assert f"Unit {best[0].unit}, averaged over a sentence, is" in found["sentence"]
    assert f"{best[0].value:.0%} of {best[0].total} sentences right" in found["sentence"]
    assert (
        f"the {len(rows) - best[0].total} that decided" in found["sentence"] and "everyday/en.tsv" in found["sentence"]
    )
    found = client.predict("sentiment-en", 5, PASSAGES, direction=1, api_name="/inside_dossier")
    (score,) = [one for one in found["scores"] if one["told"] == "sentiment"]
    (wanted,) = [one for one in interpret.dossier(read, 5, labels=labels).scores if one.told == "sentiment"]
    assert score["value"] == pytest.approx(wanted.value) and score["total"] == wanted.total
    strengths = [abs(one["value"]) if one["measure"] == "rank correlation" else max(0, 2 * one["value"] - 1)
                 for one in found["scores"]]  # fmt: skip
    assert strengths == sorted(strengths, reverse=True)


def test_where_no_sentences_have_labels_there_is_a_sentence_and_the_dossier_is_without_sentiment(models):
    asked = Asked(Views([dataclasses.replace(models["tang-poems"], language="de")]), None)
    with pytest.raises(gr.Error, match="no sentences here that praise or blame in the language of tang-poems"):
        inside_search(asked, tells="sentiment")
    scores = inside_dossier(asked, texts="床前明月光\n\n疑是地上霜\n")["scores"]
    assert "sentiment" not in [one["told"] for one in scores]
    judge = dataclasses.replace(models["sentiment-en"], language="de")
    with pytest.raises(gr.Error, match="sentiment-en writes no texts of its own: paste some"):
        inside_dossier(Asked(Views([judge]), None))


def test_the_table_of_a_model_that_writes_nothing_has_a_sentence_with_its_own_numbers(client, models):
    for name in ("sentiment-en", "sentiment-zh"):
        found = client.predict(name, api_name="/inside_cells")
        cell = next(unrolling.directions(models[name].model)).cell
        weights, parameters = (sum(one.numel() for one in part.parameters()) for part in (cell, models[name].model))
        assert f"{weights:,} weights for its {cell.hidden_size} units" in found["sentence"]
        assert f"{weights / parameters:.0%} of the {parameters:,}" in found["sentence"]
    accuracy = {"loss": 0.4, "accuracy": 0.875}
    tagger = dataclasses.replace(models["sentiment-en"], name="tagger", task=TAGGING, validation=accuracy)
    unknown = dataclasses.replace(models["tang-poems"], validation={})
    asked = Asked(Views([tagger, unknown]), None)
    assert "87.5% is right" in inside_cells(asked, "tagger")["sentence"]
    found = inside_cells(asked, "tang-poems")
    assert f"It writes {found['rows'][0]['tokens_per_second']:,.0f} tokens a second" in found["sentence"]


def test_a_model_that_has_no_other_beside_it_is_compared_with_none(models):
    alone = Asked(Views([models["shakespeare-gru"]]), None)
    found = inside_cells(alone, "shakespeare-gru")
    assert "best" not in found["sentence"] and "tokens a second" in found["sentence"]


@pytest.mark.parametrize("name", ["sentiment-en", "shakespeare-gru"])
def test_gradients_of_two_directions_say_of_which_they_are(models, name):
    sentence = inside_gradients(Asked(Views([models[name]]), None), name, TEXT, "trained")["sentence"]
    assert ("right to left" in sentence) == models[name].model.config.bidirectional


def test_a_model_of_another_kind_gets_a_sentence(models):
    foreign = dataclasses.replace(models["tang-poems"], name="other", model=torch.nn.Linear(1, 1))
    asked = Asked(Views([foreign]), None)
    with pytest.raises(gr.Error, match="other is no recurrent network of this package"):
        inside_step(asked, "other", TEXT)


def test_a_forecaster_and_a_tagger_get_a_sentence_that_is_true_of_them(models):
    tagger = dataclasses.replace(models["sentiment-en"], name="tagger", task=TAGGING)
    forecaster = dataclasses.replace(models["tang-poems"], name="numbers", task=FORECASTING, tokenizer=None)
    asked = Asked(Views([tagger, forecaster]), None)
    with pytest.raises(gr.Error, match="numbers reads numbers, and this tab looks at how texts are read"):
        inside_step(asked, "numbers", TEXT)
    with pytest.raises(gr.Error, match="tagger has a loss at every word"):
        inside_gradients(asked, "tagger", TEXT, "trained")
    with pytest.raises(gr.Error, match="tagger gives no verdict on a text"):
        inside_verdict(asked, "tagger", TEXT)


def test_the_sentence_of_a_training_tells_of_every_cell(client):
    found = client.predict(seed=2, api_name="/inside_memory")
    seen = {report["cell"] for report in found["reports"]}
    for _ in range(20):
        found = client.predict(run=found["run"], api_name="/inside_memory")
        seen |= {report["cell"] for report in found["reports"]}
        assert all(cell in found["sentence"] for cell in seen)
        if len(seen) == len(CELLS):
            break
    assert len(seen) == len(CELLS)
