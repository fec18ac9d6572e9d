"""The column with the texts, and the row with the names of the columns."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnn_models.data.tables import ReadOptions, Table, TableError, open_table, plain_text_column
from rnn_models.data.tables.columns import letters_of


def opened(path: Path, content: str, **how) -> Table:
    path.write_text(content, encoding="utf-8")
    return open_table(path, ReadOptions(**how))


@pytest.mark.parametrize(
    "name",
    ["text", "Text ", "TEXT", "Comments", "Review Text", "review_text", "reviewText", "Customer Comments", "tweets",
     "Feedback", "评论", "评论内容", "用户评论", "商品评价", "文本", "Your message"],
)  # fmt: skip
def test_a_plain_name_is_found(name: str):
    assert plain_text_column(["id", name, "stars"]) == 1


@pytest.mark.parametrize(
    "name", ["title", "text_id", "review date", "context", "评论时间", "id", "", "comments2", "N"]
)
def test_another_name_is_not(name: str):
    assert plain_text_column(["id", name, "stars"]) is None


def test_there_is_one_order_and_several_alike_names_are_not_plain():
    assert plain_text_column(["content", "review", "text"]) == 2
    assert plain_text_column(["body", "content", "review"]) == 2
    assert plain_text_column(["Review Text", "Customer Comments"]) is None


@pytest.mark.parametrize(
    ("content", "column", "columns", "remarks"),
    [
        ("id,Comments\n1,so\n2,well\n", "Comments", ["id", "Comments"], []),
        # the only column with words
        ("id,they said\n1,very good\n2,not good at all\n", "they said", ["id", "they said"], ["column"]),
        ("编号,说法,星\n1,服务太差了,2\n2,非常好看,5\n", "说法", ["编号", "说法", "星"], ["column"]),
        # no names: a spreadsheet's letters
        ("1,very good\n2,not good at all\n", "B", ["A", "B"], ["no_header_assumed", "column"]),
        ("very good\nnot good at all\n", "A", ["A"], ["no_header_assumed"]),
        ("服务太差了。\n很好\n", "A", ["A"], ["no_header_assumed"]),
        ("What they said\nThe room was clean and the breakfast was good\nNot good at all, never again\n",
         "What they said", ["What they said"], ["header_assumed"]),
        ("first,second\nvery good,bad bad\nnot good,so so\n", None, ["first", "second"], ["header_assumed"]),
    ],
)  # fmt: skip
def test_what_is_assumed_is_said(
    tmp_path: Path, content: str, column: str | None, columns: list[str], remarks: list[str]
):
    table = opened(tmp_path / "a.csv", content)
    assert (table.columns, table.column) == (columns, column)
    assert [remark.kind for remark in table.remarks] == remarks


def test_what_the_remarks_advise_works(tmp_path: Path):
    content = "Great stuff\nawful\n"
    table = opened(tmp_path / "a.csv", content)
    assert str(table.remarks[0]) == (
        "the first row is taken for a text, not for the names of the columns (--header yes or --header no says it)"
    )
    assert [chunk.texts for chunk in table.chunks()] == [["Great stuff", "awful"]]
    assert [chunk.texts for chunk in opened(tmp_path / "a.csv", content, header=True).chunks()] == [["awful"]]
    table = opened(tmp_path / "a.csv", "some,words here\nand,more words\n", header=False, text_column="b")
    assert [chunk.texts for chunk in table.chunks()] == [["words here", "more words"]]
    assert table.remarks == []


def test_a_column_that_is_not_there_or_not_clear_is_asked_for(tmp_path: Path):
    with pytest.raises(TableError, match=r"has no column words; its columns are: id, text .choose with --text_column"):
        opened(tmp_path / "a.csv", "id,text\n1,so\n", text_column="words")
    table = opened(tmp_path / "a.csv", "pro,contra\nvery good,bad bad\nnot good,so so\n")
    assert table.likely == ["pro", "contra"]
    with pytest.raises(TableError, match="not clear which column has the texts; its columns are: pro, contra"):
        next(table.chunks())


def test_columns_without_names_have_the_letters_of_a_spreadsheet():
    names = letters_of(703)
    assert [names[index] for index in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.text("ab1,. 很\n", max_size=9), min_size=1, max_size=4), min_size=1, max_size=5))
def test_no_first_row_is_judged_as_a_text_in_silence(tmp_path: Path, rows: list[list[str]]):
    import csv

    with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    table = open_table(tmp_path / "a.csv")
    if table.columns and not table.header:
        assert "no_header_assumed" in [remark.kind for remark in table.remarks]
