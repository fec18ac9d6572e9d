"""One source of random numbers: a seed gives the same draws whatever computes the logits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import GPT2Config, GPT2LMHeadModel

from rnn_models import RNNForCausalLM
from rnn_models.checkpoint import load_checkpoint
from rnn_models.graphs.runtime import engine_for
from rnn_models.inference import Decoder, Sampling, special_tokens, stream
from rnn_models.inference.sampling import Sampler
from rnn_models.tokenization import token_ids

LENGTH = 30


@pytest.fixture(scope="module", params=["shakespeare-rnn", "shakespeare-gru", "shakespeare-lstm", "tang-poems"])
def checkpoint(request, tiny_checkpoints: Path):
    return load_checkpoint(tiny_checkpoints / request.param)


def streamed(model, tokenizer, prompt: str, sampling: Sampling) -> str:
    *_, text = stream(model, tokenizer, prompt, max_new_tokens=LENGTH, **vars(sampling))
    return text


@pytest.fixture(scope="module")
def engine(checkpoint):
    """The decoder of the app, in float32."""
    return engine_for(checkpoint.model, quantize=None)


def decoded(engine, model, tokenizer, prompt: str, sampling: Sampling) -> str:
    decoder = Decoder(engine, *special_tokens(model, tokenizer))
    job = decoder.write(token_ids(tokenizer, [prompt])[0], LENGTH, sampling)
    job.ended.result()
    return tokenizer.decode(job.tokens)


def by_hand(model, tokenizer, prompt: str, sampling: Sampling) -> str:
    """Reads the complete text again for every token."""
    (ids,) = token_ids(tokenizer, [prompt])
    begins = len(ids)
    ends, never = special_tokens(model, tokenizer)
    sampler = Sampler(sampling, len(tokenizer), ids, never)
    with torch.inference_mode():
        for _ in range(LENGTH):
            token = sampler.draw(model(torch.tensor([ids])).logits[0, -1].numpy())
            if token in ends:
                break
            ids = [*ids, token]
    return tokenizer.decode(ids[begins:])


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sampling=st.builds(
        Sampling,
        temperature=st.sampled_from([0.0, 0.5, 1.0, 1.7]),
        top_k=st.sampled_from([0, 3, 10]),
        top_p=st.sampled_from([0.6, 1.0]),
        repetition_penalty=st.sampled_from([1.0, 1.3]),
        seed=st.integers(0, 2**31 - 1),
    ),
)
def test_a_seed_writes_the_same_text_on_every_path(checkpoint, engine, sampling: Sampling):
    arguments = (checkpoint.model, checkpoint.tokenizer, "To be", sampling)
    expected = by_hand(*arguments)
    assert streamed(*arguments) == expected
    assert decoded(engine, *arguments) == expected


def test_a_seed_writes_the_same_text_in_transformers_own_loop_and_in_ours(checkpoint):
    model, sampling = checkpoint.model, Sampling(seed=3)
    expected = streamed(model, checkpoint.tokenizer, "To be", sampling)
    handle = model.register_forward_hook(lambda *_: None)  # a model with hooks gets transformers' own loop
    assert streamed(model, checkpoint.tokenizer, "To be", sampling) == expected
    handle.remove()
    double = RNNForCausalLM(model.config).double()
    double.load_state_dict(model.state_dict())
    assert streamed(double.eval(), checkpoint.tokenizer, "To be", sampling) == expected


def test_a_seed_means_the_same_for_models_of_other_packages(checkpoint):
    torch.manual_seed(0)
    tokenizer = checkpoint.tokenizer
    config = GPT2Config(
        vocab_size=len(tokenizer), n_embd=8, n_layer=1, n_head=2, n_positions=80, bos_token_id=None, eos_token_id=None
    )
    model = GPT2LMHeadModel(config).eval()
    for sampling in (Sampling(seed=5), Sampling(0.7, 5, 0.9, 1.2, seed=6)):
        assert streamed(model, tokenizer, "To be", sampling) == by_hand(model, tokenizer, "To be", sampling)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_a_seed_writes_the_same_text_on_a_gpu(checkpoint):
    sampling = Sampling(seed=7)
    expected = streamed(checkpoint.model, checkpoint.tokenizer, "To be", sampling)
    assert streamed(checkpoint.model.to("cuda"), checkpoint.tokenizer, "To be", sampling) == expected
    checkpoint.model.to("cpu")


def test_logits_that_differ_by_rounding_give_the_same_draws():
    rng = np.random.default_rng(0)
    samplers = [Sampler(Sampling(0.9, 40, 0.95, 1.1, seed=1), 500, [0], []) for _ in range(2)]
    logits = rng.normal(size=(200, 500)).astype(np.float32)
    draws = [
        [sampler.draw(row) for row in rows]
        for sampler, rows in zip(samplers, (logits, logits * (1 + 1e-7)), strict=True)
    ]
    assert draws[0] == draws[1]
