"""What the page asks for is computed once."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from gradio_client import Client

MODULES = ("inference.classify", "inference.text", "inference.serving", "inference.streaming", "ui.inputs")


@pytest.mark.parametrize(("endpoint", "model"), [("/classify", "sentiment-en"), ("/generate", "shakespeare-gru")])
def test_a_text_is_checked_once_and_encoded_once(
    served, monkeypatch: pytest.MonkeyPatch, endpoint: str, model: str
) -> None:
    client = Client(served.url, verbose=False, analytics_enabled=False)
    seen: Counter[str] = Counter()

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            seen[name] += 1
            return real(*arguments, **options)

        return call

    for module in (sys.modules[f"rnn_models.{name}"] for name in MODULES):
        for name in vars(module).keys() & {"token_ids", "check_text"}:
            monkeypatch.setattr(module, name, counted(name, getattr(module, name)))
    assert client.predict("To be a question", model, api_name=endpoint)
    assert seen == {"token_ids": 1, "check_text": 1}
