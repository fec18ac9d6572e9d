"""Thousands of damaged folders: each is refused in one sentence, or still loads correctly.

Run by `make test-slow`. The models are loaded in a separate process, so that crashes and hangs are noticed.
"""

from __future__ import annotations

import json
import queue
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rnn_models.checkpoint import SUMS, write_sums

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
FOLDERS = 1500  # of each kind
SECONDS = 5.0
LOADER = """
import sys, torch
from rnn_models.checkpoint import LoadError, load_checkpoint
torch.set_num_threads(1)
print("ready", flush=True)
for line in sys.stdin:
    try:
        checkpoint = load_checkpoint(line.rstrip("\\n"))
        inputs = checkpoint.tokenizer("to be", return_tensors="pt")
        logits = checkpoint.model(input_ids=inputs.input_ids).logits
        if checkpoint.task == "text-generation":
            checkpoint.model.generate(inputs.input_ids, max_new_tokens=2)
        print("loaded", logits.sum().item(), flush=True)
    except LoadError as error:
        print("refused", str(error).encode("unicode_escape").decode(), flush=True)
"""
ODD: list[Any] = [
    None, True, -1, 0, 1, 2, 7, 10**9, 10**18, 1e308, "", "lstm", "\x00", "../../etc", [], {}, [[]], {"a": 1}, 0.5,
]  # fmt: skip


class Loader:
    """A process that loads folders, and is restarted when it has died."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> subprocess.Popen[str]:
        self.answers: queue.Queue[str] = queue.Queue()
        process = subprocess.Popen(
            [sys.executable, "-c", LOADER],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

        def listen() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                self.answers.put(line)
            self.answers.put("died")

        threading.Thread(target=listen, daemon=True).start()
        assert self.answers.get(timeout=60).strip() == "ready"
        return process

    def load(self, folder: Path) -> str:
        """The outcome: "loaded X", "refused SENTENCE", "died" or "hung"."""
        if self.process is None:
            self.process = self.start()
        assert self.process.stdin is not None
        print(folder, file=self.process.stdin, flush=True)
        try:
            answer = self.answers.get(timeout=SECONDS).strip()
        except queue.Empty:
            answer = "hung"
        if answer in ("hung", "died"):
            self.stop()
        return answer

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture(scope="module")
def loader() -> Iterator[Loader]:
    started = Loader()
    yield started
    started.stop()


def flip(folder: Path, chance: random.Random) -> str:
    path = any_file(folder, chance)
    data = bytearray(path.read_bytes())
    places = [chance.randrange(len(data)) for _ in range(chance.choice([1, 1, 3, 20]))]
    for place in places:
        data[place] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    return f"bits of {path.name} at {places}"


def cut(folder: Path, chance: random.Random) -> str:
    path = any_file(folder, chance)
    data = path.read_bytes()
    keep = chance.randrange(len(data))
    path.write_bytes(data[:keep])
    return f"{path.name} cut at {keep}"


def remove(folder: Path, chance: random.Random) -> str:
    path = any_file(folder, chance)
    path.unlink()
    return f"{path.name} removed"


def exchange(folder: Path, chance: random.Random) -> str:
    one, other = chance.sample(sorted(path for path in folder.iterdir() if path.suffix != ".py"), 2)
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)
    return f"{one.name} and {other.name} exchanged"


def append(folder: Path, chance: random.Random) -> str:
    path = any_file(folder, chance)
    path.write_bytes(path.read_bytes() + chance.randbytes(chance.choice([1, 8, 1000])))
    return f"bytes behind {path.name}"


def change_json(folder: Path, chance: random.Random) -> str:
    """Change or remove a value somewhere in a JSON file, or in the header of the weights."""
    path = any_file(folder, chance, (".json", ".safetensors"))
    data = path.read_bytes()
    head, tail = data, b""
    if path.suffix == ".safetensors":
        length = int.from_bytes(data[:8], "little")
        head, tail = data[8 : 8 + length], data[8 + length :]
    found = json.loads(head)
    place, steps = found, []
    while True:
        key = chance.choice(list(place) if isinstance(place, dict) else range(len(place)))
        steps.append(key)
        inside = place[key]
        if isinstance(inside, (dict, list)) and inside and chance.random() < 0.8:
            place = inside
            continue
        break
    if chance.random() < 0.25:
        del place[key]
        said = "removed"
    else:
        place[key] = chance.choice(ODD)
        said = repr(place[key])
    head = json.dumps(found).encode()
    path.write_bytes(head if not tail else len(head).to_bytes(8, "little") + head + tail)
    return f"{path.name} {steps}: {said}"


def any_file(
    folder: Path, chance: random.Random, suffixes: tuple[str, ...] = (".json", ".safetensors", ".md", "")
) -> Path:
    return chance.choice([path for path in sorted(folder.iterdir()) if path.suffix in suffixes])


def same(one: Path, other: Path) -> bool:
    return one.read_bytes() == other.read_bytes()


DAMAGES: list[Callable[[Path, random.Random], str]] = [flip, cut, remove, exchange, append, change_json]


@pytest.fixture(scope="module", params=["shakespeare-lstm", "sentiment-zh"])
def whole(request: pytest.FixtureRequest, tiny_checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / request.param
    shutil.copytree(tiny_checkpoints / request.param, folder)
    assert (folder / "generation_config.json").exists() == request.param.startswith("shakespeare")
    write_sums(folder)
    return folder


def test_any_damage_to_a_folder_with_checksums_is_refused(whole: Path, tmp_path: Path, loader: Loader):
    sound = loader.load(whole)
    assert sound.startswith("loaded")
    # Cards and results have no checksum: they do not affect the model's outputs.
    listed = [line.split()[1].lstrip("*") for line in (whole / SUMS).read_text(encoding="utf-8").splitlines()]
    wrong = []
    for seed in range(FOLDERS):
        chance = random.Random(seed)
        folder = Path(shutil.copytree(whole, tmp_path / "damaged"))
        done = chance.choice(DAMAGES)(folder, chance)
        # Without its checksums a folder is like any foreign one, and loads.
        if (folder / SUMS).exists():
            answer = loader.load(folder)
            unchanged = all((folder / name).exists() and same(folder / name, whole / name) for name in [*listed, SUMS])
            if answer != sound if unchanged else not answer.startswith("refused") or not names_a_file(answer, whole):
                wrong.append(f"{seed}: {done}: {answer}")
        shutil.rmtree(folder)
    assert wrong == []


def test_damage_without_checksums_is_refused_or_leaves_a_model_that_works(whole: Path, tmp_path: Path, loader: Loader):
    wrong = []
    outcomes = {"loaded": 0, "refused": 0}
    for seed in range(FOLDERS):
        chance = random.Random(seed)
        folder = Path(shutil.copytree(whole, tmp_path / "damaged"))
        (folder / SUMS).unlink()
        done = chance.choice([change_json, change_json, cut, remove, exchange])(folder, chance)
        answer = loader.load(folder)
        kind, _, said = answer.partition(" ")
        outcomes[kind] = outcomes.get(kind, 0) + 1
        works = kind == "loaded" and said not in ("nan", "inf", "-inf")
        if not works and not (kind == "refused" and names_a_file(answer, whole)):
            wrong.append(f"{seed}: {done}: {answer}")
        shutil.rmtree(folder)
    assert wrong == []
    assert min(outcomes.values()) > FOLDERS / 10, outcomes


def names_a_file(sentence: str, folder: Path) -> bool:
    return any(name in sentence for name in (*(path.name for path in folder.iterdir()), "tokenizer.json"))
