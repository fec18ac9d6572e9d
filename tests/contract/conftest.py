"""Tiny models in all three cells, to test what users of transformers expect of any model."""

import pytest
import torch

from rnn_models import (
    RNNConfig,
    RNNForCausalLM,
    RNNForSequenceClassification,
    RNNForTokenClassification,
    RNNModel,
)

HEADS = {
    "backbone": RNNModel,
    "language model": RNNForCausalLM,
    "classifier": RNNForSequenceClassification,
    "tagger": RNNForTokenClassification,
}


@pytest.fixture(params=["rnn", "gru", "lstm"])
def cell_type(request) -> str:
    return request.param


@pytest.fixture(params=HEADS)
def head(request):
    return HEADS[request.param]


@pytest.fixture
def make(cell_type):
    """A function that makes a model, with weights large enough for every test to see real differences."""

    def make(head, **options):
        torch.manual_seed(0)
        sizes = {"vocab_size": 23, "embedding_size": 6, "hidden_size": 8, "num_hidden_layers": 2, "num_labels": 3}
        return head(RNNConfig(cell_type=cell_type, initializer_range=0.7, **{**sizes, **options})).eval()

    return make


@pytest.fixture
def ids() -> torch.Tensor:
    return torch.randint(4, 23, (3, 11), generator=torch.Generator().manual_seed(1))


@pytest.fixture
def labels_of(ids):
    """A function that gives a head's labels of `ids`, of which `make` has three; the backbone has none."""
    labels = {
        RNNForCausalLM: ids,
        RNNForSequenceClassification: torch.tensor([0, 1, 2]),
        RNNForTokenClassification: ids % 3,
    }
    return labels.get


@pytest.fixture
def mask(ids) -> torch.Tensor:
    """Rows of 11, 7 and 2 tokens with padding on the left."""
    return (torch.arange(11) >= torch.tensor([[0], [4], [9]])).long()
