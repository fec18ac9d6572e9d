"""An engine's step against the model itself, and row against row to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnn_models import RNNConfig, RNNForCausalLM
from rnn_models.inference import TorchEngine

CELLS = [
    {"cell_type": "rnn"},
    {"cell_type": "rnn", "nonlinearity": "relu"},
    {"cell_type": "gru"},
    {"cell_type": "lstm"},
]
VOCABULARY = 23


def make(**options) -> RNNForCausalLM:
    torch.manual_seed(0)
    sizes = {"vocab_size": VOCABULARY, "embedding_size": 5, "hidden_size": 7, "num_hidden_layers": 2}
    return RNNForCausalLM(RNNConfig(initializer_range=0.7, **{**sizes, **options})).eval()


def draw_tokens(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(VOCABULARY, size=shape)


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: "-".join(cell.values()))
@pytest.mark.parametrize("tied", [False, True], ids=["", "tied"])
def test_steps_give_what_the_model_gives_for_the_whole_text(cell, tied):
    model = make(tie_word_embeddings=tied, **cell)
    engine = TorchEngine(model)
    tokens = draw_tokens(3, 12)
    state = engine.initial_state(3)
    logits = []
    for column in tokens.T:
        step, state = engine.step(column.copy(), state)
        logits.append(step)
    with torch.no_grad():
        expected = model(torch.from_numpy(tokens), use_cache=True)
    torch.testing.assert_close(torch.from_numpy(np.stack(logits, 1)), expected.logits, rtol=1e-5, atol=1e-5)
    for part, tensor in zip(state, expected.state.tensors.values(), strict=True):
        torch.testing.assert_close(torch.from_numpy(part), tensor, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("hidden_size", [7, 31, 96, 596])
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: "-".join(cell.values()))
def test_a_row_is_the_same_to_the_last_bit_in_any_company(cell, hidden_size, threads):
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        engine = TorchEngine(make(embedding_size=hidden_size - 3, hidden_size=hidden_size, **cell))
        random = np.random.default_rng(1)
        tokens = draw_tokens(150)
        state = [random.standard_normal(part.shape, dtype=np.float32) for part in engine.initial_state(150)]
        logits, after = engine.step(tokens, state)
        for rows in ([0], [149], [5, 3], list(range(17)), list(range(149, 20, -1)), [1, 70, 71, 140]):
            some_logits, some_after = engine.step(tokens[rows], [part[:, rows] for part in state])
            assert np.array_equal(some_logits, logits[rows])
            for part, whole in zip(some_after, after, strict=True):
                assert np.array_equal(part, whole[:, rows])
    finally:
        torch.set_num_threads(before)


def test_a_step_leaves_the_state_and_the_model_as_they_were():
    model = make()
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    engine = TorchEngine(model)
    state = engine.initial_state(2)
    engine.step(draw_tokens(2), state)
    assert not any(part.any() for part in state)
    assert all(torch.equal(tensor, weights[name]) for name, tensor in model.state_dict().items())
    assert all(parameter.is_contiguous() and parameter.requires_grad for parameter in model.parameters())
