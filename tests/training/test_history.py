"""`training_log.jsonl`: what it holds, and that writing it changes nothing."""

from __future__ import annotations

import json
import math
import random
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_models import RNNConfig, RNNForCausalLM, RNNForSequenceClassification
from rnn_models.checkpoint import LoadError, TrainingLog, check_sums, load_checkpoint
from rnn_models.checkpoint.training_log import LIMIT
from rnn_models.interpret import saturation, steps
from rnn_models.modeling.cells import CELLS
from rnn_models.publish.hub import stage
from rnn_models.tokenization import train_tokenizer
from rnn_models.training import history, preparation

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import train  # noqa: E402  (the script stands beside the package, not in it)

TEXT = "To be, or not to be, that is the question."


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = random.Random(0)
    words = ["the", "cat", "sat", "on", "a", "mat", "and", "the", "dog"]
    path = tmp_path_factory.mktemp("corpora") / "play.txt"
    path.write_text("".join(rng.choice(words) + rng.choice([" ", "\n"]) for _ in range(600)), encoding="utf-8")
    return path


def words(play: Path, output: Path, *more: str) -> list[str]:
    options = ["--task", "language-model", "--datasets", str(play), "--output_dir", str(output), "--use_cpu"]
    options += ["--tokenizer", "character", "--sequence_length", "16", "--per_device_train_batch_size", "4"]
    options += ["--embedding_size", "8", "--hidden_size", "12", "--output_dropout", "0.3", "--num_train_epochs", "3"]
    return [*options, "--learning_rate", "0.01", "--logging_steps", "10", "--sample_length", "20", *more]


def lines(folder: Path) -> list[dict]:
    text = (folder / "training_log.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n")[:-1]]


def steps_of(folder: Path, kind: str) -> list[int]:
    return [line["step"] for line in lines(folder) if line["kind"] == kind]


def without_times(folder: Path) -> list[dict]:
    found = lines(folder)
    for line in found:
        line.pop("seconds", None), line.pop("tokens_per_second", None)
        line.get("metrics", {}).pop("train_seconds", None)
    return found


@pytest.mark.parametrize("more", [[], ["--ema_decay", "0.9"]], ids=["plain", "averaged"])
def test_a_run_with_a_log_ends_with_the_bits_of_a_run_without(
    play: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: list[str]
) -> None:
    assert train.main(words(play, tmp_path / "with", *more)) == 0
    monkeypatch.setattr(preparation, "keep_log", lambda trainer, task: None)
    assert train.main(words(play, tmp_path / "without", *more)) == 0
    assert len(lines(tmp_path / "with")) > 20 and len(lines(tmp_path / "without")) == 1
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("with", "without")]
    assert weights[0] == weights[1]


def test_the_log_tells_of_loss_gradients_speed_samples_and_gates(play: Path, tmp_path: Path) -> None:
    assert train.main(words(play, tmp_path, "--num_hidden_layers", "2")) == 0
    last = steps_of(tmp_path, "evaluation")[-1]
    moments = [step for step in range(last + 1) if history.is_moment(step)]
    assert moments[:8] == [0, 1, 2, 3, 4, 6, 8, 12]
    evaluated = steps_of(tmp_path, "evaluation")
    assert steps_of(tmp_path, "sample") == steps_of(tmp_path, "saturation") == sorted({*moments, *evaluated})
    assert steps_of(tmp_path, "train") == sorted({*moments[1:], *evaluated, *range(10, last + 1, 10)})
    log = TrainingLog.read(tmp_path)
    assert log is not None and log.about["task"] == "language-model"
    for line in log.of("train"):
        assert set(line["gradient_norms"]) == {"embedding", "layer 0", "layer 1", "head"}
        assert math.hypot(*line["gradient_norms"].values()) == pytest.approx(line["gradient_norm"], rel=1e-3)
        assert line["tokens_per_second"] > 0 and line["learning_rate"] > 0
    assert log.of("train")[0]["loss"] > 2.5 > log.of("train")[-1]["loss"]
    assert all(line["metrics"]["perplexity"] > 1 for line in log.of("evaluation"))
    assert [set(layer["gates"]) for layer in log.of("saturation")[0]["layers"]] == [
        {"input", "forget", "cell", "output"}
    ] * 2
    assert all(line["text"] for line in log.of("sample"))


def test_the_norms_are_those_before_clipping(play: Path, tmp_path: Path) -> None:
    for norm in ("0.01", "1000"):
        assert train.main(words(play, tmp_path / norm, "--max_grad_norm", norm, "--max_steps", "1")) == 0
    clipped, free = (TrainingLog.read(tmp_path / norm).of("train")[0] for norm in ("0.01", "1000"))
    assert clipped["gradient_norm"] == free["gradient_norm"] > 0.01
    assert clipped["gradient_norms"] == pytest.approx(free["gradient_norms"], rel=1e-3)


def test_a_run_that_goes_on_has_the_log_of_one_that_was_never_interrupted(play: Path, tmp_path: Path) -> None:
    options = ["--keep_checkpoints", "--save_total_limit", "9"]
    assert train.main(words(play, tmp_path / "whole", *options)) == 0
    first = sorted((tmp_path / "whole" / "runs").iterdir(), key=lambda path: int(path.name.split("-")[1]))[0]
    shutil.copytree(first, tmp_path / "resumed" / "runs" / first.name)
    assert train.main(words(play, tmp_path / "resumed", *options, "--resume_from_checkpoint")) == 0
    assert without_times(tmp_path / "resumed") == without_times(tmp_path / "whole")


def test_the_log_is_verified_loaded_and_pushed_with_the_weights(play: Path, tmp_path: Path) -> None:
    assert train.main(words(play, tmp_path / "model", "--max_steps", "3")) == 0
    stage(tmp_path / "model", tmp_path / "staged")
    for folder in (tmp_path / "model", tmp_path / "staged"):
        assert "training_log.jsonl" in (folder / "SHA256SUMS").read_text(encoding="utf-8")
        load_checkpoint(folder)
    assert lines(tmp_path / "staged") == lines(tmp_path / "model")
    with (tmp_path / "staged" / "training_log.jsonl").open("a", encoding="utf-8") as log:
        log.write("{}\n")
    with pytest.raises(LoadError, match=r"training_log\.jsonl does not match"):
        check_sums(tmp_path / "staged")


def test_a_classifier_keeps_a_log_without_samples(tmp_path: Path) -> None:
    rows = [f"{word} {i},{label}" for i in range(30) for word, label in (("good", "pos"), ("bad", "neg"))]
    (tmp_path / "reviews.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    options = ["--task", "classification", "--datasets", str(tmp_path / "reviews.csv"), "--tokenizer", "word"]
    options += ["--bidirectional", "--hidden_size", "6", "--use_cpu", "--num_train_epochs", "2", "--crop", "0.5"]
    assert train.main([*options, "--adversarial_norm", "1", "--output_dir", str(tmp_path / "model")]) == 0
    log = TrainingLog.read(tmp_path / "model")
    assert log is not None and log.of("sample") == []
    assert [layer["direction"] for layer in log.of("saturation")[-1]["layers"]] == [0, 1]
    assert "accuracy" in log.of("evaluation")[0]["metrics"]


@pytest.mark.parametrize("head", [RNNForCausalLM, RNNForSequenceClassification], ids=lambda head: head.__name__)
@pytest.mark.parametrize(("cell_type", "nonlinearity"), [*((cell, "tanh") for cell in CELLS), ("rnn", "relu")])
def test_the_saturation_is_that_of_interpret(cell_type: str, nonlinearity: str, head: type) -> None:
    torch.manual_seed(0)
    tokenizer = train_tokenizer("character", [TEXT])
    directions = {} if head is RNNForCausalLM else {"bidirectional": True, "num_hidden_layers": 2}
    sizes = {"vocab_size": len(tokenizer), "embedding_size": 9, "hidden_size": 7, "initializer_range": 2.0}
    model = head(
        RNNConfig(cell_type=cell_type, nonlinearity=nonlinearity, embedding_dropout=0.5, **sizes, **directions)
    )
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2)
    model.train()
    seen = steps((model, tokenizer), TEXT)
    found = history.saturation_of_gates(model, [np.array(seen.tokens.ids)])
    assert model.training
    expected = saturation(seen)
    flat = [(layer["layer"], layer["direction"], gate) for layer in found for gate in layer["gates"]]
    assert flat == [(gate.layer, gate.direction, gate.gate) for gate in expected]
    shares = [gate for layer in found for gate in layer["gates"].values()]
    for share, gate in zip(shares, expected, strict=True):
        assert share["below"] == pytest.approx(gate.below.mean(), abs=1e-4)
        assert share["above"] == pytest.approx(gate.above.mean(), abs=1e-4)
    assert any(share["below"] > 0 for share in shares)


def test_the_saturation_is_looked_at_over_the_first_tokens_only() -> None:
    torch.manual_seed(0)
    model = RNNForCausalLM(RNNConfig(vocab_size=11, embedding_size=4, hidden_size=3))
    torch.nn.init.normal_(model.rnn.embedding.weight, std=5)
    long = np.random.default_rng(0).integers(4, 11, size=history.TOKENS + 50)
    cut = history.saturation_of_gates(model, [long[:200], long[200 : history.TOKENS]])
    assert history.saturation_of_gates(model, [long[:200], long[200:], long]) == cut
    assert history.saturation_of_gates(model, [long[:20]]) != cut


@settings(max_examples=40, deadline=None)
@given(
    added=st.lists(
        st.tuples(st.sampled_from(["first", "second", "third"]), st.text(max_size=30)), min_size=1, max_size=300
    ),
    limit=st.integers(min_value=400, max_value=6000),
)
def test_a_log_stays_below_its_limit_and_is_thinned_evenly(
    tmp_path_factory: pytest.TempPathFactory, added: list[tuple[str, str]], limit: int
) -> None:
    log, offered = TrainingLog("language-model", limit), {}
    for step, (kind, text) in enumerate(added):
        log.add(kind, step, text=text)
        offered.setdefault(kind, []).append(step)
        assert len(log.encode()) <= limit or all(len(log.of(kind)) == 1 for kind in offered)
    for kind, expected in offered.items():
        assert [line["step"] for line in log.of(kind)] == expected[:: log.about["every"][kind]]
    folder = tmp_path_factory.mktemp("log")
    log.write(folder)
    again = TrainingLog.read(folder)
    assert again is not None and again.encode() == log.encode() and again.size == log.size


def test_a_long_training_fills_no_more_than_the_limit() -> None:
    log = TrainingLog()
    norms = {f"layer {i}": 0.12345 for i in range(6)}
    for step in range(5000):
        log.add("train", step, loss=1.2345, gradient_norms=norms)
    assert LIMIT / 3 < len(log.encode()) <= LIMIT


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]\n",
        '{"kind": "train"}\n',
        '{"kind": "log"}\n{}\n',
        "\x00\n",
        '{"kind": "log"}\n{"kind": "train", "step": 1}\n',
    ],
)
def test_what_is_no_log_is_refused_in_one_line(tmp_path: Path, content: str) -> None:
    assert TrainingLog.read(tmp_path) is None
    (tmp_path / "training_log.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(LoadError, match=r"not a training log") as refused:
        TrainingLog.read(tmp_path)
    assert "\n" not in str(refused.value)
