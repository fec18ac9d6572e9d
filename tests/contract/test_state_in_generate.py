"""Every decoding mode continues from the state of the previous step; a release that loses it raises an error."""

import pytest
import torch
import transformers
from transformers import DynamicCache, GenerationMixin
from transformers.generation import utils as generation_utils
from transformers.modeling_outputs import ModelOutput

from rnn_models import RNNForCausalLM
from rnn_models.modeling import modeling_rnn
from rnn_models.modeling.state import CACHE_NAMES
from rnn_models.tokenization import train_tokenizer

ENDLESS = {"eos_token_id": None, "pad_token_id": 0, "max_new_tokens": 9}
ALPHABET = "abcdefghijklmnopqrs"

MODES = {
    "greedy": {},
    "sampling": {"do_sample": True, "num_return_sequences": 2},
    "beams": {"num_beams": 4, "num_return_sequences": 2},
    "sampled beams": {"num_beams": 3, "do_sample": True},
    "guidance": {"guidance_scale": 1.7},
    "guidance from another prompt": {"guidance_scale": 1.7, "negative_prompt_ids": "flipped"},
    "guided beams": {"guidance_scale": 1.3, "num_beams": 3},
    "a stop string": {"stop_strings": ["never there"], "tokenizer": "characters"},
    "hidden states": {"return_dict_in_generate": True, "output_hidden_states": True},
    "constrained": {"prefix_allowed_tokens_fn": "even", "num_beams": 2},
    "penalties": {"repetition_penalty": 1.5, "no_repeat_ngram_size": 2},
}


def generate(model, ids, mode, **options):
    options = {**ENDLESS, **MODES[mode], **options}
    if options.get("negative_prompt_ids") == "flipped":
        options["negative_prompt_ids"] = ids.flip(1)
    if options.get("tokenizer") == "characters":
        options["tokenizer"] = train_tokenizer("character", [ALPHABET])
    if options.get("prefix_allowed_tokens_fn") == "even":
        options["prefix_allowed_tokens_fn"] = lambda row, text: [4, 6, 8, 10, 12, 14]
    torch.manual_seed(5)
    output = model.generate(ids, **options)
    return output if isinstance(output, torch.Tensor) else output.sequences


@pytest.fixture(params=[True, False], ids=["package", "without the package"])
def loop(request, monkeypatch):
    """With the loop of the installed package, and as a pushed model, only with transformers' own loop."""
    if not request.param:
        monkeypatch.setattr(RNNForCausalLM, "decoding_loop", None)


def padded(ids, where):
    mask = torch.ones_like(ids)
    if where != "none":
        mask[0, slice(0, 6) if where == "left" else slice(7, 11)] = 0
        mask[1, slice(0, 2) if where == "left" else slice(10, 11)] = 0
    return ids * mask, mask


@pytest.mark.parametrize("where", ["none", "left", "right"])
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_gives_the_same_with_the_state_as_when_reading_the_entire_text_again(make, ids, mode, where, loop):
    # In double precision, so that no two beams tie.
    model = make(RNNForCausalLM).double()
    ids, mask = padded(ids, where)
    with_state = generate(model, ids, mode, attention_mask=mask)
    assert torch.equal(with_state, generate(model, ids, mode, attention_mask=mask, use_cache=False))


@pytest.mark.parametrize("mode", ["greedy", "sampling", "beams"])
def test_a_prompt_padded_on_the_right_is_continued_as_without_padding(make, ids, mode, loop):
    model = make(RNNForCausalLM).double()
    together, mask = padded(ids, "right")
    text = generate(model, together[:1], mode, attention_mask=mask[:1])
    assert torch.equal(text[:, 11:], generate(model, ids[:1, :7], mode)[:, 7:])


def test_guidance_reads_the_other_prompt_and_all_generated_tokens(make, ids, loop):
    """Against the formula, log p + (scale - 1) (log p - log q), with q for the text after the other prompt."""
    model, scale, other = make(RNNForCausalLM).double(), 1.7, ids.flip(1)
    text = model.generate(ids, guidance_scale=scale, negative_prompt_ids=other, **ENDLESS)
    for step in range(ENDLESS["max_new_tokens"]):
        written = text[:, 11 : 11 + step]
        p = model(torch.cat([ids, written], 1)).logits[:, -1].log_softmax(-1)
        q = model(torch.cat([other, written], 1)).logits[:, -1].log_softmax(-1)
        assert torch.equal(text[:, 11 + step], (scale * (p - q) + q).argmax(-1))
    assert not torch.equal(text, model.generate(ids, guidance_scale=scale, **ENDLESS))
    assert not torch.equal(text, model.generate(ids, **ENDLESS))


def lose_the_state(self, outputs, *args, **kwargs):
    """A hook without a state: the effect of a release that looks for it under another name."""
    others = ModelOutput({name: value for name, value in outputs.items() if name != "state"})
    return GenerationMixin._update_model_kwargs_for_generation(self, others, *args, **kwargs)


# A release can lose the state if it drops the hook, or if it renames the cache that it reorders for the beams.
@pytest.mark.parametrize("given", [False, True], ids=["", "from a given state"])
@pytest.mark.parametrize("mode", MODES)
def test_a_release_that_does_not_pass_on_the_state_raises_an_error(make, ids, mode, given, monkeypatch):
    monkeypatch.setattr(RNNForCausalLM, "decoding_loop", None)
    monkeypatch.setattr(RNNForCausalLM, "_update_model_kwargs_for_generation", lose_the_state)
    model = make(RNNForCausalLM)
    options = {"state": model(ids[:, :4]).state} if given else {}
    with pytest.raises(ValueError, match=rf"transformers {transformers.__version__} .*pip install 'transformers>="):
        generate(model, ids, mode, **options)
    generate(model, ids, mode, use_cache=False)


@pytest.mark.parametrize("mode", ["beams", "sampled beams", "guided beams", "constrained"])
def test_a_release_that_does_not_reorder_the_states_of_beams_raises_an_error(make, ids, mode, monkeypatch):
    monkeypatch.setattr(generation_utils, "ALL_CACHE_NAMES", ["another name"])
    with pytest.raises(ValueError, match="did not pass the recurrent state"):
        generate(make(RNNForCausalLM), ids, mode)


def test_a_release_that_renames_the_state_in_guidance_raises_an_error(make, ids, monkeypatch):
    def ignore(state, names):
        for name in CACHE_NAMES:
            names.pop(name, None)
        return state

    monkeypatch.setattr(modeling_rnn, "pop_state", ignore)
    with pytest.raises(ValueError, match="a longer mask needs"):
        generate(make(RNNForCausalLM), ids, "guidance from another prompt")


def test_a_state_is_accepted_and_returned_under_the_names_of_transformers_caches(make, ids, loop):
    model = make(RNNForCausalLM).double()
    expected = model.generate(ids, **ENDLESS)[:, 11:]
    output = model(ids[:, :5])
    assert output.cache is output.state and output["cache"] is output.state and output.get("cache") is output.state
    for name in ("state", *CACHE_NAMES):
        continued = model.generate(ids[:, 5:], return_dict_in_generate=True, **{name: output.state}, **ENDLESS)
        assert torch.equal(continued.sequences[:, 6:], expected)
        after = continued["cache" if "cache" in continued else "past_key_values"]
        whole = model(torch.cat([ids, expected[:, :-1]], 1)).state
        torch.testing.assert_close(after.tensors, whole.tensors)
        again = model(ids[:, 5:], **{name: output.state}).logits
        assert torch.equal(again, model(ids[:, 5:], state=output.state).logits)


@pytest.mark.parametrize("name", CACHE_NAMES)
def test_a_cache_of_attention_is_refused_under_each_name(make, ids, name, loop):
    model = make(RNNForCausalLM)
    for call in (model, model.rnn, model.generate):
        with pytest.raises(ValueError, match=f"{name} is a DynamicCache; a recurrent network has no attention cache"):
            call(ids, **{name: DynamicCache()})
        with pytest.raises(ValueError, match="Two states are given"):
            call(ids, state=model(ids).state, **{name: model(ids).state})


def test_a_step_whose_mask_is_longer_than_its_input_needs_a_state(make, ids):
    model = make(RNNForCausalLM)
    with pytest.raises(ValueError, match=r"attention_mask has shape \(3, 11\); the input needs \(3, 1\); a longer"):
        model(ids[:, -1:], attention_mask=torch.ones_like(ids))
    state = model(ids[:, :-1]).state
    step = model(ids[:, -1:], attention_mask=torch.ones_like(ids), state=state)
    torch.testing.assert_close(step.logits[:, -1], model(ids).logits[:, -1])


def test_the_overridden_hook_exists_in_transformers():
    """Otherwise `test_a_release_that_does_not_pass_on_the_state_raises_an_error` would test nothing."""
    assert callable(GenerationMixin._update_model_kwargs_for_generation)
    assert callable(GenerationMixin._supports_default_dynamic_cache)
