"""The tabs *Generate* and *Sentiment* in a real Chromium: settings, language, width, keyboard, what is said when."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.conftest import NARROW, SLOW, WIDE, axe_violations, output, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]  # minutes in Chromium


def prompt_of(page):
    return page.locator("#generate-prompt textarea")


def choose(page, model: str) -> None:
    page.locator("#generate-model input").click()
    page.get_by_role("option", name=model).click()
    page.locator(".details strong", has_text=model).wait_for()


def number(page, name: str):
    return page.get_by_label(f"number input for {name}")


def write(page) -> None:
    page.get_by_role("button", name="Generate", exact=True).click()


def is_complete(page, characters: int = 400) -> None:
    page.locator("#output .line", has_text=f"{characters} characters in").wait_for()
    wait_until(page.locator("#stop").is_disabled)


def write_complete(page, prompt: str) -> None:
    """A text from a prompt that the one before did not have, which tells them apart."""
    prompt_of(page).fill(prompt)
    write(page)
    wait_until(lambda: output(page).startswith(prompt))
    is_complete(page)


def judge(page, text: str) -> None:
    page.get_by_role("tab", name="Sentiment").click()
    page.get_by_placeholder("Type a sentence").fill(text)
    page.locator("#verdict .best").wait_for()


def open_settings(page) -> None:
    page.get_by_role("button", name="Settings").first.click()
    page.get_by_label("Seed").wait_for()


def test_the_seed_stays_empty_and_a_new_one_is_drawn_each_time(open_page):
    page = open_page()
    open_settings(page)
    assert page.get_by_label("Seed").input_value() == ""
    seeds = set()
    for prompt in ("To be", "The slings"):
        write_complete(page, prompt)
        seeds.add(page.locator("#output .line").first.inner_text().partition("seed ")[2])
    assert len(seeds) == 2
    page.get_by_label("Seed").fill("7")
    write(page)
    page.locator("#output .line", has_text="seed 7").wait_for()
    page.get_by_label("Seed").fill("seven")
    write(page)
    page.get_by_text("Seed must be a whole number from 0 to 2147483647").wait_for()


def test_another_model_brings_its_example_only_where_nothing_was_chosen(open_page):
    page = open_page()
    open_settings(page)
    assert number(page, "Length").input_value() == "400"
    choose(page, "tang-poems")
    wait_until(lambda: prompt_of(page).input_value() == "" and number(page, "Length").input_value() == "120")
    for name, value in (
        ("Length", "77"),
        ("Temperature", "0.35"),
        ("Top-k", "9"),
        ("Top-p", "0.5"),
        ("Repetition", "2"),
    ):
        number(page, name).fill(value)
    prompt_of(page).fill("To be")
    choose(page, "shakespeare-gru")
    choose(page, "shakespeare-rnn")
    assert prompt_of(page).input_value() == "To be"
    found = [number(page, name).input_value() for name in ("Length", "Temperature", "Top-k", "Top-p", "Repetition")]
    assert found == ["77", "0.35", "9", "0.5", "2"]
    page.get_by_role("button", name="First Citizen:", exact=True).click()  # an example is a choice of its prompt
    wait_until(lambda: prompt_of(page).input_value() == "First Citizen:\n")
    assert number(page, "Length").input_value() == "77"


def test_a_number_that_was_deleted_is_no_zero(open_page):
    page = open_page()
    open_settings(page)
    for name, before in (("Temperature", "0.8"), ("Length", "400"), ("Top-p", "1")):
        number(page, name).fill("")
        page.keyboard.press("Tab")
        assert number(page, name).input_value() == before
    write(page)
    is_complete(page)


def test_a_greedy_text_that_loops_is_told_to_the_reader(same_page):
    page = same_page()
    open_settings(page)
    number(page, "Temperature").fill("0")
    write_complete(page, "To suffer")
    page.locator("#output .remarks", has_text="repeats itself, as it often does at temperature 0").wait_for()
    number(page, "Temperature").fill("1.5")
    write_complete(page, "To be, or")
    assert page.locator("#output .remarks").inner_text() == ""
    page.get_by_role("button", name="Settings").first.click()


def test_stop_is_live_only_while_something_is_written(same_page, app):
    page = same_page()
    stop = page.get_by_role("button", name="Stop", exact=True)
    assert stop.is_disabled()
    app.pause = SLOW
    prompt_of(page).fill("To the")
    write(page)
    wait_until(lambda: output(page).startswith("To the") and len(output(page)) > len("To the") + 2)
    assert stop.is_enabled()
    stop.click()
    wait_until(stop.is_disabled)
    page.locator("#output .line", has_text="characters in").wait_for()
    app.pause = 0.0
    write(page)
    is_complete(page)
    prompt_of(page).fill("床前明月光")  # refused
    write(page)
    page.get_by_text("knows none of these characters").wait_for()
    wait_until(stop.is_disabled)


def test_prompt_and_continuation_are_told_apart_and_neither_becomes_html(same_page):
    page = same_page()
    attack = "<img src=x onerror='window.hurt = 1'>To be"
    write_complete(page, attack)
    assert page.locator("#output .prompt").text_content() == attack
    assert len(page.locator("#output .continuation").text_content()) == 400
    assert page.locator("#output img").count() == 0 and page.evaluate("window.hurt") is None
    page.get_by_text("The model does not know").wait_for()
    judge(page, attack)
    assert page.evaluate("window.hurt") is None


@pytest.mark.parametrize(("locale", "said"), [("en-US", "Too many people are here"), ("zh-CN", "现在使用的人太多")])
def test_who_comes_when_the_queue_is_full_reads_a_sentence(same_page, app, monkeypatch, locale, said):
    page = same_page(locale)
    monkeypatch.setattr(app.page._queue, "max_size", 0)
    page.locator("button.primary:visible").first.click()
    page.get_by_text(said).first.wait_for()
    wait_until(page.locator("#stop").is_disabled)


def test_what_the_model_cannot_read_as_it_stands_is_said(same_page):
    page = same_page()
    choose(page, "tang-poems")
    prompt_of(page).fill("舉頭望明月,")
    write(page)
    page.get_by_text("the traditional ones were read as these").wait_for()
    page.get_by_text("Punctuation and blanks were read in the form that the model knows.").wait_for()
    assert page.locator("#output .prompt").text_content() == "举头望明月，"
    choose(page, "shakespeare-lstm")


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_the_page_keeps_its_width_while_a_text_arrives(same_page, app, locale):
    widths = """() => [document.documentElement.scrollWidth, document.querySelector("main").clientWidth,
        document.querySelector("#output .text").clientHeight]"""
    for viewport in (WIDE, NARROW):
        page = same_page(locale, viewport)
        before = page.evaluate(widths)
        assert before[0] <= viewport["width"] and before[1] >= min(1000, viewport["width"] - 64)
        app.pause = SLOW
        prompt = ["床前", "The "][locale == "en-US"] * (1 if viewport == WIDE else 2)
        prompt_of(page).fill(prompt)
        page.locator("button.primary:visible").first.click()
        wait_until(lambda page=page, prompt=prompt: output(page).startswith(prompt))
        found = []
        for length in range(len(prompt), len(prompt) + 6):
            wait_until(lambda page=page, length=length: len(output(page)) > length)
            found.append(page.evaluate(widths))
        assert {tuple(one[:2]) for one in found} == {tuple(before[:2])}
        assert {one[2] for one in found} == {before[2]}
        app.pause = 0.0
        wait_until(page.locator("#stop").is_disabled)


def test_on_a_phone_the_output_and_the_verdict_come_into_view(same_page):
    page = same_page(viewport=NARROW)

    def in_view(selector: str) -> bool:
        box = page.locator(selector).bounding_box()
        return box["y"] >= 0 and box["y"] + 100 <= NARROW["height"]

    assert not in_view("#output .text")
    write(page)
    wait_until(lambda: in_view("#output .text"))
    is_complete(page)
    page.evaluate("scrollTo(0, 0)")
    judge(page, "I like it")
    page.get_by_role("button", name="Classify", exact=True).click()
    wait_until(lambda: in_view("#verdict .bars"))


@pytest.mark.parametrize(("locale", "other", "tab"), [("en-US", "中文", "生成"), ("zh-HK", "English", "Generate")])
def test_the_switch_changes_every_text_of_ours_and_is_remembered(open_page, app, locale, other, tab):
    page = open_page(locale)
    page.get_by_role("button", name=other, exact=True).click()
    page.get_by_role("tab", name=tab, exact=True).wait_for()
    page.close()
    again = page.context.new_page()
    again.goto(app.url)
    again.get_by_role("tab", name=tab, exact=True).wait_for()
    chinese = other == "中文"
    assert again.evaluate("document.documentElement.lang") == ("zh-CN" if chinese else "en")
    details = again.locator(".details").first
    details.locator("strong").wait_for()
    assert ("参数量" in details.inner_text()) == chinese
    assert details.locator("strong").inner_text() == ("tang-poems" if chinese else "shakespeare-lstm")
    again.get_by_role("tab", name="情感" if chinese else "Sentiment").click()
    again.get_by_role("button", name="分析情感" if chinese else "Classify", exact=True).click()
    again.get_by_text(
        "还没有文本：请先输入一句话。" if chinese else "There is no text: enter a sentence first."
    ).wait_for()


def test_a_chinese_visitor_is_met_by_a_chinese_model(open_page):
    page = open_page("zh-HK")
    page.locator(".details strong", has_text="tang-poems").wait_for()
    assert page.locator("#generate-model input").input_value() == "tang-poems"
    page.get_by_role("button", name="床前明月光，", exact=True).wait_for()
    page.get_by_role("button", name="开始生成", exact=True).click()
    page.get_by_text("120 个字符").wait_for()


def test_nothing_is_judged_while_a_character_is_composed(open_page, app):
    page = open_page("zh-CN")
    page.get_by_role("tab", name="情感").click()
    box = page.get_by_placeholder("输入一句话，结果随输入实时更新")
    box.focus()
    asked, judged = [], dict(app.forwards)
    page.on("request", lambda request: asked.append(request.url) if "queue/join" in request.url else None)
    keyboard = page.context.new_cdp_session(page)
    for letters in ("f", "fu", "fuwu"):
        length = len(letters)
        keyboard.send("Input.imeSetComposition", {"text": letters, "selectionStart": length, "selectionEnd": length})
    assert box.input_value() == "fuwu"
    # what is asked without a delay would be asked before this is answered
    page.evaluate("fetch('config').then((answer) => answer.text())")
    assert asked == [] and app.forwards == judged
    keyboard.send("Input.insertText", {"text": "服务太差了"})
    page.locator("#verdict .best").wait_for()
    assert len(asked) == 1 and box.input_value() == "服务太差了"


def test_a_refused_text_takes_the_old_verdict_away(same_page):
    page = same_page()
    judge(page, "I like it")
    page.get_by_placeholder("Type a sentence").fill("a" * 20_001)
    page.locator("#verdict [role=alert]", has_text="at most 20,000 are allowed").wait_for()
    assert page.locator("#verdict .best").count() == 0


def test_the_output_is_reached_by_keyboard_has_a_name_and_says_when_it_is_complete(same_page):
    page = same_page()
    box = page.get_by_role("region", name="Generated text")
    box.focus()
    assert box.evaluate("node => node === document.activeElement")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert box.evaluate("node => node === document.activeElement")
    assert box.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    prompt_of(page).focus()
    page.keyboard.press("End")
    assert prompt_of(page).evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    write(page)
    is_complete(page)
    judge(page, "I like it")
    page.locator("#verdict [role=status]", has_text="Verdict: ").wait_for()


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_axe_finds_nothing_on_either_tab(open_page, app, locale):
    page = open_page(locale)
    page.get_by_role("button", name="Settings" if locale == "en-US" else "设置").first.click()
    app.pause = SLOW
    page.locator("button.primary:visible").click()
    wait_until(page.locator("#stop").is_enabled)
    page.locator("#output .continuation").wait_for()
    assert axe_violations(page) == []
    app.pause = 0.0
    wait_until(page.locator("#stop").is_disabled)
    page.get_by_role("tab").nth(1).click()
    page.locator("textarea:visible").first.fill("I like it")
    page.locator("#verdict .best").wait_for()
    assert axe_violations(page) == []


def test_the_colours_say_how_sure_the_model_was(same_page):
    page = same_page()
    page.get_by_label("Colour by how sure the model was").check()
    write_complete(page, "A colour")
    tokens = page.locator("#output [data-index]")
    wait_until(lambda: tokens.count() == 400)
    assert page.locator("#output .continuation").text_content() == output(page).removeprefix(
        prompt_of(page).input_value()
    )
    page.get_by_text("bits a character").last.wait_for()
    page.get_by_role("region", name="Generated text").focus()
    page.keyboard.press("ArrowRight")
    page.locator("#output [data-index='0'].told").wait_for()
    page.get_by_text(" bits").last.wait_for()
    page.get_by_label("Colour by how sure the model was").uncheck()
    wait_until(lambda: tokens.count() == 0 and len(page.locator("#output .continuation").text_content()) == 400)


def test_the_api_page_names_and_describes_each_parameter(open_page):
    page = open_page()
    page.get_by_role("button", name="Use via API").click()
    page.get_by_text("1 to 2000; the text may end earlier.").first.wait_for()
    assert (
        page.get_by_text('"max_new_tokens" Api').count() >= 1
        and page.get_by_text('provided in the "1st"').count() == 0
    )


def test_the_text_can_be_downloaded(same_page):
    page = same_page()
    write_complete(page, "The slings")
    with page.expect_download() as downloading:
        page.locator("#output").get_by_role("button", name="Download").click()
    assert Path(downloading.value.path()).read_text(encoding="utf-8") == output(page)
    assert downloading.value.suggested_filename.startswith("shakespeare-lstm-")


def test_the_card_of_a_model_is_one_click_away(same_page, app):
    page = same_page()
    judge(page, "I like it")
    link = page.locator(".details a:visible", has_text="card")
    link.wait_for()
    answer = page.request.get(f"{app.url}{link.get_attribute('href')}")
    assert answer.status == 200 and "A test's model." in answer.text()
    assert answer.headers["content-type"].startswith("text/plain")
    assert page.request.get(f"{app.url}cards/..%2Fapp.py").status == 404


def test_a_link_and_a_reload_keep_what_was_chosen(open_page, app):
    asked = "model=shakespeare-gru&prompt=To+be%3Cb%3E&max_new_tokens=77&temperature=0.35&seed=5"
    page = open_page()
    page.goto("about:blank")
    page.goto(f"{app.url}#generate?{asked}")

    def is_kept() -> None:
        page.locator(".details strong", has_text="shakespeare-gru").wait_for()
        wait_until(lambda: prompt_of(page).input_value() == "To be<b>")
        if page.get_by_label("Seed").count() == 0:
            open_settings(page)
        assert page.get_by_label("Seed").input_value() == "5"
        assert [number(page, name).input_value() for name in ("Length", "Temperature")] == ["77", "0.35"]

    is_kept()
    judge(page, "I like it")
    page.reload()
    page.locator("#verdict .best").wait_for()
    assert page.get_by_placeholder("Type a sentence").input_value() == "I like it"
    page.get_by_role("tab", name="Generate").click()
    is_kept()
    page.goto("about:blank")
    page.goto(f"{app.url}#generate?model=gpt-9&temperature=nan&top_p=9&max_new_tokens=1e999&seed=x")
    page.locator(".details strong", has_text="shakespeare-lstm").wait_for()
