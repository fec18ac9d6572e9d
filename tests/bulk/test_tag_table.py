"""`python -m rnn_models tag`, `evaluate` and `export` with a tagger, and the functions below them."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

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
def crf_folder(folder, tmp_path_factory):
    """The tagger of `folder` with a CRF, whose most likely tags together are not those that are each most likely."""
    model = RNNForTokenClassification.from_pretrained(folder, crf=True)
    with torch.no_grad():
        model.classifier.weight.mul_(2)
        model.crf.transitions.copy_(0.3 * torch.randn(4, 4, generator=torch.Generator().manual_seed(41)))
    target = tmp_path_factory.mktemp("crf")
    model.save_pretrained(target)
    AutoTokenizer.from_pretrained(folder).save_pretrained(target)
    return target


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
        assert found.probabilities.shape == (len(words), len(TAGS))
        (alone,) = tag_words(model, tokenizer, [words])
        assert np.array_equal(alone.tags, found.tags)
        np.testing.assert_allclose(alone.probabilities, found.probabilities, atol=1e-6)


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


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_a_tagger_with_a_crf_writes_the_most_likely_tags_of_a_sentence_together(crf_folder, tmp_path, precision):
    texts = [" ".join(words) for words, _ in ROWS] + ["The dog and the cat and the dog bark.", "dog dog dog dog"]
    (tmp_path / "texts.txt").write_text("\n".join(texts), encoding="utf-8")
    out = tmp_path / "tags.csv"
    words = ["tag", str(tmp_path / "texts.txt"), "--model", str(crf_folder), "--output", str(out)]
    assert main([*words, "--dtype", precision]) == 0
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    model, tokenizer = RNNForTokenClassification.from_pretrained(crf_folder), AutoTokenizer.from_pretrained(crf_folder)
    expected = [one for text in texts for one in tag_text(model, tokenizer, text)]
    assert [row["tag"] for row in rows] == [one.tag for one in expected]
    for row, one in zip(rows, expected, strict=True):
        assert float(row["probability"]) == pytest.approx(one.probability, abs=1e-4 if precision == "float32" else 0.2)
    (answers,) = tag_words(model, tokenizer, [texts[-1].split()])
    assert (answers.tags != answers.probabilities.argmax(-1)).any()


def test_a_tagger_with_a_crf_is_evaluated_by_its_sentences_and_word_by_word_and_exported(
    crf_folder, data, tmp_path, capsys
):
    words = [str(crf_folder), "--data", str(data)]
    assert main(["evaluate", *words, "--output", str(tmp_path / "found.json")]) == 0
    by_model = {row["model"]: row for row in json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["rows"]}
    model, tokenizer = RNNForTokenClassification.from_pretrained(crf_folder), AutoTokenizer.from_pretrained(crf_folder)
    answers = tag_words(model, tokenizer, [words for words, _ in ROWS])
    true = np.concatenate([[TAGS.index(tag) for tag in tags] for _, tags in ROWS])
    together = np.concatenate([found.tags for found in answers])
    alone = np.concatenate([found.probabilities.argmax(-1) for found in answers])
    assert by_model["network"]["accuracy"] == pytest.approx((together == true).mean())
    assert by_model["network, word by word"]["accuracy"] == pytest.approx((alone == true).mean())
    assert by_model["network"]["accuracy"] != by_model["network, word by word"]["accuracy"]
    assert main(["export", *words, "--output", str(tmp_path / "onnx")]) == 0, capsys.readouterr().err


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
