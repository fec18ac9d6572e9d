"""The bits of each token are the model's own probabilities, computed the slow way."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from rnn_models.graphs.runtime import engine_for
from rnn_models.inference import Decoder, Sampling
from rnn_models.inference.text import encode_prompt
from rnn_models.ui import load_models


@pytest.mark.parametrize("settings", [{"temperature": 0.5, "top_k": 5, "repetition_penalty": 1.5}, {"temperature": 0}])
def test_the_bits_of_a_text_are_those_of_the_models_forward_pass_before_all_settings(tiny_checkpoints: Path, settings):
    (loaded,), _ = load_models([str(tiny_checkpoints / "shakespeare-gru")])
    decoder = Decoder(engine_for(loaded.model, quantize=None), ends=set())
    prompt = encode_prompt(loaded.tokenizer, "To be")
    job = decoder.write(prompt, 40, Sampling(seed=3, **settings))
    job.ended.result()
    with torch.no_grad():
        logits = loaded.model(input_ids=torch.tensor([prompt + job.tokens])).logits[0, len(prompt) - 1 : -1]
    slow = -logits.log_softmax(-1).gather(1, torch.tensor(job.tokens)[:, None])[:, 0] / torch.log(torch.tensor(2.0))
    assert len(job.bits) == 40
    assert job.bits == pytest.approx(slow.tolist(), rel=1e-3, abs=1e-4)
