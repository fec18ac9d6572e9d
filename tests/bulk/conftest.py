"""A classifier and its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnn_models.checkpoint import Checkpoint, load_classifier


@pytest.fixture(scope="session")
def folder(tiny_checkpoints: Path) -> Path:
    return tiny_checkpoints / "sentiment-en"


@pytest.fixture(scope="session")
def checkpoint(folder: Path) -> Checkpoint:
    return load_classifier(folder)
