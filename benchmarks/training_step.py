"""The speed of a training step as a share of the peak of a matrix product: 2x512, batch 64, 128 time steps.

A step is forward, backward and optimizer. It needs three times the products of its forward pass (for the outputs, the
gradients of the inputs and those of the weights), at two operations per weight and token. The peak is that of a square
product in float32. No step can reach it: the recurrent products have only one row per text of the batch and depend on
each other, so these products are also timed without anything else. The plain baseline is `nn.LSTM` with the same
weights. Ours also runs under autocast to bfloat16 if the processor has it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch.nn import functional as F

from rnn_models import RNNForCausalLM

from .common import Baseline, Row, arguments, has_bfloat16, interleaved, machine, report
from .generate import CELLS, VOCAB, language_model
from .plain import PlainForCausalLM, plain_twin

PEAK = "square matrix product"
BFLOAT16 = "rnn_models, autocast to bfloat16"


def main() -> None:
    parsed = arguments("training_step", __doc__ or "")
    hidden, batch, time_steps, square = (16, 2, 4, 64) if parsed.quick else (512, 64, 128, 2048)
    before = machine()
    rows: list[Row] = []
    for cell in CELLS:
        model = language_model(cell, hidden, 2)
        operations = 6 * multiplied(model) * batch * time_steps
        baselines: dict[str, Baseline] = {
            "rnn_models": training_step(model.train(), batch, time_steps),
            "plain PreTrainedModel": training_step(plain_twin(model).train(), batch, time_steps),
            **({BFLOAT16: training_step(model, batch, time_steps, torch.bfloat16)} if has_bfloat16() else {}),
            "the step's products alone": products(model, batch, time_steps),
            PEAK: product(square, operations),
        }
        seconds = interleaved(baselines, parsed.rounds)
        group = f"{cell} 2x{hidden}, batch {batch}, {time_steps} steps"
        for name, spent in seconds.items():
            values = [operations / 1e9 / second for second in spent]
            shares = [peak / second for peak, second in zip(seconds[PEAK], spent, strict=True)]
            rows.append(Row(group, name, values, "GFLOP/s", sorted(shares)[len(shares) // 2]))
    report(parsed, before, rows, ratio="share of the peak", vocabulary=VOCAB)


def multiplied(model: RNNForCausalLM) -> int:
    """The number of weights that each token is multiplied with."""
    cells = [
        weight.numel()
        for layer in model.rnn.recurrence.layers
        for weight in layer.cell.parameters()
        if weight.dim() == 2
    ]
    return sum(cells) + model.lm_head.weight.numel()


def training_step(
    model: RNNForCausalLM | PlainForCausalLM, batch: int, time_steps: int, dtype: torch.dtype = torch.float32
) -> Callable[[], None]:
    """Forward, backward and optimizer; the forward pass under autocast if `dtype` is not float32."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    tokens = torch.randint(0, VOCAB, (batch, time_steps + 1))

    def run() -> None:
        with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            logits = model(tokens[:, :-1]).logits
        F.cross_entropy(logits.float().flatten(0, 1), tokens[:, 1:].flatten()).backward()
        optimizer.step()
        optimizer.zero_grad()

    return run


def products(model: RNNForCausalLM, batch: int, time_steps: int) -> Callable[[], None]:
    """All products of a step, forward and backward, with the sizes and the order that the recurrence requires."""
    cells = [layer.cell for layer in model.rnn.recurrence.layers]
    once = [cell.weight_ih.detach() for cell in cells] + [model.lm_head.weight.detach()]
    each_time = [cell.weight_hh.detach() for cell in cells]
    rows = {weight: torch.randn(batch * time_steps, weight.shape[1]) for weight in once + each_time}
    gradients = {weight: torch.randn(batch * time_steps, len(weight)) for weight in once + each_time}

    @torch.inference_mode()
    def run() -> None:
        for weight in once:
            torch.mm(rows[weight], weight.T)
            torch.mm(gradients[weight], weight)
            torch.mm(gradients[weight].T, rows[weight])
        for weight in each_time:
            for step in rows[weight].split(batch):
                torch.mm(step, weight.T)
            for step in gradients[weight].split(batch):
                torch.mm(step, weight)
            torch.mm(gradients[weight].T, rows[weight])

    return run


def product(size: int, operations: int) -> Callable[[], float]:
    """The seconds that this number of operations takes in products of two square matrices."""
    left, right = torch.randn(size, size), torch.randn(size, size)
    repeats = max(1, round(operations / (2 * size**3) / 4))

    @torch.inference_mode()
    def run() -> float:
        start = time.perf_counter()
        for _ in range(repeats):
            torch.mm(left, right)
        return (time.perf_counter() - start) * operations / (repeats * 2 * size**3)

    return run


if __name__ == "__main__":
    main()
