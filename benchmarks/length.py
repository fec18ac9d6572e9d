"""The cost of one more token after a text of some length, and the memory kept for it: a state, or keys and values.

A 2x512 LSTM is compared with distilgpt2's shape, extended to long texts. Each reads a text of the given length and
then generates tokens one at a time; only the seconds of the generation count.
"""

from __future__ import annotations

import time
from typing import Any

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from .common import Baseline, Row, arguments, compared, interleaved, machine, report
from .generate import VOCAB, language_model

LENGTHS = (64, 256, 1024, 4096)
OURS, THEIRS = "rnn_models, lstm 2x512", "distilgpt2 shape"


def main() -> None:
    parsed = arguments("length", __doc__ or "")
    tokens = 2 if parsed.quick else 32
    lengths = LENGTHS[:2] if parsed.quick else LENGTHS
    before = machine()
    ours = language_model("lstm", 512, 2)
    sizes: dict[str, int] = {"n_layer": 1, "n_embd": 16, "n_head": 2} if parsed.quick else {"n_layer": 6}
    room = max(lengths) + tokens + 1
    theirs = GPT2LMHeadModel(
        GPT2Config(**sizes, n_positions=room, vocab_size=VOCAB, bos_token_id=0, eos_token_id=None)
    ).eval()
    rows: list[Row] = []
    for length in lengths:
        read = torch.randint(4, VOCAB, (1, length), generator=torch.Generator().manual_seed(0))
        kept: dict[str, int] = {}
        baselines: dict[str, Baseline] = {
            OURS: lambda read=read, kept=kept: state_of(ours, read, tokens, kept),
            THEIRS: lambda read=read, kept=kept: cache_of(theirs, read, tokens, kept),
        }
        seconds = interleaved(baselines, parsed.rounds)
        rows += compared(f"a token after {length}", seconds, work=tokens)
        rows += [Row(f"kept after {length}", name, [kept[name] / 1e6], "MB") for name in baselines]
    report(parsed, before, rows, tokens=tokens)


@torch.inference_mode()
def state_of(model: Any, read: torch.Tensor, tokens: int, kept: dict[str, int]) -> float:
    output = model(read, logits_to_keep=1)
    start = time.perf_counter()
    for _ in range(tokens):
        output = model(output.logits[:, -1:].argmax(-1), state=output.state)
    seconds = time.perf_counter() - start
    kept[OURS] = sum(part.nbytes for part in output.state.tensors.values())
    return seconds


@torch.inference_mode()
def cache_of(model: Any, read: torch.Tensor, tokens: int, kept: dict[str, int]) -> float:
    output = model(read, logits_to_keep=1, use_cache=True)
    start = time.perf_counter()
    for _ in range(tokens):
        output = model(output.logits[:, -1:].argmax(-1), past_key_values=output.past_key_values, use_cache=True)
    seconds = time.perf_counter() - start
    kept[THEIRS] = sum(layer.keys.nbytes + layer.values.nbytes for layer in output.past_key_values.layers)
    return seconds


if __name__ == "__main__":
    main()
