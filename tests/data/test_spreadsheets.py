"""Workbooks, and tables that are meant for a spreadsheet."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from rnn_models.data.tables import TableError, open_table
from rnn_models.data.tables.delimited import inert
from tests.data.table_files import (
    CHINESE,
    SEPARATORS,
    WESTERN,
    numbers_of,
    same_folder,
    save,
    save_sheet,
    texts_of,
    with_cells,
)


@settings(same_folder, max_examples=15)
@given(
    rows=st.lists(
        st.tuples(
            st.text(CHINESE + WESTERN + SEPARATORS[:2] + "\n", max_size=20),
            st.none() | st.integers(-(10**9), 10**9) | st.booleans() | st.text(CHINESE, max_size=9),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_cells_of_excel_come_out_as_they_were(tmp_path: Path, rows: list[tuple[str, object]]):
    assume(rows[-1][0] or rows[-1][1] not in (None, ""))
    path = save_sheet(tmp_path / "a.xlsx", [["text", "more"], *rows])
    assert texts_of(path) == [text for text, _ in rows]
    output = with_cells(path, [["yes", 0.5]] * len(rows))
    found = list(openpyxl.load_workbook(output).active.iter_rows(min_row=2))
    # Excel has no empty text: such a cell is blank
    expected = [[text or None, None if more == "" else more, "yes", 0.5] for text, more in rows]
    assert [[cell.value for cell in row] for row in found] == expected
    assert not any(cell.data_type == "f" for row in found for cell in row)


def test_formulas_dates_and_formats_of_excel_stay_and_texts_like_formulas_stay_texts(tmp_path: Path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["text", "sum", "share"])
    sheet.append(["fine", "=1+1", 0.25])
    sheet["C2"].number_format = "0%"
    sheet["A3"], sheet["A3"].data_type = "=cmd|'/c calc'!A0", "s"
    book.create_sheet("more")
    book.save(tmp_path / "a.xlsx")
    table = open_table(tmp_path / "a.xlsx")
    assert [str(remark) for remark in table.remarks] == ["only the sheet Sheet of 2 is read"]
    assert texts_of(tmp_path / "a.xlsx") == ["fine", "=cmd|'/c calc'!A0"]
    found = openpyxl.load_workbook(with_cells(tmp_path / "a.xlsx", [["yes", 0.5], ["no", 0.25]])).active
    assert (found["B2"].value, found["B2"].data_type) == ("=1+1", "f")
    assert (found["C2"].value, found["C2"].number_format) == (0.25, "0%")
    assert (found["A3"].value, found["A3"].data_type) == ("=cmd|'/c calc'!A0", "s")


def test_rows_that_excel_only_formatted_are_not_rows(tmp_path: Path):
    book = openpyxl.Workbook()
    book.active.append(["text", "id"])
    book.active.append(["fine", 1])
    book.active.append([None, None])
    book.active.append(["bad", 3])
    book.active["A900"].number_format = "0%"
    book.save(tmp_path / "a.xlsx")
    assert texts_of(tmp_path / "a.xlsx") == ["fine", "", "bad"]
    assert numbers_of(tmp_path / "a.xlsx") == [2, 3, 4]


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path):
    path = save_sheet(tmp_path / "a.xlsx", [["text"], ["a" * 30_000], ["b" * 30_000]])
    with pytest.raises(TableError, match="when unpacked; at most 0 MB are allowed"):
        texts_of(path, max_unpacked=50_000)


def test_a_mark_and_line_ends_that_excel_wrote_are_written_again(tmp_path: Path):
    path = save(tmp_path / "a.csv", "\ufeff文本\r\n好\r\n")
    assert texts_of(path) == ["好"]
    assert with_cells(path, [["yes", 0.5]]).read_bytes() == "\ufeff文本,label,good\r\n好,yes,0.5\r\n".encode()


def test_what_excel_writes_in_china_and_in_europe_comes_back_in_utf8_with_a_mark(tmp_path: Path):
    path = save(tmp_path / "a.csv", "编号,评论\r\n1,服务太差了\r\n".encode("gbk"))
    assert with_cells(path, [["yes", 0.5]]).read_text("utf-8-sig").splitlines()[1] == "1,服务太差了,yes,0.5"
    path = save(tmp_path / "a.csv", "Nr;Comments\r\n1;Très déçu, vraiment\r\n".encode("cp1252"))
    assert [str(remark) for remark in open_table(path).remarks] == ["read as cp1252", "separated by ;"]
    assert with_cells(path, [["yes", 0.5]]).read_bytes().decode("utf-8").startswith("\ufeffNr;Comments;label;good")


def test_the_line_in_which_excel_names_its_delimiter_is_no_row(tmp_path: Path):
    path = save(tmp_path / "a.csv", "sep=;\r\nid;text\r\n1;a, b\r\n")
    assert (texts_of(path), numbers_of(path)) == (["a, b"], [2])


def test_rows_have_the_numbers_that_a_spreadsheet_shows(tmp_path: Path):
    path = save(tmp_path / "a.csv", 'id,text\n1,"two\nlines"\n\n3,three\n')
    assert (texts_of(path), numbers_of(path)) == (["two\nlines", "", "three"], [2, 3, 4])
    assert numbers_of(save(tmp_path / "a.txt", "one\n\nthree\n")) == [1, 2, 3]
    assert numbers_of(save(tmp_path / "a.jsonl", '{"text": "a"}\n\n{"text": "b"}\n')) == [1, 3]


@same_folder
@given(cell=st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("=+-@\t\r\n\",'1"), max_size=12))
@example(cell="- fine")
@example(cell="-0.5")
def test_no_cell_for_spreadsheets_is_run_and_the_reader_takes_the_apostrophe_away(tmp_path: Path, cell: str):
    assume("\x00" not in cell and "\ufeff" not in cell and not cell.startswith("'"))
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["text", "id"], [cell, "1"]])
    output = with_cells(path, [["yes", 0.5]], for_spreadsheets=True)
    assert output.read_bytes().startswith(b"\xef\xbb\xbf")
    assert texts_of(output) == texts_of(path) == [cell]
    written = inert(cell)
    assert written == cell or written == f"'{cell}"
    assert not written.startswith(("=", "@", "\t", "\r", "\n"))
    assert not written.startswith(("+", "-")) or any(letter.isdigit() for letter in written)


def test_numbers_stay_numbers_for_spreadsheets():
    assert [inert(cell) for cell in ("-0.5", "+3", "-1e5", "-7%", "-", "-1+cmd|' /C calc'!A0", "=1", "@a", "a=b")] == [
        "-0.5", "+3", "-1e5", "-7%", "'-", "'-1+cmd|' /C calc'!A0", "'=1", "'@a", "a=b",
    ]  # fmt: skip


def test_a_text_file_is_a_table_for_spreadsheets(tmp_path: Path):
    path = save(tmp_path / "a.txt", "one, two\n=1+1\n")
    output = with_cells(path, [["yes", 0.5]] * 2, for_spreadsheets=True)
    assert output.read_bytes() == '\ufefftext,label,good\r\n"one, two",yes,0.5\r\n\'=1+1,yes,0.5\r\n'.encode()
