"""A real Chromium for what is measured on the page. Needs playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser of playwright. Ends the benchmark with a sentence if there is no Chromium."""
    path = shutil.which("chromium")
    if path is None:
        print("There is no Chromium; nothing was measured.")
        raise SystemExit(0)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
