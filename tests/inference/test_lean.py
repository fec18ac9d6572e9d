"""The lean loop of `generate` against transformers' own: bit for bit, with the same random numbers."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList, StoppingCriteria, StoppingCriteriaList

from rnn_models import RNNForCausalLM
from rnn_models.inference import lean

GPU = pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU"))


@pytest.fixture(params=["cpu", GPU])
def device(request) -> str:
    return request.param


@pytest.fixture
def loops(monkeypatch):
    """Generates with the lean loop and with transformers' own; fails if the lean loop did not run."""
    ran = []
    untouched = lean.sample

    def watched(*arguments, **options):
        ran.append(True)
        return untouched(*arguments, **options)

    def both(model, ids, *, expected=True, **options):
        results = []
        for possible in (True, False):
            with monkeypatch.context() as patch:
                patch.setattr(lean, "sample", watched)
                if not possible:
                    patch.setattr(RNNForCausalLM, "decoding_loop", None)
                ran.clear()
                torch.manual_seed(7)
                made = {name: value() if name in MADE_AGAIN else value for name, value in options.items()}
                results.append(model.generate(ids, **made))
                assert bool(ran) == (possible and expected)
                results.append(torch.rand(3, device=model.device))
        return results[0], results[2], torch.equal(results[1], results[3])

    return both


MADE_AGAIN = {"logits_processor", "stopping_criteria", "streamer"}


def assert_same(ours, theirs) -> None:
    assert type(ours) is type(theirs)
    if isinstance(ours, torch.Tensor):
        assert torch.equal(ours, theirs)
        return
    assert ours.keys() == theirs.keys()
    assert torch.equal(ours.sequences, theirs.sequences)
    for name in {"scores", "logits"} & ours.keys():
        assert len(ours[name]) == len(theirs[name])
        assert all(torch.equal(a, b) for a, b in zip(ours[name], theirs[name], strict=True))
    assert ours[lean.KEPT] == theirs[lean.KEPT]


options_of_a_call = st.fixed_dictionaries(
    {
        "max_new_tokens": st.integers(1, 15),
        "do_sample": st.booleans(),
        "eos_token_id": st.none() | st.lists(st.integers(3, 22), min_size=1, max_size=4),
        "pad_token_id": st.integers(0, 4),
        "return_dict_in_generate": st.booleans(),
        "output_scores": st.booleans(),
        "output_logits": st.booleans(),
    },
    optional={
        "temperature": st.sampled_from([0.5, 1.0, 2.0]),
        "top_k": st.sampled_from([0, 1, 5]),
        "top_p": st.sampled_from([0.5, 0.9]),
        "min_p": st.just(0.1),
        "repetition_penalty": st.sampled_from([0.8, 1.5]),
        "no_repeat_ngram_size": st.just(2),
        "min_new_tokens": st.integers(1, 5),
        "num_return_sequences": st.just(2),
        "renormalize_logits": st.just(True),
    },
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(options=options_of_a_call, padded=st.booleans(), rows=st.integers(1, 3))
def test_every_setting_gives_what_transformers_gives_and_draws_the_same_numbers(
    make_language_model, cell, device, loops, ids, options, padded, rows
):
    ids = ids.to(device)
    if not options["do_sample"]:
        options.pop("num_return_sequences", None)
    mask = torch.ones_like(ids[:rows])
    if padded:
        mask[0, :6] = 0
    ours, theirs, drew_the_same = loops(
        make_language_model(**cell).to(device), ids[:rows], attention_mask=mask, **options
    )
    assert_same(ours, theirs)
    assert drew_the_same


class OnlyEven(LogitsProcessor):
    def __call__(self, input_ids, scores):
        assert input_ids.is_contiguous()
        scores[:, 1::2] = -float("inf")
        return scores


class Alternately(StoppingCriteria):
    """Ends a row when its text has more than twelve even tokens."""

    def __call__(self, input_ids, scores, **kwargs):
        return (input_ids % 2 == 0).sum(1) > 12


@pytest.mark.parametrize("ends", [None, 8], ids=["", "with an end token"])
def test_the_caller_s_processors_and_criteria_are_called_as_transformers_calls_them(
    make_language_model, device, loops, ids, ends
):
    ours, theirs, _ = loops(
        make_language_model(num_hidden_layers=2).to(device),
        ids.to(device),
        max_new_tokens=15,
        eos_token_id=ends,
        pad_token_id=1,
        do_sample=True,
        logits_processor=lambda: LogitsProcessorList([OnlyEven()]),
        stopping_criteria=lambda: StoppingCriteriaList([Alternately()]),
        return_dict_in_generate=True,
        output_logits=True,
    )
    assert_same(ours, theirs)


def test_a_streamer_gets_the_same_pieces(make_language_model, device, loops, ids):
    collectors = []

    class Collector:
        def __init__(self):
            collectors.append(self)
            self.pieces = []

        def put(self, value):
            assert value.device.type == "cpu"
            self.pieces.append(value.tolist())

        def end(self):
            self.pieces.append("end")

    options = {"max_new_tokens": 9, "eos_token_id": None, "streamer": Collector}
    loops(make_language_model().to(device), ids[:1].to(device), **options)
    assert collectors[0].pieces == collectors[1].pieces and len(collectors[0].pieces) == 11


def test_a_state_and_embeddings_may_be_given(make_language_model, device, loops, ids):
    model, ids = make_language_model().to(device), ids.to(device)
    state = model(ids[:, :6]).state
    options = {"max_new_tokens": 9, "eos_token_id": None, "pad_token_id": 0}
    assert_same(*loops(model, ids[:, 6:], state=state, **options)[:2])
    embeddings = model.rnn.embedding(ids).detach()
    assert_same(*loops(model, None, inputs_embeds=embeddings, **options)[:2])


def test_hidden_states_that_were_asked_for_once_leave_the_lean_loop_in_place(make_language_model, loops, ids):
    model = make_language_model()
    options = {"max_new_tokens": 4, "eos_token_id": None, "pad_token_id": 0}
    asked = {"return_dict_in_generate": True, "output_hidden_states": True}
    ours, theirs, _ = loops(model, ids, expected=False, **options, **asked)
    assert len(ours.hidden_states) == len(theirs.hidden_states) == 4
    assert_same(*loops(model, ids, **options)[:2])


def hook_a_cell(model):
    model.rnn.recurrence.layers[0].cell.register_forward_hook(lambda *_: None)
    return model


def replace_forward(model):
    model.rnn.forward = model.rnn.forward
    return model


def compile_it(model):
    model.compile(backend="eager")
    return model


class Subclass(RNNForCausalLM):
    def forward(self, *args, **kwargs):
        return super().forward(*args, **kwargs)


def subclass_it(model):
    made = Subclass(model.config).eval()
    made.load_state_dict(model.state_dict())
    return made


@pytest.mark.parametrize(
    "change",
    [hook_a_cell, replace_forward, compile_it, subclass_it, RNNForCausalLM.train],
    ids=["a hook", "another forward", "compiled", "a subclass", "training"],
)
def test_whoever_changed_the_model_gets_transformers_own_loop(make_language_model, loops, ids, change):
    model = change(make_language_model())
    options = {"max_new_tokens": 4, "eos_token_id": None, "pad_token_id": 0}
    assert_same(*loops(model, ids, expected=False, **options)[:2])


def test_reading_the_prefix_again_and_unknown_keywords_go_to_transformers_loop(make_language_model, loops, ids):
    options = {"max_new_tokens": 4, "eos_token_id": None}
    loops(make_language_model(), ids, expected=False, use_cache=False, pad_token_id=0, **options)
    loops(make_language_model(), ids, expected=False, pad_token_id=99, **options)


def test_arguments_may_come_by_position_as_transformers_takes_them(make_language_model, ids):
    model = make_language_model()
    config = GenerationConfig(max_new_tokens=4, pad_token_id=0)
    expected = model.generate(ids, generation_config=config, logits_processor=LogitsProcessorList([OnlyEven()]))
    assert torch.equal(model.generate(ids, config, LogitsProcessorList([OnlyEven()])), expected)
    assert torch.equal(model.generate(ids, config), model.generate(ids, generation_config=config))
