"""From a recipe to the file that tells how much of a written text stands in the training text."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from rnn_models import ui
from rnn_models.__main__ import main
from rnn_models.checkpoint import TrainingSpans, check_sums
from rnn_models.inference import Reading, Sampling
from rnn_models.publish.hub import stage
from rnn_models.ui.generation import WritingTask, notes

ENGLISH = " ".join(random.Random(0).choices(["to", "be", "or", "not", "that", "is", "the", "question"], k=3000))
CHINESE = "".join(random.Random(0).choices("床前明月光疑是地上霜举头望低思故乡", k=3000))


@pytest.mark.parametrize(("text", "length"), [(ENGLISH, 20), (CHINESE, 10)], ids=["en", "zh"])
def test_a_command_writes_the_spans_and_the_page_tells_what_was_copied(
    text: str, length: int, tiny_checkpoints: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny_checkpoints / "shakespeare-lstm", tmp_path / "model"))
    (tmp_path / "play.txt").write_text(text, encoding="utf-8")
    assert main(["spans", str(folder), "--data", str(tmp_path / "play.txt")]) == 0
    check_sums(folder)
    assert TrainingSpans.read(folder).length == length
    stage(folder, tmp_path / "staged")
    assert TrainingSpans.read(tmp_path / "staged") is not None
    (model,), failures = ui.load_models([str(folder)])
    assert failures == []
    task = WritingTask(model, Reading("", (), False, False), [0], [], 9, Sampling())
    (told,) = notes(task, text[:200], True, None)
    assert told == f"100 % of its stretches of {length} characters stand in the training text."
    assert notes(task, text[:200], False, None) == [], "nothing is said before the text is complete"


def test_a_recipe_that_cannot_be_read_is_one_line(
    tiny_checkpoints: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tiny_checkpoints / "shakespeare-lstm"
    assert main(["spans", str(folder), "--data", "nowhere.txt"]) == 2
    assert "nowhere.txt" in capsys.readouterr().err
