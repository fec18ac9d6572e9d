"""The tab Inside in a real Chromium: the numbers on the page, its links, files, languages, sizes and colours."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import numpy as np
import pytest
import torch

from rnn_models import ui
from rnn_models.interpret import unrolling

from .conftest import rows_of_csv

pytestmark = pytest.mark.browser
TEXT = "To be, or not to be:\nthat is it"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture
def look(chromium, served):
    """Opens the page at a link into the tab; afterwards asserts that it met no error and asked no other host."""
    contexts, asked, problems = [], [], []

    def look_(locale: str = "en-US", viewport=WIDE, scheme: str = "light", **chosen: object):
        context = chromium.new_context(
            locale=locale,
            viewport=viewport,
            color_scheme=scheme,
            accept_downloads=True,
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(120_000)  # a machine that trains beside the tests is slow
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.goto(f"{served.url}#inside?{urlencode({'text': TEXT, **chosen})}")
        page.locator(".inside-root .tools").wait_for()
        return page

    yield look_
    for context in contexts:
        context.close()
    elsewhere = [url for url in asked if urlsplit(url).scheme in ("http", "https", "ws", "wss")]
    assert {urlsplit(url).hostname for url in elsewhere} == ({"127.0.0.1"} if contexts else set())
    assert problems == []


def states_slowly(model: ui.LoadedModel, text: str) -> np.ndarray:
    """(T, H), the hidden state after each token, by `cell.step`."""
    cell = next(unrolling.directions(model.model)).cell
    with torch.no_grad():
        vectors = model.model.base_model.embedding(torch.tensor(model.tokenizer(text)["input_ids"]))
        state, found = cell.initial_state(1, vectors), []
        for x in vectors:
            output, state = cell.step(x[None], state)
            found.append(output[0].numpy())
    return np.stack(found)


def test_the_numbers_in_the_formulas_are_those_of_cell_step_for_all_cells_side_by_side(look, models):
    page = look(model="shakespeare-lstm", position=6, unit=3, compare="yes")
    columns = page.locator(".one-cell")
    assert columns.count() == 3
    for column in columns.all():
        slow = states_slowly(models[column.get_attribute("aria-label")], TEXT)
        result = column.locator("""[data-result="h'"]""")
        assert float(result.get_attribute("data-value")) == pytest.approx(slow[6, 3], rel=1e-4)
        assert float(result.inner_text()) == pytest.approx(slow[6, 3], rel=6e-3)  # three digits
    page.get_by_role("button", name="Forward").click()
    page.locator('.token[data-index="7"][aria-selected="true"]').wait_for()
    result = page.locator(""".one-cell [data-result="h'"]""").first
    assert float(result.get_attribute("data-value")) == pytest.approx(
        states_slowly(models["shakespeare-lstm"], TEXT)[7, 3], rel=1e-4
    )


def test_a_cell_of_the_heat_map_opens_its_step_and_the_table_and_the_file_have_its_numbers(look, models):
    page = look(view="heat_map", model="shakespeare-gru", shows="state hidden", sort="number")
    slow = states_slowly(models["shakespeare-gru"], TEXT)
    rows = rows_of_csv(page)
    assert np.allclose(np.array([row[3:] for row in rows[1:]], dtype=float), slow.T, rtol=1e-4, atol=1e-6)
    page.get_by_text("The numbers as a table").click()
    assert float(page.locator("table tbody tr").nth(2).locator("td").nth(4).inner_text()) == pytest.approx(
        slow[2, 2], rel=1e-4
    )
    with page.expect_download() as downloading:
        page.get_by_role("button", name="SVG").click()
    drawn = ElementTree.parse(downloading.value.path()).getroot()
    assert drawn.tag.endswith("svg") and not [one for one in drawn.iter() if one.tag.endswith("script")]
    with page.expect_download() as downloading:
        page.get_by_role("button", name="PNG").click()
    signature, width, height = struct.unpack(">8s8xII", Path(downloading.value.path()).read_bytes()[:24])
    assert signature == b"\x89PNG\r\n\x1a\n" and width >= 300 and height >= 100
    image = page.locator("svg image").first.bounding_box()
    page.mouse.click(image["x"] + image["width"] * 5.5 / len(slow), image["y"] + image["height"] * 3.5 / 16)
    result = page.locator("""[data-result="h'"]""")
    result.wait_for()
    assert float(result.get_attribute("data-value")) == pytest.approx(slow[5, 3], rel=1e-4)


@pytest.mark.parametrize(("locale", "name"), [("en-US", "Your own texts"), ("zh-CN", "你自己的文本")])
def test_texts_that_cannot_be_read_stay_in_their_field_and_can_be_mended(look, locale, name):
    page = look(locale, view="portrait", model="shakespeare-rnn", texts="To be\n\nNot to be\n\nOr")
    box = page.get_by_label(name)
    box.fill("\u4e00\u4e8c")
    box.press("Tab")
    page.locator(".view .problem:not(:empty)").wait_for()
    assert box.input_value() == "\u4e00\u4e8c"
    box.fill("Not to be\n\nTo be\n\nAnd")
    box.press("Tab")
    page.locator(".view .tools").wait_for()
    assert not page.locator(".view .problem:not(:empty)").count()


def test_a_link_with_a_wrong_number_says_so_and_there_is_a_way_back(look):
    page = look(view="step", model="shakespeare-rnn")
    page.evaluate("location.hash = 'inside?view=step&model=shakespeare-rnn&position=999'")
    page.locator("section > .problem", has_text="Position must be a whole number").wait_for()
    page.get_by_role("button", name="Back to the first settings").click()
    page.locator(".view .tools").wait_for()
    assert page.locator("section > .problem").inner_text() == ""


def test_a_link_is_read_without_what_was_chosen_before_it(look):
    page = look(view="step", model="shakespeare-rnn", text="To be, or not to be, that is", position=25, unit=9)
    page.evaluate("location.hash = 'inside?view=reach&model=shakespeare-gru&text=To+be'")
    page.locator("#inside-title", has_text="Influence").wait_for()
    page.locator(".view:not([aria-busy]) .tools").wait_for()
    assert page.locator(".view .token[aria-selected=true]").first.get_attribute("data-index") == "5"


def test_a_choice_that_a_model_cannot_follow_can_be_taken_back(look):
    page = look(view="flow", model="sentiment-en")
    page.locator(".view select").first.select_option("trained")
    page.locator(".view .tools").wait_for()
    page.get_by_label("Text", exact=True).fill(" ")
    page.locator("section > .problem:not(:empty)").wait_for()
    page.locator(".view select").first.select_option("fresh")
    page.locator(".view .tools").wait_for()
    assert page.locator("section > .problem").inner_text() == ""


VIEWS = ["step", "heat_map", "reach", "flow", "portrait", "mood", "learning", "comparison"]


def open_views(page):
    """Each view in turn, when it is drawn."""
    buttons = page.locator("nav.views button")
    assert buttons.count() == len(VIEWS)
    for index in range(len(VIEWS)):
        buttons.nth(index).click()
        page.locator(f"nav.views button:nth-child({index + 1})[aria-current]").wait_for()
        page.locator(".view:not([aria-busy]) .tools").first.wait_for()
        yield VIEWS[index]


def test_no_view_renders_what_the_reader_typed_as_html(look):
    attack = "<img src=x onerror='window.hurt = 1'><b>To be</b>"
    page = look(text=attack, texts=f"{attack}\n\nTo be {attack}\n\nor {attack}\n\nnot", prompt=attack)
    for view in open_views(page):
        page.wait_for_timeout(300)
        assert page.evaluate("window.hurt") is None, view
        assert page.locator("#inside img, #inside b").count() == 0, view
    page.get_by_text("The numbers as a table").click()
    assert page.locator("#inside img, #inside b").count() == 0


@pytest.mark.parametrize(
    ("locale", "scheme"), [pytest.param("zh-CN", "dark", marks=pytest.mark.slow), ("en-US", "light")]
)
def test_every_view_fits_a_phone_in_both_languages_light_and_dark(look, locale, scheme):
    page = look(locale, NARROW, scheme)
    for view in open_views(page):
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], view
        text = page.locator("#inside").inner_text()
        assert "inside_" not in text and "undefined" not in text and "{" not in text, view
        chinese = any("\u4e00" <= character <= "\u9fff" for character in page.locator(".idea").inner_text())
        assert chinese == (locale == "zh-CN"), view


def test_a_link_opens_the_same_model_text_and_position_again(look):
    page = look(view="heat_map", model="shakespeare-gru", shows="gate update", position=4)
    page.get_by_role("button", name="Copy a link to this").click()
    page.get_by_text("Copied.").wait_for()
    again = page.context.new_page()
    again.goto(page.evaluate("navigator.clipboard.readText()"))
    again.locator(".inside-root .tools").wait_for()
    assert again.locator("#inside select").first.input_value() == "shakespeare-gru"
    assert again.locator("#inside textarea").first.input_value() == TEXT
    assert again.locator("#inside").get_by_label("Shows").input_value() == "gate update"
    again.locator('.token[data-index="4"][aria-selected="true"]').wait_for()
    page.evaluate("location.hash = '#inside?view=nothing&model=gpt-9&position=x&unit=-7&text=To%20be'")
    page.locator(".inside-root .tools").wait_for()


def test_the_tour_leads_through_seven_steps_each_with_something_to_see(look):
    page = look()
    page.get_by_role("button", name="Guided tour in seven steps").click()
    for step in range(1, 8):
        page.get_by_text(f"Step {step} of 7.").wait_for()
        page.locator(".view:not([aria-busy]) .tools").first.wait_for()
        assert page.locator("section > .problem").inner_text() == ""
        if step < 7:
            page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="End the tour").click()
    page.get_by_role("button", name="Guided tour in seven steps").wait_for()


def test_the_keyboard_reaches_every_token(look):
    page = look(position=5)
    strip = page.get_by_role("listbox").first
    strip.focus()
    page.keyboard.press("ArrowRight")
    page.locator('.token[data-index="6"][aria-selected="true"]').wait_for()
    page.keyboard.press("Home")
    page.locator('.token[data-index="0"][aria-selected="true"]').wait_for()


def test_a_mouse_that_rests_on_a_character_shows_its_influence_and_one_that_crosses_the_text_asks_nothing(look):
    page = look(view="reach", model="shakespeare-lstm")
    for index in range(2, 12):
        page.locator(f'.token[data-index="{index}"]').first.hover()
    page.locator('.token[data-index="11"][aria-selected="true"]').first.wait_for()
    asked = page.evaluate("location.hash")
    page.locator("#inside-title").hover()
    page.wait_for_timeout(500)
    assert page.locator('.token[data-index="11"][aria-selected="true"]').count() == 3
    assert page.evaluate("location.hash") == asked


def test_cells_learn_while_one_watches_and_stop_when_told(look):
    page = look(view="flow")
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_text("Share told right after 80 other symbols").wait_for()
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Train", exact=True).wait_for()


@pytest.mark.parametrize(("locale", "scheme"), [("en-US", "dark"), ("zh-CN", "light")])
def test_one_slider_moves_all_that_is_shown_of_the_training(look, locale, scheme):
    page = look(locale, scheme=scheme, view="learning", model="shakespeare-gru", moment=4)
    columns = page.locator(".one-cell")
    assert [column.get_attribute("aria-label") for column in columns.all()] == [
        f"shakespeare-{cell}" for cell in ("lstm", "gru", "rnn")
    ]
    assert columns.nth(1).locator(".passage").inner_text() == "<b>To be</b> at 4"
    assert columns.nth(1).locator(".hint").inner_text().split()[-1] == "4.5"  # 5 - 4 / (4 * 2)
    slider = page.locator(".view input[type=range]")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.get_by_text("<b>To be</b> at 6").first.wait_for()
    assert slider.get_attribute("aria-valuetext").endswith("6")
    page.keyboard.press("Home")
    page.get_by_text("<b>To be</b> at 0").first.wait_for()
    page.locator(".view button").nth(1).click()  # plays to the end
    page.get_by_text("<b>To be</b> at 8").first.wait_for()
    rows = rows_of_csv(page)
    losses = [
        float(row[3]) for row in rows if row[0] == "shakespeare-lstm" and row[2] in ("training loss", "训练损失")
    ]
    assert losses == [4 - step / 4 for step in (1, 2, 3, 4, 6, 8)]
    assert page.locator(".view svg[role=img]").count() == 4
    # a loss that explodes for a moment does not flatten the other lines
    page.locator(".view .hint", has_text="55500").wait_for()
    lines = page.locator(".view svg[role=img]").nth(1).locator("polyline").all()
    heights = [[float(point.split(",")[1]) for point in line.get_attribute("points").split()] for line in lines]
    assert all(max(ys) - min(ys) > 5 for ys in heights) and min(map(min, heights)) >= 24


def test_a_model_without_a_log_of_its_training_gets_a_sentence(look):
    page = look(view="learning", model="shakespeare-lstm")
    page.locator("#inside select").first.select_option("tang-poems")
    page.get_by_text("tang-poems has no training_log.jsonl").wait_for()


def test_a_mistake_gets_a_sentence_in_the_language_of_the_page(look):
    page = look("zh-CN")
    page.locator("#inside textarea").first.fill("")
    page.get_by_text("还没有文本：请先输入一句话。").wait_for()
    page.locator("#inside textarea").first.fill("To be")
    page.locator(".inside-root .tools").wait_for()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_any_view(look, scheme):
    axe = pytest.importorskip("axe_playwright_python", reason="axe is missing: pip install axe-playwright-python")
    script = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    page = look(scheme=scheme, compare="yes")
    page.evaluate(script)
    for view in open_views(page):
        page.wait_for_timeout(300)
        page.get_by_text("The numbers as a table").click()
        found = page.evaluate("axe.run('#inside')")["violations"]
        serious = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
        assert serious == [], view
