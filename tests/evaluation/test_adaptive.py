"""Dynamic evaluation and the cache change the score but never the model, and score before they adapt."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from rnn_models import RNNConfig, RNNForCausalLM
from rnn_models.evaluation.adaptive import cache_nats, dynamic_nats
from rnn_models.metrics.measures import evaluate_language_model

BOS, EOS = 2, 3
CACHE = {"theta": 0.5, "share": 0.3, "size": 6}


@pytest.fixture(params=["rnn", "lstm", "gru"])
def model(request: pytest.FixtureRequest) -> RNNForCausalLM:
    torch.manual_seed(0)
    config = RNNConfig(vocab_size=11, embedding_size=5, hidden_size=7, cell_type=request.param, output_dropout=0.5)
    return RNNForCausalLM(config).eval()


def documents(*sizes: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [np.array([BOS, *rng.integers(4, 11, size=size), EOS]) for size in sizes]


def static(model: RNNForCausalLM, texts: list[np.ndarray], separate: bool) -> tuple[float, int]:
    metrics = evaluate_language_model(model, texts, 1, separate=separate)
    return metrics["nats_per_character"], int(metrics["tokens"])


@pytest.mark.parametrize("separate", [False, True])
def test_with_nothing_to_learn_or_to_look_up_both_give_the_plain_metrics(model: RNNForCausalLM, separate: bool):
    texts = documents(9, 1, 14)
    plain = pytest.approx(static(model, texts, separate), rel=1e-5)
    assert dynamic_nats(model, texts, learning_rate=0.0, separate=separate, chunk=4) == plain
    assert cache_nats(model, texts, **{**CACHE, "share": 0.0}, separate=separate, chunk=4) == plain


def test_dynamic_evaluation_scores_the_first_chunk_before_it_learns_from_it(model: RNNForCausalLM):
    texts = documents(9)
    assert dynamic_nats(model, texts, learning_rate=5.0, separate=False, chunk=10) == pytest.approx(
        static(model, texts, False), rel=1e-5
    )
    assert dynamic_nats(model, texts, learning_rate=5.0, separate=False, chunk=5)[0] != pytest.approx(
        static(model, texts, False)[0], rel=1e-3
    )


def test_dynamic_evaluation_leaves_the_model_as_it_was(model: RNNForCausalLM):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    dynamic_nats(model, documents(9, 14), learning_rate=1.0, separate=False, chunk=4)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    assert all(parameter.grad is None for parameter in model.parameters())


def test_dynamic_evaluation_learns_a_text_that_repeats_itself(model: RNNForCausalLM):
    texts = [np.array([BOS, *[4, 5, 6, 7] * 60, EOS])]
    dynamic, _ = dynamic_nats(model, texts, learning_rate=0.5, separate=False, chunk=8)
    assert dynamic < 0.8 * static(model, texts, False)[0]


def test_dynamic_evaluation_goes_on_learning_from_one_separate_document_to_the_next(model: RNNForCausalLM):
    texts = [np.array([BOS, 4, 5, 6, EOS])] * 2
    both, _ = dynamic_nats(model, texts, learning_rate=0.1, separate=True)
    first, _ = dynamic_nats(model, texts[:1], learning_rate=0.1, separate=True)
    assert first == pytest.approx(static(model, texts[:1], True)[0], rel=1e-5)
    assert both - first < first


@pytest.mark.parametrize("chunk", [1, 3, 100])
@pytest.mark.parametrize("separate", [False, True])
def test_the_cache_follows_the_formula_whatever_the_chunks(model: RNNForCausalLM, chunk: int, separate: bool):
    texts = documents(9, 1, 14)
    expected = sum(by_hand(model, part) for part in ([[text] for text in texts] if separate else [texts]))
    nats, tokens = cache_nats(model, texts, **CACHE, separate=separate, chunk=chunk)
    assert nats == pytest.approx(expected, rel=1e-4)
    assert tokens == 24 + 3


@torch.no_grad()
def by_hand(model: RNNForCausalLM, texts: list[np.ndarray]) -> float:
    """The cache of Grave et al., position by position."""
    tokens = torch.from_numpy(np.concatenate(texts))
    outputs = model(input_ids=tokens[None, :-1], output_hidden_states=True)
    hidden, probabilities = outputs.hidden_states[-1][0], outputs.logits[0].softmax(1)
    nats = 0.0
    for t, target in enumerate(tokens[1:].tolist()):
        if target == BOS:
            continue
        seen = [i for i in range(max(0, t - CACHE["size"]), t) if tokens[i + 1] != BOS]
        weights = {i: math.exp(CACHE["theta"] * float(hidden[t] @ hidden[i])) for i in seen}
        p = float(probabilities[t, target])
        if weights:
            hits = sum(weight for i, weight in weights.items() if tokens[i + 1] == target)
            p = (1 - CACHE["share"]) * p + CACHE["share"] * hits / sum(weights.values())
        nats -= math.log(p)
    return nats
