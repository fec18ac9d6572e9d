"""Uploaded tables: their limits, and what is wrong with one in both languages."""

from __future__ import annotations

import zipfile
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnn_models.data.tables import ERRORS, REMARKS, SUFFIXES
from rnn_models.ui.i18n import TEXTS
from rnn_models.ui.table import MAX_ROWS, open_upload, read_rows, remarks_on

CHINESE = SimpleNamespace(headers={"accept-language": "zh-CN"})


def write(path: Path, content: str | bytes) -> str:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return str(path)


def texts_in(path: str, **how) -> list[str]:
    return [text for chunk in read_rows(open_upload(path, None, **how), None) for text in chunk.texts]


@pytest.mark.parametrize(
    ("name", "content", "texts"),
    [
        ("a.txt", "one\n\n two \r\n三\n", ["one", "", " two ", "三"]),
        ("a.csv", "id,Text\n1,one\n2,\n3,two\n", ["one", "", "two"]),
        ("a.csv", "\ufeffid,文本\r\n1,一\r\n", ["一"]),
        ("a.csv", "编号,评论\r\n1,服务太差了\r\n".encode("gbk"), ["服务太差了"]),
        ("a.csv", "Nr;Comments\r\n1;Très déçu, vraiment\r\n".encode("cp1252"), ["Très déçu, vraiment"]),
        ("a.csv", 'review\n"one, ""two""\nand three"\n', ['one, "two"\nand three']),
        ("a.csv", "one\ntwo\n", ["one", "two"]),
        ("a.CSV", "text,id\nshort,1\n", ["short"]),
        ("a.txt", "很好\n".encode("utf-16"), ["很好"]),
        ("a.csv", 'text\n"' + "a" * 200_000 + '"\n', ["a" * 200_000]),
        ("a.tsv", 'text\tid\n"one\t1\ntwo"\t2\n', ['"one', 'two"']),
        ("a.jsonl", '{"text": "one"}\n', ["one"]),
        ("a.json", '[{"review": "one"}]', ["one"]),
    ],
)
def test_texts_are_read_from_the_column_that_has_them(tmp_path, name, content, texts):
    assert texts_in(write(tmp_path / name, content)) == texts


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.txt", "", "There is no text in the file"),
        ("a.txt", " \n\n", "There is no text in the file"),
        ("a.csv", "text\n\n", "There is no text in the file"),
        ("a.docx", "x", f"The file must end in one of {', '.join(SUFFIXES)}"),
        (
            "a.txt",
            "Очень хороший фильм".encode("cp1251"),
            "Line 1 is not UTF-8, and the file is not clearly in UTF-16",
        ),
        (
            "a.csv",
            "<b>one</b>,two\na b,c d\ne f,g h\n",
            "not clear which column has the texts: choose one of bone/b, two",
        ),
        ("a.csv", 'text\n"one\n', "Row 2: its quotation marks are not closed"),
        (
            "a.csv",
            "text,id\none,1,2\n",
            "Row 2 has 3 cells, and the first row 2: put quotation marks around cells that",
        ),
        ("a.txt", "one\na\x00b\n", "Row 2: character 2 is U+0000"),
        ("a.txt", "one\n" * (MAX_ROWS + 1), "has more than 10,000 rows: split it"),
        ("a.txt", "a" * 5_100_000, "is 5.1 MB; at most 5 MB are allowed"),
        ("a.xlsx", "x", "This is not an .xlsx file that can be read"),
    ],
)
def test_a_file_that_cannot_be_used_gets_a_sentence(tmp_path, name, content, sentence):
    with pytest.raises(gr.Error) as error:
        texts_in(write(tmp_path / name, content))
    assert sentence in error.value.message


def test_no_file_gets_a_sentence():
    with pytest.raises(gr.Error, match="There is no file"):
        open_upload(None, None)


def test_a_small_workbook_that_unpacks_to_much_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/sharedStrings.xml", b"a" * (41 * 2**20))
    assert (tmp_path / "a.xlsx").stat().st_size < 10**6
    with pytest.raises(gr.Error, match="holds 41 MB when unpacked; at most 40 MB are allowed"):
        open_upload(str(tmp_path / "a.xlsx"), None)


def test_every_error_and_remark_of_a_table_has_a_sentence_in_both_languages():
    assert {f"table_{kind}" for kind in (*ERRORS, *REMARKS)} <= set(TEXTS)


def test_what_was_found_is_said_in_the_language_of_the_visitor(tmp_path):
    path = write(tmp_path / "a.csv", "Nr;Wörter\r\n1;sehr gut\r\n2;gar nicht gut\r\n".encode("cp1252"))
    assert remarks_on(open_upload(path, None), None) == [
        "Read as Windows-1252 (Latin-1)", "cells between semicolons",
        "the texts are in “Wörter”; you can choose another column",
    ]  # fmt: skip
    assert remarks_on(open_upload(path, None), CHINESE)[:2] == ["按 Windows-1252 (Latin-1) 编码读取", "以分号分隔"]
    with pytest.raises(gr.Error, match="没有文本列 text，现有的列：Nr, Wörter"):
        open_upload(path, CHINESE, column="text")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200), suffix=st.sampled_from(SUFFIXES))
def test_any_bytes_give_texts_or_a_sentence(tmp_path, content, suffix):
    try:
        texts = texts_in(write(tmp_path / f"a{suffix}", content))
    except gr.Error as error:
        assert error.message
    else:
        assert any(text.strip() for text in texts)
