"""The app: `create_app(models)` builds the page, `find_models` and `load_models` say what it shows."""

from __future__ import annotations

from .models import LoadedModel, find_models, load_models
from .page import create_app, launch

__all__ = ["LoadedModel", "create_app", "find_models", "launch", "load_models"]
