"""Files on the page as people have them, in a real Chromium: both languages, wide and narrow."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest

from rnn_models.ui import sentiment_file
from tests.ui.conftest import NARROW, WIDE

pytestmark = [pytest.mark.browser, pytest.mark.slow]  # minutes in Chromium
BUTTON = {"en-US": "Classify the file", "zh-CN": "分析整个文件"}


@pytest.fixture
def open_part(same_page):
    """Opens the tab, without a file."""

    def open_(locale: str = "en-US"):
        page = same_page(locale)
        page.get_by_role("tab").nth(1).click()
        page.get_by_role("button", name=BUTTON[locale], exact=True).wait_for()
        take_away(page)
        return page

    return open_


def take_away(page) -> None:
    """The file, if there is one, and with it all that was said of it."""
    cross = page.locator("#classify-file").get_by_role("button", name=re.compile("Remove|Clear|移除|删除|清空|清除"))
    if cross.count():
        cross.first.click()
        cross.first.wait_for(state="detached")  # only then the field takes another file
    page.locator("#file-rows tbody tr").first.wait_for(state="detached")


def save_sheet(path: Path) -> Path:
    book = openpyxl.Workbook()
    for row in (["编号", "评论"], [1, "服务太差了"], [2, None], [3, "很好看"]):
        book.active.append(row)
    book.save(path)
    return path


def files(folder: Path) -> dict[str, Path]:
    found = {"gbk.csv": folder / "gbk.csv", "semicolon.csv": folder / "semicolon.csv", "a.tsv": folder / "a.tsv"}
    found["gbk.csv"].write_bytes("编号,评论\r\n1,服务太差了\r\n2,\r\n3,很好看\r\n".encode("gbk"))
    found["semicolon.csv"].write_bytes("Nr;Comments\r\n1;Très déçu, vraiment\r\n2;\r\n3;so good\r\n".encode("cp1252"))
    found["a.tsv"].write_bytes(b'id\ttext\n1\t"Unclosed\n2\t\n3\tends"\n')
    return {**found, "a.xlsx": save_sheet(folder / "a.xlsx")}


def classify(page, file: Path, locale: str) -> None:
    page.locator("#classify-file input[type=file]").set_input_files(file)
    page.get_by_text(file.name).first.wait_for()
    page.get_by_role("button", name=BUTTON[locale], exact=True).click()
    page.locator("#file-rows tbody tr").first.wait_for()


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_files_as_people_have_them_get_verdicts_that_can_be_read(open_part, tmp_path: Path, locale):
    page = open_part(locale)
    for name, file in files(tmp_path).items():
        take_away(page)
        classify(page, file, locale)
        said = page.locator("#file-note").inner_text()
        assert (
            ("2 条文本" in said and "1 个空行" in said)
            if locale == "zh-CN"
            else ("2 texts: " in said and "1 blank row has no label" in said)
        ), name
        rows = page.locator("#file-rows tbody tr")
        assert rows.count() == 3
        assert [rows.nth(i).locator("td.row").inner_text().strip() for i in range(3)] == ["2", "3", "4"]
        for viewport in (NARROW, WIDE):
            page.set_viewport_size(viewport)
            window = viewport["width"]
            assert page.evaluate("document.documentElement.scrollWidth") <= window, name
            for cell in rows.first.locator("td.share").all():
                box = cell.bounding_box()
                assert box["x"] >= 0 and box["x"] + box["width"] <= window and "%" in cell.inner_text()
            assert rows.first.locator("td.text").bounding_box()["width"] >= 150


def test_what_was_found_is_said_and_the_column_is_chosen(open_part, tmp_path: Path):
    page = open_part()
    (tmp_path / "a.csv").write_bytes("pro;contra\r\ntrès bien;so bad here\r\nall good;not nice\r\n".encode("cp1252"))
    page.locator("#classify-file input[type=file]").set_input_files(tmp_path / "a.csv")
    page.get_by_text("Read as Windows-1252 (Latin-1), cells between semicolons").wait_for()
    page.get_by_text("Choose the column with the texts.").wait_for()
    page.get_by_role("button", name="Classify the file", exact=True).click()
    page.get_by_role("alert").get_by_text("not clear which column has the texts").wait_for()
    page.get_by_label("Column with the texts").click()
    page.get_by_role("option", name="contra").click()
    page.get_by_role("button", name="Classify the file", exact=True).click()
    page.locator("#file-rows").get_by_text("so bad here").wait_for()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download the results").click()
    assert downloading.value.suggested_filename == "a.classified.csv"
    content = Path(downloading.value.path()).read_bytes()
    assert content.startswith("\ufeffpro;contra;label;negative;neutral;positive\r\ntrès bien;".encode())


def test_the_first_row_is_a_text_or_not_as_the_visitor_says(open_part, tmp_path: Path):
    page = open_part()
    (tmp_path / "a.csv").write_text("Great stuff\nawful\n", encoding="utf-8")
    page.locator("#classify-file input[type=file]").set_input_files(tmp_path / "a.csv")
    page.get_by_text("the first row is taken for a text").or_(
        page.get_by_text("The first row is taken")
    ).first.wait_for()
    box = page.get_by_label("The first row has the names of the columns")
    assert not box.is_checked()
    box.check()
    page.get_by_role("button", name="Classify the file", exact=True).click()
    page.get_by_text("1 text: ").wait_for()
    assert page.locator("#file-rows tbody tr").count() == 1


def test_progress_is_seen_and_nothing_of_an_older_file_stays(open_part, app, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(sentiment_file, "AT_ONCE", 2)
    page = open_part()
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("text,shop\n" + "so fine,one\nnot good,two\n" * 8, encoding="utf-8")
    bad.write_text('text\n"never closed\n', encoding="utf-8")
    for _ in range(2):  # the first file and the second
        take_away(page)
        app.pause = 1.0
        page.locator("#classify-file input[type=file]").set_input_files(good)
        page.get_by_text("good.csv").first.wait_for()
        page.get_by_role("button", name="Classify the file", exact=True).click()
        page.get_by_text("of 16 texts are classified.").wait_for()
        assert page.locator("#file-note progress").bounding_box()["width"] > 100
        assert page.locator("#file-rows tbody tr").count() == 0
        app.pause = 0.0
        page.locator("#file-rows tbody tr").first.wait_for()
        page.get_by_label("Counts by").click()
        page.get_by_role("option", name="shop").click()
        page.locator("#file-counts").get_by_text("two").wait_for()
        page.get_by_label("least certain first").check()
    take_away(page)
    page.locator("#classify-file input[type=file]").set_input_files(bad)
    page.get_by_role("alert").get_by_text("its quotation marks are not closed").wait_for()
    assert page.locator("#file-rows tbody tr").count() == 0
    assert page.get_by_role("button", name="Download the results").count() == 0
    assert "16 texts" not in page.inner_text("body")


def test_who_asks_about_a_file_that_is_no_longer_kept_is_told(open_part, app, tmp_path: Path):
    page = open_part()
    classify(page, files(tmp_path)["gbk.csv"], "en-US")
    app.page.state_holder.session_data.clear()  # as so many later clients do
    page.get_by_role("radio").locator("visible=true").nth(1).check(force=True)
    page.get_by_text("no longer here: choose it again").wait_for()
