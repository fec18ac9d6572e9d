"""Tiny models in double precision, weights large enough that every test sees real differences, and their tokenizer."""

from __future__ import annotations

import pytest
import torch

from rnn_models import RNNConfig, RNNForCausalLM, RNNForSequenceClassification
from rnn_models.modeling.configuration_rnn import POOLINGS
from rnn_models.tokenization import train_tokenizer

TEXT = 'To be, or "not" to be:\nthat is it.'
CELLS = {
    "rnn": {"cell_type": "rnn"},
    "relu": {"cell_type": "rnn", "nonlinearity": "relu"},
    "gru": {"cell_type": "gru"},
    "lstm": {"cell_type": "lstm"},
}
WAYS = {"forwards": {}, "backwards": {"backwards": True}, "both ways": {"bidirectional": True}}


@pytest.fixture(params=CELLS)
def cell(request) -> dict:
    """Each cell as keyword arguments of RNNConfig."""
    return CELLS[request.param]


@pytest.fixture(params=[1, 2], ids=["1 layer", "2 layers"])
def layers(request) -> dict:
    return {"num_hidden_layers": request.param}


@pytest.fixture(params=WAYS)
def way(request) -> dict:
    return WAYS[request.param]


@pytest.fixture(params=POOLINGS)
def pooling(request) -> dict:
    return {"pooling": request.param}


@pytest.fixture(scope="session")
def tokenizer():
    """One token for each character in `TEXT`."""
    return train_tokenizer("character", [TEXT])


@pytest.fixture
def make_language_model(tokenizer):
    return lambda **options: tiny(RNNForCausalLM, tokenizer, **options)


@pytest.fixture
def make_classifier(tokenizer):
    return lambda **options: tiny(RNNForSequenceClassification, tokenizer, num_labels=3, **options)


def tiny(head, tokenizer, **options):
    torch.manual_seed(0)
    sizes = {"vocab_size": len(tokenizer), "embedding_size": 5, "hidden_size": 6, "initializer_range": 0.7}
    model = head(RNNConfig(**{**sizes, **options})).double().eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "bias" in name:  # initially zero, where a wrong one would go unnoticed
                weight += torch.randn(weight.shape).to(weight) * 0.3
    return model
