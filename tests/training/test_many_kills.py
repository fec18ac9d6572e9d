"""Sixty kills: runs that are killed five times each, at moments that a seed draws, end with the bits of whole ones."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from .test_going_on import all_checkpoints, start, train, wait_until, weights, write_play

COMMON = [
    "--embedding_size", "8", "--hidden_size", "12", "--use_cpu", "--learning_rate", "0.01", "--logging_steps", "3",
    "--num_train_epochs", "14", "--per_device_train_batch_size", "4", "--output_dropout", "0.2",
    "--output_dir", "model",
]  # fmt: skip
TASKS = {
    "language-model": [
        "--task", "language-model", "--datasets", "play.txt", "--tokenizer", "character", "--sequence_length", "16",
        "--sample_length", "0", *COMMON,
    ],
    "classification": [
        "--task", "classification", "--datasets", "reviews.csv", "--tokenizer", "word", "--entropy_weight", "0.1",
        "--early_stopping_patience", "99", *COMMON,
    ],
}  # fmt: skip
AVERAGES = {"weights": [], "averaged weights": ["--ema_decay", "0.9"]}
# Written in this order; the sums last.
PARTS = ["model.safetensors", "optimizer.pt", "rng_state.pth", "trainer_state.json", "SHA256SUMS"]
KILLS = 5


def write_data(place: Path) -> None:
    write_play(place)
    rows = [f"{word} {'very ' * (i % 5)}{i},{label}" for i in range(20) for word, label in (("good", 1), ("bad", 0))]
    (place / "reviews.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")


def moments(model: Path, rng: random.Random) -> list[tuple[str, Callable[[], bool]]]:
    """What to wait for before each kill, by name."""

    def in_a_save() -> tuple[str, Callable[[], bool]]:
        part = rng.choice(PARTS)
        return f"{part} of a checkpoint", lambda: any((model / "runs" / ".partial").glob(f"*/{part}"))

    def in_a_rotation() -> tuple[str, Callable[[], bool]]:
        seen: list[list[Path]] = []

        def rotates() -> bool:
            seen.append(all_checkpoints(model))
            return seen[-1] != seen[0]

        return "an older checkpoint goes", rotates

    def anywhere() -> tuple[str, Callable[[], bool]]:
        seconds, begun = rng.uniform(0, 0.3), []

        def later() -> bool:
            if not begun and (model / ".run.lock").exists() and any((model / "runs").glob("*")):
                begun.append(time.monotonic())
            return bool(begun) and time.monotonic() - begun[0] >= seconds

        return f"{seconds:.3f} s after something was there", later

    final = rng.choice(["config.json", "tokenizer.json", "run.json"])
    kinds = [in_a_save, in_a_rotation, anywhere]
    found = [rng.choice(kinds)() for _ in range(KILLS - 1)]
    return [*found, (f"{final} of the result", lambda: (model / final).exists())]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], bytes]:
    """The weights of runs that nothing interrupted, each of which runs once."""
    found: dict[tuple[str, str], bytes] = {}

    def of(task: str, average: str) -> bytes:
        if (task, average) not in found:
            place = tmp_path_factory.mktemp("whole")
            write_data(place)
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(place)
                assert train.main([*TASKS[task], *AVERAGES[average]]) == 0
            found[task, average] = weights(place / "model")
        return found[task, average]

    return of


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize("task", TASKS)
def test_a_run_that_is_killed_five_times_ends_with_the_same_bits(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    whole: Callable[[str, str], bytes],
    task: str,
    average: str,
    seed: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_data(tmp_path)
    words = [*TASKS[task], *AVERAGES[average]]
    for name, comes in moments(tmp_path / "model", random.Random(f"{task}, {average}, {seed}")):
        process = start(*words)
        wait_until(process, comes)
        process.kill()
        assert process.wait() == -9, f"the run ended before the kill: {name}"
    assert train.main(words) == 0
    assert weights(tmp_path / "model") == whole(task, average)
    assert not (tmp_path / "model" / "runs").exists()
