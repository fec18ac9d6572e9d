"""Two processes of a run train as one process does, on its batches, and one of them writes."""

from __future__ import annotations

import json
import math
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
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
# Rows that two processes cannot share evenly, batches of one row, targets of which one process has none.
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
        "--per_device_train_batch_size", "9", *TINY,
    ],
}  # fmt: skip
SLOW = {"regularised", "tagging", "forecasting"}


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
            assert said.splitlines()[-1] == f"statuses {[0] * len(names)}", said


def test_two_processes_have_the_losses_and_weights_of_one(folder: Path) -> None:
    names = [name for name in RUNS if name not in SLOW]
    train_in(folder, names, (1, 2))
    for name in names:
        compare(folder, name, (1, 2))
    environment = json.loads((folder / "streams-2" / "run.json").read_text(encoding="utf-8"))["environment"]
    assert environment["processes"] == 2
    assert not list(folder.rglob(".run.lock"))
