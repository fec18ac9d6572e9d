"""Tiny models with weights large enough that every test sees real differences."""

import pytest
import torch

from rnn_models import RNNConfig, RNNForCausalLM, RNNForSequenceClassification

CELLS = ["rnn", "relu", "gru", "lstm"]


@pytest.fixture(params=CELLS)
def cell(request) -> dict:
    """Each cell as keyword arguments of RNNConfig; the vanilla RNN comes with both of its nonlinearities."""
    if request.param == "relu":
        return {"cell_type": "rnn", "nonlinearity": "relu"}
    return {"cell_type": request.param}


@pytest.fixture(params=[1, 2], ids=["1 layer", "2 layers"])
def layers(request) -> dict:
    return {"num_hidden_layers": request.param}


def tiny(head, **options):
    torch.manual_seed(0)
    sizes = {"vocab_size": 23, "embedding_size": 5, "hidden_size": 7, "initializer_range": 0.7}
    return head(RNNConfig(**{**sizes, **options})).eval()


@pytest.fixture
def make_language_model():
    return lambda **options: tiny(RNNForCausalLM, **options)


@pytest.fixture
def make_classifier():
    return lambda **options: tiny(RNNForSequenceClassification, num_labels=3, **options)


@pytest.fixture
def ids() -> torch.Tensor:
    return torch.randint(4, 23, (3, 11), generator=torch.Generator().manual_seed(1))
