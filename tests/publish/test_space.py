"""Spaces: what is uploaded is complete, and its app shows the models that were listed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import metadata_load
from hypothesis import given
from hypothesis import strategies as st

from rnn_models.__main__ import main
from rnn_models.publish import hub as hub_module
from rnn_models.publish.hub import names_in
from tests.hub_server import HubServer
from tests.publish.round_trips import ROOT, run


@pytest.fixture(scope="module")
def space(hub: HubServer, trained: Path) -> Path:
    """A Space with a model from a folder and one from the Hub, written and uploaded."""
    shutil.copytree(trained / "judge-gru", trained / "my judge")
    words = ["space", "my judge", "somebody/writer-lstm", "--output", "space", "--push", "somebody/show"]
    done = run(hub, trained, "-m", "rnn_models", *words, PYTHONPATH=str(ROOT))
    assert done.stdout.startswith(f"wrote space\n{hub.url}/spaces/somebody/show/commit/")
    return trained / "space"


def test_a_space_is_complete_and_uploaded_unchanged(hub: HubServer, space: Path):
    uploaded = hub.files("somebody/show", "spaces")
    written = {path.relative_to(space).as_posix(): path.read_bytes() for path in space.rglob("*") if path.is_file()}
    assert uploaded == written
    assert {"README.md", "app.py", "requirements.txt", "models.txt", "rnn_models/ui/page.py"} <= set(written)
    assert {"everyday/en.tsv", "everyday/zh.tsv"} <= set(written)
    assert not any("__pycache__" in name for name in written)
    assert written["models.txt"].decode() == "checkpoints/my judge\nsomebody/writer-lstm\n"
    front, own = metadata_load(space / "README.md"), metadata_load(ROOT / "README.md")
    assert front == {**own, "models": ["somebody/writer-lstm"]}
    _, header, body = written["README.md"].decode().split("---\n")
    assert "emoji: 🔁" in header and body.startswith("\nRecurrent networks") and "- checkpoints/my judge\n" in body


def test_the_app_of_a_space_shows_the_listed_models(hub: HubServer, space: Path, tmp_path: Path):
    code = "import rnn_models; from rnn_models import ui; from pathlib import Path\n"
    code += "models, failures = ui.load_models(ui.find_models(Path('.')))\n"
    code += "print(rnn_models.__file__, [model.name for model in models], failures)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=space, env=hub.environment(tmp_path), capture_output=True, text=True
    )
    assert done.stdout.split(maxsplit=1)[1].strip() == "['my judge', 'somebody/writer-lstm'] []", done.stderr
    assert Path(done.stdout.split()[0]).is_relative_to(space)


@pytest.mark.parametrize(
    ("models", "said"),
    [
        (["what? this!"], "what? this! is neither a folder nor a Hub name"),
        (["judge-rnn", "judge-rnn"], "two of the models have the same name: checkpoints/judge-rnn, checkpoints/"),
        (["home"], "is missing"),
    ],
    ids=["no name", "twice", "no model"],
)
def test_a_space_of_models_that_cannot_be_shown_is_not_written(
    trained: Path, tmp_path: Path, models: list[str], said: str, capsys: pytest.CaptureFixture, monkeypatch
):
    monkeypatch.chdir(trained)
    assert main(["space", *models, "--output", str(tmp_path / "space")]) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert said in sentence
    assert not (tmp_path / "space").exists()


@pytest.mark.parametrize("name", ["model ", "mo\ndel"], ids=repr)
def test_a_folder_name_that_no_list_can_contain_is_refused_before_anything_is_written(
    trained: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture
):
    shutil.copytree(trained / "judge-rnn", tmp_path / name)
    assert main(["space", str(tmp_path / name), "--output", str(tmp_path / "space")]) == 2
    assert "ends in a space or contains a line break" in capsys.readouterr().err
    assert not (tmp_path / "space").exists()


@given(st.lists(st.text(min_size=1).filter(lambda name: name == name.strip() and "\n" not in name), max_size=5))
def test_a_written_list_of_models_is_read_back(names: list[str]):
    assert names_in("".join(f"{name}\n" for name in names)) == names
    assert names_in("\r\n".join(names)) == names
    simple = [name for name in names if "," not in name]
    assert names_in(", ".join(simple), ",\n") == names_in(",\n".join(simple), ",\n") == simple


def test_a_space_that_cannot_be_completed_leaves_nothing_behind(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    words = ["space", str(trained / "judge-rnn"), "--output", str(tmp_path / "new" / "space")]
    monkeypatch.setattr(hub_module, "PACKAGE", tmp_path / "nowhere" / "rnn_models")
    assert main(words) == 2
    assert "were not installed with this package" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    monkeypatch.undo()
    assert main(words) == 0


def test_a_space_overwrites_nothing(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture):
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["space", str(trained / "judge-rnn"), "--output", str(tmp_path)]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_project_itself_is_a_space():
    front = metadata_load(ROOT / "README.md")
    assert (front["sdk"], front["app_file"]) == ("gradio", "app.py")
    assert re.fullmatch(r"3\.1[0-2]", front["python_version"]) and re.fullmatch(r"6\.\d+\.\d+", front["sdk_version"])
    assert {front["colorFrom"], front["colorTo"]} <= {
        "red",
        "yellow",
        "green",
        "blue",
        "indigo",
        "purple",
        "pink",
        "gray",
    }
    assert len(front["short_description"]) <= 60
    assert all((ROOT / name).is_file() for name in ("app.py", "requirements.txt"))
