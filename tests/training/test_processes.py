"""Several processes of a run find each other, or are told before anything is read that they cannot."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from transformers import TrainingArguments

from rnn_models.data import InputError
from rnn_models.training import processes
from rnn_models.training.processes import size_of_run, use_one_device
from rnn_models.training.trainer import BatchTrainer

ROOT = Path(__file__).parents[2]
# Nothing of what these options name is there: whoever reads before he refuses says so.
OPTIONS = [
    "--task", "language-model", "--datasets", "nowhere.txt", "--output_dir", "model", "--tokenizer", "character",
]  # fmt: skip
ACCELERATE = ["-m", "accelerate.commands.accelerate_cli", "launch", "--cpu", "--num_processes", "2"]


def launch(launcher: list[str], options: list[str], folder: Path) -> list[str]:
    """What `train.py` says when it is launched so."""
    command = [sys.executable, *launcher, str(ROOT / "train.py"), *options]
    finished = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HF_HOME": str(folder)},
        capture_output=True,
        text=True,
    )
    assert finished.returncode != 0
    assert list(folder.glob("*")) == []
    return [line for line in (finished.stdout + finished.stderr).splitlines() if line.startswith("train.py: ")]


def test_accelerate_that_is_asked_for_two_processes_and_starts_one_is_refused(tmp_path: Path) -> None:
    (line,) = launch(ACCELERATE, OPTIONS, tmp_path)
    assert "accelerate was asked for several processes and started one" in line


@pytest.mark.parametrize("size", processes.SIZES)
def test_the_first_process_says_why_and_the_others_nothing(
    size: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(processes, "SECONDS", 0)
    with pytest.raises(InputError, match="launched as 4 processes that cannot find each other; start several with"):
        size_of_run({size: "4", "RANK": "0"})
    for rank in processes.RANKS:
        with pytest.raises(SystemExit, match="2"):
            size_of_run({size: "4", rank: "3"})
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"WORLD_SIZE": "1", "RANK": "0", "LOCAL_RANK": "0", "MASTER_ADDR": "127.0.0.1"},
        {"SLURM_NTASKS": "4", "SLURM_PROCID": "0"},
        {"ACCELERATE_USE_CPU": "True", "ACCELERATE_MIXED_PRECISION": "no"},
        {"WORLD_SIZE": "", "PMI_SIZE": "none"},
    ],
    ids=["alone", "torchrun with one", "in a job script", "accelerate with one", "no numbers"],
)
def test_one_process_however_it_was_launched_may_train(environment: dict[str, str]) -> None:
    assert size_of_run(environment) == 1


def test_processes_that_know_of_each_other_may_train() -> None:
    known = {"RANK": "1", "WORLD_SIZE": "4", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}
    assert size_of_run(known) == 4


def settings(folder: Path) -> TrainingArguments:
    return TrainingArguments(output_dir=str(folder), use_cpu=True, report_to="none")


def test_of_several_devices_the_first_is_used_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, several = settings(tmp_path), settings(tmp_path)
    one._n_gpu, several._n_gpu = 1, 3
    use_one_device(one)
    assert capsys.readouterr().err == ""
    use_one_device(several)
    assert several.n_gpu == 1
    assert capsys.readouterr().err.startswith("3 devices are here; this process uses cpu alone. To use all of them,")


def test_a_trainer_refuses_several_processes_and_several_devices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rnn_models import RNNConfig, RNNForCausalLM

    model = RNNForCausalLM(RNNConfig(vocab_size=8, embedding_size=4, hidden_size=4))
    options = {"model": model, "train_dataset": [], "eval_dataset": [], "measure": lambda model: {}}
    several = settings(tmp_path)
    several._n_gpu = 2
    with pytest.raises(ValueError, match="here are 1 processes with 2 GPUs each"):
        BatchTrainer(args=several, **options)
    monkeypatch.setattr(TrainingArguments, "world_size", 2)
    with pytest.raises(ValueError, match="here are 2 processes with 0 GPUs each"):
        BatchTrainer(args=settings(tmp_path), **options)
