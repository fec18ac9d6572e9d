"""The baseline app, typical for a first version: one thread per user, which calls `generate()` of the plain wrapper.

python -m benchmarks.plain_app checkpoints/shakespeare-lstm
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from threading import Thread

import gradio as gr
from transformers import TextIteratorStreamer

from rnn_models.checkpoint import load_checkpoint

from .plain import plain_twin

USERS = 200


def main(folder: str) -> None:
    checkpoint = load_checkpoint(folder)
    model, tokenizer = plain_twin(checkpoint.model), checkpoint.tokenizer

    def generate(
        prompt: str,
        name: str,
        max_new_tokens: int,
        temperature: float,
        top_k: int,
        top_p: float,
        repetition_penalty: float,
        seed: int | None,
    ) -> Iterator[str]:
        streamer = TextIteratorStreamer(tokenizer)
        inputs = tokenizer(prompt, return_tensors="pt")
        options = {
            "do_sample": True,
            "temperature": temperature,
            "max_new_tokens": max_new_tokens,
            "streamer": streamer,
        }
        Thread(target=model.generate, kwargs={**inputs, **options, "min_new_tokens": max_new_tokens}).start()
        text = ""
        for part in streamer:
            text += part
            yield text

    with gr.Blocks() as app:
        gr.api(generate, api_name="generate", concurrency_limit=USERS)
    app.queue(max_size=USERS).launch(max_threads=USERS, ssr_mode=False, quiet=True)


if __name__ == "__main__":
    main(sys.argv[1])
