"""What a classifier's labels are called on the page."""

from __future__ import annotations

import gradio as gr

from .i18n import say


def label_name(label: str, request: gr.Request | None) -> str:
    """A label in the language of the request, where it is one of the usual three."""
    return say(label, request) if label in ("negative", "neutral", "positive") else label
