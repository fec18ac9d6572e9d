"""Text generated with clamps, against a loop over the cells' own step in which the state is overwritten."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnn_models.inference import Sampling
from rnn_models.interpret import Clamp, write_clamped

from .conftest import TEXT

PROMPT = TEXT[:9]
GREEDY = Sampling(temperature=0)


@pytest.fixture
def model(make_language_model, cell, layers):
    return make_language_model(**cell, **layers)


def last(texts):
    return list(texts)[-1]


def by_hand(model, tokenizer, overwrite, count):
    """Greedy text; `overwrite(layer, state)` is called with a list of (H,) tensors after every step since the end
    of the prompt, and changes them in place."""
    cells = [layer.cell for layer in model.rnn.recurrence.layers]
    states = [cell.initial_state(1, model.lm_head.weight) for cell in cells]
    ids = tokenizer(PROMPT).input_ids
    written = []
    with torch.no_grad():
        for number in range(len(ids) + count - 1):
            token = ids[number] if number < len(ids) else written[-1]
            x = model.rnn.embedding(torch.tensor([token]))
            for layer, cell in enumerate(cells):
                x, state = cell.step(x, states[layer])
                if number > len(ids) - 1:  # nothing is held while the prompt is read
                    overwrite(layer, [part[0] for part in state])
                    x = state[0]
                states[layer] = state
            if number == len(ids) - 1:
                for layer, state in enumerate(states):
                    overwrite(layer, [part[0] for part in state])
                x = states[-1][0]
            if number >= len(ids) - 1:
                logits = model.lm_head(model.projection(x))[0]
                logits[[0, 1, 2]] = float("-inf")  # <pad>, <unk> and <s> are never generated
                written.append(int(logits.argmax()))
                if written[-1] == tokenizer.eos_token_id:
                    written.pop()
                    break
    return tokenizer.decode(written)


def test_without_clamps_it_writes_what_the_model_writes(model, tokenizer):
    ids = torch.tensor([tokenizer(PROMPT).input_ids])
    prompt = ids.shape[1]
    with torch.no_grad():
        for _ in range(12):
            logits = model(ids).logits[0, -1]
            logits[[0, 1, 2]] = float("-inf")
            ids = torch.cat([ids, logits.argmax().view(1, 1)], dim=1)
            if ids[0, -1] == tokenizer.eos_token_id:
                break
    expected = tokenizer.decode(ids[0, prompt:], skip_special_tokens=True)
    texts = list(write_clamped((model, tokenizer), PROMPT, [], max_new_tokens=12, sampling=GREEDY))
    assert texts[-1] == expected and all(expected.startswith(text) for text in texts)


@pytest.mark.parametrize("unit", [0, 5])
def test_a_clamped_unit_has_its_value_after_every_step(model, tokenizer, unit):
    for part, state in enumerate(model.rnn.recurrence.state_names):
        for layer in range(model.config.num_hidden_layers):

            def overwrite(number, parts, layer=layer, part=part):
                if number == layer:
                    parts[part][unit] = 4.0

            clamp = Clamp(4.0, unit=unit, layer=layer, state=state)
            found = last(write_clamped((model, tokenizer), PROMPT, [clamp], max_new_tokens=12, sampling=GREEDY))
            assert found == by_hand(model, tokenizer, overwrite, 12)


def test_along_a_clamped_direction_the_state_has_its_value(model, tokenizer):
    direction = np.array([1.0, -2.0, 0.5, 0.0, 3.0, 1.0])
    unit = torch.tensor(direction / np.linalg.norm(direction))

    def overwrite(number, parts):
        if number == model.config.num_hidden_layers - 1:
            parts[0] += (2.0 - parts[0] @ unit) * unit
            parts[0][1] = -1.0

    clamps = [Clamp(2.0, direction=direction), Clamp(-1.0, unit=1)]
    found = last(write_clamped((model, tokenizer), PROMPT, clamps, max_new_tokens=12, sampling=GREEDY))
    assert found == by_hand(model, tokenizer, overwrite, 12)


def test_a_clamp_changes_what_is_written_and_a_seed_decides_it(make_language_model, tokenizer):
    source = (make_language_model(), tokenizer)
    with torch.no_grad():
        source[0].lm_head.bias[tokenizer.eos_token_id] = -1000.0

    def write(clamps, seed=3):
        return last(write_clamped(source, PROMPT, clamps, max_new_tokens=30, sampling=Sampling(seed=seed)))

    free, held = write([]), write([Clamp(5.0, unit=0)])
    assert len(free) == len(held) == 30
    assert held != free == write([]) != write([], seed=4)


def test_writing_may_begin_at_the_beginning_and_ends_at_the_end_token(make_language_model, tokenizer):
    model = make_language_model()
    assert list(write_clamped((model, tokenizer), "", [], max_new_tokens=1, sampling=GREEDY))
    with torch.no_grad():
        model.lm_head.bias[tokenizer.eos_token_id] = 1000.0
    assert list(write_clamped((model, tokenizer), PROMPT, [], sampling=GREEDY)) == []


def test_between_two_yields_the_caller_s_gradients_are_on(make_language_model, tokenizer):
    for _text in write_clamped((make_language_model(), tokenizer), PROMPT, [Clamp(1.0, unit=0)], max_new_tokens=3):
        assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()


def test_what_cannot_be_asked_gets_a_sentence_at_once(make_language_model, make_classifier, tokenizer):
    source = (make_language_model(), tokenizer)
    for clamp, problem in (
        (Clamp(1.0), "needs a unit or a direction, and not both"),
        (Clamp(1.0, unit=0, direction=np.ones(6)), "needs a unit or a direction, and not both"),
        (Clamp(1.0, unit=6), "unit is 6: this model has units 0 to 5"),
        (Clamp(1.0, unit=0, layer=1), "layer is 1: this model has layers 0 to 0"),
        (Clamp(1.0, unit=0, state="memory"), "state is 'memory'; this model has 'hidden', 'cell'"),
        (Clamp(float("nan"), unit=0), "value is nan"),
        (Clamp(1.0, direction=np.ones(5)), r"direction has shape \(5,\): it must be 6 finite numbers"),
        (Clamp(1.0, direction=np.zeros(6)), "not all 0"),
        (Clamp(1.0, direction=np.full(6, np.inf)), "finite"),
    ):
        with pytest.raises(ValueError, match=problem):
            write_clamped(source, PROMPT, [clamp])
    with pytest.raises(ValueError, match="max_new_tokens is 0: it must be from 1 to 2000"):
        write_clamped(source, PROMPT, [], max_new_tokens=0)
    with pytest.raises(ValueError, match="the prompt has 10 tokens; at most 5"):
        write_clamped(source, PROMPT, [], max_new_tokens=5, max_tokens=5)
    with pytest.raises(ValueError, match=r"U\+0000"):
        write_clamped(source, "\x00", [])
    with pytest.raises(ValueError, match="needs RNNForCausalLM"):
        write_clamped((make_classifier(), tokenizer), PROMPT, [])
