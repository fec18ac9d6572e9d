"""Imports point one way."""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "rnn_models"
# In the order of the layout in CONTRIBUTING.md: each part imports only parts listed before it.
MAY_IMPORT = {
    "console": set(),
    "files": set(),
    "signing": set(),
    "from_scratch": set(),
    "modeling": set(),
    "tokenization": set(),
    "data": {"tokenization", "console", "files"},
    "checkpoint": {"modeling"},
    "metrics": {"modeling", "data"},
    "graphs": {"modeling", "checkpoint"},
    "inference": {"modeling", "tokenization", "checkpoint", "graphs"},
    "interpret": {"modeling", "tokenization", "checkpoint", "inference"},
    "training": {
        "modeling",
        "tokenization",
        "data",
        "metrics",
        "checkpoint",
        "inference",
        "console",
        "files",
        "signing",
    },
    "bulk": {"modeling", "data", "metrics", "checkpoint", "graphs", "inference"},
    "evaluation": {"modeling", "tokenization", "data", "metrics", "checkpoint", "graphs", "inference", "files"},
    "publish": {"modeling", "checkpoint", "data", "signing"},
    "ui": {"modeling", "tokenization", "data", "checkpoint", "graphs", "inference", "interpret", "bulk", "publish"},
    "__main__": {"bulk", "checkpoint", "console", "data", "evaluation", "files", "publish"},
}
# safetensors is always installed together with transformers.
SHIPPED_MAY_IMPORT = {"safetensors", "torch", "transformers"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported_modules(path: Path) -> list[str]:
    """The absolute names of the modules that a file imports, anywhere in the file."""
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
    if own == "__init__":  # the package itself names the modules of its public names
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
def test_the_code_that_is_shipped_with_a_model_needs_only_torch_and_transformers(path: Path):
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


def test_a_name_means_one_thing():
    """No two packages have modules or classes of the same name."""
    modules, classes = defaultdict(set), defaultdict(set)
    for path in MODULES:
        package = path.relative_to(PACKAGE).parts[0]
        if path.stem not in ("__init__", "__main__"):
            modules[path.stem].add(package)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                classes[node.name].add(package)
    assert not {name: packages for name, packages in {**modules, **classes}.items() if len(packages) > 1}


def test_every_file_does_one_thing_in_at_most_four_hundred_lines():
    long = {
        path.name: lines for path in MODULES if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert not long
