"""Evaluation gives the same result as reading the entire text at once."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from rnn_models import RNNConfig, RNNForCausalLM, RNNForSequenceClassification
from rnn_models.metrics.measures import classifier_logits, evaluate_language_model

BOS, EOS = 2, 3


@pytest.fixture(params=["rnn", "lstm", "gru"])
def model(request: pytest.FixtureRequest) -> RNNForCausalLM:
    torch.manual_seed(0)
    return RNNForCausalLM(
        RNNConfig(vocab_size=11, embedding_size=5, hidden_size=7, cell_type=request.param, output_dropout=0.5)
    )


def documents() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [np.array([BOS, *rng.integers(4, 11, size=size), EOS]) for size in (9, 1, 14)]


def test_a_text_in_chunks_has_the_loss_of_the_complete_text(model: RNNForCausalLM) -> None:
    tokens = torch.from_numpy(np.concatenate(documents()))
    model.eval()
    logits = model(input_ids=tokens[None, :-1]).logits[0]
    losses = F.cross_entropy(logits, tokens[1:], reduction="none")[tokens[1:] != BOS]
    for chunk in (1, 4, 100):
        metrics = evaluate_language_model(model, documents(), 24, chunk=chunk)
        assert metrics["loss"] == pytest.approx(losses.mean().item(), abs=1e-5)
        assert metrics["nats_per_character"] == pytest.approx(losses.sum().item() / 24, abs=1e-5)
        assert metrics["tokens"] == 24 + 3


def test_parallel_streams_count_the_same_tokens(model: RNNForCausalLM) -> None:
    whole, parallel = (evaluate_language_model(model, documents(), 24, streams=streams) for streams in (1, 4))
    # Three cuts: a beginning token at one of them is still not a target.
    assert parallel["tokens"] == whole["tokens"]
    assert parallel["loss"] == pytest.approx(whole["loss"], rel=0.2)


def test_evaluation_disables_dropout_and_restores_training_mode(model: RNNForCausalLM) -> None:
    model.train()
    first = evaluate_language_model(model, documents(), 24)
    assert model.training
    assert first == evaluate_language_model(model, documents(), 24)


def test_logits_are_in_the_order_of_the_rows_whatever_the_batches() -> None:
    torch.manual_seed(0)
    config = RNNConfig(vocab_size=11, embedding_size=5, hidden_size=7, bidirectional=True, num_labels=3)
    model = RNNForSequenceClassification(config).eval()
    rng = np.random.default_rng(0)
    rows = [rng.integers(4, 11, size=size) for size in (5, 1, 8, 3, 3)]
    alone = np.concatenate([model(input_ids=torch.from_numpy(row)[None]).logits.detach().numpy() for row in rows])
    for batch_size in (1, 2, 10):
        assert classifier_logits(model, rows, batch_size=batch_size) == pytest.approx(alone, abs=1e-5)
