"""Gradient flow, against finite differences: a state is nudged and the rest of the text is read from there."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from rnn_models.interpret import fresh_gradient_flow, gradient_flow
from rnn_models.interpret.gradients import GradientFlow
from rnn_models.interpret.source import open_source, read_tokens

from .conftest import CELLS

TEXT = "To be"


def loss_of(model, ids, target, nudge=(None, None)):
    """The loss with a vector added to one state: `nudge` is (layer, direction, step, name), vector."""
    where, vector = nudge
    x = list(model.base_model.embedding(ids))
    for number, layer in enumerate(model.base_model.recurrence.layers):
        cells = [layer.cell] if layer.directions == 1 else [layer.left_to_right.cell, layer.right_to_left.cell]
        sides = []
        for direction, (cell, backwards) in enumerate(zip(cells, model.config.reads_backwards, strict=True)):
            state, outputs = cell.initial_state(1, x[0]), []
            for step, x_t in enumerate(reversed(x) if backwards else x):
                before = state
                _, state = cell.step(x_t[None], before)
                if where == (number, direction, step, "hidden"):
                    state = (state[0] + vector, *state[1:])
                if where == (number, direction, step, "cell"):  # the output is read from the cell state
                    c = state[1] + vector
                    state = (cell.gates(x_t[None], before)["output"] * c.tanh(), c)
                outputs.append(state[0][0])
            sides.append(outputs[::-1] if backwards else outputs)
        x = [torch.cat(parts) for parts in zip(*sides, strict=True)]
    outputs = torch.stack(x)[None]
    if hasattr(model, "lm_head"):
        logits = model.lm_head(model.projection(outputs[:, -1]))
    else:
        logits = model.classifier(model.pooling(outputs, torch.ones(1, len(x), dtype=torch.bool)))
        logits = logits / model.config.temperature
    return F.cross_entropy(logits, logits.argmax(-1) if target is None else torch.tensor([target]))


@torch.no_grad()
def check_against_nudges(model, flow, ids, target):
    assert flow.loss == pytest.approx(float(loss_of(model, ids, target)))
    assert len(flow.layers) == model.base_model.recurrence.num_states
    for layer in flow.layers:
        assert list(layer.norms) == list(model.base_model.recurrence.state_names)
        assert layer.backwards == model.config.reads_backwards[layer.direction]
        for name, norms in layer.norms.items():
            assert len(norms) == len(ids)
            for distance, norm in enumerate(norms):
                where = (layer.layer, layer.direction, len(ids) - 1 - distance, name)
                slopes = []
                for unit in torch.eye(model.config.hidden_size, dtype=torch.double):
                    up, down = (loss_of(model, ids, target, (where, s * 1e-6 * unit)) for s in (1, -1))
                    slopes.append(float(up - down) / 2e-6)
                assert norm == pytest.approx(np.linalg.norm(slopes), rel=1e-5, abs=1e-8)


def test_a_language_model_s_flow_is_that_of_finite_differences(make_language_model, tokenizer, cell, layers):
    model = make_language_model(**cell, **layers)
    ids = torch.tensor(tokenizer(TEXT).input_ids)
    check_against_nudges(model, gradient_flow((model, tokenizer), TEXT), ids[:-1], int(ids[-1]))


@pytest.mark.parametrize("label", [None, 0, 2])
def test_a_classifier_s_flow_is_that_of_finite_differences(make_classifier, tokenizer, cell, label):
    # at a maximum of several zeros, as with ReLUs, a finite difference is not unique
    model = make_classifier(**cell, bidirectional=True, num_hidden_layers=2, temperature=0.5, pooling="attention")
    ids = torch.tensor(tokenizer(TEXT).input_ids)
    check_against_nudges(model, gradient_flow((model, tokenizer), TEXT, label=label), ids, label)


def test_every_pooling_and_direction_lets_the_gradient_through(make_classifier, tokenizer, pooling, way):
    model = make_classifier(cell_type="lstm", **pooling, **way)
    ids = torch.tensor(tokenizer(TEXT).input_ids)
    check_against_nudges(model, gradient_flow((model, tokenizer), TEXT, label=1), ids, 1)


@pytest.mark.parametrize("kind", ["make_language_model", "make_classifier"])
def test_the_weights_gradient_is_as_long_as_training_would_have_it(request, tokenizer, cell, kind):
    model = request.getfixturevalue(kind)(**cell, num_hidden_layers=2)
    flow = gradient_flow((model, tokenizer), TEXT)
    ids = torch.tensor(tokenizer(TEXT).input_ids)
    if kind == "make_language_model":
        logits, target = model(ids[None, :-1]).logits[:, -1], ids[-1:]
    else:
        logits = model(ids[None]).logits
        target = logits.argmax(-1)
    loss = F.cross_entropy(logits, target)
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    expected = torch.stack([gradient.norm() for gradient in gradients]).norm()
    assert flow.weight_norm == pytest.approx(float(expected), rel=1e-9)


def test_tied_weights_are_counted_once(make_language_model, tokenizer):
    model = make_language_model(tie_word_embeddings=True)
    ids = torch.tensor(tokenizer(TEXT).input_ids)
    loss = F.cross_entropy(model(ids[None, :-1]).logits[:, -1], ids[-1:])
    parts = torch.autograd.grad(loss, list(model.parameters()))
    expected = float(torch.cat([part.flatten() for part in parts]).norm())
    assert gradient_flow((model, tokenizer), TEXT).weight_norm == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("kind", CELLS)
def test_a_fresh_network_keeps_loses_or_blows_up_its_gradient_with_its_weights(kind):
    cell = {"nonlinearity": "tanh", **CELLS[kind]}
    start = 1 / 0.3 if kind == "relu" else 1.0
    flows = [fresh_gradient_flow(**cell, length=60, weight_scale=start * scale) for scale in (0.5, 1.0, 2.0)]
    far = [flow.layers[0].norms["hidden"][-1] / flow.layers[0].norms["hidden"][0] for flow in flows]
    assert far[0] < far[1] < far[2]
    if kind == "rnn":
        assert far[0] < 1e-6 and 0.01 < far[1] <= 1


def test_an_open_forget_gate_keeps_the_gradient_by_the_cell_state():
    far = [fresh_gradient_flow("lstm", forget_bias=bias, length=50).layers[0].norms["cell"][-1] for bias in (-2, 1, 5)]
    assert far[0] < far[1] / 100 and far[1] < far[2] / 100


def test_a_fresh_network_is_decided_by_its_seed_and_leaves_torch_s_own_numbers_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    one, same, other = (fresh_gradient_flow("gru", length=5, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(2), expected)
    assert one.loss == same.loss != other.loss
    assert len(one.layers[0].norms["hidden"]) == 5


def test_clipping_shortens_only_what_is_too_long():
    flow = GradientFlow(1.0, (), 4.0)
    assert flow.clipped(1.0) == 0.25 and flow.clipped(8.0) == 1.0
    assert GradientFlow(0.0, (), 0.0).clipped(1.0) == 1.0
    with pytest.raises(ValueError, match="bound is 0"):
        flow.clipped(0)


def test_what_cannot_be_asked_gets_a_sentence(make_language_model, make_classifier, tokenizer):
    writer, judge = (make_language_model(), tokenizer), (make_classifier(), tokenizer)
    with pytest.raises(ValueError, match="a language model has no labels"):
        gradient_flow(writer, TEXT, label=0)
    with pytest.raises(ValueError, match="label is 3: this model has the labels 0 to 2"):
        gradient_flow(judge, TEXT, label=3)
    with pytest.raises(ValueError, match="at most 3 are read"):
        gradient_flow(judge, TEXT, max_tokens=3)
    with pytest.raises(ValueError, match="length is 0: it must be from 1 to 2000"):
        fresh_gradient_flow("rnn", length=0)
    with pytest.raises(ValueError, match="weight_scale is nan"):
        fresh_gradient_flow("rnn", weight_scale=float("nan"))
    with pytest.raises(ValueError, match="cell_type is 'qrnn'; it must be one of 'rnn', 'lstm', 'gru'"):
        fresh_gradient_flow("qrnn")
    with pytest.raises(ValueError, match="nonlinearity is 'relu'"):
        fresh_gradient_flow("lstm", nonlinearity="relu")


def test_one_token_is_too_short_for_a_language_model_without_a_beginning_token(make_language_model, tokenizer):
    from tokenizers import processors

    bare = type(tokenizer)(tokenizer_object=type(tokenizer._tokenizer).from_str(tokenizer._tokenizer.to_str()))
    bare._tokenizer.post_processor = processors.TemplateProcessing(single="$A", pair="$A $B", special_tokens=[])
    opened = open_source((make_language_model(), bare))
    assert len(read_tokens(opened, "t")) == 1
    with pytest.raises(ValueError, match="has 1 tokens; at least 2 are needed"):
        gradient_flow(opened, "t")
