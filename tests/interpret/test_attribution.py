"""Verdicts and attributions, against the model's own forward pass over each changed text."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from rnn_models import RNNState
from rnn_models.inference import classify
from rnn_models.interpret import attribute_by_gradients, attribute_by_occlusion, attribution, running_verdict

from .conftest import TEXT

TEXT = TEXT[:12]


@pytest.fixture
def model(make_classifier, cell, layers, way):
    return make_classifier(**cell, **layers, **way, temperature=0.7)


def ids_of(tokenizer):
    return torch.tensor(tokenizer(TEXT).input_ids)


def some_state(model, seed=5):
    recurrence = model.rnn.recurrence
    shape = (recurrence.num_states, 1, recurrence.hidden_size)
    draw = torch.Generator().manual_seed(seed)
    return RNNState({name: torch.randn(shape, generator=draw).double() for name in recurrence.state_names})


def logit_of(model, vectors, label, state=None):
    with torch.no_grad():
        return float(model(inputs_embeds=vectors[None], state=state).logits[0, label])


def vectors_of(model, tokenizer):
    return model.rnn.embedding(ids_of(tokenizer)).detach()


def check_running(model, tokenizer):
    found = running_verdict((model, tokenizer), TEXT)
    ids = ids_of(tokenizer)
    assert found.labels == ("LABEL_0", "LABEL_1", "LABEL_2") and len(found.tokens) == len(ids)
    for t in range(len(ids)):
        with torch.no_grad():
            logits = model(ids[None, : t + 1]).logits[0]
        np.testing.assert_allclose(found.logits[t], logits, rtol=1e-9)
        np.testing.assert_allclose(found.probabilities[t], logits.softmax(-1), rtol=1e-9)


def check_occlusion(model, tokenizer, state):
    found = attribute_by_occlusion((model, tokenizer), TEXT, label=1, state=state)
    vectors = vectors_of(model, tokenizer)
    whole = logit_of(model, vectors, 1, state)
    assert found.logit == pytest.approx(whole) and found.label == 1 and found.label_name == "LABEL_1"
    for token in range(len(vectors)):
        without = vectors.clone()
        without[token] = 0
        assert found.scores[token] == pytest.approx(whole - logit_of(model, without, 1, state), abs=1e-10)
    assert found.scores.any() and list(found.state) == list(model.rnn.recurrence.state_names)
    for name, scores in found.state.items():
        assert len(scores) == model.rnn.recurrence.num_states
        for row, score in enumerate(scores):
            emptied = state.clone() if state else None
            if emptied:
                emptied.tensors[name][row] = 0
            assert score == pytest.approx(whole - logit_of(model, vectors, 1, emptied), abs=1e-10)
        assert scores.any() == (state is not None)
    baseline = logit_of(model, torch.zeros_like(vectors), 1)
    assert found.baseline_logit == pytest.approx(baseline)
    total = found.scores.sum() + sum(scores.sum() for scores in found.state.values())
    assert found.completeness_error == pytest.approx(total - (whole - baseline))


def slow_integral(model, vectors, state, label, points):
    """A midpoint Riemann sum; each slope is a difference of two forward passes along one token or state."""
    names = model.rnn.recurrence.state_names
    parts = [*vectors, *(row for name in names for row in state.tensors[name].unbind(0))]

    def logit(values):
        x = torch.stack(values[: len(vectors)])
        rest = iter(values[len(vectors) :])
        rows = model.rnn.recurrence.num_states
        return logit_of(
            model, x, label, RNNState({name: torch.stack([next(rest) for _ in range(rows)]) for name in names})
        )

    scores = np.zeros(len(parts))
    for point in range(points):
        along = (point + 0.5) / points
        at = [along * part for part in parts]
        for index, part in enumerate(parts):
            up, down = list(at), list(at)
            up[index], down[index] = at[index] + 1e-5 * part, at[index] - 1e-5 * part
            scores[index] += (logit(up) - logit(down)) / 2e-5 / points
    tokens, rest = scores[: len(vectors)], scores[len(vectors) :].reshape(len(names), -1)
    return tokens, dict(zip(names, rest, strict=True))


def check_gradients(model, tokenizer, state, points=250, bound=0.02):
    found = attribute_by_gradients((model, tokenizer), TEXT, label=2, state=state, points=points)
    vectors = vectors_of(model, tokenizer)
    whole, baseline = logit_of(model, vectors, 2, state), logit_of(model, torch.zeros_like(vectors), 2)
    assert found.logit == pytest.approx(whole) and found.baseline_logit == pytest.approx(baseline)
    total = found.scores.sum() + sum(scores.sum() for scores in found.state.values())
    assert found.completeness_error == pytest.approx(total - (whole - baseline), abs=1e-9)
    assert abs(found.completeness_error) < bound
    assert abs(found.scores).max() > 0.001
    for scores in found.state.values():
        assert scores.any() == (state is not None)
    return found


def test_the_running_verdict_is_that_on_each_beginning(model, tokenizer):
    check_running(model, tokenizer)


def test_occlusion_is_what_the_model_says_without_each_token_and_state(model, tokenizer):
    check_occlusion(model, tokenizer, None)
    check_occlusion(model, tokenizer, some_state(model))


def test_integrated_gradients_add_up_to_the_logit_over_the_baseline(make_classifier, tokenizer, cell, layers, way):
    model = make_classifier(**cell, **layers, **way)
    check_gradients(model, tokenizer, None)
    check_gradients(model, tokenizer, some_state(model))


def test_every_pooling_is_attributed_through(make_classifier, tokenizer, pooling, way):
    model = make_classifier(cell_type="lstm", **pooling, **way)
    check_running(model, tokenizer)
    check_occlusion(model, tokenizer, some_state(model))
    check_gradients(model, tokenizer, some_state(model))


@pytest.mark.parametrize("cell_type", ["rnn", "gru", "lstm"])
def test_integrated_gradients_are_the_integral_of_slopes(make_classifier, tokenizer, cell_type):
    model = make_classifier(cell_type=cell_type, bidirectional=True, pooling="attention", num_hidden_layers=2)
    state = some_state(model)
    found = attribute_by_gradients((model, tokenizer), TEXT[:3], state=state, points=200, tolerance=1e-3)
    vectors = model.rnn.embedding(torch.tensor(tokenizer(TEXT[:3]).input_ids)).detach()
    tokens, states = slow_integral(model, vectors, state, found.label, points=25)
    np.testing.assert_allclose(found.scores, tokens, atol=3e-3)
    for name, scores in states.items():
        np.testing.assert_allclose(found.state[name], scores, atol=3e-3)


def test_more_points_are_asked_only_where_they_are_needed(make_classifier, tokenizer, monkeypatch):
    # a network whose logit jumps within a small part of the path
    model = make_classifier(cell_type="rnn", pooling="last")
    with torch.no_grad():
        cell = model.rnn.recurrence.layers[0].cell
        cell.weight_ih *= 300
        cell.bias_ih.fill_(-3.0)
    source = (model, tokenizer)
    asked = []
    original = attribution._Way._at

    def counted(self, places):
        asked.extend(places)
        return original(self, places)

    monkeypatch.setattr(attribution._Way, "_at", counted)
    coarse = attribute_by_gradients(source, TEXT, label=0, points=25)
    assert len(asked) == 25
    asked.clear()
    fine = attribute_by_gradients(source, TEXT, label=0, points=400)
    assert len(asked) <= 400 and abs(fine.completeness_error) <= 0.02 < abs(coarse.completeness_error)
    asked.clear()
    attribute_by_gradients(source, TEXT, label=0, points=400, tolerance=1e6)
    assert len(asked) == 25


def test_a_text_that_is_too_long_for_its_classifier_is_cut_as_classify_cuts_it(make_classifier, tokenizer):
    model, short = make_classifier(), copy.deepcopy(tokenizer)
    short.model_max_length = 6
    found = running_verdict((model, short), TEXT)
    (expected,) = classify(model, short, [TEXT])
    assert len(found.tokens) == 6 and found.tokens.unread == TEXT[5:]
    np.testing.assert_allclose(found.probabilities[-1], list(expected.values()), rtol=1e-5)
    assert running_verdict((model, tokenizer), TEXT).tokens.unread == ""
    assert running_verdict((model, short), TEXT[:5]).tokens.unread == ""


def test_batches_change_nothing(model, tokenizer, monkeypatch):
    source, state = (model, tokenizer), some_state(model)
    calls = [
        lambda: running_verdict(source, TEXT).logits,
        lambda: attribute_by_occlusion(source, TEXT, state=state).scores,
        lambda: attribute_by_gradients(source, TEXT, state=state).scores,
    ]
    whole = [call() for call in calls]
    monkeypatch.setattr(attribution, "AT_ONCE", 30)
    for expected, call in zip(whole, calls, strict=True):
        np.testing.assert_allclose(call(), expected, rtol=1e-8, atol=1e-12)


def test_the_verdict_is_explained_where_no_label_is_named(make_classifier, tokenizer):
    source = (make_classifier(id2label={0: "bad", 1: "so so", 2: "good"}), tokenizer)
    last = running_verdict(source, TEXT)
    for found in (attribute_by_gradients(source, TEXT), attribute_by_occlusion(source, TEXT)):
        assert found.label == last.logits[-1].argmax() and found.label_name == last.labels[found.label]
        assert found.logit == pytest.approx(last.logits[-1].max())


def test_what_cannot_be_asked_gets_a_sentence(make_language_model, make_classifier, tokenizer):
    source = (make_classifier(), tokenizer)
    for attribute in (attribute_by_gradients, attribute_by_occlusion):
        with pytest.raises(ValueError, match="label is 3: this model has the labels 0 to 2"):
            attribute(source, TEXT, label=3)
        with pytest.raises(ValueError, match="at most 4 are read"):
            attribute(source, TEXT, max_tokens=4)
        with pytest.raises(ValueError, match="The state holds"):
            attribute(source, TEXT, state=some_state(make_classifier(hidden_size=3)))
    with pytest.raises(ValueError, match="points is 24: it must be at least 25"):
        attribute_by_gradients(source, TEXT, points=24)
    with pytest.raises(ValueError, match="needs RNNForSequenceClassification"):
        running_verdict((make_language_model(), tokenizer), TEXT)
    for other in ({"problem_type": "multi_label_classification"}, {"problem_type": "regression"}):
        with pytest.raises(ValueError, match=f"the model is for {other['problem_type']}"):
            running_verdict((make_classifier(**other), tokenizer), TEXT)


def test_the_model_stays_as_it_was_and_gradients_flow_inside_of_inference_mode(make_classifier, tokenizer):
    model = make_classifier().train()
    with torch.inference_mode():
        inside = attribute_by_gradients((model, tokenizer), TEXT).scores
    np.testing.assert_array_equal(inside, attribute_by_gradients((model, tokenizer), TEXT).scores)
    assert model.training and all(weight.grad is None and weight.requires_grad for weight in model.parameters())
