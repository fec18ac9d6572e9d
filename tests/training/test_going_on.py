"""The same command goes on, whatever interrupted it, and ends with the bits of a run that nothing interrupted."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rnn_models.data import InputError
from rnn_models.training import checkpoints, folder, lock
from rnn_models.training.arguments import parse_arguments
from rnn_models.training.stopping import same_command

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import train  # noqa: E402  (the script stands beside the package, not in it)

TINY = ["--embedding_size", "8", "--hidden_size", "12", "--per_device_train_batch_size", "4", "--use_cpu"]
PLAY = ["--task", "language-model", "--datasets", "play.txt", "--tokenizer", "character", "--output_dir", "model"]
PLAY += [
    "--sequence_length",
    "16",
    "--output_dropout",
    "0.2",
    "--num_train_epochs",
    "4",
    "--sample_length",
    "0",
    *TINY,
]
PLAY += ["--learning_rate", "0.01", "--ema_decay", "0.9", "--logging_steps", "3"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_play(tmp_path)
    return tmp_path


def write_play(place: Path) -> None:
    rng = random.Random(0)
    words = ["the", "cat", "sat", "on", "a", "mat", "and", "the", "dog"]
    text = "".join(rng.choice(words) + rng.choice([" ", "\n"]) for _ in range(250))
    (place / "play.txt").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing interrupted, with all its checkpoints."""
    place = tmp_path_factory.mktemp("whole")
    write_play(place)
    before = Path.cwd()
    os.chdir(place)
    try:
        assert train.main([*PLAY, "--keep_checkpoints", "--save_total_limit", "9"]) == 0
    finally:
        os.chdir(before)
    return place / "model"


def weights(model: Path) -> bytes:
    return (model / "model.safetensors").read_bytes()


def all_checkpoints(model: Path) -> list[Path]:
    return sorted((model / "runs").glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))


def interrupted(whole: Path, here: Path, count: int) -> list[Path]:
    """The state of a run with `count` checkpoints and no result."""
    for path in all_checkpoints(whole)[:count]:
        shutil.copytree(path, here / "model" / "runs" / path.name)
    return all_checkpoints(here / "model")


def start(*words: str, before: Callable[[], None] | None = None) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, str(ROOT / "train.py"), *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=before,
    )


def wait_until(process: subprocess.Popen[bytes], seen: Callable[[], bool]) -> None:
    while not seen():
        assert process.poll() is None, process.stderr.read().decode() if process.stderr else ""
        time.sleep(0.002)


MOMENTS: dict[str, Callable[[Path], bool]] = {
    "before the first step": lambda model: (model / ".run.lock").exists(),
    "in the first checkpoint": lambda model: any((model / "runs" / ".partial").glob("*/optimizer.pt")),
    "in the third checkpoint": lambda model: (
        len(all_checkpoints(model)) == 2 and any((model / "runs" / ".partial").glob("*/model.safetensors"))
    ),
    "in the final save": lambda model: (model / "config.json").exists(),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_run_goes_on_by_the_same_command_to_the_same_bits(here: Path, whole: Path, moment: str) -> None:
    process = start(*PLAY, "--save_total_limit", "9")
    wait_until(process, lambda: MOMENTS[moment](here / "model"))
    process.kill()
    process.wait()
    assert train.main([*PLAY, "--save_total_limit", "9"]) == 0
    assert weights(here / "model") == weights(whole)
    assert sorted(path.name for path in (here / "model").iterdir()) == sorted(
        path.name for path in whole.iterdir() if path.name != "runs"
    )


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_saves_stops_and_says_how_to_go_on(here: Path, whole: Path, number: int, status: int) -> None:
    process = start(*PLAY, "--save_total_limit", "9", "--overwrite_output_dir")
    wait_until(process, lambda: len(all_checkpoints(here / "model")) == 1)
    process.send_signal(number)
    _, said = process.communicate()
    assert process.returncode == status
    line = [line for line in said.decode().splitlines() if line.strip()][-1]
    last = all_checkpoints(here / "model")[-1]
    assert f"stopped the run after step {folder.step_of(last)}, which is saved; to go on: python train.py " in line
    assert "Traceback" not in said.decode() and "overwrite" not in line.replace("--overwrite_output_dir false", "")
    assert not (here / "model" / "model.safetensors").exists()
    words = line.partition("train.py --")[2].split()
    assert train.main(["--" + words[0], *words[1:]]) == 0
    assert weights(here / "model") == weights(whole)


def test_a_finished_run_says_so_and_trains_nothing(
    here: Path, whole: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(whole, here / "model")
    (here / "model" / "README.md").unlink()  # what a run that was killed right before its end lacks
    before = (here / "model" / "model.safetensors").stat().st_mtime_ns
    assert train.main([*PLAY, "--save_total_limit", "9"]) == 0
    assert "model holds the finished model of this command" in capsys.readouterr().out
    assert (here / "model" / "model.safetensors").stat().st_mtime_ns == before
    assert (here / "model" / "README.md").is_file() and not (here / "model" / "runs").exists()
    assert train.main([*PLAY, "--save_total_limit", "9", "--learning_rate", "0.5", "--seed", "3"]) == 2
    assert "learning_rate was 0.01 and is 0.5; seed was 42 and is 3" in capsys.readouterr().err


DAMAGES: dict[str, Callable[[bytes], bytes | None]] = {
    "half": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "removed": lambda content: None,
    "a flipped bit": lambda content: content[:40] + bytes([content[40] ^ 1]) + content[41:],
}


def hurt(path: Path, damage: str) -> None:
    content = DAMAGES[damage](path.read_bytes())
    path.unlink()
    if content is not None:
        path.write_bytes(content)


@pytest.mark.parametrize("damage", DAMAGES)
def test_any_damage_to_the_newest_checkpoint_falls_back_to_the_one_before_it(
    here: Path, whole: Path, damage: str
) -> None:
    arguments = parse_arguments(PLAY)
    names = sorted(path.name for path in all_checkpoints(whole)[2].iterdir())
    assert {"SHA256SUMS", "run.json", "training_log.jsonl", "weights_before_averaging.safetensors"} < {*names}
    for name in names:
        *_, good, newest = interrupted(whole, here, 3)
        hurt(newest / name, damage)
        assert folder.output_folder(arguments) == Path("model")
        found, told = checkpoints.to_resume(arguments, Path("model"))
        assert found == Path("model", "runs", good.name), name
        assert len(told) == 1 and newest.name in told[0] and "\n" not in told[0]
        with pytest.raises(InputError, match="is not a complete checkpoint") as refused:
            checkpoints.to_resume(parse_arguments([*PLAY, "--resume_from_checkpoint", str(newest)]), Path("model"))
        assert "\n" not in str(refused.value)
        shutil.rmtree(here / "model")


@pytest.mark.parametrize("damage", DAMAGES)
def test_best_weights_that_are_damaged_are_never_shipped(here: Path, whole: Path, damage: str) -> None:
    first, second = interrupted(whole, here, 2)
    state = json.loads((second / "trainer_state.json").read_text(encoding="utf-8"))
    best = {"best_model_checkpoint": f"elsewhere/{first.name}", "best_global_step": folder.step_of(first)}
    (second / "trainer_state.json").write_text(json.dumps({**state, **best}), encoding="utf-8")
    seal(second)
    hurt(first / "model.safetensors", damage)
    with pytest.raises(InputError, match=r"of the best weights until then.*begin again with --overwrite_output_dir"):
        checkpoints.to_resume(parse_arguments(PLAY), Path("model"))


def seal(checkpoint: Path) -> None:
    """Write the sums again, as for what a run wrote so."""
    (checkpoint / "SHA256SUMS").unlink()
    aside = checkpoint.with_name("aside")
    checkpoint.rename(aside)
    checkpoints.complete(aside, checkpoint)


def test_a_run_falls_back_says_so_and_ends_with_the_same_bits(
    here: Path, whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    newest = interrupted(whole, here, 3)[-1]
    hurt(newest / "optimizer.pt", "a flipped bit")
    assert train.main([*PLAY, "--save_total_limit", "9"]) == 0
    assert f"{newest.relative_to(here)} is damaged: optimizer.pt was changed" in capsys.readouterr().err
    assert weights(here / "model") == weights(whole)


def test_going_back_to_an_older_checkpoint_drops_the_newer_ones(here: Path, whole: Path) -> None:
    first = interrupted(whole, here, 3)[0]
    moved = first.rename(here / "kept")
    words = [*PLAY, "--resume_from_checkpoint", str(moved), "--keep_checkpoints", "--save_total_limit", "9"]
    assert train.main(words) == 0
    assert weights(here / "model") == weights(whole)
    assert [path.name for path in all_checkpoints(here / "model")] == [
        path.name for path in all_checkpoints(whole)[1:]
    ]


def test_early_stopping_keeps_its_count(here: Path) -> None:
    # after the first evaluation nothing gets better, so that the run ends with the third
    words = [*PLAY, "--learning_rate", "1e-12", "--early_stopping_patience", "2", "--num_train_epochs", "9"]
    assert train.main([*words, "--keep_checkpoints", "--save_total_limit", "9"]) == 0
    *_, third = all_checkpoints(here / "model")
    for path in (here / "model").iterdir():
        if path.is_file():
            path.unlink()
    shutil.rmtree(third)
    assert train.main([*words, "--save_total_limit", "9"]) == 0
    assert json.loads((here / "model" / "eval_results.json").read_text(encoding="utf-8"))["epochs"] == 3


CHANGES = [
    (["--learning_rate", "0.5"], "learning_rate was 0.01 and is 0.5"),
    (["--optim", "sgd"], 'optim was null and is "sgd"'),
    (["--hidden_size", "13"], "hidden_size was 12 and is 13"),
    (["--tokenizer", "word"], 'tokenizer was "character" and is "word"'),
    (["--num_train_epochs", "1"], "are asked for, and"),
]


@pytest.mark.parametrize(("changed", "message"), CHANGES, ids=lambda value: str(value)[:40])
def test_what_a_run_cannot_change_is_refused_by_name(
    here: Path, whole: Path, capsys: pytest.CaptureFixture[str], changed: list[str], message: str
) -> None:
    interrupted(whole, here, 2)
    before = sorted(path for path in (here / "model").rglob("*"))
    assert train.main([*PLAY, *changed]) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith("train.py: error: ") and message in line
    assert sorted(path for path in (here / "model").rglob("*")) == before


def test_other_data_are_refused_and_other_ways_of_looking_at_the_run_are_told(
    here: Path, whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupted(whole, here, 3)
    with (here / "play.txt").open("a", encoding="utf-8") as play:
        play.write("one more line\n")
    assert train.main(PLAY) == 2
    assert "the data changed since this run began (play.txt, train" in capsys.readouterr().err
    write_play(here)
    assert train.main([*PLAY, "--logging_steps", "2"]) == 0
    assert "since this run began: logging_steps was 3.0 and is 2.0" in capsys.readouterr().err
    assert weights(here / "model") == weights(whole)


def test_a_run_that_is_not_to_go_on_destroys_nothing_unless_asked(here: Path, whole: Path) -> None:
    interrupted(whole, here, 2)
    with pytest.raises(InputError, match="resume_from_checkpoint is false, and output_dir model has checkpoints"):
        checkpoints.to_resume(parse_arguments([*PLAY, "--resume_from_checkpoint", "false"]), Path("model"))
    words = [*PLAY, "--resume_from_checkpoint", "false", "--overwrite_output_dir"]
    assert checkpoints.to_resume(parse_arguments(words), Path("model")) == (None, [])


def test_overwriting_begins_again(here: Path, whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    interrupted(whole, here, 3)
    assert train.main([*PLAY, "--overwrite_output_dir", "--num_train_epochs", "1"]) == 0
    assert "going on from" not in capsys.readouterr().out
    assert json.loads((here / "model" / "eval_results.json").read_text(encoding="utf-8"))["epochs"] == 1


def test_the_second_of_two_runs_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with lock.only_run_in(here / "model"):
        assert train.main(PLAY) == 2
        assert f"another run is writing to it (process {os.getpid()})" in capsys.readouterr().err
    assert not (here / "model").exists()


def test_a_dead_process_holds_no_lock(here: Path) -> None:
    code = "import time; from pathlib import Path; from rnn_models.training.lock import only_run_in\n"
    code += "with only_run_in(Path('model')): print('locked', flush=True); time.sleep(600)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"locked\n"
    with pytest.raises(InputError, match=f"process {process.pid}"), lock.only_run_in(Path("model")):
        pass
    process.kill()
    process.wait()
    assert (here / "model" / ".run.lock").exists()
    with lock.only_run_in(Path("model")):
        pass
    assert list((here / "model").iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_disk_that_is_full_ends_the_run_in_one_line_and_the_last_good_checkpoint_stays(
    here: Path, whole: Path
) -> None:
    import resource

    last = interrupted(whole, here, 2)[-1]
    size = (last / "optimizer.pt").stat().st_size * 9 // 10  # the largest files cannot be written any more
    process = start(
        *PLAY, "--save_total_limit", "9", before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size,) * 2)
    )
    _, said = process.communicate()
    assert process.returncode == 1, said.decode()
    line = [line for line in said.decode().splitlines() if line.strip()][-1]
    assert "cannot be written" in line and line.endswith(f"the last good checkpoint is {last.relative_to(here)}")
    assert "Traceback" not in said.decode() and not list((here / "model" / "runs").glob(".*"))
    assert train.main([*PLAY, "--save_total_limit", "9"]) == 0
    assert weights(here / "model") == weights(whole)


def test_a_run_whose_checkpoints_do_not_fit_on_the_disk_is_refused(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints.check_space(here / "model", 1000, averaged=True)
    usage = shutil.disk_usage(here)._replace(free=47_999)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    checkpoints.check_space(here / "model", 1000, averaged=False)
    with pytest.raises(InputError, match=r"its checkpoints need 0 MB, and 0 MB are free"):
        checkpoints.check_space(here / "model", 1000, averaged=True)


def test_all_files_of_a_run_have_one_mode(whole: Path) -> None:
    for place in (whole, *all_checkpoints(whole)):
        assert len({path.stat().st_mode for path in place.iterdir() if path.is_file()}) == 1, place


def test_the_command_that_goes_on_has_no_option_that_begins_again() -> None:
    words = ["a.yaml", "--overwrite-output-dir", "true", "--seed", "1", "--resume_from_checkpoint", "old", "--use_cpu"]
    assert same_command(words, False) == "python train.py a.yaml --seed 1 --use_cpu"
    assert same_command(["--overwrite_output_dir", "a b.yaml"], True) == (
        "python train.py 'a b.yaml' --overwrite_output_dir false"
    )
    assert same_command(["--overwrite_output_dir=yes", "--resume_from_checkpoint", "--bf16"], False) == (
        "python train.py --bf16"
    )


def test_an_interrupted_stage_goes_on_by_the_command_that_needs_it(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{word} {i},{label}" for i in range(30) for word, label in (("good", "pos"), ("bad", "neg"))]
    (here / "reviews.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    stage = "task: pretraining\ndatasets: reviews.csv\noutput_dir: stage\ntokenizer: word\nuse_cpu: true\n"
    (here / "stage.yaml").write_text(stage + "hidden_size: 8\nnum_train_epochs: 40\n", encoding="utf-8")
    words = ["--task", "classification", "--datasets", "reviews.csv", "--pretrained_model", "stage.yaml", "--use_cpu"]
    words += ["--output_dir", "model", "--max_steps", "2"]
    process = start(*words)
    wait_until(process, lambda: len(all_checkpoints(here / "stage")) > 0)
    process.terminate()
    _, said = process.communicate()
    assert process.returncode == 143 and b"Traceback" not in said, said.decode()
    assert train.main(words) == 0
    assert "going on from stage/runs/checkpoint-" in capsys.readouterr().out
    assert train.main(words) == 0
    assert "model holds the finished model" in capsys.readouterr().out
