"""Sentences that are written down by rule and generated."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import load_dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_models.data import patterns
from rnn_models.data.patterns import LABELS, LANGUAGES, SLOT, generate, grammar, main, read_words

ROOT = Path(__file__).parents[2]
REVIEWS = {
    "en": [("the soup was delicious .", 1), ("the waiter was rude .", 0), ("we did n't like it .", 0), ("blue .", 1)],
    "zh": [("房间干净，服务员热情。", 1), ("房间太脏乱，早餐难吃！", 0), ("不知道好不好吃", 1)],
}


def clauses(language: str) -> dict[str, list[str]]:
    return patterns.language_module(language).clause_words(REVIEWS[language])


def bare(text: str) -> str:
    return re.sub(r"\W", "", text.lower().replace("n't", " not"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_slot_can_be_filled_and_every_word_is_used(language):
    rules = grammar(language)
    own = {f"{name}{mark}" for name in ("N", "P", "PP", "M", "MM", *rules.forms) for mark in ("", "2")}
    templates = [one for kind in (*rules.kinds.values(), *rules.clauses.values()) for one in kind.templates]
    words = [word for entries in rules.words.values() for word in entries]
    asked = {slot for text in [*templates, *words] for slot in SLOT.findall(text)}
    assert asked - own - set(rules.words) - set(clauses(language)) == set()
    assert set(rules.words) - asked == set()
    for text in [*templates, *words]:
        assert text.count("{") == text.count("}") == len(SLOT.findall(text)), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_rows_are_whole_sentences_of_every_kind_and_label_and_no_text_comes_twice(language):
    rows = generate(language, rows=1500, clauses=clauses(language))
    texts = [row["text"] for row in rows]
    assert len(set(texts)) == len(texts) > 1000
    assert not any(set("{}|*") & set(text) or text != text.strip() or "  " in text for text in texts)
    rules = grammar(language)
    assert {row["kind"] for row in rows} == set(rules.kinds) | set(rules.clauses)
    shares = Counter(LABELS[row["label"]] for row in rows)
    assert min(shares[label] for label in LABELS) > 0.12 * len(rows)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_everyday_sentence_is_among_the_rows(language):
    with (ROOT / "everyday" / f"{language}.tsv").open(encoding="utf-8", newline="") as file:
        judged = {bare(row["text"]) for row in csv.DictReader(file, delimiter="\t") if bare(row["text"])}
    made = {bare(str(row["text"])) for row in generate(language, rows=30_000, clauses=clauses(language))}
    assert judged & made == set()


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_the_seed_decides_the_rows(seed: int):
    assert generate("en", rows=60, seed=seed) == generate("en", rows=60, seed=seed)
    assert generate("en", rows=60, seed=seed) != generate("en", rows=60, seed=seed + 1)


def test_a_clause_is_denied_only_where_its_one_copula_has_the_verdict():
    found = clauses("en")
    assert found["good"] == ["the soup was delicious"] and found["good_denied"] == ["the soup wasn't delicious"]
    assert found["bad_denied"] == ["the waiter wasn't rude"]
    made = generate("en", rows=3000, clauses=found)
    labels = {row["label"] for row in made if re.match(r"the soup wasn't delicious\W*$", str(row["text"]), re.I)}
    assert labels <= {LABELS.index("negative")}


def test_chinese_reviews_are_cut_into_clauses():
    assert clauses("zh") == {"good": ["房间干净", "服务员热情"], "bad": ["房间太脏乱", "早餐难吃"]}


def test_long_lists_of_words_go_on_in_indented_lines():
    assert read_words("\none: a|b|\n  c|d e\ntwo: |x\n") == {"one": ["a", "b", "c", "d e"], "two": ["", "x"]}


def test_the_command_writes_a_data_set_that_loads_and_says_what_is_missing(tmp_path, capsys):
    assert main(["en", str(tmp_path), "--rows", "200"]) == 2
    assert "yelp_sentences" in capsys.readouterr().err
    folder = tmp_path / "yelp_sentences" / "data"
    folder.mkdir(parents=True)
    texts, labels = zip(*REVIEWS["en"], strict=True)
    pq.write_table(pa.table({"text": texts, "label": labels}), folder / "train-00000-of-00001.parquet")
    assert main(["en", str(tmp_path), "--rows", "200"]) == 0
    loaded = load_dataset(str(tmp_path / "patterns_en"))
    assert loaded["train"].features["label"].names == list(LABELS)
    assert len(loaded["train"]) > 100 and len(loaded["validation"]) > 5
    assert main(["en", str(tmp_path), "--rows", "200"]) == 2
    assert "is there already" in capsys.readouterr().err
