"""Corpora in files and folders as people have them: read by the one reader, with advice that works when followed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from rnn_models.data import InputError
from rnn_models.data.corpora import Corpus, load_corpora
from rnn_models.data.recipes import DatasetEntry, convert

LABELLED = [(f"review number {i}", "good" if i % 2 else "bad") for i in range(40)]


def load(name: str | Path | list, labels: list[str] | None = None, encoding: str | None = None, **entry) -> Corpus:
    named = [str(each) for each in name] if isinstance(name, list) else str(name)
    (corpus,), _ = load_corpora([DatasetEntry(name=named, **entry)], labels=labels, encoding=encoding)
    return corpus


def follow(advice: str, labels: list[str] | None = None) -> tuple[list[Corpus], list[str]]:
    """Load what a message advises: `--datasets "[...]"`."""
    words = re.search(r'--datasets "(.+)"', advice)
    assert words
    entries = convert(words[1], list[DatasetEntry], "option datasets")
    return load_corpora(entries, labels=labels or [])


def table(path: Path, rows: list[tuple[str, str]], header: str = "text,label", encoding: str = "utf-8") -> Path:
    path.write_bytes("".join(f"{line}\r\n" for line in [header, *map(",".join, rows)]).encode(encoding))
    return path


def texts_of(corpus: Corpus) -> list[str]:
    return sorted(corpus.train.texts + corpus.validation.texts)


def test_gbk_is_found_and_told_and_another_encoding_is_named(tmp_path: Path):
    rows = [(f"服务太差了，第{i}次", "差") for i in range(20)] + [(f"很好看，第{i}次", "好") for i in range(20)]
    rows = [(text.replace("，", "、"), label) for text, label in rows]
    corpus = load(table(tmp_path / "a.csv", rows, "评论,标签", "gbk"), labels=[])
    assert texts_of(corpus) == sorted(text for text, _ in rows)
    assert corpus.notes == ["a.csv: read as gb18030"]
    (tmp_path / "play.txt").write_bytes(("這家酒店的服務太差了。\n" * 30).encode("big5"))
    with pytest.raises(
        InputError, match=r"play.txt, line 1 is not UTF-8.*name it with --encoding, as --encoding big5"
    ):
        load(tmp_path / "play.txt")
    assert load(tmp_path / "play.txt", encoding="big5").train.texts[0].startswith("這家酒店")
    (tmp_path / "play.txt").write_bytes(("To be\r\nor not\r" * 30).encode("utf-16"))
    corpus = load(tmp_path / "play.txt")
    assert (corpus.train.texts[0] + corpus.validation.texts[0]) == "To be\nor not\n" * 30


def test_a_folder_of_text_files_is_documents_some_of_which_are_held_out(tmp_path: Path):
    folder = tmp_path / "plays [1]*"
    (folder / "more").mkdir(parents=True)
    for i in range(30):
        (folder / ("more" if i % 2 else ".") / f"play{i}.txt").write_text(f"Act {i}\n\nScene\n", encoding="utf-8")
    (folder / "README.txt").write_text("about", encoding="utf-8")
    corpus = load(folder)
    assert texts_of(corpus) == sorted(f"Act {i}\n\nScene\n" for i in range(30))
    assert len(corpus.validation) == 2 and set(corpus.train.texts).isdisjoint(corpus.validation.texts)
    (folder / "test").mkdir()
    (folder / "test" / "last.txt").write_text("The end\n", encoding="utf-8")
    assert [split.texts for split in load(folder).tests] == [["The end\n"]]


def test_a_table_beside_text_files_is_asked_for(tmp_path: Path):
    table(tmp_path / "a.csv", LABELLED)
    (tmp_path / "notes.txt").write_text("notes\n", encoding="utf-8")
    with pytest.raises(
        InputError, match=r"several formats \(\.csv, \.txt\): name those to read, as --datasets"
    ) as error:
        load(tmp_path, labels=[])
    named = str(error.value).rpartition("--datasets ")[2]
    assert len(texts_of(load(named, labels=[]))) == 40


def test_files_of_several_formats_are_one_corpus_when_they_are_named(tmp_path: Path):
    (tmp_path / "a.txt").write_text("To be\n" * 9, encoding="utf-8")
    (tmp_path / "b.jsonl").write_text('{"text": "or not"}\n', encoding="utf-8")
    corpus = load([tmp_path / "a.txt", tmp_path / "b.jsonl"])
    assert corpus.train.texts[0].startswith("To be\nTo be\n") and corpus.train.texts[1] == "or not"


@pytest.mark.parametrize("name", ["a[1].csv", "a*.csv", "a?.tsv", "[a].jsonl"])
def test_names_are_taken_literally(tmp_path: Path, name: str):
    table(tmp_path / "a1.csv", [("wrong", "bad")] * 9)
    path = tmp_path / name
    if name.endswith("jsonl"):
        path.write_text("\n".join(json.dumps({"text": text, "label": label}) for text, label in LABELLED), "utf-8")
    else:
        separator = "\t" if name.endswith("tsv") else ","
        lines = [separator.join(row) for row in [("text", "label"), *LABELLED]]
        path.write_text("\n".join(lines), encoding="utf-8")
    assert texts_of(load(path, labels=[])) == sorted(text for text, _ in LABELLED)


@pytest.mark.parametrize("word", ["NA", "None", "null", "N/A", "nan", "007", "1.10"])
def test_cells_are_texts_as_they_are_written(tmp_path: Path, word: str):
    corpus = load(table(tmp_path / "a.csv", [*LABELLED, (word, "good")]), labels=["bad", "good"])
    assert word in texts_of(corpus)


def test_lists_of_objects_and_chats_are_read(tmp_path: Path):
    rows = [{"text": text, "label": label} for text, label in LABELLED]
    (tmp_path / "a.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    assert len(texts_of(load(tmp_path / "a.json", labels=[]))) == 40
    chats = [
        {"messages": [{"role": "user", "content": f"Hi {i}"}, {"role": "bot", "content": "Ho"}]} for i in range(40)
    ]
    (tmp_path / "b.jsonl").write_text("\n".join(map(json.dumps, chats)), encoding="utf-8")
    assert "user: Hi 3\n\nbot: Ho" in texts_of(load(tmp_path / "b.jsonl"))


def test_one_missing_star_is_named_and_the_advice_leaves_its_row_out(tmp_path: Path):
    rows = [(f"text {i}", str(i % 5 + 1)) for i in range(40)]
    rows[10] = ("text 10", "")
    table(tmp_path / "a.csv", rows, "text,stars")
    with pytest.raises(
        InputError, match=r"a\.csv, row 12, has no label in column stars: give it one, or leave"
    ) as error:
        load_corpora([DatasetEntry(name=str(tmp_path / "a.csv"))], labels=[])
    (corpus,), labels = follow(str(error.value))
    assert labels == ["1", "2", "3", "4", "5"]
    assert len(texts_of(corpus)) == 39 and "text 10" not in texts_of(corpus)


def test_labels_below_zero_are_labels(tmp_path: Path):
    rows = [(f"text {i}", str(i % 3 - 1)) for i in range(60)]
    table(tmp_path / "a.csv", rows)
    corpora, labels = load_corpora([DatasetEntry(name=str(tmp_path / "a.csv"))], labels=[])
    assert labels == ["-1", "0", "1"] and corpora[0].own_labels == [0, 1, 2]
    with pytest.raises(InputError, match="label -1 is none of bad, so-so, good; give the entry a label map") as error:
        load_corpora([DatasetEntry(name=str(tmp_path / "a.csv"))], labels=["bad", "so-so", "good"])
    (corpus,), _ = follow(str(error.value), ["bad", "so-so", "good"])
    pairs = dict(zip(corpus.train.texts, corpus.train.labels or [], strict=True))
    assert all(label == int(text.split()[1]) % 3 for text, label in pairs.items())


def test_ten_labels_stand_in_the_order_of_their_numbers(tmp_path: Path):
    table(tmp_path / "a.csv", [(f"text {i}", str(i % 11)) for i in range(110)], "text,stars")
    _, labels = load_corpora([DatasetEntry(name=str(tmp_path / "a.csv"))], labels=[])
    assert labels == [str(number) for number in range(11)]


def test_labels_that_pandas_made_floats_are_whole_numbers(tmp_path: Path):
    table(tmp_path / "a.csv", [(f"text {i}", f"{i % 2}.0") for i in range(40)])
    _, labels = load_corpora([DatasetEntry(name=str(tmp_path / "a.csv"))], labels=[])
    assert labels == ["0", "1"]


def test_rows_without_text_are_left_out_and_counted(tmp_path: Path):
    corpus = load(table(tmp_path / "a.csv", [*LABELLED, ("", "good"), (" ", "bad")]), labels=["bad", "good"])
    assert len(texts_of(corpus)) == 40 and corpus.notes == ["a.csv: 2 rows without text are left out"]


def test_a_column_that_is_not_clear_is_asked_for_with_an_option_that_works(tmp_path: Path):
    rows = [(f"pro {i} is good", f"contra {i} is bad") for i in range(40)]
    path = table(tmp_path / "a.csv", rows, "pro,contra")
    with pytest.raises(
        InputError, match=r'which column has the texts; .* pro, contra \(say which: --datasets "\['
    ) as error:
        load(path)
    advice = re.search(r'--datasets "(.+)"', str(error.value))
    assert advice
    named = advice[1].replace("NAME", "contra")
    corpora, _ = load_corpora(convert(named, list[DatasetEntry], "option datasets"), labels=None)
    assert all(text.startswith("contra") for text in corpora[0].train.texts)
