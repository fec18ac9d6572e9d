"""The sources and texts that the functions take, and the errors for those that they do not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import GPT2Config, GPT2LMHeadModel

import rnn_models.interpret as interpret
from rnn_models import RNNConfig, RNNForCausalLM, RNNForSequenceClassification, RNNModel
from rnn_models.checkpoint import LoadError, load_checkpoint
from rnn_models.interpret import steps
from rnn_models.interpret.source import open_source, piece_of, read_tokens
from rnn_models.tokenization import train_tokenizer

from .conftest import TEXT


def test_public_names_are_documented_and_there():
    assert sorted(interpret.__all__) == sorted(interpret.MODULES)
    for name in interpret.__all__:
        assert getattr(interpret, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        interpret.nothing  # noqa: B018


def test_importing_the_package_imports_neither_torch_nor_gradio():
    code = (
        "import sys, rnn_models.interpret as i; print([m for m in ('torch', 'gradio', 'sklearn') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_using_it_needs_neither_gradio_nor_scikit_learn(tiny_checkpoints: Path):
    code = (
        "import sys; from rnn_models.interpret import steps; "
        f"steps({str(tiny_checkpoints / 'shakespeare-gru')!r}, 'to be'); "
        "print([m for m in ('gradio', 'sklearn', 'matplotlib') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_folder_a_checkpoint_and_a_pair_are_the_same(tiny_checkpoints: Path):
    folder = tiny_checkpoints / "shakespeare-lstm"
    checkpoint = load_checkpoint(folder)
    expected = steps(folder, TEXT).layer().states["cell"]
    for source in (str(folder), checkpoint, (checkpoint.model, checkpoint.tokenizer)):
        np.testing.assert_array_equal(steps(source, TEXT).layer().states["cell"], expected)


def test_what_is_no_model_of_ours_gets_a_sentence(tokenizer, tiny_checkpoints: Path, make_language_model):
    other = GPT2LMHeadModel(GPT2Config(n_layer=1, n_head=1, n_embd=4, vocab_size=40, n_positions=8))
    with pytest.raises(ValueError, match=r"recurrent networks of this package.*the model is a GPT2LMHeadModel"):
        steps((other, tokenizer), TEXT)
    with pytest.raises(ValueError, match="needs RNNForSequenceClassification, but the model is a RNNForCausalLM"):
        open_source((make_language_model(), tokenizer), RNNForSequenceClassification)
    with pytest.raises(TypeError, match="not int"):
        steps(3, TEXT)
    with pytest.raises(LoadError, match="there is no such folder"):
        steps(str(tiny_checkpoints / "nothing"), TEXT)


def test_a_backbone_without_a_head_has_steps_too(tokenizer):
    model = RNNModel(RNNConfig(vocab_size=len(tokenizer), hidden_size=4))
    assert steps((model, tokenizer), TEXT).layer().states["hidden"].shape == (1 + len(TEXT), 4)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the text is empty"),
        ("ΩΩ好", "knows nothing of this text"),
        ("a\x00b", "character 2 is U\\+0000"),
        ("\ud800", "character 1 is U\\+D800"),
        ("to " * 700, "the text has 2101 tokens; at most 2000 are read here"),
    ],
)
def test_a_text_that_cannot_be_read_gets_a_sentence(make_language_model, tokenizer, text, problem):
    with pytest.raises(ValueError, match=problem):
        steps((make_language_model(), tokenizer), text)


def test_limits_of_length_are_the_caller_s(make_language_model, tokenizer):
    opened = open_source((make_language_model(), tokenizer))
    assert len(read_tokens(opened, "to be", max_tokens=6)) == 6
    with pytest.raises(ValueError, match="has 6 tokens; at most 5"):
        steps(opened, "to be", max_tokens=5)
    with pytest.raises(ValueError, match="has 6 tokens; at least 7"):
        read_tokens(opened, "to be", at_least=7)
    with pytest.raises(TypeError, match="expected a string, got list"):
        steps(opened, ["to be"])


def test_a_tokenizer_of_another_model_is_found_out(tokenizer):
    model = RNNForCausalLM(RNNConfig(vocab_size=7, hidden_size=4))
    with pytest.raises(ValueError, match="the model has 7 tokens: they do not match"):
        steps((model, tokenizer), TEXT)


@settings(max_examples=30, deadline=None)
@given(text=st.text(max_size=30), kind=st.sampled_from(["character", "byte-pair", "word"]))
def test_a_text_is_read_or_refused_with_a_sentence_and_its_pieces_are_its_own(text, kind):
    tokenizer = TOKENIZERS[kind]
    opened = open_source((RNNForCausalLM(RNNConfig(vocab_size=len(tokenizer), hidden_size=2)), tokenizer))
    try:
        tokens = read_tokens(opened, text)
    except ValueError as error:
        assert str(error)
        return
    assert tokens.pieces[0] == "<s>" and list(tokens.ids) == tokenizer(text).input_ids
    for (start, end), piece in zip(tokens.spans[1:], tokens.pieces[1:], strict=True):
        assert text[start:end] == piece
    if kind == "character":
        assert "".join(tokens.pieces[1:]) == text


TOKENIZERS = {
    kind: train_tokenizer(kind, [TEXT, "明月光🙂"], vocab_size=280 if kind == "byte-pair" else None)
    for kind in ("character", "byte-pair", "word")
}


def test_a_token_to_show_is_what_it_writes_or_its_name():
    tokenizer = TOKENIZERS["byte-pair"]
    assert piece_of(tokenizer, tokenizer.bos_token_id) == "<s>"
    half = tokenizer("€").input_ids[1]
    assert "\ufffd" not in piece_of(tokenizer, half) and piece_of(tokenizer, half)
    assert piece_of(tokenizer, tokenizer("o").input_ids[1]) == "o"


def test_a_model_in_training_is_read_without_its_dropout_and_stays_as_it_was(make_language_model, tokenizer):
    model = make_language_model(embedding_dropout=0.5, output_dropout=0.5, weight_dropout=0.5, num_hidden_layers=2)
    expected = steps((model, tokenizer), TEXT).layer().states["hidden"]
    model.train()
    np.testing.assert_array_equal(steps((model, tokenizer), TEXT).layer().states["hidden"], expected)
    assert model.training and all(weight.requires_grad for weight in model.parameters())


def test_half_precision_comes_out_as_float32(make_language_model, tokenizer):
    model = make_language_model().to(torch.bfloat16)
    assert steps((model, tokenizer), TEXT).layer().gates["forget"].dtype == np.float32
