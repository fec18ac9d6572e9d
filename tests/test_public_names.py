"""`from rnn_models import ...`: sorted, cheap, complete and documented."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import rnn_models

ROOT = Path(__file__).parents[1]


def test_the_public_names_are_sorted_and_each_exists_with_a_docstring():
    assert rnn_models.__all__ == sorted(rnn_models.__all__) == sorted(rnn_models._MODULE_OF)
    for name in rnn_models.__all__:
        assert getattr(rnn_models, name).__doc__, name
        assert name in dir(rnn_models)
    with pytest.raises(AttributeError, match="no attribute 'load_chekpoint'"):
        rnn_models.load_chekpoint  # noqa: B018


def test_importing_the_package_imports_no_library():
    heavy = "'torch', 'transformers', 'numpy', 'datasets', 'gradio', 'onnxruntime'"
    code = f"import sys, rnn_models; print(sorted({{{heavy}}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_page_of_public_names_matches_the_docstrings():
    spec = importlib.util.spec_from_file_location("api_page", ROOT / "docs" / "api.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (ROOT / "docs" / "api.md").read_text(encoding="utf-8") == module.page(), "run: python docs/api.py"
