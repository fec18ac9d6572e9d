"""What a view of the tab Inside is saved as, its links and its code, in a real Chromium."""

from __future__ import annotations

import itertools
import re
import struct
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import urlencode

import pytest

from rnn_models import ui
from tests.ui.conftest import Visits

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
