"""The page: a header and one tab a file."""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

import gradio as gr

from ..modeling.heads import CLASSIFICATION, GENERATION
from .generate import MAX_AT_ONCE, generate_tab
from .i18n import on_page, page_texts
from .models import LoadedModel
from .sentiment import sentiment_tab
from .server import App, keep_configurations, middleware
from .table import MAX_MEGABYTES, MAX_ROWS

# Named families only: a font of Gradio's theme is looked for on the network where it is not bundled.
FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Noto Sans CJK SC", "sans-serif"]
CSS = """
.gradio-container { max-width: 1100px !important; margin: 0 auto !important; }
.details { font-size: 0.9rem; opacity: 0.85; }
"""


def create_app(models: list[LoadedModel]) -> gr.Blocks:
    """The whole app for these models; each goes to the tab of its task."""
    # else Gradio sums up all events with pandas after each of them, for a dashboard that this app does not have
    os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000")
    with App(title="RNN models", delete_cache=(3600, 3600)) as app:
        gr.Markdown(on_page("heading"))
        gr.Markdown(on_page("lead"))
        with gr.Tabs():
            with gr.Tab(on_page("tab_generate"), id="generate"):
                generate_tab(app, [model for model in models if model.task == GENERATION])
            with gr.Tab(on_page("tab_sentiment"), id="sentiment"):
                sentiment_tab([model for model in models if model.task == CLASSIFICATION])
    keep_configurations(app)
    return app.queue(max_size=200)


def launch(app: gr.Blocks, **options: Any) -> tuple[Any, str, str]:
    """Serve the app. Host and port as Gradio has them: GRADIO_SERVER_NAME and GRADIO_SERVER_PORT."""
    gc.freeze()  # modules, models and the page stay: the collector need not go through them at every request
    gc.enable()
    # Requests, texts and classification take turns in Python. By default a turn is 5 ms, of which each request has to
    # wait for several.
    sys.setswitchinterval(0.001)
    return app.launch(
        i18n=page_texts(rows=f"{MAX_ROWS:,}"),
        theme=gr.themes.Soft(font=FONTS, font_mono=["ui-monospace", "Menlo", "Consolas", "monospace"]),
        css=CSS,
        footer_links=["api", "settings"],
        app_kwargs={"middleware": middleware()},
        max_threads=MAX_AT_ONCE,  # as many events are handled at a time, whether they take a thread or not
        max_file_size=f"{MAX_MEGABYTES}mb",
        show_error=False,
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        share=False,
        **options,
    )
