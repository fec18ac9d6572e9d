"""Graphs of every head and cell against torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_models import RNNConfig, RNNForCausalLM, RNNForSequenceClassification, RNNForTokenClassification
from rnn_models.graphs import writer
from rnn_models.graphs.equations import EQUATIONS
from rnn_models.graphs.runtime import (
    OnnxClassifier,
    OnnxEngine,
    OnnxLanguageModel,
    OnnxModel,
    OnnxTagger,
    classifier_for,
    engine_for,
)
from rnn_models.graphs.writer import classifier_graph, language_model_graph, tagger_graph
from rnn_models.modeling.cells import CELLS
from rnn_models.modeling.configuration_rnn import POOLINGS
from rnn_models.modeling.crf import STEP

KINDS = [("rnn", "tanh"), ("rnn", "relu"), ("gru", "tanh"), ("lstm", "tanh")]
PRECISIONS = ["float32", "int8"]
# RMS of the differences, relative to the standard deviation. Random weights are the hard case for int8.
TOLERANCES = {"float32": 1e-5, "int8": 0.05}
V = 30


def make(model_class, kind, *, seed: int = 0, **options):
    torch.manual_seed(seed)
    sizes = {"vocab_size": V, "embedding_size": 12, "hidden_size": 20}
    config = RNNConfig(cell_type=kind[0], nonlinearity=kind[1], **{**sizes, **options})
    model = model_class(config).eval()
    with torch.no_grad():  # new biases are zero
        for name, parameter in model.named_parameters():
            if "bias" in name:
                parameter.uniform_(-0.5, 0.5)
    return model


def close(found: np.ndarray, expected: torch.Tensor, precision: str) -> bool:
    wanted = expected.detach().numpy()
    error = np.sqrt(np.mean((found - wanted) ** 2))
    return found.shape == wanted.shape and bool(error <= TOLERANCES[precision] * wanted.std())


# W x + b of the first layer is looked up in a table, or computed if the table may have at most 0 numbers.
@pytest.mark.parametrize("table", [writer.TABLE, 0])
@pytest.mark.parametrize(("layers", "tied"), [(1, True), (2, False)])
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_a_language_model_gives_the_logits_and_the_state_of_torch(kind, precision, layers, tied, table, monkeypatch):
    monkeypatch.setattr(writer, "TABLE", table)
    model = make(RNNForCausalLM, kind, num_hidden_layers=layers, tie_word_embeddings=tied)
    ids = torch.randint(0, V, (3, 9))
    with torch.inference_mode():
        before = model(ids[:, :4]).state
        expected = model(ids[:, 4:], state=before)
    state = [part.numpy() for part in before.tensors.values()]
    graph = OnnxLanguageModel(language_model_graph(model, precision), threads=1)
    assert graph.state_names == list(before.tensors)
    logits, after = graph.read(ids[:, 4:].numpy(), state)
    assert close(logits, expected.logits, precision)
    for found, wanted in zip(after, expected.state.tensors.values(), strict=True):
        assert close(found, wanted, precision)
    engine = OnnxEngine(language_model_graph(model, precision, steps=True), threads=1)
    state = [layer for part in state for layer in part]
    assert engine.state_names == [f"{name}_{layer}" for name in before.tensors for layer in range(layers)]
    for place in range(4, 9):
        step, state = engine.step(ids[:, place].numpy(), state)
        np.testing.assert_allclose(step, logits[:, place - 4], atol=1e-6)
    assert engine.vocab_size == step.shape[1] == V


@pytest.mark.parametrize(
    ("layers", "ways", "table"),
    [
        (1, {}, writer.TABLE),
        (1, {"bidirectional": True}, 0),
        (2, {"bidirectional": True}, 0),
        (2, {"backwards": True}, 0),
    ],
)
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_a_classifier_gives_the_logits_of_torch_wherever_the_padding_is(
    kind, precision, layers, ways, table, monkeypatch
):
    monkeypatch.setattr(writer, "TABLE", table)
    ids = torch.randint(0, V, (5, 6))
    mask = torch.tensor([[1] * 6, [0, 0, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0], [0, 1, 0, 1, 1, 0], [0, 0, 0, 1, 0, 0]])
    for pooling in POOLINGS:
        options = {"num_hidden_layers": layers, "pooling": pooling, **ways}
        model = make(RNNForSequenceClassification, kind, num_labels=3, temperature=0.7, **options)
        with torch.inference_mode():
            expected = model(ids, attention_mask=mask).logits
        found = OnnxClassifier(classifier_graph(model, precision), threads=1).logits(ids.numpy(), mask.numpy())
        assert close(found, expected, precision), pooling


@pytest.mark.parametrize(
    ("layers", "ways"), [(1, {}), (2, {"bidirectional": True}), (1, {"backwards": True}), (1, {"bidirectional": True})]
)
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_a_tagger_gives_the_logits_of_torch_at_each_token_wherever_the_padding_is(kind, precision, layers, ways):
    ids = torch.randint(0, V, (5, 6))
    mask = torch.tensor([[1] * 6, [0, 0, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0], [0, 1, 0, 1, 1, 0], [0, 0, 0, 1, 0, 0]])
    model = make(RNNForTokenClassification, kind, num_labels=3, temperature=0.7, num_hidden_layers=layers, **ways)
    with torch.inference_mode():
        expected = model(ids, attention_mask=mask).logits[mask.bool()]
    found = OnnxTagger(tagger_graph(model, precision), threads=1).logits(ids.numpy(), mask.numpy())
    assert found.shape == (5, 6, 3)
    assert close(found[mask.bool().numpy()], expected, precision)


# With steep scores, the exponential of a sum overflows in single precision.
@pytest.mark.parametrize("steepness", [1.0, 50.0])
@pytest.mark.parametrize("ways", [{}, {"bidirectional": True}, {"backwards": True}])
def test_a_tagger_with_a_crf_gives_the_probabilities_and_the_tags_of_torch_wherever_the_padding_is(ways, steepness):
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(0, V, (40, 6), generator=generator)
    mask = (torch.rand(40, 6, generator=generator) < 0.7).long()
    mask[:, 2] = 1
    options = {"num_labels": 3, "temperature": 0.7, "crf": True, "initializer_range": 1.0}
    model = make(RNNForTokenClassification, ("gru", "tanh"), **options, **ways)
    with torch.no_grad():
        model.classifier.weight.mul_(steepness)
        for parameter in model.crf.parameters():
            parameter.normal_(std=steepness / STEP)
        expected = model(ids, attention_mask=mask)
    found = OnnxTagger(tagger_graph(model, "float32"), threads=1)(ids, mask)
    tokens = mask.bool()
    torch.testing.assert_close(found.logits[tokens], expected.logits[tokens], atol=1e-4, rtol=1e-4)
    assert found.tags.dtype == torch.int64 and torch.equal(found.tags[tokens], expected.tags[tokens])
    if steepness == 1:  # or both would say the same
        assert not torch.equal(found.tags[tokens], found.logits[tokens].argmax(-1))


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_in_int8_a_row_is_bit_for_bit_the_same_as_alone(data):
    kind = data.draw(st.sampled_from(KINDS))
    size = data.draw(st.integers(1, 70))
    layers = data.draw(st.integers(1, 2))
    model = make(RNNForCausalLM, kind, hidden_size=size, num_hidden_layers=layers, tie_word_embeddings=size % 2 == 0)
    engine = engine_for(model, threads=data.draw(st.integers(1, 2)))
    tokens = np.array(data.draw(st.lists(st.integers(0, V - 1), min_size=2, max_size=40)))
    together, alone = engine.initial_state(len(tokens)), engine.initial_state(1)
    row = data.draw(st.integers(0, len(tokens) - 1))
    for shift in range(3):
        ids = (tokens * (shift + 1)) % V
        logits, together = engine.step(ids, together)
        one, alone = engine.step(ids[row : row + 1], alone)
        np.testing.assert_array_equal(logits[row], one[0])
        for many, single in zip(together, alone, strict=True):
            np.testing.assert_array_equal(many[row], single[0])


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_in_int8_a_text_is_classified_bit_for_bit_as_alone(data):
    kind = data.draw(st.sampled_from(KINDS))
    pooling = data.draw(st.sampled_from(POOLINGS))
    engine = classifier_for(make(RNNForSequenceClassification, kind, bidirectional=True, pooling=pooling), threads=1)
    lengths = data.draw(st.lists(st.integers(1, 12), min_size=1, max_size=6))
    ids = np.arange(len(lengths) * 12).reshape(-1, 12) * 7 % V
    mask = (np.arange(12) < np.array(lengths)[:, None]).astype(np.int64)
    together = engine.logits(ids, mask)
    for row, length in enumerate(lengths):
        one = engine.logits(ids[row : row + 1, :length], mask[row : row + 1, :length])
        np.testing.assert_array_equal(one[0], together[row])


def test_a_step_does_not_change_its_inputs():
    engine = engine_for(make(RNNForCausalLM, KINDS[3]))
    _, state = engine.step(np.array([3, 4]), engine.initial_state(2))
    kept = [part.copy() for part in state]
    first, _ = engine.step(np.array([5, 6]), state)
    again, _ = engine.step(np.array([5, 6]), state)
    np.testing.assert_array_equal(first, again)
    for part, copy in zip(state, kept, strict=True):
        np.testing.assert_array_equal(part, copy)


def test_an_engine_names_its_precision_and_can_be_made_from_a_folder(tiny_checkpoints):
    folder = tiny_checkpoints / "shakespeare-gru"
    assert engine_for(folder).name == "ONNX Runtime int8"
    assert engine_for(str(folder), None).name == "ONNX Runtime float32"
    assert classifier_for(tiny_checkpoints / "sentiment-en").name == "ONNX Runtime int8"


def test_a_row_of_padding_is_refused_as_the_model_refuses_it():
    engine = classifier_for(make(RNNForSequenceClassification, KINDS[0]))
    with pytest.raises(ValueError, match="no token in row 1"):
        engine.logits(np.ones((2, 3), np.int64), np.array([[1, 1, 1], [0, 0, 0]]))


def test_int8_products_fit_into_the_sixteen_bits_of_older_processors():
    """These add two products of uint8 and int8 in 16 bits, and larger sums saturate silently."""
    model = make(RNNForCausalLM, KINDS[3], hidden_size=40, num_hidden_layers=2)
    graph = language_model_graph(model, "int8")
    weights = [t for t in graph.graph.initializer if t.data_type == 3]  # INT8
    assert len(weights) == 4
    for tensor in weights:
        values = np.frombuffer(tensor.raw_data, np.int8).astype(int)
        assert 2 * 255 * np.abs(values).max() <= 2**15 - 1


def test_every_cell_has_its_equations_with_its_own_gates():
    assert set(EQUATIONS) == set(CELLS.values())
    for cell, equations in EQUATIONS.items():
        assert sorted(equations.order) == sorted(cell.gate_names)


def test_a_graph_in_a_file_is_the_graph_in_memory(tmp_path):
    model = make(RNNForCausalLM, KINDS[2])
    graph = language_model_graph(model, "int8")
    (tmp_path / "model.onnx").write_bytes(graph.SerializeToString())
    tokens = np.array([[1, 2, 3]])
    from_file, in_memory = OnnxLanguageModel(tmp_path / "model.onnx"), OnnxLanguageModel(graph)
    np.testing.assert_array_equal(*(e.read(tokens, e.initial_state(1))[0] for e in (from_file, in_memory)))
    assert OnnxModel(tmp_path / "model.onnx").precision == "int8"
