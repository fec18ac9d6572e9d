"""The task `tagging`: words and tags in, a tagger out; and what is refused, with its row."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import pipeline

from rnn_models import RNNForTokenClassification
from rnn_models.checkpoint import load_checkpoint
from rnn_models.data import InputError
from rnn_models.tokenization import train_tokenizer, word_tokens
from rnn_models.training.arguments import parse_arguments
from rnn_models.training.preparation import prepare
from train import main

SENTENCES = [
    (["The", "dog", "barks", "."], ["DET", "NOUN", "VERB", "PUNCT"]),
    (["A", "cat", "sleeps", "!"], ["DET", "NOUN", "VERB", "PUNCT"]),
    (["Dogs", "do", "n't", "sleep"], ["NOUN", "VERB", "PART", "VERB"]),
    (["The", "cats", "run", "..."], ["DET", "NOUN", "VERB", "PUNCT"]),
]


def write(path: Path, rows: Any) -> Path:
    path.write_text("\n".join(json.dumps({"tokens": w, "upos": t}) for w, t in rows), encoding="utf-8")
    return path


@pytest.fixture
def corpus(tmp_path: Path) -> Any:
    """A function that writes a corpus, given its validation rows, and returns the options of a run with it."""

    def corpus(
        validation: Any = SENTENCES[:2], train: Any = SENTENCES, test: Any = SENTENCES[1:3], **options: Any
    ) -> list[str]:
        folder = tmp_path / "words"
        folder.mkdir(exist_ok=True)
        for name, rows in (("train", train), ("validation", validation), ("test", test)):
            write(folder / f"{name}.jsonl", [*rows] * (6 if name == "train" else 1))
        options = {
            "task": "tagging", "datasets": str(folder), "output_dir": str(tmp_path / "out"),
            "tokenizer": "word-pieces", "embedding_size": 8, "hidden_size": 12, "bidirectional": "true",
            "num_train_epochs": 12, "learning_rate": 0.05, "per_device_train_batch_size": 8, "use_cpu": "true",
            "split_tokens": 0.1, "ema_decay": 0.9, **options,
        }  # fmt: skip
        return [word for name, value in options.items() if value is not None for word in (f"--{name}", str(value))]

    return corpus


def test_a_tagger_is_trained_saved_with_its_results_and_used_by_the_pipeline(corpus: Any, tmp_path: Path) -> None:
    assert main(corpus()) == 0
    results = json.loads((tmp_path / "out/eval_results.json").read_text(encoding="utf-8"))
    assert results["validation"]["accuracy"] == 1.0 and results["test"]["words"] == 8
    assert set(results["validation"]["f1_by_tag"]) == {"DET", "NOUN", "VERB", "PUNCT"}
    checkpoint = load_checkpoint(tmp_path / "out")
    assert checkpoint.task == "token-classification" and type(checkpoint.model) is RNNForTokenClassification
    tagger = pipeline("token-classification", model=checkpoint.model, tokenizer=checkpoint.tokenizer)
    text = "The dog sleeps. Cats don't."
    for one in tagger(text, aggregation_strategy="first"):
        assert text[one["start"] : one["end"]].replace(" ", "") == one["word"].replace(" ", "")
    assert [one["entity_group"] for one in tagger("A cat runs.", aggregation_strategy="first")][:2] == ["DET", "NOUN"]


def test_a_run_that_was_interrupted_goes_on_to_the_same_weights(corpus: Any, tmp_path: Path) -> None:
    options = {"num_train_epochs": 4, "keep_checkpoints": "true", "save_total_limit": 4}
    assert main(corpus(**options)) == 0
    (tmp_path / "again/runs").mkdir(parents=True)
    shutil.copytree(tmp_path / "out/runs/checkpoint-6", tmp_path / "again/runs/checkpoint-6")
    assert main([*corpus(**options, output_dir=tmp_path / "again"), "--resume_from_checkpoint"]) == 0
    whole, again = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("out", "again"))
    assert whole == again


# Entities of two words; the second word alone may begin one too.
NAMES = [
    (["in", "New", "York"], ["O", "B-LOC", "I-LOC"]),
    (["York", "is", "New"], ["B-LOC", "O", "O"]),
    (["see", "New", "York", "in"], ["O", "B-LOC", "I-LOC", "O"]),
]


def test_a_tagger_with_a_crf_is_trained_from_one_without_and_says_the_most_likely_tags(
    corpus: Any, tmp_path: Path, capsys: Any
) -> None:
    names = {"train": NAMES, "validation": NAMES[:2], "test": NAMES[2:], "num_train_epochs": 6}
    assert main(corpus(**names, save_dtype="float16")) == 0
    second = names | {"pretrained_model": tmp_path / "out", "tokenizer": None, "output_dir": tmp_path / "crf"}
    assert main(corpus(**second, crf="true")) == 0
    results = json.loads((tmp_path / "crf/eval_results.json").read_text(encoding="utf-8"))
    assert "--crf true" in results["command"] and results["validation"]["entity_f1"] == 1.0
    checkpoint = load_checkpoint(tmp_path / "crf")
    assert checkpoint.model.config.crf and "CRF" in (tmp_path / "crf/README.md").read_text(encoding="utf-8")
    # a third stage keeps it if it is not asked
    third = names | {"pretrained_model": tmp_path / "crf", "tokenizer": None, "output_dir": tmp_path / "third"}
    _, trainer = prepare(parse_arguments(corpus(**third)))
    assert trainer.model.crf is not None
    capsys.readouterr()
    assert main(corpus(**third, label_smoothing_factor=0.1)) == 2
    assert "option label_smoothing_factor: 0.1 is for tags that are learnt one by one" in capsys.readouterr().err


def test_a_crf_beside_another_task_is_refused_by_name(corpus: Any) -> None:
    with pytest.raises(InputError, match="option crf belongs to the task tagging; this task is classification"):
        parse_arguments(corpus(task="classification", crf="true"))


@pytest.mark.parametrize("layers", [1, 2])
def test_a_tagger_starts_from_a_first_stage_and_may_have_new_layers_above_it(
    corpus: Any, tmp_path: Path, layers: int
) -> None:
    entry = f"{{name: {tmp_path / 'words'}, text_column: tokens}}"
    first = corpus(task="pretraining", datasets=f"[{entry}]", output_dir=tmp_path / "first", num_train_epochs=1)
    assert main(first) == 0
    options = corpus(pretrained_model=tmp_path / "first", tokenizer=None, num_hidden_layers=layers)
    task, trainer = prepare(parse_arguments(options))
    model = task.model_class.from_pretrained(tmp_path / "first", num_labels=5)
    assert trainer.model.config.num_hidden_layers == layers
    assert torch.equal(trainer.model.rnn.embedding.weight, model.rnn.embedding.weight)
    own, theirs = trainer.model.rnn.recurrence.layers[0], model.rnn.recurrence.layers[0]
    assert all(torch.equal(a, b) for a, b in zip(own.parameters(), theirs.parameters(), strict=True))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((["The", "dog"], ["DET"]), "split validation, row 3: 2 words have 1 tags"),
        (([], []), "split validation, row 3: the sentence has no words"),
        ((["The", " "], ["DET", "NOUN"]), "split validation, row 3: word 1 is ' '; it must be text and not empty"),
        ((["The", "dog"], ["DET", ""]), "split validation, row 3: the word 'dog' has no tag"),
        ((["The", "dog"], ["DET", "X"]), "split validation, row 3: the tag 'X' of 'dog' is none of DET, NOUN, PART"),
        ((["The", "\u200b"], ["DET", "NOUN"]), "split validation, row 3: the tokenizer makes no token of the word"),
    ],
)
def test_a_row_that_is_wrong_is_named(corpus: Any, capsys: Any, row: Any, message: str) -> None:
    options = corpus([*SENTENCES[:2], row], normalize_unicode="true")
    assert main(options) == 2
    assert message in capsys.readouterr().err


def test_tags_that_a_label_map_leaves_out_do_not_count(corpus: Any) -> None:
    entry = "{name: %s, labels: {DET: D, NOUN: N, VERB: V, PART: null, PUNCT: null}}"
    options = corpus()
    options[options.index("--datasets") + 1] = f"[{entry % options[options.index('--datasets') + 1]}]"
    task, trainer = prepare(parse_arguments(options))
    assert task.labels == ["D", "N", "V"]
    assert task.measure(trainer.model)["words"] == 6


def test_files_in_columns_are_read_too(corpus: Any, tmp_path: Path) -> None:
    conllu = "# text = I don't.\n1\tI\tI\tPRON\t_\t_\t_\t_\t_\t_\n2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\t_\n"
    conllu += "2\tdo\tdo\tAUX\t_\t_\t_\t_\t_\t_\n3\tn't\tnot\tPART\t_\t_\t_\t_\t_\t_\n\n"
    (tmp_path / "a.conllu").write_text(conllu * 20, encoding="utf-8")
    (tmp_path / "a.conll").write_text(
        "-DOCSTART- -X- O\n\nI PRP PRON\ndo VB AUX\nn't RB PART\n\n" * 20, encoding="utf-8"
    )
    for name in ("a.conllu", "a.conll"):
        task, _ = prepare(parse_arguments(corpus(datasets=tmp_path / name, validation_size=3)))
        assert sorted(task.labels) == ["AUX", "PART", "PRON"]
        assert task.corpora[0].train.words[0] == ["I", "do", "n't"]


words = st.lists(
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=8)
    | st.sampled_from(
        ["e\u0301", "👩‍👩‍👧", "🏳️‍🌈", "你好", "don't", "U.S.", "...", ":-)", "##ing", "</s>", "1 000", "a\u00a0b"]
    ),
    min_size=1,
    max_size=8,
).filter(lambda words: all(word.strip() for word in words))


@pytest.fixture(scope="module", params=["word-pieces", "byte-pair", "character", "word"])
def tokenizer(request: Any) -> Any:
    texts = [" ".join(words) for words, _ in SENTENCES]
    return train_tokenizer(request.param, texts)


@settings(max_examples=150, deadline=None)
@given(words)
def test_each_word_has_a_first_token_of_its_own_that_begins_in_it(tokenizer: Any, words: list[str]) -> None:
    (found,) = word_tokens(tokenizer, [words])
    text, starts = " ".join(words), np.cumsum([0, *(len(word) + 1 for word in words[:-1])])
    offsets = tokenizer(text, return_offsets_mapping=True)["offset_mapping"]
    assert found.ids == tokenizer(text)["input_ids"]
    there = [first for first in found.firsts if first >= 0]
    assert there == sorted(set(there))
    for word, start, first in zip(words, starts, found.firsts, strict=True):
        if first < 0:
            # no token touches it
            assert not [o for o in offsets if max(o[0], start) < min(o[1], start + len(word))]
        else:
            assert max(offsets[first][0], start) < min(offsets[first][1], start + len(word))


def test_a_tag_stays_at_the_first_part_of_a_word_whose_tokens_are_split(corpus: Any) -> None:
    task, trainer = prepare(parse_arguments(corpus(split_tokens=0.9)))
    data = trainer.train_dataset
    for plain, varied in zip(data.rows, data.varied, strict=True):
        assert [tag for tag in plain[:, 1] if tag >= 0] == [tag for tag in varied[:, 1] if tag >= 0]
        text = task.tokenizer.decode(varied[:, 0])
        assert text == task.tokenizer.decode(plain[:, 0])
        pieces = task.tokenizer.convert_ids_to_tokens(varied[:, 0])
        assert all(
            (tag >= 0) == (piece != "<s>" and not piece.startswith("##"))
            for piece, tag in zip(pieces, varied[:, 1], strict=True)
            if piece not in ("n", "'", "t")
        )
    assert any(len(a) < len(b) for a, b in zip(data.rows, data.varied, strict=True))


def test_an_unknown_column_is_named(corpus: Any) -> None:
    entry = "[{name: %s, label_column: xpos}]"
    options = corpus()
    options[options.index("--datasets") + 1] = entry % options[options.index("--datasets") + 1]
    with pytest.raises(InputError, match=r"has no label column xpos; its columns are tokens, upos"):
        prepare(parse_arguments(options))
