"""Imports point one way."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "rnn_models"
MAY_IMPORT = {
    "modeling": set(),
    "console": set(),
    "tokenization": set(),
    "data": {"console", "tokenization"},
    "files": set(),
    "signing": set(),
    "training": {"modeling", "tokenization", "data", "files", "signing"},
    "loading": {"modeling"},
    "inference": {"modeling", "loading", "tokenization"},
    "interpret": {"modeling", "loading", "inference", "tokenization"},
    "card": {"modeling", "data", "signing"},
    "hub": {"card", "modeling", "loading"},
    "evaluation": {"modeling", "tokenization", "data", "training", "loading", "inference", "files"},
    "__main__": {"card", "console", "data", "evaluation", "hub", "inference", "loading", "files"},
    "from_scratch": set(),
    "ui": {"inference", "interpret", "loading", "hub", "tokenization"},
}
# transformers cannot be installed without safetensors, so importing it asks nothing more of anybody
SHIPPED_MAY_IMPORT = {"safetensors", "torch", "transformers"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported_modules(path: Path) -> list[str]:
    """The absolute names of the modules that a file imports, wherever in it the import stands."""
    package = [PACKAGE.name, *path.relative_to(PACKAGE).parent.parts]
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            names += [f"{stem}.{alias.name}" for alias in node.names]
    return names


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def wrong_imports(path: Path) -> list[str]:
    own = part_of(path)
    if own == "__init__":  # the package itself names what it exposes
        return []
    wrong = []
    for name in imported_modules(path):
        top, _, rest = name.partition(".")
        part = rest.partition(".")[0]
        # `from rnn_models import RNNConfig` takes a class from `modeling`
        part = "modeling" if part.startswith("RNN") else part
        if top == PACKAGE.name and part and part != own and part not in MAY_IMPORT[own]:
            wrong.append(name)
    return wrong


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path):
    assert part_of(path) in MAY_IMPORT or part_of(path) == "__init__", "say in MAY_IMPORT what this part may import"
    assert wrong_imports(path) == []


@pytest.mark.parametrize("path", sorted((PACKAGE / "modeling").glob("*.py")), ids=lambda path: path.name)
def test_the_code_that_is_shipped_with_a_model_needs_nothing_but_torch_and_transformers(path: Path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            tops = [alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            tops = [str(node.module).partition(".")[0]]
        elif isinstance(node, ast.ImportFrom):
            # any other form is silently not copied, or fails when it is:
            # https://github.com/huggingface/transformers/blob/main/src/transformers/dynamic_module_utils.py
            assert node.level == 1 and node.module and "." not in node.module, f"line {node.lineno}"
            assert (path.parent / f"{node.module}.py").exists(), f"line {node.lineno}"
            continue
        else:
            continue
        for top in tops:
            assert top in sys.stdlib_module_names or top in SHIPPED_MAY_IMPORT, f"line {node.lineno}: {top}"


def test_a_reverse_import_is_found(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path / "rnn_models")
    for folder, line in {"ui": "import rnn_models.training.arguments", "inference": "from ..ui import page"}.items():
        module = tmp_path / "rnn_models" / folder / "module.py"
        module.parent.mkdir(parents=True)
        module.write_text(f"def late():\n    {line}\n", encoding="utf-8")
        assert wrong_imports(module) != []
