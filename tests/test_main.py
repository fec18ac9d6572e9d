"""The commands that need no Hub."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rnn_models.__main__ import main
from rnn_models.checkpoint import LoadError, load_checkpoint, write_sums

ROOT = Path(__file__).parents[1]


def test_sums_are_written_for_a_folder_that_was_changed_by_hand(tiny_checkpoints: Path, tmp_path: Path):
    folder = Path(shutil.copytree(tiny_checkpoints / "sentiment-en", tmp_path / "copy"))
    write_sums(folder)
    config = (folder / "config.json").read_text(encoding="utf-8")
    (folder / "config.json").write_text(config.replace('"temperature": 1.0', '"temperature": 2.0'), encoding="utf-8")
    with pytest.raises(LoadError, match=r"config\.json is not the file"):
        load_checkpoint(folder)
    assert main(["sums", str(folder)]) == 0
    load_checkpoint(folder)
    assert main(["sums", str(tmp_path / "nothing")]) == 2


def test_help_answers_without_loading_the_libraries():
    command = [sys.executable, "-X", "importtime", "-m", "rnn_models", "--help"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "push" in answer.stdout
    imported = {line.rpartition("|")[2].strip() for line in answer.stderr.splitlines()}
    assert imported.isdisjoint({"torch", "huggingface_hub", "transformers"}) and "argparse" in imported
