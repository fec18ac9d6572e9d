"""A step of `generate`, and its graph on a GPU: recorded once, and replayed with the model's current weights."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn

from rnn_models.inference import stepping

gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")


@pytest.fixture
def recordings(monkeypatch) -> list[int]:
    """The batch size of each recorded graph."""
    made: list[int] = []

    class Counted(stepping.RecordedStep):
        def __init__(self, model, state):
            made.append(state.batch_size)
            super().__init__(model, state)

    monkeypatch.setattr(stepping, "RecordedStep", Counted)
    return made


def written(model, ids):
    return model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=12, eos_token_id=None)


def expected(model, ids, monkeypatch):
    """The same with transformers' own loop."""
    with monkeypatch.context() as patch:
        patch.setattr("rnn_models.inference.lean.can_step", lambda model: False)
        return written(model, ids)


def test_steps_give_what_the_model_gives_for_the_whole_text(make_language_model, cell, layers, ids):
    model = make_language_model(**cell, **layers)
    with torch.no_grad():
        whole = model(ids)
        step = stepping.Step(model, model(ids[:, :4]).state)
        for position in range(4, ids.shape[1]):
            torch.testing.assert_close(step(ids[:, position]), whole.logits[:, position])
    for name, after in zip(model.rnn.recurrence.state_names, zip(*step.layers, strict=True), strict=True):
        torch.testing.assert_close(torch.stack(after), whole.state.tensors[name])


def test_no_step_is_taken_on_a_device_that_none_is_for(make_language_model):
    model = make_language_model()
    assert stepping.can_step(model)
    assert not stepping.can_step(model.to("meta"))


@gpu
def test_a_graph_is_recorded_once_for_texts_that_are_alike(make_language_model, ids, recordings, monkeypatch):
    model, ids = make_language_model().to("cuda"), ids.to("cuda")
    for rows, so_far in ((3, [3]), (3, [3]), (1, [3, 1]), (3, [3, 1, 3])):
        assert torch.equal(written(model, ids[:rows]), expected(model, ids[:rows], monkeypatch))
        assert recordings == so_far


@gpu
def test_weights_that_changed_in_their_place_are_used_and_others_recorded_anew(
    make_language_model, ids, recordings, monkeypatch
):
    model, ids = make_language_model().to("cuda"), ids.to("cuda")
    before = written(model, ids)
    with torch.no_grad():
        model.rnn.recurrence.layers[0].cell.weight_hh.mul_(-2)
    assert not torch.equal(written(model, ids), before)
    assert torch.equal(written(model, ids), expected(model, ids, monkeypatch)) and len(recordings) == 1
    model.lm_head.weight = nn.Parameter(model.lm_head.weight.flip(0))
    assert torch.equal(written(model, ids), expected(model, ids, monkeypatch)) and len(recordings) == 2
    model.to(torch.bfloat16)
    assert torch.equal(written(model, ids), expected(model, ids, monkeypatch)) and len(recordings) == 3


@gpu
def test_a_graph_recorded_in_inference_mode_serves_outside_of_it(make_language_model, ids, recordings, monkeypatch):
    model, ids = make_language_model().to("cuda"), ids.to("cuda")
    with torch.inference_mode():
        inside = written(model, ids)
    assert torch.equal(written(model, ids), inside) and torch.equal(expected(model, ids, monkeypatch), inside)
    assert len(recordings) == 1


@gpu
def test_threads_that_generate_at_once_do_not_write_into_each_other_s_state(make_language_model, ids, monkeypatch):
    model, ids = make_language_model().to("cuda"), ids.to("cuda")
    alone = [expected(model, row[None], monkeypatch) for row in ids]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda row: written(model, row[None]), [*ids] * 10))
    assert all(torch.equal(text, alone[index % 3]) for index, text in enumerate(together))


@gpu
def test_a_model_that_nobody_holds_is_freed_with_its_graph(make_language_model, ids):
    stepping._RECORDED.clear()
    model = make_language_model().to("cuda")
    written(model, ids.to("cuda"))
    assert len(stepping._RECORDED) == 1
    del model
    gc.collect()
    assert len(stepping._RECORDED) == 0


@gpu
def test_under_autocast_transformers_own_loop_runs(make_language_model, ids, recordings):
    model = make_language_model().to("cuda")
    with torch.autocast("cuda", dtype=torch.bfloat16):
        written(model, ids.to("cuda"))
    assert not recordings
