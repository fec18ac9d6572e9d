"""The command line, from the checkout and from an installed wheel."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import metadata_load

from rnn_models.__main__ import main
from rnn_models.checkpoint import LoadError, load_checkpoint, write_sums
from rnn_models.publish.hub import code_of

ROOT = Path(__file__).parents[1]
# The command of an installed package instead of the checkout's module.
PROGRAM = os.environ.get("RNN_MODELS_PROGRAM")
COMMANDS = ("card", "classify", "evaluate", "export", "push", "space", "stage", "sums")


def run(folder: Path, *words: str, status: int = 0) -> tuple[str, str]:
    """The output of a command that runs in `folder`: stdout and stderr."""
    if PROGRAM:
        done = subprocess.run([PROGRAM, *words], cwd=folder, capture_output=True, text=True)
        assert done.returncode == status, done.stderr
        return done.stdout, done.stderr
    out, error = io.StringIO(), io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        assert main(list(words)) == status
    return out.getvalue(), error.getvalue()


@pytest.fixture
def folder(tiny_checkpoints: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_checkpoints / "sentiment-en", tmp_path / "my model"))


def test_checksums_are_written_for_a_folder_that_was_changed_by_hand(folder: Path, tmp_path: Path):
    write_sums(folder)
    config = (folder / "config.json").read_text(encoding="utf-8")
    (folder / "config.json").write_text(config.replace('"temperature": 1.0', '"temperature": 2.0'), encoding="utf-8")
    with pytest.raises(LoadError, match=r"config\.json does not match"):
        load_checkpoint(folder)
    assert run(tmp_path, "sums", "my model")[0] == f"{Path('my model', 'SHA256SUMS')}\n"
    load_checkpoint(folder)
    assert "is not a model's folder" in run(tmp_path, "sums", "nothing", status=2)[1]


def test_a_folder_is_staged_with_the_installed_code(folder: Path, tmp_path: Path):
    for path in folder.glob("*.py"):
        path.unlink()
    assert run(tmp_path, "stage", "my model", "staged")[0] == "wrote staged\n"
    code = {path.name: path.read_bytes() for path in code_of("tokens")}
    assert {path.name: path.read_bytes() for path in (tmp_path / "staged").glob("*.py")} == code


def test_a_space_is_complete_wherever_the_package_was_installed(folder: Path, tmp_path: Path):
    assert run(tmp_path, "space", "my model", "--output", "show")[0] == "wrote show\n"
    show = tmp_path / "show"
    assert (show / "models.txt").read_text(encoding="utf-8") == "checkpoints/my model\n"
    for name in ("app.py", "requirements.txt"):
        assert (show / name).read_bytes() == (ROOT / name).read_bytes()
    assert metadata_load(show / "README.md") == metadata_load(ROOT / "README.md")
    # beside the code, what the app reads at its start: scripts, styles, probes
    for pattern in ("*.py", "*.js", "*.css", "*.json"):
        package = {path.relative_to(ROOT).as_posix() for path in (ROOT / "rnn_models").rglob(pattern)}
        assert {path.relative_to(show).as_posix() for path in (show / "rnn_models").rglob(pattern)} == package
    load_checkpoint(show / "checkpoints" / "my model")


def test_an_input_error_is_one_line_and_exit_status_2(tmp_path: Path):
    for words in (["stage", "nothing", "new"], ["space", "no name!"]):
        assert len(run(tmp_path, *words, status=2)[1].splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_help_names_the_commands_without_loading_the_libraries():
    command = [PROGRAM] if PROGRAM else [sys.executable, "-m", "rnn_models"]
    environment = {**os.environ, "PYTHONPROFILEIMPORTTIME": "1"}
    words = [*command, "--help"]
    answer = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert all(f"\n    {name} " in answer.stdout for name in COMMANDS)
    imported = {line.rpartition("|")[2].strip() for line in answer.stderr.splitlines()}
    assert imported.isdisjoint({"torch", "huggingface_hub", "transformers"}) and "argparse" in imported


@pytest.mark.slow
def test_all_this_holds_for_the_command_of_an_installed_wheel(tmp_path: Path):
    shutil.copytree(
        ROOT, tmp_path / "project", ignore=shutil.ignore_patterns(".*", "checkpoints", "build", "*.egg-info")
    )
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", "wheels", "./project"]
    subprocess.run(build, cwd=tmp_path, check=True)
    (wheel,) = (tmp_path / "wheels").iterdir()
    subprocess.run([*pip, "install", "--no-deps", "--target", "site", str(wheel)], cwd=tmp_path, check=True)
    licence = list((tmp_path / "site").glob("rnn_models-*.dist-info/licenses/LICENSE"))
    assert [path.read_bytes() for path in licence] == [(ROOT / "LICENSE").read_bytes()]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    environment["RNN_MODELS_PROGRAM"] = str(tmp_path / "site" / "bin" / "rnn-models")
    where = [sys.executable, "-c", "import rnn_models; print(rnn_models.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)
    assert Path(found.stdout.strip()).is_relative_to(tmp_path / "site")
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", __file__]
    done = subprocess.run(tests, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
