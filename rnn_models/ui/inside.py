"""The tab that shows the inside: a model at work on the reader's own text, with the model's own numbers.

The page is one `gr.HTML`: its scripts (`views/*.js`) ask for numbers through one server function and draw them in the
browser. Each computation is an endpoint of its own as well.
"""

from __future__ import annotations

import inspect
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from ..modeling.cells import CELLS
from ..modeling.heads import GENERATION
from .examples import texts_to_see
from .i18n import TEXTS, on_page, refuse, say
from .models import LoadedModel
from .views.asking import MAX_SEEN, Views, is_ours
from .views.comparison import inside_cells
from .views.flow import inside_gradients, inside_memory
from .views.heat_map import inside_heat_map
from .views.learning import inside_moment, inside_training
from .views.mood import inside_mood, inside_write
from .views.one_step import inside_step
from .views.portrait import inside_dossier, inside_search
from .views.reach import inside_influence, inside_reach, inside_verdict
from .views.source_code import inside_code

logger = logging.getLogger(__name__)

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


def inside_tab(app: gr.Blocks, models: list[LoadedModel]) -> None:
    """Build the tab of `app`, and an endpoint for each view."""
    if not models:
        gr.Markdown(on_page("no_model"))
        return
    views = Views(models)
    endpoints = {function.__name__: _endpoint(views, function) for function in VIEWS}

    async def ask(call: Any, request: gr.Request) -> str:
        """For the page: the answer of an endpoint, or a sentence that says what is wrong, as JSON."""
        try:
            return json.dumps(await _answer(endpoints, call, request), ensure_ascii=False)
        except gr.Error as error:
            return json.dumps({"error": str(error.message)}, ensure_ascii=False)
        except Exception:  # Gradio would answer with status 500, and the page could only say that
            logger.exception("a view failed")
            return json.dumps({"error": say("unexpected", request)}, ensure_ascii=False)

    gr.HTML(
        on_page("inside_language"),
        html_template='<div class="inside-root" data-language="${value}"></div>',
        css_template=(FOLDER / "inside.css").read_text(encoding="utf-8"),
        js_on_load="\n".join((FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS),
        apply_default_css=False,
        server_functions=[ask],
        elem_id="inside",
        texts={key.removeprefix("inside_"): texts for key, texts in TEXTS.items() if key.startswith("inside_")},
        models=[_about(views, model) for model in models],
        limit=MAX_SEEN,
    )
    for name, endpoint in endpoints.items():
        gr.api(endpoint, api_name=name, **CONCURRENCY)
    app.load(None, js=SHOW_IF_LINKED, api_visibility="private")


async def _answer(endpoints: dict[str, Callable], call: Any, request: gr.Request) -> dict:
    name, arguments = (call.get("name"), call.get("arguments")) if isinstance(call, dict) else (None, None)
    endpoint = endpoints.get(name) if isinstance(name, str) else None
    if endpoint is None or not isinstance(arguments, dict):
        raise refuse("no_such_function", request)
    names = inspect.signature(endpoint).parameters.keys() - {"request"}
    if not arguments.keys() <= names:
        raise refuse("other_names", request, endpoint=name, names=", ".join(names))
    return await endpoint(**arguments, request=request)


def _endpoint(views: Views, function: Callable[..., dict]) -> Callable:
    """A view's function as Gradio wants an endpoint: the same parameters, the request in place of `asked`."""

    async def endpoint(*values: Any, request: Any = None, **named: Any) -> dict:
        if len(values) == len(parameters) + 1:  # Gradio gives everything by place
            values, request = values[:-1], values[-1]
        named |= dict(zip((parameter.name for parameter in parameters), values, strict=False))
        return await views.run(function, request, **named)

    _, *parameters = inspect.signature(function, eval_str=True).parameters.values()
    asking = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=gr.Request)
    endpoint.__name__, endpoint.__doc__ = function.__name__, function.__doc__
    endpoint.__signature__ = inspect.Signature([*parameters, asking], return_annotation=dict)  # type: ignore
    endpoint.__annotations__ = {one.name: one.annotation for one in (*parameters, asking)} | {"return": dict}
    return endpoint


def _about(views: Views, model: LoadedModel) -> dict:
    """What the page has to know of a model before it asks for anything."""
    about: dict[str, Any] = {"name": model.name, "ours": is_ours(model), "writes": model.task == GENERATION}
    about["examples"] = texts_to_see(model)
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
