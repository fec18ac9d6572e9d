"""The tab *Generate* in a real Chromium: what one does with a text once it is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rnn_models.checkpoint import TrainingSpans
from rnn_models.inference.verse import even_lines, poem_lines, poem_rhymes
from tests.ui.conftest import NARROW, WIDE, output, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]  # minutes in Chromium

SECONDS = 120  # a machine that also trains is slow
GENERATE = {"en-US": "Generate", "zh-CN": "开始生成"}


def opened(open_page, app, link: str = "", **options):
    """The page with the settings of a link, alive."""
    page = open_page(**options)
    if link:
        page.goto("about:blank")
        page.goto(f"{app.url}#generate?{link}")
    page.locator(".details strong").first.wait_for()
    return page


def write(page, length: int, locale: str = "en-US") -> str:
    """Press *Generate*, wait for a complete text of `length` characters, and return it."""
    page.get_by_role("button", name=GENERATE[locale], exact=True).click()
    return complete(page, length)


def complete(page, length: int) -> str:
    page.locator("#output .line", has_text=re.compile(rf"^({length:,} characters|{length} 个字符)")).wait_for()
    return page.locator("#output .continuation").text_content()


def visible_token(text: str) -> int:
    """A character in the middle of a text that can be clicked: a line break has no width."""
    return next(at for at in range(20, len(text)) if not text[at].isspace())


def texts_of_this_visit(page, count: int) -> None:
    page.locator("#output summary", has_text=re.compile(rf"[(（]{count}[)）]")).wait_for()


def open_states(page) -> None:
    page.locator("#output .states summary").click()


SHORT = "model=shakespeare-gru&prompt=To+be&max_new_tokens=60&temperature=0.8"


@pytest.mark.parametrize(
    ("locale", "viewport", "told"),
    [
        ("en-US", WIDE, "100 % of its stretches of 20 characters stand in the training text."),
        ("zh-CN", NARROW, "其中连续 20 个字符的片段，有 100 % 出现在训练文本中。"),
    ],
)
def test_a_text_says_how_much_of_it_stands_in_the_training_text(open_page, app, locale, viewport, told):
    model, link = app.models["shakespeare-gru"], f"{SHORT}&seed=3"
    page = opened(open_page, app, link, locale=locale, viewport=viewport)
    text = write(page, 60, locale)
    assert page.get_by_text(told[-8:]).count() == 0, "nobody wrote down what this model has read"
    object.__setattr__(model, "training_spans", TrainingSpans.of(["To be" + text], 20))  # frozen
    try:
        assert write(page, 60, locale) == text
        page.get_by_text(told).wait_for()
    finally:
        object.__setattr__(model, "training_spans", None)


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "phone"])
def test_a_click_on_a_token_shows_its_alternatives_and_one_of_them_goes_on(open_page, app, viewport):
    page = opened(open_page, app, SHORT, viewport=viewport)
    page.get_by_label("Colour by how sure the model was").check()
    text = write(page, 60)
    at = visible_token(text)
    page.locator(f"#output [data-index='{at}']").click()
    rows = page.locator("#output .choices tbody tr")
    wait_until(lambda: rows.count() == 10, SECONDS)
    assert rows.filter(has_text="written").count() <= 1
    shares = [row.locator("td").all_text_contents()[1:] for row in rows.all()]
    assert all(re.fullmatch(r"[\d.]+ %", share) for both in shares for share in both)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    piece = rows.nth(1).locator("button").text_content()
    rows.nth(1).locator("button").click()
    other = complete(page, at + 61)
    assert other.startswith(text[:at]) and other[at] == piece.replace("␣", " ").replace("↵", "\n")
    texts_of_this_visit(page, 2)


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_the_keyboard_reaches_the_alternatives(open_page, app, locale):
    page = opened(open_page, app, SHORT, locale=locale)
    page.locator("#output input[type=checkbox]").check()
    text = write(page, 60, locale)
    box = page.get_by_role("region", name="Generated text" if locale == "en-US" else "生成结果")
    box.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.locator("#output [data-index='3'].told").wait_for(state="attached")  # a line break has no width
    page.keyboard.press("Enter")
    choices = page.get_by_role("region", name="Token" if locale == "en-US" else "词元")
    choices.wait_for()
    inside = "document.activeElement.closest('.choices') !== null"
    wait_until(lambda: page.evaluate(inside), SECONDS)
    page.keyboard.press("Escape")
    wait_until(lambda: box.evaluate("node => node === document.activeElement"), SECONDS)
    assert choices.count() == 0
    page.keyboard.press("Enter")
    wait_until(lambda: page.evaluate(inside), SECONDS)
    page.keyboard.press("Tab")  # to the second
    page.keyboard.press("Enter")
    assert complete(page, 64).startswith(text[:3])


def test_another_seed_goes_on_and_the_texts_of_this_visit(open_page, app):
    page = opened(open_page, app, f"{SHORT}&seed=7")
    first = write(page, 60)
    page.get_by_role("button", name="Another seed", exact=True).click()
    texts_of_this_visit(page, 2)
    second = complete(page, 60)
    assert second != first
    page.get_by_role("button", name="Go on", exact=True).click()
    assert complete(page, 120).startswith(second)
    texts_of_this_visit(page, 3)
    page.locator("#output summary").first.click()
    entries = page.locator("#output .history button")
    assert entries.count() == 3 and "seed 7" in entries.nth(2).text_content()
    entries.nth(2).click()
    assert complete(page, 60) == first
    page.get_by_role("button", name="Go on", exact=True).click()  # with the text that is shown
    assert complete(page, 120).startswith(first)
    other = page.context.new_page()
    other.goto(app.url)
    other.locator("#output summary", has_text="(0)").wait_for()


def test_a_stopped_text_goes_on(open_page, app):
    page = opened(open_page, app, f"{SHORT}&max_new_tokens=2000")
    app.pause = 0.05
    page.get_by_role("button", name="Generate", exact=True).click()
    wait_until(lambda: len(output(page)) > 20, SECONDS)
    page.get_by_role("button", name="Stop", exact=True).click()
    page.locator("#output .line", has_text="characters in").wait_for()
    app.pause = 0.0
    text = page.locator("#output .continuation").text_content()
    page.get_by_role("button", name="Go on", exact=True).click()
    assert complete(page, len(text) + 2000).startswith(text)


@pytest.mark.parametrize(("locale", "viewport"), [("en-US", WIDE), ("zh-CN", NARROW)])
def test_the_networks_write_side_by_side(open_page, app, locale, viewport):
    page = opened(open_page, app, f"{SHORT}&seed=7", locale=locale, viewport=viewport)
    english = locale == "en-US"
    page.get_by_role("button", name="Networks side by side" if english else "网络对比").click()
    page.get_by_role("button", name="Write with each" if english else "同时生成").click()
    unit = "bits a character" if english else "比特"
    networks = page.locator("#compared section")
    wait_until(lambda: page.locator("#compared [role=status]").text_content().count(unit) == 3, SECONDS)
    assert [text.get_attribute("aria-label") for text in networks.locator(".text").all()] == [
        "shakespeare-lstm",
        "shakespeare-gru",
        "shakespeare-rnn",
    ]
    assert all(len(text) == 65 for text in networks.locator(".text").all_text_contents())
    assert len(set(networks.locator(".text").all_text_contents())) == 3
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    tops = [network.bounding_box()["y"] for network in networks.all()]
    assert len(set(tops)) == (1 if viewport == WIDE else 3)


def test_a_state_is_kept_blended_downloaded_and_uploaded(open_page, app, tmp_path: Path):
    page = opened(open_page, app, f"{SHORT}&temperature=0")
    whole = write(page, 60)
    open_states(page)
    page.get_by_label("Name").fill("calm")
    page.get_by_role("button", name="Keep the state after this text").click()
    page.get_by_text("Kept as “calm”.").wait_for()
    page.get_by_role("button", name="Go on", exact=True).click()
    whole = complete(page, 120)
    page.locator("#generate-prompt textarea").fill("")
    page.get_by_role("button", name="Start from this state").click()
    assert complete(page, 60) == whole[60:]
    page.get_by_label("Name").fill("calm")  # of the text that started from the first
    page.get_by_role("button", name="Keep the state after this text").click()
    page.get_by_text("Kept as “calm 2”.").wait_for()
    page.get_by_label("Blend with").select_option("calm")
    page.locator("#output .states input[type=range]").fill("100")
    page.get_by_text("100 % of “calm”").wait_for()
    page.get_by_role("button", name="Start from this state").click()
    assert complete(page, 60) == whole[60:]
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download the state").click()
    assert downloading.value.suggested_filename == "calm 2.safetensors"
    kept = tmp_path / "uploaded.safetensors"
    downloading.value.save_as(kept)
    page.get_by_role("button", name="Remove").click()
    page.locator("#output summary", has_text="(1 kept)").wait_for()
    page.get_by_label("Upload a state").set_input_files(kept)
    page.get_by_text("Kept as “uploaded”.").wait_for()
    page.get_by_role("button", name="Start from this state").click()
    page.get_by_text("From the state “uploaded”.").wait_for()
    page.locator("#generate-model input").click()
    page.get_by_role("option", name="shakespeare-lstm").click()
    page.locator(".details strong", has_text="shakespeare-lstm").wait_for()
    page.get_by_label("Upload a state").set_input_files(kept)
    said = page.locator("#output .states [role=status]")
    sentence = "This is a state of shakespeare-gru, not of shakespeare-lstm"
    wait_until(lambda: sentence in said.text_content(), SECONDS)
    pickle = tmp_path / "model.safetensors"
    pickle.write_bytes(b"\x80\x04K\x01.")
    page.get_by_label("Upload a state").set_input_files(pickle)
    wait_until(lambda: "This is not a state of a network" in said.text_content(), SECONDS)


def test_a_poem_in_a_form_with_an_acrostic(open_page, app):
    page = opened(open_page, app, locale="zh-CN")  # a Chinese visitor is met by the poems' model
    page.get_by_role("button", name="诗体").click()
    page.get_by_label("体裁").click()
    page.get_by_role("option", name="五绝").click()
    page.get_by_label("藏头").fill("床疑举低")
    page.get_by_role("button", name="开始生成", exact=True).click()
    page.get_by_text("合乎格律：体裁 五绝 (4 × 5)").wait_for()
    poem = page.locator("#output .continuation").text_content()
    lines = poem_lines(poem)
    assert "".join(line[0] for line in lines) == "床疑举低" and poem_rhymes(even_lines([lines])[0])
    page.get_by_role("button", name="换个种子", exact=True).click()
    texts_of_this_visit(page, 2)
    wait_until(lambda: poem_lines(page.locator("#output .continuation").text_content()) is not None, SECONDS)
    page.get_by_label("藏头").fill("床疑举")
    page.get_by_role("button", name="开始生成", exact=True).click()
    page.get_by_text("五绝的藏头应有 4 个字").wait_for()


def test_poems_are_offered_only_where_the_model_can_write_them(open_page, app):
    page = opened(open_page, app)
    assert page.get_by_role("button", name="Poem").count() == 0
    page.locator("#generate-model input").click()
    page.get_by_role("option", name="tang-poems").click()
    page.get_by_role("button", name="Poem").wait_for()


def test_a_text_can_be_written_slowly_and_then_shown_at_once(open_page, app):
    page = opened(open_page, app, f"{SHORT}&max_new_tokens=2000")
    pace = page.get_by_label("Speed of writing")
    pace.fill("0")
    page.get_by_text("5 characters a second").first.wait_for()
    page.get_by_role("button", name="Generate", exact=True).click()
    text = page.locator("#output .continuation")
    wait_until(lambda: text.count() and 3 < len(text.text_content()) < 1500, SECONDS)
    assert page.locator("#output .line").first.text_content() == "Writing …"
    pace.fill("5")
    page.get_by_text("as fast as it goes").wait_for()
    complete(page, 2000)
    assert len(text.text_content()) == 2000


def test_a_text_that_repeats_itself_is_told_with_its_speed(open_page, app):
    page = opened(open_page, app, "model=shakespeare-gru&prompt=To+be&max_new_tokens=100&temperature=0")
    write(page, 100)
    page.get_by_text("The text repeats itself, as it often does at temperature 0: raise the temperature.").wait_for()
    page.locator("#output .line", has_text="characters a second").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_axe_finds_nothing_in_what_belongs_to_a_text(open_page, app, scheme, locale):
    axe = pytest.importorskip("axe_playwright_python", reason="axe is missing: pip install axe-playwright-python")
    page = opened(open_page, app, SHORT, locale=locale, color_scheme=scheme)
    page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    page.locator("#output input[type=checkbox]").check()
    at = visible_token(write(page, 60, locale))
    page.locator(f"#output [data-index='{at}']").click()
    page.locator("#output .choices tbody tr").first.wait_for()
    for summary in page.locator("#output summary").all():
        summary.click()
    page.locator("#compare button").first.click()
    page.locator("#compare button.secondary").click()
    wait_until(lambda: page.locator("#compared [role=status]").text_content() != "", SECONDS)
    found = page.evaluate("axe.run()")["violations"]
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == []
