"""Everything in the guides runs, on small files of the kinds that they describe."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import datasets
import pytest

from rnn_models.training.options import tasks_with
from tests.hub_server import HubServer
from tests.running import RUN_LINES, run_all

ROOT = Path(__file__).parents[1]
GUIDES = ("guide.md", "guide.zh.md")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PLAY = "ROMEO:\nIs the day so young?\n\nBENVOLIO:\nBut new struck nine.\n\n"
# One step instead of many; a new network is tiny too.
SHORT = {
    "max_steps": 1,
    "per_device_train_batch_size": 2,
    "sample_length": 8,
    "use_cpu": "true",
    "evaluate_test": "no",
}
SMALL = {"hidden_size": 8, "embedding_size": 8, "vocab_size": 262}


def blocks(guide: str, language: str) -> list[str]:
    text = (ROOT / "docs" / guide).read_text(encoding="utf-8")
    return [code for name, code in BLOCK.findall(text) if name == language]


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


@pytest.fixture(scope="module", params=[GUIDES[0], pytest.param(GUIDES[1], marks=pytest.mark.slow)])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that a guide names; the path of the guide stands in `guide`."""
    folder = tmp_path_factory.mktemp("reader")
    for name in ("checkpoints", "recipes", "rnn_models", "train.py"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "novels").mkdir()
    for number in range(3):
        (folder / "novels" / f"{number}.txt").write_text(f"Chapter {number}. 很久很久以前。\n" * 90, encoding="utf-8")
    (table,) = blocks(request.param, "csv")
    header, *rows = table.splitlines(keepends=True)
    (folder / "reviews.csv").write_text(header + "".join(rows * 12), encoding="utf-8")
    (folder / "my-play.txt").write_text(PLAY * 30, encoding="utf-8")
    (recipe,) = blocks(request.param, "yaml")
    (folder / "my-reviews.yaml").write_text(recipe, encoding="utf-8")
    features = datasets.Features(text=datasets.Value("string"), label=datasets.ClassLabel(names=["neg", "pos"]))
    for split in ("train", "test"):
        rows = {"text": ["a good film", "a bad film"] * 20, "label": [1, 0] * 20}
        path = folder / "corpora" / "imdb" / "data" / f"{split}-00000-of-00001.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        datasets.Dataset.from_dict(rows, features=features).to_parquet(path)
    (folder / "guide").write_text(request.param, encoding="utf-8")
    return folder


def short(words: list[str]) -> list[str]:
    """A command with the options that make its training a step of a tiny network."""
    if words[0] != "train.py":
        return words
    task = words[words.index("--task") + 1] if "--task" in words else "classification"
    new = "--pretrained_model" not in words and not words[1].endswith(".yaml")
    options = {**SHORT, **(SMALL if new else {}), **({"trials": 2} if "--sweep" in words else {})}
    if "character" in words:
        del options["vocab_size"]
    own = {name: value for name, value in options.items() if not tasks_with(name) or task in tasks_with(name)}
    return [*words, *(word for name, value in own.items() for word in (f"--{name}", str(value)))]


@pytest.mark.parametrize("kind", ["sh", "yaml"])
def test_the_chinese_guide_has_the_commands_of_the_english_one_for_chinese_texts(kind: str) -> None:
    english, chinese = ("\n".join(blocks(guide, kind)) for guide in GUIDES)
    assert chinese != english
    for words in (" --language zh", "language: zh\n"):
        chinese = chinese.replace(words, "")
    assert chinese.replace("sentiment-zh", "sentiment-en").replace("tang-poems", "film-reviews") == english


def test_every_command_of_a_guide_does_what_it_says(folder: Path, hub: HubServer) -> None:
    guide = (folder / "guide").read_text(encoding="utf-8")
    commands = [shlex.split(line) for block in blocks(guide, "sh") for line in block.splitlines()]
    assert len(commands) == 7
    if importlib.util.find_spec("optuna") is None:
        commands = [words for words in commands if "--sweep" not in words]
    environment = {**hub.environment(folder / "home"), "RNN_MODELS_DATA": str(folder / "corpora"), "PYTHONUTF8": "1"}
    assert {words[0] for words in commands} == {"python"}
    reports = run_all(RUN_LINES, [short(words[1:]) for words in commands], folder, environment)
    for words, report in zip(commands, reports, strict=True):
        assert not report["error"], f"{words}: {report}"
    for name in ("novels", "reviews", "films", "my-play"):
        assert (folder / "models" / name / "README.md").is_file()
    assert (folder / "models" / "novels" / "curves.svg").is_file()
    assert (folder / "models" / "tuned-sweep").is_dir() == any("--sweep" in words for words in commands)
    labels = json.loads((folder / "models" / "reviews" / "config.json").read_text(encoding="utf-8"))["id2label"]
    assert list(labels.values()) == ["negative", "neutral", "positive"]
    assert "negative" in (folder / "judged.csv").read_text(encoding="utf-8-sig").splitlines()[0]


def test_both_guides_have_the_same_commands_but_for_the_language() -> None:
    def plain(guide: str) -> list[str]:
        found = "\n".join(blocks(guide, "sh") + blocks(guide, "yaml"))
        return found.replace(" --language zh", "").replace("language: zh\n", "").replace("-zh", "-en").splitlines()

    assert plain(GUIDES[0]) == plain(GUIDES[1])
