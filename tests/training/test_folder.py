"""Nothing is replaced or deleted but what a run wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnn_models import RNNConfig, RNNTimeSeriesConfig
from rnn_models.data import InputError
from rnn_models.signing import sign
from rnn_models.training import checkpoints
from rnn_models.training import folder as folders
from rnn_models.training.arguments import parse_arguments
from rnn_models.training.lock import only_run_in
from rnn_models.training.options import Arguments

ROOT = Path(__file__).parents[2]
RESULTS = json.dumps({"command": "python train.py recipe.yaml"})


def arguments(folder: Path | str, *more: str) -> Arguments:
    words = ["--task", "language-model", "--datasets", "a.txt", "--tokenizer", "character"]
    return parse_arguments([*words, "--output_dir", str(folder), *more])


def write(folder: Path, files: dict[str, str]) -> dict[str, bytes]:
    """Write the files, and return what is in the folder then."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return content(folder)


def content(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def result() -> dict[str, str]:
    return {"config.json": "{}", "model.safetensors": "", "eval_results.json": RESULTS, "README.md": sign("A card.\n")}


def checkpoint(step: int = 7) -> dict[str, str]:
    files = dict.fromkeys(checkpoints.PARTS, "{}") | {"config.json": '{"model_type": "rnn"}'}
    return {f"runs/checkpoint-{step}/{name}": text for name, text in files.items()}


SOMEBODYS_OWN = [
    ({"README.md": "# Mine\n"}, "README.md"),
    ({"notes.txt": "", "thesis/chapter.tex": ""}, "notes.txt"),
    ({"thesis/chapter.tex": "", "zoo.txt": ""}, "thesis/chapter.tex"),
    ({"config.json": '{"model_type": "bert"}', "model.safetensors": ""}, "config.json"),
    ({"eval_results.json": '{"eval_loss": 2.0}'}, "eval_results.json"),
    ({"eval_results.json": "no JSON"}, "eval_results.json"),
    ({"runs/events.out": ""}, "runs/events.out"),
    ({"runs/checkpoint-5/config.json": '{"model_type": "bert"}'}, "runs/checkpoint-5"),
    ({**checkpoint(), "runs/checkpoint-7/training_args.bin": ""}, "runs/checkpoint-7"),
    ({**checkpoint(), "README.md": "# Mine\n"}, "README.md"),
    ({**checkpoint(), "tokenizer.json": "{}"}, "tokenizer.json"),
    ({**result(), "runs/checkpoint-5-good/config.json": '{"model_type": "rnn"}'}, "runs/checkpoint-5-good"),
    ({**result(), "README.md": "# Mine\n"}, "README.md"),
    ({**result(), "README.md": sign("A card.\n").replace("card", "better card")}, "README.md"),
]


@pytest.mark.parametrize("more", [[], ["--overwrite_output_dir"], ["--resume_from_checkpoint"]], ids=str)
@pytest.mark.parametrize(("files", "first"), SOMEBODYS_OWN, ids=[name for _, name in SOMEBODYS_OWN])
def test_a_folder_of_somebodys_own_is_refused_by_the_name_of_its_first_file(
    tmp_path: Path, files: dict[str, str], first: str, more: list[str]
) -> None:
    write(tmp_path, files)
    with pytest.raises(InputError) as refused:
        folders.output_folder(arguments(tmp_path, *more))
    assert str(tmp_path / first) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "files",
    [{}, {".gitattributes": ""}, result(), checkpoint(), result() | checkpoint(), result() | {"notes.txt": "mine"}],
    ids=["empty", "only a hidden file", "a result", "broken off", "both", "a result and a note"],
)
def test_a_run_may_replace_another(tmp_path: Path, files: dict[str, str]) -> None:
    write(tmp_path, files)
    assert folders.output_folder(arguments(tmp_path, "--overwrite_output_dir")) == tmp_path
    assert folders.output_folder(arguments(tmp_path / "new")) == tmp_path / "new"


@pytest.mark.parametrize("folder", ["file", "file/model", "file/a/model"])
def test_a_file_is_no_folder_and_holds_none(tmp_path: Path, folder: str) -> None:
    write(tmp_path, {"file": "mine"})
    with pytest.raises(InputError, match=r"file is a file"):
        folders.output_folder(arguments(tmp_path / folder, "--overwrite_output_dir"))


def test_a_folder_that_the_system_refuses_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for folder in (tmp_path / ("a" * 300), tmp_path / "loop" / "model", tmp_path / "a\0b"):
        with pytest.raises(InputError, match=r"output_dir .* cannot be used: "):
            folders.output_folder(arguments(folder))


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc")
def test_a_folder_that_cannot_be_made_is_refused_in_a_sentence() -> None:
    place = Path("/proc/model")
    with pytest.raises(InputError, match=r"output_dir /proc/model cannot be written to: "), only_run_in(place):
        pass


def test_a_run_is_finished_when_its_figures_are_written(tmp_path: Path) -> None:
    write(tmp_path, result())
    assert folders.is_a_result(tmp_path) and not folders.is_finished(tmp_path)
    write(tmp_path, {"eval_results.json": json.dumps({**json.loads(RESULTS), "validation": {"loss": 1.0}})})
    assert folders.is_finished(tmp_path) and not folders.is_finished(tmp_path / "nowhere")


@pytest.mark.parametrize("folder", [".", "..", "recipes", "rnn_models", "checkpoints"])
def test_the_project_is_no_output_folder(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(InputError, match=r"the project's own folder|which no run wrote"):
        folders.output_folder(arguments(folder, "--overwrite_output_dir"))


NAMES = st.sampled_from(
    [*folders.WRITTEN, "notes.txt", ".hidden", "runs/events.out", "runs/mine/model.safetensors", *checkpoint()]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.sets(NAMES), is_result=st.booleans())
def test_only_what_a_run_wrote_is_removed(
    tmp_path_factory: pytest.TempPathFactory, names: set[str], is_result: bool
) -> None:
    folder = tmp_path_factory.mktemp("output")
    before = write(folder, {**dict.fromkeys(names, "mine"), **(result() | checkpoint(8) if is_result else {})})
    folders.remove_result(folder)
    folders.remove_checkpoints(folder)
    removed = before.keys() - content(folder).keys()
    ours = {*folders.WRITTEN, *checkpoint(8), *checkpoint(7)} if is_result else set()
    assert removed <= ours
    if is_result:
        assert {*result(), *checkpoint(8)} <= removed


def test_a_card_that_was_edited_stays_when_a_result_is_removed(tmp_path: Path) -> None:
    write(tmp_path, {**result(), "README.md": "# Mine\n"})
    folders.remove_result(tmp_path)
    assert content(tmp_path) == {"README.md": b"# Mine\n"}


def test_the_last_checkpoint_is_the_last_whole_one(tmp_path: Path) -> None:
    write(tmp_path, checkpoint(9) | checkpoint(10) | {"runs/checkpoint-11/config.json": '{"model_type": "rnn"}'})
    for step in (9, 10):
        place = tmp_path / "runs" / f"checkpoint-{step}"
        checkpoints.complete(place.rename(tmp_path / "aside"), place)
    assert checkpoints.last_good(tmp_path) == tmp_path / "runs" / "checkpoint-10"
    assert checkpoints.last_good(tmp_path / "nowhere") is None


def test_checkpoints_are_told_by_the_model_types_of_this_package() -> None:
    assert (RNNConfig.model_type, RNNTimeSeriesConfig.model_type) == folders.MODEL_TYPES
