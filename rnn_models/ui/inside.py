"""The tab that shows the inside: a model at work on the reader's own text, with the model's own numbers.

The page is one `gr.HTML`: its scripts (`views/*.js`) ask for numbers through one server function and draw them in the
browser. Each computation is an endpoint of its own as well.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from ..modeling.cells import CELLS
from ..modeling.heads import GENERATION
from .examples import texts_to_see
from .i18n import TEXTS, on_page
from .models import LoadedModel
from .views.asking import MAX_SEEN, Views, strange
from .views.comparison import inside_cells
from .views.endpoints import endpoint, page_function
from .views.flow import inside_gradients, inside_memory
from .views.heat_map import inside_heat_map
from .views.learning import inside_moment, inside_training
from .views.mood import inside_mood, inside_write
from .views.one_step import inside_step
from .views.portrait import inside_dossier, inside_search
from .views.reach import inside_influence, inside_reach, inside_verdict
from .views.source_code import inside_code, things, where

VIEWS: tuple[Callable[..., dict], ...] = (
    inside_step,
    inside_heat_map,
    inside_influence,
    inside_reach,
    inside_verdict,
    inside_gradients,
    inside_memory,
    inside_dossier,
    inside_search,
    inside_mood,
    inside_write,
    inside_training,
    inside_moment,
    inside_cells,
    inside_code,
)
FOLDER = Path(__file__).parent / "views"
SCRIPTS = (
    "drawing",
    "parts",
    "saving",
    "one_step",
    "heat_map",
    "reach",
    "flow",
    "portrait",
    "mood",
    "learning",
    "comparison",
    "tour",
    "frame",
)
CONCURRENCY: dict[str, Any] = {"concurrency_id": "inside", "concurrency_limit": 20}
SHOW_IF_LINKED = """() => {
    if (location.hash.startsWith("#inside")) document.querySelector("button[role=tab][data-tab-id=inside]")?.click();
}"""


def inside_tab(app: gr.Blocks, views: Views) -> None:
    """Build the tab of `app`, and an endpoint for each view."""
    if not views.by_name:
        gr.Markdown(on_page("no_model"))
        return
    endpoints = {function.__name__: endpoint(views, function) for function in VIEWS}

    gr.HTML(
        on_page("inside_language"),
        html_template='<div class="inside-root" data-language="${value}"></div>',
        css_template=(FOLDER / "inside.css").read_text(encoding="utf-8"),
        js_on_load="\n".join((FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS),
        apply_default_css=False,
        server_functions=[page_function(endpoints)],
        elem_id="inside",
        texts={key.removeprefix("inside_"): texts for key, texts in TEXTS.items() if key.startswith("inside_")},
        code={name: where(name) for name in things()},
        models=[_about(views, model) for model in views.by_name.values()],
        limit=MAX_SEEN,
    )
    for name, function in endpoints.items():
        gr.api(function, api_name=name, **CONCURRENCY)
    app.load(None, js=SHOW_IF_LINKED, api_visibility="private")


def _about(views: Views, model: LoadedModel) -> dict:
    """What the page has to know of a model before it asks for anything."""
    key = strange(model)
    about: dict[str, Any] = {"name": model.name, "ours": not key, "writes": model.task == GENERATION}
    about |= {"examples": texts_to_see(model), "strange": key.removeprefix("inside_")}
    if about["ours"]:
        config = model.model.config
        about |= {
            "cell": CELLS[config.cell_type].label,
            "units": config.hidden_size,
            "layers": config.num_hidden_layers,
            "directions": len(config.reads_backwards),
            "states": list(model.model.base_model.recurrence.state_names),
            "group": [one.name for one in views.group(model)],
        }
    return about
