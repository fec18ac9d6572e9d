"""The app: `create_app(models)` builds the page, `find_models` and `load_models` say what it shows."""

from __future__ import annotations

from .uploads import own_folder

own_folder()  # before gradio is imported, which reads then where it keeps files

from .models import LoadedModel, find_models, load_models  # noqa: E402
from .page import create_app, launch, options  # noqa: E402

__all__ = ["LoadedModel", "create_app", "find_models", "launch", "load_models", "options"]
