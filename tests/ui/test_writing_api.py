"""The endpoints around writing, called as other programs call them."""

from __future__ import annotations

from base64 import b64decode, b64encode

import numpy as np
import pytest
import torch
from gradio_client.exceptions import AppError
from safetensors.numpy import load

from rnn_models.checkpoint import load_checkpoint
from rnn_models.inference.verse import even_lines, poem_lines, poem_rhymes
from rnn_models.ui.generation import Writers

GREEDY = {"temperature": 0, "seed": 1}


@pytest.fixture
def call(client):
    return lambda name, **values: client.predict(api_name=f"/{name}", **values)


def test_the_alternatives_are_the_models_own_probabilities(call, tiny_checkpoints):
    found = call("alternatives", prompt="To be", model="shakespeare-gru", temperature=0.5, top_k=3)
    checkpoint = load_checkpoint(str(tiny_checkpoints / "shakespeare-gru"))
    tokens = checkpoint.tokenizer("To be", return_tensors="pt")["input_ids"]
    with torch.no_grad():
        logits = checkpoint.model(tokens).logits[0, -1].double().numpy()
    exact = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    assert len(found) == 10 and len({one["token"] for one in found}) == 10
    for one in found:  # the app computes in int8
        assert one["probability"] == pytest.approx(exact[one["token"]], abs=0.01)
        assert one["piece"] == checkpoint.tokenizer.decode([one["token"]]) and not one["ends"]
    assert [one["probability"] for one in found] == sorted((one["probability"] for one in found), reverse=True)
    squared = np.array([one["probability"] for one in found[:3]]) ** 2
    assert [one["chance"] for one in found[:3]] == pytest.approx(list(squared / squared.sum()), rel=1e-6)
    assert {one["chance"] for one in found[3:]} == {0}


def test_at_temperature_zero_one_alternative_is_certain(call):
    assert [one["chance"] for one in call("alternatives", prompt="To be", temperature=0)] == [1, *[0] * 9]


def test_a_text_goes_on_from_a_token_that_somebody_chose(call):
    whole = call("go_on", prompt="To be", max_new_tokens=30, **GREEDY)
    assert len(whole["tokens"]) == len(whole["pieces"]) == len(whole["bits"]) == 30
    before = whole["tokens"][:10]
    same = call("go_on", prompt="To be", after=before, max_new_tokens=20, **GREEDY)
    assert same["tokens"] == whole["tokens"] and same["bits"] == whole["bits"]
    others = call("alternatives", prompt="To be", after=before)
    assert whole["tokens"][10] == max(others, key=lambda one: one["probability"])["token"]
    other = others[3]["token"]
    changed = call("go_on", prompt="To be", after=[*before, other], max_new_tokens=20, **GREEDY)
    assert changed["tokens"][:11] == [*before, other] and changed["text"].startswith("".join(whole["pieces"][:10]))


@pytest.mark.parametrize("model", ["shakespeare-rnn", "shakespeare-gru", "shakespeare-lstm"])
def test_a_text_starts_from_a_kept_state_as_it_would_have_gone_on(call, model):
    first = call("go_on", prompt="To be", model=model, max_new_tokens=15, **GREEDY)
    state = call("keep_state", prompt="To be", model=model, after=first["tokens"])
    again = call("go_on", model=model, state=state, max_new_tokens=15, **GREEDY)
    whole = call("go_on", prompt="To be", model=model, after=first["tokens"], max_new_tokens=15, **GREEDY)
    assert again["tokens"] == whole["tokens"][15:]
    kept_again = call("keep_state", model=model, state=state, after=again["tokens"])
    straight = call("keep_state", prompt="To be", model=model, after=whole["tokens"])
    ours, theirs = (load(b64decode(one)) for one in (kept_again, straight))
    assert all((ours[name] == theirs[name]).all() for name in theirs)


def test_two_states_are_blended_number_by_number(call):
    one, other = (call("keep_state", prompt=prompt) for prompt in ("To be", "Whether 'tis nobler"))
    first, second = load(b64decode(one)), load(b64decode(other))
    for share in (0, 0.25, 1):
        mixed = load(b64decode(call("blend_states", state=one, other=other, share=share)))
        for name, array in mixed.items():
            wanted = (1 - share) * first[name] + share * second[name]
            np.testing.assert_allclose(array, wanted, rtol=1e-5, atol=1e-7)


def refusal(call, name: str, **values: object) -> str:
    with pytest.raises(AppError) as refused:
        call(name, **values)
    return str(refused.value)


def test_a_foreign_state_is_refused_by_name(call):
    state = call("keep_state", prompt="To be", model="shakespeare-gru")
    said = refusal(call, "go_on", state=state, model="shakespeare-lstm")
    assert said.startswith("This is a state of shakespeare-gru, not of shakespeare-lstm: choose the model")
    pickle = b64encode(b"\x80\x04K\x01.").decode()
    for wrong in ("no Base64!", pickle, state[:-40], b64encode(b"text").decode()):
        assert refusal(call, "go_on", state=wrong).startswith("This is not a state of a network")
    assert "must be a string" in refusal(call, "go_on", state=5)
    assert "share must be a number from 0 to 1" in refusal(
        call, "blend_states", state=state, other=state, share=2, model="shakespeare-gru"
    )


def test_the_trio_writes_on_one_prompt_and_seed_and_each_as_it_would_alone(call):
    together = call("side_by_side", prompt="To be", max_new_tokens=40, seed=7)
    assert [one["model"] for one in together] == ["shakespeare-lstm", "shakespeare-gru", "shakespeare-rnn"]
    assert [one["cell"] for one in together] == ["LSTM", "GRU", "vanilla RNN"]
    for one in together:
        alone = call("go_on", prompt="To be", model=one["model"], max_new_tokens=40, seed=7)
        assert one["text"] == alone["text"] and one["done"]
        assert one["bits_per_character"] == pytest.approx(sum(alone["bits"]) / len(alone["text"]))


def test_a_model_with_a_vocabulary_of_its_own_has_nothing_beside_it(call):
    assert "reads the same tokens as tang-poems" in refusal(call, "side_by_side", model="tang-poems", prompt="床前")


def test_a_poem_keeps_its_form_its_beginning_its_acrostic_and_its_rhyme(call):
    found = call("poem", form="五绝", first_line="床前", acrostic="床疑举低", seed=3)
    lines = poem_lines(found["text"])
    assert "".join(line[0] for line in lines) == "床疑举低" and lines[0].startswith("床前")
    assert poem_rhymes(even_lines([lines])[0])
    (said,) = found["rules"]
    assert said.startswith("Rules kept: form 五绝 (4 × 5) · acrostic 床疑举低 · rhyme ")
    long = call("poem", form="七律", rhyming=False, seed=3)
    assert [len(line) for line in poem_lines(long["text"])] == [7] * 8
    assert call("poem", form="七律", rhyming=False, seed=3) == long


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"form": "sonnet"}, "There is no such form: choose one of 五绝, 七绝, 五律, 七律."),
        ({"form": ["五绝"]}, "There is no such form"),
        ({"acrostic": "床疑举"}, "An acrostic of this form (五绝) has 4 characters, one a line, and not 3."),
        ({"acrostic": "床疑举龘"}, "tang-poems does not know 龘"),
        ({"acrostic": 4}, "acrostic must be a string, not a number"),
        ({"rhyming": "yes"}, "rhyming must be true or false."),
        ({"first_line": "床前明月光疑"}, "Character 6 of the beginning (疑) does not fit the form 五绝"),
        ({"first_line": "床前明月光，疑是地上霜。举头望明月，低头思故乡。"}, "This is a complete poem already"),
        (
            {"model": "shakespeare-gru"},
            "shakespeare-gru has no characters to write Chinese poems with: choose one of tang-",
        ),
    ],
)
def test_a_poem_that_cannot_be_is_refused_in_a_sentence(call, values, sentence):
    assert sentence in refusal(call, "poem", **values)


def test_of_many_texts_at_once_each_is_shown_less_often():
    writers = Writers([])
    shown = []
    for writers.writing in (1, 8, 16, 80):
        shown.append(writers.interval())
    assert shown == pytest.approx([0.1, 0.1, 0.2, 1.0])
