"""The README's pictures: the app with the bundled models, used in Chromium. Only `make pictures` runs this."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from PIL import Image

from rnn_models.modeling.heads import CLASSIFICATION, GENERATION, TAGGING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "images"
pytestmark = [pytest.mark.pictures, pytest.mark.browser]


# each view as a link opens it, and what is there when it is complete
INSIDE = {
    "step": ({"position": 20, "unit": 7, "compare": "yes"}, ".formulas"),
    "heat_map": ({"shows": "gate forget", "position": 20}, ".view .tools"),
    "reach": ({"position": 60}, ".view svg[role=img]"),
    "flow": ({"weight_scale": 1.2}, ".view svg[role=img]"),
    "mood": ({"model": "film-reviews"}, ".written"),
}


@pytest.fixture(scope="module")
def url():
    from rnn_models import ui

    models, failures = ui.load_models(ui.find_models(ROOT))
    assert failures == [] and {model.task for model in models} >= {GENERATION, CLASSIFICATION, TAGGING}
    app = ui.create_app(models)
    _, url, _ = ui.launch(app, prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    FOLDER.mkdir(parents=True, exist_ok=True)
    yield url
    app.close()


@pytest.fixture(scope="module")
def page(chromium, url):
    context = chromium.new_context(locale="en-US", viewport={"width": 1180, "height": 780}, device_scale_factor=1.5)
    context.set_default_timeout(120_000)  # a machine that also trains is slow
    page = context.new_page()
    page.goto(url)
    page.get_by_role("tab").first.wait_for()
    page.wait_for_timeout(4000)  # a click before the page is complete is lost
    yield page
    context.close()


def save(shown: Page | Locator, name: str, colours: int) -> None:
    """A screenshot with few colours, which is a third as large."""
    picture = Image.open(BytesIO(shown.screenshot())).convert("RGB")
    picture.quantize(colours, kmeans=3).save(FOLDER / name, optimize=True)


def test_picture_of_the_generate_tab(page):
    page.get_by_role("button", name="Settings").first.click()
    page.get_by_label("Seed").fill("1")
    page.get_by_role("button", name="Settings").first.click()
    page.get_by_role("button", name="Generate", exact=True).click()
    page.locator(".line", has_text="seed 1").first.wait_for()
    page.wait_for_timeout(4000)
    page.screenshot(path=FOLDER / "generate.png")


def test_picture_of_the_sentiment_tab(page):
    page.get_by_role("tab", name="Sentiment").click()
    page.get_by_role("button", name="I really enjoyed that concert.", exact=True).click()
    page.locator("#verdict .best").wait_for()
    page.wait_for_timeout(1000)
    page.screenshot(path=FOLDER / "sentiment.png")


def test_picture_of_the_tags_tab(page):
    page.get_by_role("tab", name="Tags").click()
    page.get_by_role("button", name="Mary can't wait to see the new museum in Lisbon.", exact=True).click()
    page.get_by_text("by tagger-en").wait_for()
    page.wait_for_timeout(1000)
    page.screenshot(path=FOLDER / "tags.png")


def test_picture_of_the_forecast_tab(page):
    page.get_by_role("tab", name="Forecast").click()
    page.set_viewport_size({"width": 1180, "height": 880})  # with the legend below the plot
    page.get_by_text("■ history").wait_for()
    page.wait_for_timeout(1500)
    save(page, "forecast.png", colours=64)


@pytest.mark.parametrize(("locale", "ending"), [("en-US", ""), ("zh-CN", ".zh")])
@pytest.mark.parametrize("view", INSIDE)
def test_picture_of_a_view_of_the_inside(chromium, url, view, locale, ending):
    chosen, complete = INSIDE[view]
    context = chromium.new_context(locale=locale, viewport={"width": 1100, "height": 900}, color_scheme="light")
    context.set_default_timeout(120_000)
    page = context.new_page()
    page.goto(f"{url}#inside?{urlencode({'view': view, **chosen})}")
    page.locator(complete).first.wait_for()
    page.wait_for_timeout(1000)
    save(page.locator("section[aria-labelledby=inside-title]"), f"inside-{view}{ending}.png", colours=256)
    context.close()
