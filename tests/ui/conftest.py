"""The real app in this process, so that tests can count what its models compute, and a real Chromium."""

from __future__ import annotations

import csv
import io
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import gradio as gr
import pytest
from gradio_client import Client

from rnn_models import ui

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
SECONDS = 90  # that anything on a page may take: a machine that also trains is slow
SLOW = 0.2  # a pause with which a text of 400 tokens takes longer than a browser on such a machine needs to stop it


@dataclass
class Served:
    """A running app.

    Attributes:
        url: where it listens.
        page: what `create_app` built.
        forwards: how often each model has been computed so far.
        pause: seconds that every computation takes longer, to make a generation last.
        models: those that it shows, by name.
    """

    url: str
    page: gr.Blocks
    forwards: dict[str, int]
    pause: float = 0.0
    models: dict[str, ui.LoadedModel] = field(default_factory=dict)


@pytest.fixture(scope="session")
def served(tiny_checkpoints: Path) -> Iterator[Served]:
    models, failures = ui.load_models(ui.find_models(tiny_checkpoints.parent))
    assert failures == []
    running = Served(url="", page=gr.Blocks(), forwards={model.name: 0 for model in models})
    running.models = {model.name: model for model in models}

    def watch(name: str) -> Callable[..., None]:
        def count(*_: object) -> None:
            running.forwards[name] += 1
            time.sleep(running.pause)

        return count

    def watched(step: Callable, count: Callable[..., None]) -> Callable:
        def watched_step(*arguments: object) -> object:
            count()
            return step(*arguments)

        return watched_step

    for model in models:
        if model.engine is None:
            model.classifier.logits = watched(model.classifier.logits, watch(model.name))
        else:
            model.engine.step = watched(model.engine.step, watch(model.name))
    running.page = app = ui.create_app(models)
    _, running.url, _ = ui.launch(app, prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    yield running
    app.close()


@pytest.fixture(scope="module")
def client(served: Served) -> Client:
    """The app as a program asks it."""
    return Client(served.url, verbose=False, analytics_enabled=False, httpx_kwargs={"timeout": 120})


@pytest.fixture(scope="module")
def models(tiny_checkpoints: Path) -> dict[str, ui.LoadedModel]:
    """The tiny models by name, loaded as the app loads them."""
    loaded, _ = ui.load_models(ui.find_models(tiny_checkpoints.parent))
    return {model.name: model for model in loaded}


@pytest.fixture
def app(served: Served) -> Iterator[Served]:
    """The running app; its pause is reset after the test."""
    yield served
    served.pause = 0.0


# Not for the session: Playwright keeps an event loop running in its thread, where no test can run another.
@pytest.fixture(scope="module")
def chromium():
    """A real Chromium. Without one the tests are skipped, or fail if RNN_MODELS_REQUIRE_BROWSER=1 (in CI)."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        reason = "Chromium is not installed: apt-get install chromium"
        if os.environ.get("RNN_MODELS_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--disable-gpu", "--disable-quic"])
        yield browser
        browser.close()


class Visits:
    """Pages of the app in fresh browser profiles, what they asked for, and errors of their scripts."""

    def __init__(self, chromium, url: str) -> None:
        self.chromium, self.url = chromium, url
        self.pages: list = []
        self.asked: list[str] = []
        self.problems: list[str] = []

    def open(self, locale: str = "en-US", viewport=WIDE, **more):
        context = self.chromium.new_context(locale=locale, viewport=viewport, accept_downloads=True, **more)
        context.set_default_timeout(SECONDS * 1000)
        page = context.new_page()
        self.pages.append(page)
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.goto(self.url)
        wait_until_alive(page)
        return page

    def check(self) -> None:
        """No other host was contacted, and no script failed."""
        elsewhere = [url for url in self.asked if urlsplit(url).scheme in ("http", "https", "ws", "wss")]
        assert elsewhere and {urlsplit(url).hostname for url in elsewhere} == {"127.0.0.1"}
        assert self.problems == []

    def close(self) -> None:
        for page in self.pages:
            page.context.close()


@pytest.fixture
def open_page(chromium, app):
    """Opens the app in a fresh browser profile; afterwards asserts that no other host was contacted."""
    visits = Visits(chromium, app.url)
    yield visits.open
    visits.close()
    visits.check()


@pytest.fixture(scope="module")
def kept_pages(chromium, served):
    """Pages that several tests of a module use one after the other, by their language."""
    kept: dict[str, Visits] = {}
    yield kept
    for visits in kept.values():
        visits.close()


@pytest.fixture
def same_page(chromium, app, kept_pages, request):
    """Gives a page that earlier tests may have used, as loading one is most of what a test takes."""
    failed = request.session.testsfailed
    opened = []

    def open_(locale: str = "en-US", viewport=WIDE):
        if locale not in kept_pages:
            kept_pages[locale] = Visits(chromium, app.url)
            kept_pages[locale].open(locale)
        opened.append(locale)
        (page,) = kept_pages[locale].pages
        page.set_viewport_size(viewport)
        page.evaluate("scrollTo(0, 0)")
        page.get_by_role("tab").first.click()
        return page

    yield open_
    for locale in opened:
        kept_pages[locale].check()
        if request.session.testsfailed > failed:  # the next one gets a page that is as it should be
            kept_pages.pop(locale).close()


def wait_until_alive(page) -> None:
    """The page is there, and what it is first to show has come from the server: a click before that does nothing."""
    page.locator("button[role=tab]:visible").first.wait_for()
    page.locator(".details strong").first.wait_for(state="attached")


def axe_violations(page) -> list[tuple[str, list[str]]]:
    """What axe finds on a page in both themes, of the second only what may differ in it: rules and elements."""
    axe = pytest.importorskip("axe_playwright_python", reason="axe is missing: pip install axe-playwright-python")
    page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    violations = []
    for scheme, options in (("light", ""), ("dark", "runOnly: ['color-contrast'], ")):
        page.emulate_media(color_scheme=scheme)
        wait_until(lambda scheme=scheme: page.locator("body.dark").count() == (scheme == "dark"))
        violations += page.evaluate(f"axe.run({{ {options}resultTypes: ['violations'] }})")["violations"]
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in violations]


def output(page) -> str:
    """Prompt and continuation."""
    return page.locator("#output .text").text_content() if page.locator("#output .prompt").count() else ""


def rows_of_csv(page) -> list[list[str]]:
    """The file that a view of the tab Inside gives."""
    with page.expect_download() as downloading:
        page.get_by_role("button", name="CSV").click()
    return list(csv.reader(io.StringIO(Path(downloading.value.path()).read_text(encoding="utf-8-sig"), newline="")))


def wait_until(condition, seconds: float = SECONDS) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)
