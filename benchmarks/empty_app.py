"""What Gradio alone costs: an app with the same endpoints that answers each request at once with the same few bytes.

python -m benchmarks.empty_app
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from .plain_app import USERS


def main() -> None:
    def generate(
        prompt: str,
        name: str,
        max_new_tokens: int,
        temperature: float,
        top_k: int,
        top_p: float,
        repetition_penalty: float,
        seed: int | None,
    ) -> str:
        return prompt + "."

    def classify(text: str, name: str) -> dict[str, Any]:
        return {"label": "positive"}

    with gr.Blocks() as app:
        gr.api(generate, api_name="generate", concurrency_limit=USERS)
        gr.api(classify, api_name="classify", concurrency_limit=USERS)
    app.queue(max_size=USERS).launch(max_threads=USERS, ssr_mode=False, quiet=True)


if __name__ == "__main__":
    main()
