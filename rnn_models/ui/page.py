"""The page: a header and the tabs, one file each."""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

import gradio as gr

from ..modeling.heads import CLASSIFICATION, FORECASTING, GENERATION, TAGGING
from .forecast import forecast_tab
from .gate import serving
from .generate import MAX_AT_ONCE, generate_tab
from .i18n import on_page, page_texts
from .inside import inside_tab
from .models import LoadedModel
from .sentiment import sentiment_tab
from .server import App, keep_no_descriptions
from .table import MAX_ROWS
from .tags import tags_tab
from .theme import CSS, theme
from .uploads import MAX_AGE, MAX_MEGABYTES
from .views.asking import Views

# Gradio's footer says the name of a link twice, as its text and as the name of a picture.
SILENT_PICTURES = """() => { document.querySelectorAll("footer img").forEach((picture) => { picture.alt = ""; }); }"""
SWITCH = """() => window.rnnModels?.choose(window.rnnModels.language === "zh" ? "en" : "zh")"""


# Clients whose file of a table is kept. Each call of the API is a client too.
SESSIONS = 1000


def create_app(models: list[LoadedModel]) -> gr.Blocks:
    """The app for these models; each appears in the tab of its task.

    To serve it within another app: `gr.mount_gradio_app(other, create_app(models), path="/rnn", **options())`.
    """
    # Gradio aggregates the last 10,000 events with pandas, by default after each event, for a dashboard that this app
    # does not have. Even once in a thousand events that left 300 MB in the memory pool of pandas' Arrow.
    os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**9))
    os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")
    views = Views(sorted(models, key=lambda model: model.task == FORECASTING))  # the first one is what is seen first
    with App(title="RNN models", delete_cache=(60, MAX_AGE)) as app:
        with gr.Row(elem_classes="header"):
            gr.Markdown(on_page("heading"))
            language = gr.Button(on_page("other_language"), size="sm", min_width=80, elem_id="language")
        gr.Markdown(on_page("lead"), elem_classes="lead")
        with gr.Tabs():
            with gr.Tab(on_page("tab_generate"), id="generate"):
                generate_tab(app, [model for model in models if model.task == GENERATION])
            with gr.Tab(on_page("tab_sentiment"), id="sentiment"):
                sentiment_tab([model for model in models if model.task == CLASSIFICATION], views)
            if taggers := [model for model in models if model.task == TAGGING]:
                with gr.Tab(on_page("tab_tags"), id="tags") as tab:
                    tags_tab(taggers, tab)
            if forecasters := [model for model in models if model.task == FORECASTING]:
                with gr.Tab(on_page("tab_forecast"), id="forecast") as tab:
                    forecast_tab(forecasters, tab)
            with gr.Tab(on_page("tab_inside"), id="inside"):
                inside_tab(app, views)
        app.load(None, js=SILENT_PICTURES, api_visibility="private")
        language.click(None, js=SWITCH, api_visibility="private")
    app.cards = {model.name: model.card for model in models if model.card}
    keep_no_descriptions(app)
    app.state_session_capacity = SESSIONS
    app.i18n_instance = _texts()  # for apps that mount this one without `options`
    return app.queue(max_size=200, api_open=False)


def _texts() -> gr.I18n:
    return page_texts(rows=f"{MAX_ROWS:,}")


def options() -> dict[str, Any]:
    """Keyword arguments of `gr.mount_gradio_app` for this app: page texts, theme, and limits on requests."""
    return {
        "i18n": _texts(),
        "theme": theme(),
        "css": CSS,
        "footer_links": ["api", "settings"],
        "app_kwargs": serving(),
        "max_file_size": f"{MAX_MEGABYTES}mb",
        "show_error": False,
        "run_history": False,
        "enable_monitoring": False,
        "ssr_mode": False,
    }


def launch(app: gr.Blocks, **more: Any) -> tuple[Any, str, str]:
    """Serve the app. GRADIO_SERVER_NAME and GRADIO_SERVER_PORT set host and port, as for any Gradio app."""
    gc.freeze()  # modules, models and the page stay, so the collector need not scan them at every request
    gc.enable()
    # Requests, generation and classification take turns in Python. By default a turn is 5 ms, and each request has to
    # wait for several turns.
    sys.setswitchinterval(0.001)
    # one thread for each text that may be generated at the same time, whether it needs one or not
    capacity = app.state_session_capacity
    return app.launch(max_threads=MAX_AT_ONCE, share=False, state_session_capacity=capacity, **options(), **more)
