"""`python -m rnn_models tag`, `evaluate` and `export` with a tagger, and the functions below them."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_models import RNNConfig, RNNForTokenClassification
from rnn_models.__main__ import main
from rnn_models.inference.tag import read_words, tag_text, tag_words, words_of
from rnn_models.tokenization import train_tokenizer

TAGS = ["DET", "NOUN", "VERB", "PUNCT"]
ROWS = [(["The", "dog", "barks", "."], TAGS), (["A", "cat", "sleeps", "!"], TAGS), (["The", "cat", "barks"], TAGS[:3])]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An untrained tagger."""
    folder = tmp_path_factory.mktemp("tagger")
    tokenizer = train_tokenizer("word-pieces", [" ".join(words) for words, _ in ROWS], unicode=True)
    torch.manual_seed(0)
    sizes = {"vocab_size": len(tokenizer), "embedding_size": 6, "hidden_size": 8, "initializer_range": 0.7}
    labels = {"id2label": dict(enumerate(TAGS)), "label2id": {tag: i for i, tag in enumerate(TAGS)}}
    model = RNNForTokenClassification(RNNConfig(**sizes, **labels, bidirectional=True, num_hidden_layers=2))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def loaded(folder):
    from rnn_models.checkpoint import load_tagger

    checkpoint = load_tagger(folder)
    return checkpoint.model, checkpoint.tokenizer


@pytest.fixture
def data(tmp_path):
    (tmp_path / "words").mkdir()
    for name in ("train", "test"):
        lines = [json.dumps({"tokens": words, "upos": tags}) for words, tags in ROWS * 3]
        (tmp_path / "words" / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path / "words"


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40) | st.lists(
    st.sampled_from(
        ["The dog", " ", "\u200b", "e\u0301", "👩‍👩‍👧", "don't", "你好。", "\n", ":-)", "U.S.", "##ing", "</s>"]
    ),
    max_size=8,
).map("".join)


@settings(max_examples=100, deadline=None)
@given(texts)
def test_every_word_of_any_text_gets_a_tag_at_its_place(loaded, text):
    model, tokenizer = loaded
    found = tag_text(model, tokenizer, text)
    assert all(one.word == text[one.start : one.end] and one.tag in TAGS and 0 < one.probability <= 1 for one in found)
    covered = {place for one in found for place in range(one.start, one.end)}
    assert all(
        place in covered or text[place].isspace() or not text[place].isprintable() for place in range(len(text))
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.sampled_from(["The", "dog", "\u200b", "n't", "你", "a\u00a0b"]), max_size=6), max_size=6))
def test_sentences_are_tagged_together_as_alone(loaded, sentences):
    model, tokenizer = loaded
    together = tag_words(model, tokenizer, sentences, batch_size=3)
    for words, found in zip(sentences, together, strict=True):
        assert found.shape == (len(words), len(TAGS))
        np.testing.assert_allclose(tag_words(model, tokenizer, [words])[0], found, atol=1e-6)


def test_a_word_that_the_tokenizer_loses_is_read_as_an_unknown_one(loaded):
    _, tokenizer = loaded
    (found,) = read_words(tokenizer, [["\u200b", "dog", "\u200b", "\u200b"]])
    assert found.firsts == [1, 2, len(found.ids) - 2, len(found.ids) - 1]
    assert [found.ids[i] == tokenizer.unk_token_id for i in found.firsts] == [True, False, True, True]


def test_words_are_split_as_a_treebank_splits_them():
    text = "I can't e-mail Dr. O'Neil @ www.a.org... it's $5,000!! U.S. :-)"
    words = " ".join(word for word, _, _ in words_of(text))
    assert words == "I ca n't e - mail Dr . O ' Neil @ www.a.org... it 's $ 5,000 !! U.S. :-)"


def test_a_file_becomes_a_table_with_a_row_for_each_word(folder, tmp_path, capsys):
    source = tmp_path / "notes.txt"
    source.write_text('The dog barks.\n\nA "cat", a dog\n', encoding="utf-8")
    assert main(["tag", str(source), "--model", str(folder)]) == 0
    assert "notes.tagged.csv: " in capsys.readouterr().out
    with (tmp_path / "notes.tagged.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = source.read_text(encoding="utf-8").splitlines()
    assert [row["word"] for row in rows] == ["The", "dog", "barks", ".", "A", '"', "cat", '"', ",", "a", "dog"]
    assert {row["row"] for row in rows} == {"1", "3"}
    assert all(lines[int(row["row"]) - 1][int(row["start"]) : int(row["end"])] == row["word"] for row in rows)
    assert main(["tag", str(source), "--model", str(folder)]) == 2
    assert "already exists" in capsys.readouterr().err
    int8 = ["--dtype", "int8", "--output", str(tmp_path / "int8.tsv")]
    assert main(["tag", str(source), "--model", str(folder), *int8]) == 0
    assert len((tmp_path / "int8.tsv").read_text(encoding="utf-8").splitlines()) == 1 + len(rows)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["missing.txt"], "missing.txt: there is no such file"),
        (["a.txt", "--output", "a.parquet"], "a.parquet must end in .csv or .tsv"),
        (["a.txt", "--batch_size", "0"], "option batch_size: 0 must be at least 1"),
    ],
)
def test_what_cannot_be_tagged_is_said_in_a_sentence(folder, tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("a dog\n", encoding="utf-8")
    assert main(["tag", *words, "--model", str(folder)]) == 2
    assert message in capsys.readouterr().err


def test_a_classifier_is_no_tagger(tiny_checkpoints, tmp_path, capsys):
    (tmp_path / "a.txt").write_text("a dog\n", encoding="utf-8")
    assert main(["tag", str(tmp_path / "a.txt"), "--model", str(tiny_checkpoints / "sentiment-en")]) == 2
    assert "is a model for text-classification; a tagger is a ...ForTokenClassification" in capsys.readouterr().err


def test_a_tagger_is_evaluated_beside_its_baselines(folder, data, tmp_path, capsys):
    assert main(["evaluate", str(folder), "--data", str(data), "--output", str(tmp_path / "found.json")]) == 0
    table = capsys.readouterr().out
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    by_model = {row["model"]: row for row in found["rows"]}
    assert set(by_model) == {"network", "most frequent tag", "linear"}
    assert by_model["most frequent tag"]["accuracy"] == by_model["linear"]["accuracy"] == 1.0
    assert [(row["tag"], row["words"]) for row in found["tags"]] == [
        ("DET", 9),
        ("NOUN", 9),
        ("VERB", 9),
        ("PUNCT", 6),
    ]
    assert "F1, most frequent tag" in table and "| linear" in table


def test_options_for_other_models_are_refused(folder, data, capsys):
    for words in (["--by", "upos"], ["--dynamic"], ["--cache", "0.3,0.1,2000"]):
        assert main(["evaluate", str(folder), "--data", str(data), *words]) == 2
        assert "and this is a tagger" in capsys.readouterr().err


@pytest.mark.parametrize("precision", [[], ["--quantize", "int8"]])
def test_a_tagger_is_exported_and_compared_on_words(folder, data, tmp_path, capsys, precision):
    out = tmp_path / "onnx"
    words = ["--output", str(out), "--data", str(data), *precision]
    assert main(["export", str(folder), *words]) == 0, capsys.readouterr().err
    assert "accuracy on " in (printed := capsys.readouterr().out) and " words: " in printed
    assert list(out.glob("model*.onnx"))
