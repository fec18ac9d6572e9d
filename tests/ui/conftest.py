"""The real app in this process, so that tests can count what its models compute, and a real Chromium."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import gradio as gr
import pytest

from rnn_models import ui

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@dataclass
class Served:
    """A running app.

    Attributes:
        url: where it listens.
        page: what `create_app` built.
        forwards: how often each model has been computed so far.
        pause: seconds that every computation takes longer, to make a generation last.
    """

    url: str
    page: gr.Blocks
    forwards: dict[str, int]
    pause: float = 0.0


@pytest.fixture(scope="session")
def served(tiny_checkpoints: Path) -> Iterator[Served]:
    models, failures = ui.load_models(ui.find_models(tiny_checkpoints.parent))
    assert failures == []
    running = Served(url="", page=gr.Blocks(), forwards={model.name: 0 for model in models})

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


@pytest.fixture
def open_page(chromium, app):
    """Opens the app in a fresh browser profile; afterwards asserts that no other host was contacted."""
    contexts, asked, problems = [], [], []

    def open_(locale: str = "en-US", viewport=WIDE, **more):
        context = chromium.new_context(locale=locale, viewport=viewport, accept_downloads=True, **more)
        context.set_default_timeout(120_000)  # a machine that also trains is slow
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(app.url)
        page.locator("button[role=tab]:visible").first.wait_for()
        return page

    yield open_
    for context in contexts:
        context.close()
    elsewhere = [url for url in asked if urlsplit(url).scheme in ("http", "https", "ws", "wss")]
    assert elsewhere and {urlsplit(url).hostname for url in elsewhere} == {"127.0.0.1"}
    assert problems == []


def output(page) -> str:
    """Prompt and continuation."""
    return page.locator("#output .text").text_content() if page.locator("#output .prompt").count() else ""


def wait_until(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)
