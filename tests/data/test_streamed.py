"""A data set of the Hub that is read while it is downloaded trains the same model, and no more of it is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import pytest

from rnn_models.data import InputError
from rnn_models.data.recipes import DatasetEntry
from rnn_models.data.sources import read_splits
from rnn_models.data.streamed import parts_of
from rnn_models.training.arguments import parse_arguments
from tests.hub_server import HubServer, Repository
from tests.running import RUN_LINES, run_all

ROWS = [
    {"id": row, "text": f"{'good' if row % 2 else 'bad'} film number {row % 17}", "label": row % 2, "more": "x" * 99}
    for row in range(60)
]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    """Serves films, as Parquet with names for the labels, and plays, as JSON lines; train has two files."""
    folder = tmp_path_factory.mktemp("files")
    features = datasets.Features(
        id=datasets.Value("int64"),
        text=datasets.Value("string"),
        label=datasets.ClassLabel(names=["bad", "good"]),
        more=datasets.Value("string"),
    )
    parts = {"train-00000-of-00002": ROWS[:25], "train-00001-of-00002": ROWS[25:50], "test-00000-of-00001": ROWS[50:]}
    with HubServer() as server:
        for name in ("me/films", "me/plays"):
            files: dict[str, bytes] = {}
            for part, rows in parts.items():
                data = datasets.Dataset.from_list(rows, features=features)
                path = folder / part
                if name == "me/films":
                    data.to_parquet(path)
                else:
                    data.to_json(path)
                files[f"data/{part}.{'parquet' if name == 'me/films' else 'jsonl'}"] = path.read_bytes()
            server.repositories["datasets", name] = Repository()
            server.repositories["datasets", name].commit(files)
        yield server


def words(task: str, name: str, output: str, *more: str) -> list[str]:
    found = ["train.py", "--task", task, "--datasets", name, "--tokenizer", "word", "--output_dir", output]
    found += ["--hidden_size", "6", "--embedding_size", "4", "--max_steps", "3", "--use_cpu", *more]
    return found + ([] if task == "classification" else ["--sample_length", "0", "--sequence_length", "16"])


@pytest.mark.slow
def test_what_is_streamed_trains_to_the_same_bits_and_only_what_is_needed_is_kept(
    hub: HubServer, tmp_path: Path
) -> None:
    (tmp_path / "train.py").symlink_to(Path(__file__).parents[2] / "train.py")
    some = "[{name: me/films, train_split: 'train[5:20]', test_split: 'test[:4]+train[20:22]'}]"
    commands = [
        words("classification", "me/films", "streamed", "--streaming"),
        words("language-model", "me/plays", "streamed-play", "--streaming"),
        words("classification", some, "streamed-some", "--streaming"),
        words("classification", "[{name: me/films, train_split: 'train[:50%]'}]", "share", "--streaming"),
        words("classification", "[{name: me/films, train_split: other}]", "other", "--streaming"),
        words("classification", "[{name: me/films, label_column: mood}]", "mood", "--streaming"),
        words("classification", "me/nothing", "nothing", "--streaming"),
    ]
    environment = {**hub.environment(tmp_path / "home"), "PYTHONUTF8": "1"}
    reports = run_all(RUN_LINES, commands, tmp_path, environment)
    for report in reports[:3]:
        assert not report["error"], report
    for report, message in zip(
        reports[3:],
        [
            "me/films: split train[:50%] cannot be streamed",
            "me/films has no split other; its splits are",
            "has no label column mood; its columns are id, text, label, more",
            "data set me/nothing cannot be loaded",
        ],
        strict=True,
    ):
        assert report["error"] == "exit status 2" and message in report["printed"], report
    kept = [path.read_bytes() for path in (tmp_path / "home").rglob("*.arrow")]
    assert kept and not any(b"x" * 99 in content for content in kept)
    # the file behind the rows that are asked for is not opened
    first = "[{name: me/films, train_split: 'train[5:20]', test_split: 'test[:4]+train[20:21]'}]"
    commands = [
        words("classification", one, f"streamed-again-{number}", "--streaming")
        for number, one in enumerate([first, some])
    ]
    hub.trouble = {"resolve/.*train-00001": 500}
    reports = run_all(RUN_LINES, commands, tmp_path, environment)
    hub.trouble = {}
    assert not any(report["error"] for report in reports), reports
    commands = [
        words("classification", "me/films", "whole"),
        words("language-model", "me/plays", "whole-play"),
        words("classification", some, "whole-some"),
    ]
    assert not any(report["error"] for report in run_all(RUN_LINES, commands, tmp_path, environment))
    for name in ("", "-play", "-some"):
        weights = [(tmp_path / f"{kind}{name}" / "model.safetensors").read_bytes() for kind in ("streamed", "whole")]
        assert weights[0] == weights[1]
    found = [json.loads((tmp_path / f"{kind}-some" / "run.json").read_text("utf-8")) for kind in ("streamed", "whole")]
    assert found[0]["data"] == found[1]["data"] and found[0]["options"] == found[1]["options"]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("train", [("train", 0, None)]),
        ("train[10:]", [("train", 10, None)]),
        (" train [ : 10 ] + test[3:9]", [("train", 0, 10), ("test", 3, 9)]),
        ("train[:0]", [("train", 0, 0)]),
    ],
)
def test_a_split_is_read_by_the_numbers_of_its_rows(name: str, parts: list[Any]) -> None:
    assert parts_of(name, ["train", "test"], "me/films") == parts


@pytest.mark.parametrize("name", ["train[-10:]", "train[10%:]", "train[5]", "train+", ""])
def test_a_split_whose_rows_would_have_to_be_counted_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"cannot be streamed.*as train\[:10000\]"):
        parts_of(name, ["train", "test"], "me/films")


def test_what_lies_on_this_machine_and_what_is_read_whole_is_not_streamed(tmp_path: Path) -> None:
    (tmp_path / "play.csv").write_text("text\nTo be\n", encoding="utf-8")
    (tmp_path / "films").mkdir()
    for name, root in ((str(tmp_path / "play.csv"), None), ("me/films", str(tmp_path)), ("no.csv", None)):
        with pytest.raises(InputError, match=r"option streaming: .* is no data set of the Hub"):
            read_splits(DatasetEntry(name=name), root, with_labels=False, streaming=True)
    for task in ("tagging", "forecasting"):
        options = ["--task", task, "--datasets", "me/films", "--output_dir", "x", "--streaming"]
        options += ["--tokenizer", "word"] if task == "tagging" else []
        with pytest.raises(InputError, match=f"option streaming: the task {task} reads its corpora whole"):
            parse_arguments(options)
