"""Commands whose output supports few characters: a redirected Windows terminal, an ASCII log."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rnn_models.data.layout
from rnn_models.__main__ import main
from rnn_models.console import escape_unencodable

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import train  # noqa: E402  (the script is not part of the package)

NAME = "很好"
ESCAPED = "\\u5f88\\u597d"
narrow = pytest.mark.parametrize("encoding", ["cp1252", "ascii"])


class Written(io.BytesIO):
    """Stays readable after the stream that writes to it is closed."""

    def close(self) -> None:
        pass


@contextmanager
def printing(encoding: str, **options: str) -> Iterator[Written]:
    """The output printed inside, with stdout and stderr in this encoding."""
    written = Written()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("stdout", "stderr"):
            patch.setattr(sys, name, io.TextIOWrapper(written, encoding=encoding, write_through=True, **options))
        yield written


@narrow
def test_a_chinese_model_is_trained(encoding: str, tmp_path: Path):
    corpus = tmp_path / f"{NAME}.txt"
    corpus.write_text("床前明月光，疑是地上霜。举头望明月，低头思故乡。" * 20, encoding="utf-8")
    words = ["--task", "language-model", "--datasets", str(corpus), "--output_dir", str(tmp_path / f"{NAME}-model")]
    words += ["--tokenizer", "character", "--sequence_length", "16", "--embedding_size", "8", "--hidden_size", "12"]
    words += ["--num_train_epochs", "1", "--sample_prompt", "床前", "--sample_length", "4", "--use_cpu"]
    with printing(encoding) as written:
        assert train.main(words) == 0
    said = written.getvalue().decode(encoding)
    assert f"{ESCAPED}.txt: train" in said and "    \\u5e8a\\u524d" in said and f"{ESCAPED}-model" in said
    assert (tmp_path / f"{NAME}-model" / "model.safetensors").is_file()


@narrow
def test_files_and_models_with_chinese_names_are_classified_and_evaluated(
    encoding: str, tiny_checkpoints: Path, tmp_path: Path
):
    model = shutil.copytree(tiny_checkpoints / "sentiment-zh", tmp_path / NAME)
    table = tmp_path / f"{NAME}.csv"
    rows = "".join(
        f"{text} {number},{label}\n"
        for number in range(40)
        for text, label in (("好", "positive"), ("坏", "negative"))
    )
    table.write_text("text,label\n" + rows, encoding="utf-8")
    with printing(encoding) as written:
        assert main(["classify", str(table), "--model", str(model)]) == 0
        assert main(["evaluate", str(model), "--data", str(table), "--no_baseline"]) == 0
        assert main(["classify", str(tmp_path / f"{NAME}.txt"), "--model", str(model)]) == 2
    said = written.getvalue().decode(encoding)
    assert f"{ESCAPED}.classified.csv: " in said and f"| {ESCAPED}.csv" in said
    assert f"{ESCAPED}.txt: there is no such file" in said


@narrow
def test_other_commands_report_errors_about_a_chinese_name(encoding: str, tmp_path: Path):
    with printing(encoding) as written:
        assert train.main([f"{NAME}.yaml"]) == 2
        assert rnn_models.data.layout.main(["tang_poems", str(tmp_path / NAME), str(tmp_path)]) == 2
        for command in (["card", NAME], ["sums", NAME], ["push", NAME, "me/model"], ["export", NAME]):
            assert main(command) == 2
    said = written.getvalue().decode(encoding).splitlines()
    assert len(said) == 6 and all(ESCAPED in line for line in said)


def test_an_app_starts_without_a_model_that_has_a_chinese_name(tmp_path: Path):
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUNBUFFERED": "1", "GRADIO_SERVER_PORT": "0"}
    command = [sys.executable, str(ROOT / "app.py"), "--models", f"./{NAME}"]
    process = subprocess.Popen(
        command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        assert process.stdout is not None
        said = iter(lambda: process.stdout.readline().decode("cp1252"), "")
        assert any(ESCAPED in line for line in said)
        assert any("There is no model to show" in line for line in said)
    finally:
        process.kill()
        process.communicate()


@given(st.text())
def test_any_text_can_be_printed(text: str):
    with printing("cp1252", newline="") as written:
        escape_unencodable()
        sys.stdout.write(text)
        sys.stderr.write(text)
    assert written.getvalue() == text.encode("cp1252", "backslashreplace") * 2


def test_a_custom_error_handler_and_a_program_without_a_terminal_are_left_unchanged():
    with printing("ascii", errors="xmlcharrefreplace") as written, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", None)
        escape_unencodable()
        print(NAME)
    assert written.getvalue() == b"&#24456;&#22909;\n"
