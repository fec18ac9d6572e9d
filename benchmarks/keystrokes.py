"""Milliseconds from a keystroke to its verdict on the page, in Chromium, for one visitor. Needs playwright."""

from __future__ import annotations

from .app_process import running_app
from .browser import chromium
from .common import Row, arguments, machine, report

SENTENCE = "This is a very good film and I loved it. Not really bad at all, but too long for me in the end."
# The shares are the model's answer, and change with nearly every character.
WAIT_FOR_ANSWER = r"""
(letter) => new Promise((done, fail) => {
  const shares = () => (document.querySelector("#verdict").textContent.match(/\d+\.\d %/g) || []).slice(0, 3).join();
  const field = [...document.querySelectorAll("#sentiment-text textarea, textarea")].find((one) => one.offsetParent);
  const before = shares(), start = performance.now();
  const watcher = new MutationObserver(() => {
    if (shares() === before) return;
    watcher.disconnect();
    requestAnimationFrame(() => done(performance.now() - start));
  });
  watcher.observe(document.body, { subtree: true, childList: true, characterData: true });
  field.value += letter;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  setTimeout(() => { watcher.disconnect(); done(null); }, 3000);
})
"""


def main() -> None:
    parsed = arguments("keystrokes", __doc__ or "")
    before = machine()
    with chromium() as browser, running_app() as app:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(app.url)
        page.get_by_role("tab", name="Sentiment", exact=True).click()
        page.locator("#verdict").wait_for()
        page.wait_for_timeout(3000)
        waits = []
        for _ in range(parsed.rounds):
            page.get_by_label("Text", exact=True).first.fill("")
            page.wait_for_timeout(1000)
            for letter in SENTENCE[: 10 if parsed.quick else None]:
                waits.append(page.evaluate(WAIT_FOR_ANSWER, letter))
                page.wait_for_timeout(150)  # as fast as a person types
    seen = [wait for wait in waits if wait is not None]  # the shares of a text that changes nothing stay
    rows = [Row("typing, one visitor", "keystroke to verdict", seen, "ms")]
    report(parsed, before, rows, keystrokes=len(waits), answered=len(seen))


if __name__ == "__main__":
    main()
