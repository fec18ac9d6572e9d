"""Milliseconds per token of `generate()` at batch 1: ours, a plain wrapper with the same weights, and others."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from rnn_models import RNNConfig, RNNForCausalLM
from rnn_models.graphs.graph import RUNTIME, Graph
from rnn_models.graphs.runtime import engine_for
from rnn_models.graphs.writer import TABLE

from .common import Baseline, Row, arguments, compared, interleaved, machine, report
from .plain import plain_twin

CELLS = ("lstm", "gru", "rnn")
VOCAB = 100
PROMPT = 8


def main() -> None:
    parsed = arguments("generate", __doc__ or "", ("--tokens", {"type": int, "help": "of each text [200]"}))
    tokens = parsed.tokens or (4 if parsed.quick else 200)
    hidden, layers = (16, 2) if parsed.quick else (512, 2)
    before = machine()
    rows: list[Row] = []
    for cell in CELLS:
        model = language_model(cell, hidden, layers)
        baselines = generators(model, tokens, parsed.quick)
        if cell == "lstm":
            # slower by orders of magnitude and independent of the cell, so they run only once
            baselines |= others(tokens, parsed.quick)
        seconds = interleaved(baselines, parsed.rounds)
        rows += compared(f"generate(), {cell} {layers}x{hidden}", seconds, work=tokens)
        steps = interleaved(single_steps(model, tokens), parsed.rounds)
        rows += compared(f"one step, {cell} {layers}x{hidden}", steps, work=tokens)
    report(parsed, before, rows, tokens=tokens, batch=1, vocabulary=VOCAB, hidden_size=hidden, layers=layers)


def language_model(cell: str, hidden: int, layers: int, vocab_size: int = VOCAB) -> RNNForCausalLM:
    """A model with random weights that never ends a text."""
    torch.manual_seed(0)
    config = RNNConfig(
        vocab_size=vocab_size,
        embedding_size=hidden,
        hidden_size=hidden,
        num_hidden_layers=layers,
        cell_type=cell,
        eos_token_id=None,
    )
    return RNNForCausalLM(config).eval()


def generators(model: RNNForCausalLM, tokens: int, quick: bool) -> dict[str, Baseline]:
    """Ways to generate a text with the same weights, ours first."""
    prompt = torch.randint(4, VOCAB, (1, PROMPT), generator=torch.Generator().manual_seed(0))
    twin = plain_twin(model)
    check_same(model, twin, prompt)
    baselines: dict[str, Baseline] = {
        "rnn_models": lambda: generate(model, prompt, tokens),
        "plain PreTrainedModel": lambda: generate(twin, prompt, tokens),
    }
    engine = engine_for(model, threads=1)
    return {**baselines, "rnn_models, int8 engine": lambda: write(engine, prompt.numpy(), tokens)}


def others(tokens: int, quick: bool) -> dict[str, Baseline]:
    """Other models that people generate text with."""
    sizes: dict[str, int] = {"n_layer": 1, "n_embd": 16, "n_head": 2} if quick else {"n_layer": 6}
    gpt = GPT2LMHeadModel(GPT2Config(**sizes, eos_token_id=None, bos_token_id=0, pad_token_id=0)).eval()
    prompt = torch.arange(1, PROMPT + 1)[None]
    baselines: dict[str, Baseline] = {"distilgpt2 shape": lambda: generate(gpt, prompt, tokens)}
    keras_loop = keras_tutorial(16 if quick else 256)
    if keras_loop is not None:
        # each token reads the complete text again, so a short text is enough, and favours the baseline
        baselines["Keras SimpleRNN(256), predict in a loop"] = lambda: (
            keras_loop(min(tokens, 20)) * tokens / min(tokens, 20)
        )
    return baselines


@torch.inference_mode()
def generate(model: Any, prompt: torch.Tensor, tokens: int) -> None:
    written = model.generate(
        prompt, attention_mask=torch.ones_like(prompt), min_new_tokens=tokens, max_new_tokens=tokens, do_sample=False
    )
    assert written.shape[1] == prompt.shape[1] + tokens


@torch.inference_mode()
def check_same(ours: Any, theirs: Any, prompt: torch.Tensor) -> None:
    """Fail if the baseline is not the same network."""
    torch.testing.assert_close(ours(prompt).logits, theirs(prompt).logits, rtol=1e-3, atol=1e-4)


def write(engine: Any, prompt: np.ndarray, tokens: int) -> None:
    """Generate greedily with an engine: `step(tokens (B,), state)` returns logits (B, V) and the next state."""
    state = engine.initial_state(1)
    for column in prompt.T:
        logits, state = engine.step(column, state)
    for _ in range(tokens):
        logits, state = engine.step(logits.argmax(-1), state)


def single_steps(model: RNNForCausalLM, tokens: int) -> dict[str, Baseline]:
    """All ways to compute one step, and the matrix products that every one of them needs."""
    twin = plain_twin(model)
    token = torch.zeros(1, 1, dtype=torch.long)

    def steps(network: Any) -> Callable[[], None]:
        @torch.inference_mode()
        def run() -> None:
            state = network(token).state
            for _ in range(tokens):
                state = network(token, state=state).state

        return run

    baselines: dict[str, Baseline] = {"rnn_models": steps(model), "plain PreTrainedModel": steps(twin)}
    engine = engine_for(model, threads=1)
    ids = np.zeros(1, dtype=np.int64)

    def engine_steps() -> None:
        state = engine.initial_state(1)
        for _ in range(tokens):
            _, state = engine.step(ids, state)

    baselines["rnn_models, int8 engine"] = engine_steps
    baselines["the weights' products alone, float32"] = products(model, tokens)
    baselines["the weights' products alone, int8"] = int8_products(model, tokens)
    return baselines


def products(model: RNNForCausalLM, tokens: int) -> Callable[[], None]:
    """The limit: only the products of a step's weight matrices with a vector."""
    matrices = [weight.detach() for layer in model.rnn.recurrence.layers for weight in layer.cell.parameters()]
    matrices = [weight for weight in [*matrices, model.lm_head.weight.detach()] if weight.dim() == 2]
    pairs = [(matrix, torch.randn(matrix.shape[1])) for matrix in matrices]

    @torch.inference_mode()
    def run() -> None:
        for _ in range(tokens):
            for matrix, vector in pairs:
                torch.mv(matrix, vector)

    return run


def int8_products(model: RNNForCausalLM, tokens: int) -> Callable[[], None]:
    """The limit of the int8 engine: only the int8 products of its weight matrices with a vector, in one graph.

    The first layer's product with the embedding is left out if the engine looks it up in a table.
    """
    graph = Graph()
    layers = model.rnn.recurrence.layers
    above = [layer.cell.weight_ih for layer in layers[1:]]
    first = layers[0].cell.weight_ih
    looked_up = model.config.vocab_size * len(first) <= TABLE
    weights = [*([] if looked_up else [first]), *above, *(layer.cell.weight_hh for layer in layers)]
    vector = graph.input("vector", np.uint8, [1, model.config.hidden_size])
    for number, weight in enumerate([*weights, model.lm_head.weight]):
        values = weight.detach().T.contiguous().mul(64 / weight.abs().max()).round().to(torch.int8).numpy()
        scales = [graph.constant(np.float32(1)), graph.constant(np.float32(1)), graph.constant(np.uint8(128))]
        product = graph.node("MatMulIntegerToFloat", vector, graph.constant(values), *scales, domain=RUNTIME)
        graph.output(product, f"product_{number}", [1, values.shape[1]])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph.model("products", {}).SerializeToString(), options)
    outputs = [output.name for output in session.get_outputs()]
    inputs = {"vector": np.full((1, model.config.hidden_size), 140, dtype=np.uint8)}

    def run() -> None:
        for _ in range(tokens):
            session.run(outputs, inputs)

    return run


def keras_tutorial(units: int) -> Callable[[int], float] | None:
    """The loop of Keras tutorials: `predict` on the growing text with a one-hot SimpleRNN. None without Keras."""
    if importlib.util.find_spec("keras") is None:
        return None
    if importlib.util.find_spec("tensorflow") is None:
        os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    network = keras.Sequential(
        [keras.Input((None, VOCAB)), keras.layers.SimpleRNN(units), keras.layers.Dense(VOCAB, activation="softmax")]
    )

    def run(tokens: int) -> float:
        text = list(range(PROMPT))
        start = time.perf_counter()
        for _ in range(tokens):
            one_hot = np.eye(VOCAB, dtype=np.float32)[text][None]
            text.append(int(network.predict(one_hot, verbose=0)[0].argmax()))
        return time.perf_counter() - start

    return run


if __name__ == "__main__":
    main()
