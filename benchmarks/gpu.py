"""Tokens per second of `generate()` on a GPU, for one text and for many at once: ours, the plain wrapper, and that
wrapper compiled. Without a GPU nothing is measured; `--quick` then runs on the CPU."""

from __future__ import annotations

from typing import Any

import torch

from .common import Baseline, Row, arguments, compared, interleaved, machine, report
from .generate import CELLS, PROMPT, VOCAB, check_same, generate, language_model
from .plain import plain_twin


def main() -> None:
    parsed = arguments("gpu", __doc__ or "", ("--tokens", {"type": int, "help": "of each text [200]"}))
    if not torch.cuda.is_available() and not parsed.quick:
        print("There is no GPU that torch can use; nothing was measured.")
        return
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokens = parsed.tokens or (4 if parsed.quick else 200)
    hidden, layers, batches = (16, 2, (1, 3)) if parsed.quick else (512, 2, (1, 256))
    before = machine()
    rows: list[Row] = []
    for cell in CELLS:
        model = language_model(cell, hidden, layers).to(device)
        for batch in batches:
            seconds = interleaved(baselines(model, batch, tokens), parsed.rounds)
            group = f"{cell} {layers}x{hidden}, batch {batch}"
            rows += compared(group, seconds, work=tokens * batch, unit="tokens/s")
    report(parsed, before, rows, device=device, tokens=tokens, hidden_size=hidden, layers=layers)


def baselines(model: Any, batch: int, tokens: int) -> dict[str, Baseline]:
    """Ways to generate with the same weights, ours first."""
    prompt = torch.randint(4, VOCAB, (batch, PROMPT), generator=torch.Generator().manual_seed(0)).to(model.device)
    twin, compiled = plain_twin(model).to(model.device), plain_twin(model).to(model.device)
    check_same(model, twin, prompt)
    # "reduce-overhead" makes torch use CUDA graphs; on a CPU it would only need a compiler and gain nothing
    compiled.compile(**({"mode": "reduce-overhead"} if model.device.type == "cuda" else {"backend": "eager"}))

    def run(network: Any) -> Baseline:
        def writes() -> None:
            generate(network, prompt, tokens)
            if model.device.type == "cuda":
                torch.cuda.synchronize()

        return writes

    return {
        "rnn_models": run(model),
        "plain PreTrainedModel": run(twin),
        "plain PreTrainedModel, torch.compile": run(compiled),
    }


if __name__ == "__main__":
    main()
