from __future__ import annotations

import csv
from pathlib import Path

import gradio as gr
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnn_models.ui.table import FORMULA_STARTS, MAX_ROWS, read_texts, write_results


def write(path: Path, content: str | bytes) -> str:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return str(path)


@pytest.mark.parametrize(
    ("name", "content", "texts", "blank"),
    [
        ("a.txt", "one\n\n two \r\n三\n", ["one", "two", "三"], 1),
        ("a.txt", "\ufeffone\n", ["one"], 0),
        ("a.csv", "id,Text\n1,one\n2,\n3,two\n", ["one", "two"], 1),
        ("a.csv", "\ufeffid,文本\r\n1,一\r\n", ["一"], 0),
        ("a.csv", 'review\n"one, ""two""\nand three"\n', ['one, "two"\nand three'], 0),
        ("a.csv", "one\ntwo\n", ["one", "two"], 0),
        ("a.CSV", "text,id\nshort\n", ["short"], 0),
    ],
)
def test_texts_are_read_from_the_column_that_has_them(tmp_path, name, content, texts, blank):
    assert read_texts(write(tmp_path / name, content), None) == (texts, blank)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.txt", "", "There is no text in the file"),
        ("a.csv", "text\n\n", "There is no text in the file"),
        ("a.xlsx", "x", "must be a .csv or .txt file"),
        ("a.txt", "很好".encode("gb18030"), "is not UTF-8 text: save it as UTF-8"),
        ("a.csv", "text\n很好\n".encode("utf-16"), "is not UTF-8 text: save it as UTF-8"),
        ("a.csv", "id,<b>words</b>\n1,one\n", "has no column named text; its columns are id, bwords/b"),
        ("a.csv", 'text\n"one\n', "cannot be read at line"),
        ("a.csv", 'text\n"' + "a" * 200_000 + '"\n', "cannot be read at line"),
        ("a.txt", "one\na\x00b\n", "Text 2 of the file: Character 2 is U+0000"),
        ("a.txt", "one\n" + "a" * 20_001, "Text 2 of the file: The text has 20,001 characters"),
        ("a.txt", "one\n" * (MAX_ROWS + 1), "has more than 10,000 texts: split it"),
        ("a.txt", "a" * 5_100_000, "is 5.1 MB; at most 5 MB are allowed"),
    ],
)
def test_a_file_that_cannot_be_used_gets_a_sentence(tmp_path, name, content, sentence):
    with pytest.raises(gr.Error) as error:
        read_texts(write(tmp_path / name, content), None)
    assert sentence in error.value.message


def test_no_file_gets_a_sentence():
    with pytest.raises(gr.Error, match="There is no file"):
        read_texts(None, None)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200), name=st.sampled_from(["a.csv", "a.txt"]))
def test_any_bytes_give_texts_or_a_sentence(tmp_path, content, name):
    try:
        texts, blank = read_texts(write(tmp_path / name, content), None)
    except gr.Error as error:
        assert error.message
    else:
        assert texts and all(text.strip() for text in texts) and blank >= 0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(
        st.text(
            alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
            | st.sampled_from("=+-@\t\r\n\",'"),
            min_size=1,
            max_size=12,
        )
    )
)
def test_no_downloaded_cell_begins_like_a_formula_and_none_is_lost(tmp_path, texts):
    path = tmp_path / "results.csv"
    write_results(path, ["text", "label", "positive"], [[text, "positive", -0.5] for text in texts])
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["text", "label", "positive"]
    assert [row[0].removeprefix("'") if row[0][1:2] in FORMULA_STARTS else row[0] for row in rows] == [
        text.removeprefix("'") if text[1:2] in FORMULA_STARTS else text for text in texts
    ]
    assert not any(row[0].startswith(FORMULA_STARTS) for row in rows)
    assert all(row[2] == "-0.5" for row in rows)
