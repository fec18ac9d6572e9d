"""The page as a user sees it, in a real Chromium."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from tests.ui.conftest import NARROW, SLOW, output, wait_until

pytestmark = pytest.mark.browser


def test_a_person_writes_a_text_and_stops_another_half_way(open_page, app, tmp_path: Path):
    page = open_page()
    page.get_by_text("1.500 nats a token").wait_for()
    page.get_by_role("button", name="First Citizen:", exact=True).click()
    prompt = page.get_by_label("Prompt", exact=True)
    wait_until(lambda: prompt.input_value() == "First Citizen:\n")
    prompt.fill("To be, ")
    page.get_by_role("button", name="Generate", exact=True).click()
    page.get_by_text("400 characters in").wait_for()
    assert output(page).startswith("To be, ") and len(output(page)) == 407
    page.screenshot(path=tmp_path / "generate.png")

    app.pause = SLOW
    page.get_by_role("button", name="Generate", exact=True).click()
    wait_until(lambda: 17 < len(output(page)) < 400)
    page.get_by_role("button", name="Stop", exact=True).click()
    time.sleep(0.5)
    computed, written = dict(app.forwards), output(page)
    time.sleep(1)
    assert app.forwards == computed, "the page stopped, but the server went on"
    assert output(page) == written and 17 < len(written) < 400

    app.pause = 0.0
    page.get_by_role("button", name="Generate", exact=True).click()
    page.get_by_text("400 characters in").wait_for()


def test_a_closed_page_stops_the_computation(open_page, app):
    page = open_page()
    app.pause = SLOW
    page.get_by_role("button", name="Generate", exact=True).click()
    wait_until(lambda: len(output(page)) > 20)
    page.close()
    time.sleep(1.5)
    computed = dict(app.forwards)
    time.sleep(1)
    assert app.forwards == computed


def test_another_model_brings_its_own_examples(open_page):
    page = open_page()
    page.locator("#generate-model input").click()
    page.get_by_role("option", name="tang-poems").click()
    page.get_by_role("button", name="(empty prompt)", exact=True).click()
    wait_until(lambda: page.get_by_label("Prompt", exact=True).input_value() == "")
    page.get_by_role("button", name="Generate", exact=True).click()
    page.get_by_text("120 characters in").wait_for()
    assert re.search("[\u4e00-\u9fff]", output(page))


def test_a_person_reads_moods_as_they_type(open_page, tmp_path: Path):
    page = open_page()
    page.get_by_role("tab", name="Sentiment").click()
    text = page.get_by_placeholder("Type a sentence; the result updates as you type")
    text.press_sequentially("I really enjoyed that concert.", delay=10)
    page.get_by_text("by sentiment-en").wait_for()
    page.get_by_role("button", name="这家酒店的服务太差了", exact=True).click()
    page.get_by_text("by sentiment-zh").wait_for()
    assert text.input_value() == "这家酒店的服务太差了"
    for label in ("negative", "neutral", "positive"):
        assert page.locator(f"#verdict [data-label={label}]").count() == 1
    page.screenshot(path=tmp_path / "sentiment.png")
    text.fill("")
    page.locator("#verdict [data-label]").first.wait_for(state="detached")


def test_a_mistake_gets_a_sentence_on_the_page(open_page):
    page = open_page()
    page.get_by_label("Prompt", exact=True).fill("床前明月光")
    page.get_by_role("button", name="Generate", exact=True).click()
    page.get_by_text("knows none of these characters").wait_for()
    page.get_by_label("Prompt", exact=True).fill("")
    page.get_by_label("Prompt", exact=True).focus()
    page.keyboard.insert_text("to be " * 170_000)  # as pasting does; the page keeps the beginning
    page.get_by_role("button", name="Generate", exact=True).click()
    page.get_by_text("The text has 50,000 characters; at most 10,000 are allowed: shorten it.").wait_for()
    page.get_by_role("tab", name="Sentiment").click()
    page.get_by_role("button", name="Classify", exact=True).click()
    page.get_by_text("There is no text: enter a sentence first.").wait_for()


@pytest.mark.parametrize(
    "locale",
    ["zh-TW", "zh", *(pytest.param(other, marks=pytest.mark.slow) for other in ("zh-CN", "zh-HK", "zh-Hans-CN"))],
)
def test_a_chinese_browser_gets_a_chinese_page(open_page, locale):
    page = open_page(locale)
    page.get_by_text("每个词元 1.500 奈特").wait_for()
    page.get_by_role("button", name="开始生成", exact=True).click()
    page.get_by_text("个字符").wait_for()
    page.get_by_role("tab", name="情感").click()
    page.get_by_role("button", name="分析情感", exact=True).click()
    page.get_by_text("还没有文本：请先输入一句话。").wait_for()
    assert "rnn_" not in page.inner_text("body")


def test_other_languages_get_the_english_page(open_page):
    page = open_page("fr-FR")
    page.get_by_role("button", name="Generate", exact=True).wait_for()
    assert "rnn_" not in page.inner_text("body")


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_a_narrow_screen_shows_everything_without_scrolling_sideways(open_page, locale):
    page = open_page(locale, NARROW)
    tabs = page.get_by_role("tab").all()
    for tab in tabs:
        tab.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    # the app with all kinds of models has five; what does not fit, Gradio hides in a menu
    widths = [tab.bounding_box()["width"] for tab in tabs]
    assert sum(widths) / len(widths) * 5 < NARROW["width"] - 40
