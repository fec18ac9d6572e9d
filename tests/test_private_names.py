"""docs/private-names.md lists exactly the private names of libraries that the package uses."""

from __future__ import annotations

import ast
import importlib
import inspect
import pydoc
import re
from collections.abc import Iterator
from pathlib import Path

import gradio

ROOT = Path(__file__).parents[1]
SOURCES = [*sorted((ROOT / "rnn_models").rglob("*.py")), ROOT / "app.py", ROOT / "train.py"]
# `_replace` is a public method of named tuples; the others are added by Python to abstract classes and protocols.
OF_PYTHON = {"_replace", "_abc_impl", "_is_protocol"}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def own_names(trees: list[ast.AST]) -> set[str]:
    """Names that the package defines itself."""
    found = set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self":
            found.add(node.attr)
    return found


def used_names(tree: ast.AST, own: set[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            if node.attr not in own or ast.unparse(node.value) == "super()":
                yield node.attr
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
            yield from (name for name in names if is_private(name))


def overridden_names() -> Iterator[str]:
    for path in (ROOT / "rnn_models").rglob("*.py"):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        module = importlib.import_module(name.removesuffix(".__init__"))
        for _, one in inspect.getmembers(module, inspect.isclass):
            if one.__module__ == module.__name__:
                foreign = [base for base in one.__mro__[1:] if not base.__module__.startswith("rnn_models")]
                yield from (name for name in vars(one) if is_private(name) and any(name in vars(f) for f in foreign))


def test_every_private_name_that_is_used_or_overridden_is_in_the_table_with_its_test():
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES]
    own = own_names(trees)
    found = {name for tree in trees for name in used_names(tree, own)} | set(overridden_names())
    text = (ROOT / "docs" / "private-names.md").read_text(encoding="utf-8").partition("## Of Gradio")[0]
    rows = re.findall(r"^\| `(\w+)` \|.*\| `([^`]+)` \|$", text, re.MULTILINE)
    assert sorted(found - OF_PYTHON) == sorted(name for name, _ in rows)
    for name, test in rows:
        assert (ROOT / test).is_file(), f"{name}: {test}"


def test_every_name_that_gradio_does_not_describe_is_still_there_and_still_used():
    text = (ROOT / "docs" / "private-names.md").read_text(encoding="utf-8").partition("## Of Gradio")[2]
    rows = re.findall(r"^\| `(\w+)` \| `([\w.]+)` \| ([\w/]+) \|.*\| `([^`]+)` \|$", text, re.MULTILINE)
    assert len(rows) == text.count("\n| `")
    app = gradio.Blocks()
    instances = {"gradio.Blocks": app, "gradio.Error": gradio.Error("")}
    for name, owner, module, test in rows:
        source = (ROOT / "rnn_models" / f"{module}.py").read_text(encoding="utf-8")
        assert re.search(rf"\b{name}\b", source), f"{module} does not use {name}"
        of = instances[owner] if owner in instances else pydoc.locate(owner)
        assert hasattr(of, name) or f"self.{name} = " in inspect.getsource(gradio.blocks), f"{owner} has no {name}"
        assert (ROOT / test).is_file(), f"{name}: {test}"


def test_a_library_s_private_name_is_found():
    tree = ast.parse(
        "import torch\nfrom torch._C import _x\nclass A(B):\n    def f(self):\n        torch._inside(self._own)"
    )
    assert {*used_names(tree, {"_own"})} == {"_C", "_x", "_inside"}
