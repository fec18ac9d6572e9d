"""A classifier that starts from one of other labels."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from rnn_models.modeling import RNNConfig, RNNForSequenceClassification, RNNForTokenClassification
from rnn_models.tokenization.train import train_tokenizer

sys.path.insert(0, str(Path(__file__).parents[2]))

import train


def run(folder: Path, name: str, labels: list[str], *more: str) -> None:
    rows = [f"text {number} is {label},{label}" for number in range(12) for label in labels]
    (folder / f"{name}.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    words = ["--task", "classification", "--datasets", str(folder / f"{name}.csv"), "--output_dir", str(folder / name)]
    assert train.main([*words, "--use_cpu", "--max_steps", "2", *more]) == 0


@pytest.mark.parametrize("labels", [["fine", "poor"], ["fine", "poor", "so-so"]], ids=["as many", "more"])
def test_a_classifier_of_other_labels_keeps_its_network_and_gets_a_new_head(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], labels: list[str]
) -> None:
    run(tmp_path, "first", ["neg", "pos"], "--tokenizer", "word", "--embedding_size", "8", "--hidden_size", "8")
    run(tmp_path, "own", labels, "--pretrained_model", str(tmp_path / "first"), "--learning_rate", "1e-9")
    assert f"the head for {', '.join(labels)} is new" in capsys.readouterr().out
    first, own = (RNNForSequenceClassification.from_pretrained(tmp_path / name) for name in ("first", "own"))
    assert list(own.config.id2label.values()) == labels
    torch.testing.assert_close(own.rnn.state_dict(), first.rnn.state_dict(), atol=1e-6, rtol=0)
    assert not torch.allclose(own.classifier.weight[:2], first.classifier.weight[:2])


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
def test_a_run_does_not_start_from_a_file_that_is_not_what_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    run(tmp_path, "first", ["neg", "pos"], "--tokenizer", "word", "--embedding_size", "8", "--hidden_size", "8")
    path = tmp_path / "first" / name
    content = bytearray(path.read_bytes())
    content[-1 if name.endswith(".safetensors") else content.rindex(b"1")] ^= 1
    path.write_bytes(content)
    words = [
        "--task",
        "classification",
        "--datasets",
        str(tmp_path / "first.csv"),
        "--output_dir",
        str(tmp_path / "b"),
    ]
    assert train.main([*words, "--pretrained_model", str(tmp_path / "first"), "--use_cpu"]) == 2
    assert f"option pretrained_model: {path} " in capsys.readouterr().err


@pytest.mark.parametrize("tags", [("VERB", "X"), ("VERB", "NOUN", "X")], ids=["as many as labels", "more"])
def test_a_classifier_keeps_the_network_of_a_tagger_and_nothing_of_its_head(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], tags: tuple[str, ...]
) -> None:
    tokenizer = train_tokenizer("word", ["text 1 is fine"])
    labels = dict(enumerate(tags))
    torch.manual_seed(0)
    sizes = {"vocab_size": len(tokenizer), "embedding_size": 8, "hidden_size": 8, "pooling": "last"}
    tagger = RNNForTokenClassification(RNNConfig(**sizes, id2label=labels, crf=True))
    tagger.save_pretrained(tmp_path / "tagger")
    tokenizer.save_pretrained(tmp_path / "tagger")
    run(tmp_path, "own", ["neg", "pos"], "--pretrained_model", str(tmp_path / "tagger"), "--learning_rate", "1e-9")
    assert "the head for neg, pos is new" in capsys.readouterr().out
    own = RNNForSequenceClassification.from_pretrained(tmp_path / "own")
    torch.testing.assert_close(own.rnn.state_dict(), tagger.rnn.state_dict(), atol=1e-6, rtol=0)
    assert not torch.allclose(own.classifier.weight, tagger.classifier.weight[:2])
