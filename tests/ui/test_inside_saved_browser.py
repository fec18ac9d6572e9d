"""What a view of the tab Inside is saved as, its links and its code, in a real Chromium."""

from __future__ import annotations

import contextlib
import itertools
import re
import struct
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import urlencode

import pytest

from rnn_models import ui
from tests.ui.conftest import Visits, wait_until

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
TEXT = "To be, or not to be:\nthat is it"
TRIO = [f"shakespeare-{cell}" for cell in ("rnn", "gru", "lstm")]
numbers = itertools.count()


@pytest.fixture
def look(same_page):
    """Shows a view on a page that earlier tests may have used."""

    def look_(locale: str = "en-US", **chosen: object):
        page = same_page(locale)
        page.locator("button[role=tab][data-tab-id=inside]").click()
        # a number of its own, because a link that is followed twice tells the page nothing
        link = urlencode({"text": TEXT, **chosen, "visit": next(numbers)})
        page.evaluate(
            "link => new Promise(seen => { addEventListener('hashchange', seen); location.hash = link })",
            f"#inside?{link}",
        )
        page.locator(".view:not([aria-busy]) .tools").wait_for()
        return page

    return look_


def saved(page, kind: str) -> Path:
    with page.expect_download() as downloading:
        page.locator(".view").get_by_role("button", name=kind, exact=True).click()
    return Path(downloading.value.path())


def texts_of(svg: Path) -> list[str]:
    root = ElementTree.parse(svg).getroot()
    return [text.text for text in root.iter("{http://www.w3.org/2000/svg}text") if text.text]


PICTURES = [
    ("en-US", {"view": "step", "compare": "yes", "position": 3}, ["One step · shakespeare-rnn", *TRIO]),
    ("en-US", {"view": "heat_map"}, ["Gates and state over the text · shakespeare-rnn", "Unit", "state: hidden"]),
    ("en-US", {"view": "reach"}, ["Influence · shakespeare-rnn", "distance in tokens", "mean change of the loss, nats",
                                  *TRIO]),
    ("zh-CN", {"view": "reach"}, ["影响 · shakespeare-rnn", "距离（词元）", *TRIO]),
    ("en-US", {"view": "reach", "model": "sentiment-en"}, ["Influence · sentiment-en", "positive", "probability"]),
    ("en-US", {"view": "flow", "weights": "fresh"}, ["Vanishing and exploding gradients", "vanilla RNN: hidden",
                                                     "LSTM: cell", "steps before the loss"]),
    ("en-US", {"view": "flow", "weights": "trained"}, ["Vanishing and exploding gradients · shakespeare-rnn", *TRIO]),
    ("en-US", {"view": "portrait"}, ["A unit's dossier · shakespeare-rnn", "tokens; the highest bar", "Unit"]),
    ("en-US", {"view": "learning"}, ["How it learnt · shakespeare-rnn", "training loss", "validation loss",
                                     "nats per token", "step of the training", *TRIO]),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("locale", "chosen", "names"), PICTURES)
def test_a_saved_picture_names_what_is_in_it(look, locale, chosen, names):
    page = look(locale, **{"model": "shakespeare-rnn", **chosen})
    if chosen["view"] == "reach":
        page.locator(".view .names").wait_for()  # the curve comes after the strips
    texts = texts_of(saved(page, "SVG"))
    for name in names:
        assert any(name in text for text in texts), (name, texts)
    legend = page.locator(".view .names li").all_inner_texts()
    assert {name.strip() for name in legend} <= set(texts)


def test_a_picture_is_saved_whatever_the_text(look):
    page = look(view="reach", model="shakespeare-rnn", text="To be <b>\x01\ufffe & or ]]> not " + "be" * 60)
    page.locator(".view .names").wait_for()
    assert any("<" in text for text in texts_of(saved(page, "SVG")))
    signature, width, height = struct.unpack(">8s8xII", saved(page, "PNG").read_bytes()[:24])
    assert signature == b"\x89PNG\r\n\x1a\n" and width >= 300 and height >= 300


def test_without_a_space_the_code_stands_in_place_with_its_file_and_lines(look):
    page = look(view="heat_map", model="shakespeare-rnn")
    assert page.locator(".view a").count() == 0
    page.get_by_text("The code that computes this").click()
    page.get_by_text(re.compile(r"^rnn_models/interpret/gates\.py, lines \d+ to \d+$")).first.wait_for()
    page.locator(".code pre").filter(has_text="def saturation(").wait_for()


@pytest.mark.slow
def test_on_a_space_every_view_has_links_to_the_code_that_computes_it(chromium, served, monkeypatch):
    monkeypatch.setenv("SPACE_ID", "someone/a-space")
    app = ui.create_app(list(served.models.values()))
    _, url, _ = ui.launch(app, prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    visits = Visits(chromium, url)
    try:
        page = visits.open()
        page.locator("button[role=tab][data-tab-id=inside]").click()
        for view in page.locator("nav.views button").all_inner_texts():
            page.locator("nav.views").get_by_role("button", name=view).click()
            page.locator("#inside-title").filter(has_text=view.split(". ")[1]).wait_for()
            page.locator(".view:not([aria-busy]) .tools").wait_for()
            for link in page.locator(".sources a").all():
                address, _, lines = link.get_attribute("href").partition("#")
                file = address.removeprefix("https://huggingface.co/spaces/someone/a-space/blob/main/")
                first, last = (int(line[1:]) for line in lines.split("-"))
                code = (ROOT / file).read_text(encoding="utf-8").splitlines()[first - 1 : last]
                assert re.search(rf"(def|class) {link.inner_text()}\b", "\n".join(code)), (view, address, lines)
            assert page.locator(".sources a").count() >= 1, view
        visits.check()
    finally:
        visits.close()
        app.close()


def field(page, name: str):
    """What is chosen under a name in a view."""
    named = page.locator(".view .field").filter(has=page.locator("span", has_text=re.compile(f"^{name}")))
    return named.locator("select, input, textarea").first


def choose(page, **values: str) -> None:
    """Choose under each name, one after the other as a reader does, a token under `token`."""
    for name, value in values.items():
        if name == "token":
            page.locator(f'.view .token[data-index="{value}"]').first.click()
        elif (control := field(page, name.replace("_", " "))).evaluate("one => one.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)
            control.blur()
        page.locator(".view:not([aria-busy]) .tools").wait_for()


def seen(page) -> dict:
    """All that was chosen on a page, and what it says of it."""
    return page.evaluate("""() => {
        const all = (selector, read) => [...document.querySelectorAll(`#inside :is(${selector})`)].map(read);
        return {
            view: all('#inside-title', (one) => one.textContent),
            chosen: all('select, input, textarea', (one) => one.value),
            tokens: all('.token[aria-selected=true]', (one) => one.dataset.index),
            said: all('.said, .written p, h3', (one) => one.textContent.replace(/[-\\w]+ writes fastest.*/, '')),
        };
    }""")


CHOSEN = {
    "step": {"Unit": "5", "Cells_side_by_side": "yes", "token": "7"},
    "heat_map": {"Shows": "gate update", "Sorted_by": "number", "Unit": "3", "token": "4"},
    "reach": {"Method": "occlusion", "token": "9"},
    "flow": {"Length": "60", "Scale": "1.5", "Bias": "-2", "Nonlinearity": "relu", "Clipping": "0.5"},
    "portrait": {"Unit": "4", "Search_for": "capital", "Your_own": "To be\n\nNot to be\n\nOr\n\nnot"},
    "mood": {"Beginning": "Not to", "Unit": "3", "Held_at": "0"},
    "learning": {"Moment": "3", "Gradient_of": "layer 0"},
    "comparison": {},
}


@pytest.mark.slow
@pytest.mark.parametrize("view", CHOSEN)
def test_a_link_opens_a_view_again_as_it_was(look, view):
    page = look(view=view, model="shakespeare-gru", text="To be, or not to be", position=-1, unit=0)
    choose(page, **CHOSEN[view])
    if view == "mood":
        page.locator(".written p").nth(1).wait_for()
    page.get_by_role("button", name="Copy a link to this").click()
    assert seen(page)["chosen"][:2] == ["shakespeare-gru", "To be, or not to be"]
    for name, value in CHOSEN[view].items():
        shown = field(page, name.replace("_", " ")).input_value() if name != "token" else seen(page)["tokens"][0]
        assert shown == value, name
    again = page.context.new_page()
    again.goto(page.url)
    again.locator(".view:not([aria-busy]) .tools").wait_for()
    # a curve, or what is written, comes after the rest
    with contextlib.suppress(AssertionError):
        wait_until(lambda: seen(again) == seen(page), seconds=10)
    assert seen(again) == seen(page)
    again.close()
