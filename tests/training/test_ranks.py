"""Two processes of a run train as one process does, on its batches, and one of them writes."""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from rnn_models.training.folder import step_of
from rnn_models.training.ranks import Ranks

from .launching import ROOT, TORCHRUN, launch, run

TINY = ["--embedding_size", "8", "--hidden_size", "12", "--use_cpu", "--learning_rate", "0.01", "--logging_steps", "1"]
TINY += ["--num_train_epochs", "2", "--keep_checkpoints", "--save_total_limit", "9"]
MODEL = ["--task", "language-model", "--tokenizer", "character", "--sample_length", "0", *TINY]
PLAY = [*MODEL, "--datasets", "play.txt", "--sequence_length", "16", "--per_device_train_batch_size", "5"]
LABELS = ["--datasets", "reviews.csv", "--tokenizer", "word", "--per_device_train_batch_size", "7", *TINY]
# Rows that two processes cannot share evenly, batches of one row, targets of which one process has none. No dropout:
# each process draws its own random numbers.
RUNS = {
    "streams": [*PLAY, "--ema_decay", "0.9", "--gradient_accumulation_steps", "3"],
    "regularised": [
        *PLAY, "--activation_regularization", "2", "--temporal_activation_regularization", "1", "--random_truncation",
    ],
    "short streams": [
        *MODEL, "--datasets", "short.txt", "--sequence_length", "3", "--per_device_train_batch_size", "9",
    ],
    "documents": [
        *MODEL, "--datasets", "reviews.csv", "--separate_documents", "--per_device_train_batch_size", "4",
        "--gradient_accumulation_steps", "2",
    ],
    "classification": [
        "--task", "classification", *LABELS, "--entropy_weight", "0.1", "--adversarial_norm", "0.5",
        "--label_smoothing_factor", "0.1", "--gradient_accumulation_steps", "2",
    ],
    "pretraining": ["--task", "pretraining", *LABELS, "--bidirectional"],
    "tagging": [
        "--task", "tagging", "--datasets", "tagged.jsonl", "--tokenizer", "character", "--validation_size", "6",
        "--per_device_train_batch_size", "7", *TINY,
    ],
    "forecasting": [
        "--task", "forecasting", "--datasets", "series.csv", "--context_length", "8", "--prediction_length", "2",
        "--per_device_train_batch_size", "9", "--head_dropout", "0", *TINY,
    ],
}  # fmt: skip
SLOW = {"regularised", "short streams", "tagging", "forecasting"}


def write_data(folder: Path) -> None:
    rng = random.Random(0)
    words = ["the", "cat", "sat", "on", "a", "mat", "and", "the", "dog"]

    def text(length: int) -> str:
        return " ".join(rng.choice(words) for _ in range(length))

    (folder / "play.txt").write_text("\n".join(text(5) for _ in range(50)), encoding="utf-8")
    (folder / "short.txt").write_text("abcabcbacabc\nabcab\nab\n", encoding="utf-8")
    rows = [f"{text(rng.randrange(1, 12))} {word},{label}" for word, label in [("good", "pos"), ("bad", "neg")] * 32]
    (folder / "reviews.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    tags = {word: "VERB" if word == "sat" else "NOUN" for word in words}
    sentences = [text(rng.randrange(1, 9)).split() for _ in range(50)]
    lines = [json.dumps({"tokens": sentence, "tags": [tags[word] for word in sentence]}) for sentence in sentences]
    (folder / "tagged.jsonl").write_text("\n".join(lines), encoding="utf-8")
    values = [f"2024-01-{1 + day // 24:02} {day % 24:02}:00,{math.sin(day / 3):.3f}" for day in range(160)]
    (folder / "series.csv").write_text("\n".join(["time,value", *values]), encoding="utf-8")


def in_folder(name: str, size: int) -> list[str]:
    return [*RUNS[name], "--output_dir", f"{name.replace(' ', '-')}-{size}"]


def compare(folder: Path, name: str, sizes: tuple[int, int]) -> None:
    """Losses, metrics and weights of two numbers of processes are equal."""
    one, two = (folder / f"{name.replace(' ', '-')}-{size}" for size in sizes)
    logs = [
        [json.loads(line) for line in (place / "training_log.jsonl").open(encoding="utf-8")] for place in (one, two)
    ]
    assert len(logs[0]) == len(logs[1])
    for here, there in zip(*logs, strict=True):
        for value in ("loss", "gradient_norm"):
            assert here.get(value, 0) == pytest.approx(there.get(value, 0), abs=2e-5), (name, value, here, there)
        assert here.get("metrics", {}) == pytest.approx(there.get("metrics", {}), abs=1e-4)
    weights = [load_file(place / "model.safetensors") for place in (one, two)]
    for key in weights[0]:
        torch.testing.assert_close(*(found[key] for found in weights), atol=1e-5, rtol=0, msg=f"{name}: {key}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ranks")
    write_data(folder)
    return folder


def train_in(folder: Path, names: list[str], sizes: tuple[int, int]) -> None:
    started = [launch(size, [in_folder(name, size) for name in names], folder) for size in sizes]
    for processes in started:
        for process in processes:
            said = process.communicate()[0]
            assert said.splitlines()[-1] == f"statuses {[0] * len(names)}" and process.returncode == 0, said


def test_two_processes_have_the_losses_and_weights_of_one(folder: Path) -> None:
    names = [name for name in RUNS if name not in SLOW]
    train_in(folder, names, (1, 2))
    for name in names:
        compare(folder, name, (1, 2))
    environment = json.loads((folder / "streams-2" / "run.json").read_text(encoding="utf-8"))["environment"]
    assert environment["processes"] == 2
    assert not list(folder.rglob(".run.lock"))


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 3])
def test_any_task_in_any_number_of_processes_has_the_losses_of_one(folder: Path, size: int) -> None:
    train_in(folder, list(RUNS), (1, size))
    for name in RUNS:
        compare(folder, name, (1, size))


def checkpoints(model: Path) -> list[Path]:
    return sorted((model / "runs").glob("checkpoint-*"), key=lambda path: step_of(path) or 0)


DROPPED = [*PLAY, "--output_dropout", "0.2", "--ema_decay", "0.9", "--eval_strategy", "steps", "--eval_steps", "7"]


@pytest.mark.slow
def test_a_run_of_two_processes_that_is_killed_goes_on_to_the_same_bits(folder: Path) -> None:
    whole, killed = ([*DROPPED, "--output_dir", name] for name in ("whole", "killed"))
    processes = launch(2, [whole], folder)
    assert all(process.wait() == 0 for process in processes), processes[0].communicate()[0]
    first = checkpoints(folder / "whole")[0]
    assert (first / "rng_state_1.pth").is_file()
    # as a kill after the first checkpoint, in the middle of an epoch, leaves it
    shutil.copytree(first, folder / "killed" / "runs" / first.name)
    said, _ = run(2, [killed], folder)
    assert any(f"going on from killed/runs/{first.name}" in line for line in said), said
    assert not any("processes was" in line for line in said), said
    bits = [(folder / name / "model.safetensors").read_bytes() for name in ("whole", "killed")]
    assert bits[0] == bits[1]


@pytest.mark.slow
def test_one_process_and_two_take_turns_in_a_run_without_dropout(folder: Path) -> None:
    turns = [*PLAY, "--ema_decay", "0.9", "--eval_strategy", "steps", "--eval_steps", "3"]
    run(1, [[*turns, "--output_dir", "turns-1"]], folder)
    (folder / "turns-2" / "runs").mkdir(parents=True)
    for checkpoint in checkpoints(folder / "turns-1")[:2]:  # in the middle of an epoch
        shutil.copytree(checkpoint, folder / "turns-2" / "runs" / checkpoint.name)
    said, _ = run(2, [[*turns, "--output_dir", "turns-2"]], folder)
    assert "since this run began: processes was 1 and is 2" in said
    compare(folder, "turns", (1, 2))


@pytest.mark.slow
def test_a_signal_to_one_process_stops_both_after_the_same_step(folder: Path) -> None:
    words = [*PLAY, "--num_train_epochs", "200", "--eval_strategy", "no", "--output_dir", "stopped"]
    processes = launch(2, [words], folder)
    while not checkpoints(folder / "stopped"):
        assert processes[0].poll() is None
        time.sleep(0.05)
    processes[1].send_signal(signal.SIGTERM)
    first, second = (process.communicate()[0] for process in processes)
    last = step_of(checkpoints(folder / "stopped")[-1])
    assert f"train.py: SIGTERM stopped the run after step {last}, which is saved; to go on: python train.py" in first
    assert first.splitlines()[-1] == second.splitlines()[-1] == "statuses [143]"
    assert len(second.splitlines()) == 1 and "Traceback" not in first


REFUSED = [
    ([*PLAY, "--datasets", "nowhere.txt"], "nowhere.txt"),
    ([*PLAY, "--hidden_size", "none"], "option hidden_size"),
    ([*PLAY, "--per_device_train_batch_size", "1"], "2 processes cannot share 1"),
    ([*PLAY, "--lr_find"], "option lr_find: rates are tried in one process"),
    ([*PLAY, "--sweep", "{seed: [1, 2]}"], "option sweep: trials run in one process"),
    ([*PLAY, "--report_to", "nothing_like_it"], "report_to"),
]


@pytest.mark.slow
def test_what_cannot_work_is_said_by_the_first_process_alone_in_one_line(folder: Path) -> None:
    commands = [[*words, "--output_dir", "refused"] for words, _ in REFUSED]
    first, second = run(2, commands, folder)
    lines = [line for line in first if line.startswith("train.py: error: ")]
    assert len(lines) == len(REFUSED), first
    for line, (_, message) in zip(lines, REFUSED, strict=True):
        assert message in line
    assert len(second) == 1 and "0" not in second[0]
    assert not (folder / "refused").exists()


DEVICES = """
from rnn_models.data import InputError
from rnn_models.training.processes import join
from rnn_models.training.ranks import EndedElsewhere
ranks = join()
ranks.check_devices("cpu")
try:
    ranks.check_devices(["cpu", "cuda"][ranks.rank])
except (InputError, EndedElsewhere) as error:
    print(type(error).__name__, error)
"""


@pytest.mark.slow
def test_processes_with_different_kinds_of_device_are_refused(folder: Path) -> None:
    first, second = (process.communicate()[0] for process in launch(2, [], folder, DEVICES))
    assert first.startswith(
        "InputError the processes of the run compute on different kinds of device (cpu of process 0,"
    )
    assert "cuda of process 1" in first and second == "EndedElsewhere \n"


@pytest.mark.slow
def test_a_process_that_dies_ends_the_other_one_without_a_traceback(folder: Path) -> None:
    words = [*PLAY, "--num_train_epochs", "200", "--eval_strategy", "no", "--output_dir", "orphan"]
    processes = launch(2, [words], folder)
    while not checkpoints(folder / "orphan"):
        assert processes[0].poll() is None
        time.sleep(0.05)
    processes[1].kill()
    processes[1].communicate()
    said = processes[0].communicate()[0]
    assert said.splitlines()[-1] == "statuses [1]" and "Traceback" not in said, said
    assert "the connection to the other processes of the run is lost" in said


@pytest.mark.slow
def test_torchrun_starts_two_processes_that_train(folder: Path) -> None:
    command = [*TORCHRUN, str(ROOT / "train.py"), *PLAY, "--output_dir", "torchrun"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    finished = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.count("saved to torchrun") == 1
    found = json.loads((folder / "torchrun" / "run.json").read_text(encoding="utf-8"))
    assert found["environment"]["processes"] == 2


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("rows", [0, 1, 2, 7, 30])
def test_the_shares_of_the_rows_are_all_rows_once_and_in_order(size: int, rows: int) -> None:
    shares = []
    for rank in range(size):
        ranks = Ranks()
        ranks.rank, ranks.size = rank, size
        shares.append(ranks.rows(rows))
    assert [row for share in shares for row in share] == list(range(rows))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
