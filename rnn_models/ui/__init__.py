"""The app: `create_app(models)` builds the page for the models that `find_models` and `load_models` provide."""

from __future__ import annotations

from .uploads import own_folder

own_folder()  # before the import of gradio, which then decides where it keeps files

from .models import LoadedModel, find_models, load_models  # noqa: E402
from .page import create_app, launch, options  # noqa: E402

__all__ = ["LoadedModel", "create_app", "find_models", "launch", "load_models", "options"]
