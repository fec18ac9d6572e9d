"""docs/inside.ipynb runs from its first cell to its last, and its numbers are those of the models."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rnn_models import interpret
from rnn_models.interpret import unrolling
from rnn_models.interpret.source import open_source

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def ran() -> dict:
    """The names that the notebook leaves behind."""
    matplotlib = pytest.importorskip("matplotlib", reason="the notebook's pictures need matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    notebook = json.loads((ROOT / "docs" / "inside.ipynb").read_text(encoding="utf-8"))
    names: dict = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                exec("".join(cell["source"]), names)
    pyplot.close("all")
    return names


def test_the_notebook_shows_the_gates_that_the_cell_computes(ran):
    model, tokenizer = open_source(ran["trio"]["lstm"])
    seen = interpret.steps((model, tokenizer), ran["text"])
    assert np.array_equal(ran["forget"], seen.layer().gates["forget"])
    assert ran["forget"].shape == (len(seen.tokens), next(unrolling.directions(model)).cell.hidden_size)


def test_the_notebook_compares_three_cells_in_each_view(ran):
    assert set(ran["influence"]) == set(ran["curves"]) == set(ran["trained"]) == {"rnn", "gru", "lstm"}
    assert {cell for cell, _ in ran["flows"]} == {"rnn", "gru", "lstm"}
    assert all(np.isfinite(one.loss).all() for one in ran["influence"].values())


def test_a_notebook_in_the_repository_holds_no_outputs():
    for path in (ROOT / "docs").glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
