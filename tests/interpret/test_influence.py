"""Influence, against finite differences and against reading the text again without each token."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnn_models.interpret import Influences, influence_at, influence_by_distance
from rnn_models.interpret.influence import InfluenceCurve

from .conftest import TEXT

TEXT = TEXT[:14]


@pytest.fixture
def model(make_language_model, cell, layers):
    return make_language_model(**cell, **layers)


def asked(model, vectors, position, target):
    """(logit, loss) of a target from the model's own forward pass over vectors (T, E)."""
    with torch.no_grad():
        logits = model(inputs_embeds=vectors[None]).logits[0, position]
    return torch.stack([logits[target], -logits.log_softmax(-1)[target]])


def vectors_of(model, tokens):
    return model.rnn.embedding(torch.tensor(tokens.ids)).detach()


@pytest.mark.parametrize("position", [-1, 6, 0])
def test_the_gradient_is_that_of_finite_differences(model, tokenizer, position):
    found = influence_at((model, tokenizer), TEXT, position)
    vectors = vectors_of(model, found.tokens)
    slopes = torch.zeros(2, found.position + 1, vectors.shape[1], dtype=torch.double)
    for token in range(found.position + 1):
        for element in range(vectors.shape[1]):
            step = torch.zeros_like(vectors)
            step[token, element] = 1e-6
            up, down = (asked(model, vectors + s, found.position, found.target) for s in (step, -step))
            slopes[:, token, element] = (up - down) / 2e-6
    np.testing.assert_allclose(found.logit, slopes[0].norm(dim=-1), rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(found.loss, slopes[1].norm(dim=-1), rtol=1e-5, atol=1e-8)
    assert (found.loss > 0).any()


@pytest.mark.parametrize("position", [-1, 6, 0])
def test_occlusion_is_what_the_model_says_without_each_token(model, tokenizer, position):
    found = influence_at((model, tokenizer), TEXT, position, method="occlusion")
    vectors = vectors_of(model, found.tokens)
    whole = asked(model, vectors, found.position, found.target)
    for token in range(found.position + 1):
        without = vectors.clone()
        without[token] = 0
        logit, loss = asked(model, without, found.position, found.target)
        assert found.logit[token] == pytest.approx(float(whole[0] - logit), abs=1e-12)
        assert found.loss[token] == pytest.approx(float(loss - whole[1]), abs=1e-12)
    assert len(found.loss) == found.position + 1 and found.loss.any()


def test_the_target_is_the_next_token_or_the_likeliest_or_the_one_asked_for(model, tokenizer):
    source = (model, tokenizer)
    inside = influence_at(source, TEXT, 4)
    assert inside.target == inside.tokens.ids[5] and inside.target_piece == TEXT[4]
    with torch.no_grad():
        probabilities = model(torch.tensor(inside.tokens.ids)[None]).logits[0].softmax(-1)
    assert inside.probability == pytest.approx(float(probabilities[4, inside.target]))
    last = influence_at(source, TEXT)
    assert last.position == len(TEXT) and last.target == int(probabilities[-1].argmax())
    for method in ("gradient", "occlusion"):
        other = influence_at(source, TEXT, 4, target=10, method=method)
        assert other.target == 10 and other.probability == pytest.approx(float(probabilities[4, 10]))
        assert not np.allclose(other.logit, influence_at(source, TEXT, 4, method=method).logit)


def test_occlusion_tries_the_latest_tokens_of_its_window(model, tokenizer):
    whole = influence_at((model, tokenizer), TEXT, 8, method="occlusion")
    windowed = influence_at((model, tokenizer), TEXT, 8, method="occlusion", window=3)
    assert np.isnan(windowed.logit[:6]).all() and np.isnan(windowed.loss[:6]).all()
    np.testing.assert_allclose(windowed.loss[6:], whole.loss[6:], rtol=1e-12)


@pytest.mark.parametrize("method", ["gradient", "occlusion"])
def test_the_curve_is_the_mean_over_all_pairs_at_a_distance(model, tokenizer, method):
    source = (model, tokenizer)
    curve = influence_by_distance(source, TEXT, method=method, samples=100)
    pairs = [(p, influence_at(source, TEXT, p, method=method)) for p in range(len(TEXT))]
    assert list(curve.distance) == list(range(len(TEXT)))
    for distance in curve.distance:
        at_this = [(one.logit[p - distance], one.loss[p - distance]) for p, one in pairs if p >= distance]
        logit, loss = np.abs(at_this).mean(0)
        assert curve.pairs[distance] == len(at_this)
        assert curve.logit[distance] == pytest.approx(logit, rel=1e-9)
        assert curve.loss[distance] == pytest.approx(loss, rel=1e-9)


@pytest.mark.parametrize("method", ["gradient", "occlusion"])
def test_samples_and_reach_bound_the_curve(model, tokenizer, method):
    curve = influence_by_distance((model, tokenizer), TEXT, method=method, samples=3, reach=4)
    assert list(curve.distance) == [0, 1, 2, 3, 4]
    assert max(curve.pairs) <= 3
    one = influence_by_distance((model, tokenizer), "t", method=method)
    assert list(one.distance) == [0] and list(one.pairs) == [1]


def test_reach_is_the_farthest_distance_that_is_felt():
    loss = np.array([0.5, 1.0, 0.2, 0.011, 0.0, 0.01, 0.009])
    curve = InfluenceCurve("gradient", np.arange(7), loss, loss, np.ones(7))
    assert curve.reach() == 5
    assert curve.reach(0.5) == 1


def test_what_cannot_be_asked_gets_a_sentence(make_language_model, make_classifier, tokenizer):
    source = (make_language_model(), tokenizer)
    with pytest.raises(ValueError, match="position is 15: this text has the positions 0 to 14"):
        influence_at(source, TEXT, 15)
    with pytest.raises(ValueError, match="method is 'guess'; allowed are 'gradient', 'occlusion'"):
        influence_at(source, TEXT, method="guess")
    with pytest.raises(ValueError, match=f"target is -1: the model has the token ids 0 to {len(tokenizer) - 1}"):
        influence_at(source, TEXT, target=-1)
    for option in ("samples", "reach"):
        with pytest.raises(ValueError, match=f"{option} is 0: it must be at least 1"):
            influence_by_distance(source, TEXT, **{option: 0})
    with pytest.raises(ValueError, match="window is 0"):
        influence_at(source, TEXT, window=0)
    with pytest.raises(ValueError, match="needs RNNForCausalLM, but the model is a RNNForSequenceClassification"):
        influence_at((make_classifier(), tokenizer), TEXT)
    with pytest.raises(ValueError, match="at most 5 are read"):
        influence_by_distance(source, TEXT, max_tokens=5)


def test_the_weights_get_no_gradient(make_language_model, tokenizer):
    model = make_language_model()
    influence_at((model, tokenizer), TEXT)
    influence_by_distance((model, tokenizer), TEXT)
    assert all(weight.grad is None and weight.requires_grad for weight in model.parameters())


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_a_gradient_is_there_where_the_caller_wants_none(make_language_model, tokenizer, mode):
    source = (make_language_model(), tokenizer)
    expected = influence_at(source, TEXT).loss
    with mode():
        np.testing.assert_array_equal(influence_at(source, TEXT).loss, expected)


@pytest.mark.parametrize("method", ["gradient", "occlusion"])
def test_one_reading_answers_every_question_as_a_new_one_does(model, tokenizer, method):
    source = (model, tokenizer)
    reading = Influences(source, TEXT)
    for position in (6, -1, 0, 6):
        one, other = reading.at(position, method=method), influence_at(source, TEXT, position, method=method)
        np.testing.assert_allclose(one.loss, other.loss, rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose(one.logit, other.logit, rtol=1e-9, atol=1e-15)
        assert (one.position, one.target, one.probability) == (other.position, other.target, other.probability)
        assert len(one.loss) == other.position + 1
    one, other = reading.by_distance(method=method), influence_by_distance(source, TEXT, method=method)
    np.testing.assert_allclose(one.loss, other.loss, rtol=1e-9, atol=1e-15)


def test_a_reading_without_gradients_refuses_them(model, tokenizer):
    reading = Influences((model, tokenizer), TEXT, with_gradient=False)
    assert reading.at(3, method="occlusion").loss.any()
    for question in (reading.at, reading.by_distance):
        with pytest.raises(ValueError, match=r"gradient.*with_gradient=False"):
            question()
