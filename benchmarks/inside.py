"""Seconds until a view of the tab Inside is drawn for 500 characters, in Chromium, one visitor. Needs playwright."""

from __future__ import annotations

import statistics
from typing import Any
from urllib.parse import urlencode

import psutil

from .app_process import running_app
from .browser import chromium
from .common import Row, arguments, machine, report

TRIO = ("shakespeare-lstm", "shakespeare-gru", "shakespeare-rnn")
LINES = """To be, or not to be, that is the question:
Whether 'tis nobler in the mind to suffer
The slings and arrows of outrageous fortune,
Or to take arms against a sea of troubles
And by opposing end them. To die: to sleep;
No more; and by a sleep to say we end
The heart-ache and the thousand natural shocks
That flesh is heir to, 'tis a consummation
Devoutly to be wish'd. To die, to sleep;
To sleep: perchance to dream: ay, there's the rub;
For in that sleep of death what dreams may come
When we have shuffled off this mortal coil,
Must give us pause: there's the respect
That makes calamity of so long life."""
CHARACTERS = 500
DRAWN = ".view:not([data-before]):not([aria-busy]) .tools"
# From the choice to the picture: the link's choices are those that a reader makes.
DRAW = """
([hash, drawn]) => new Promise((done, fail) => {
  document.querySelector(".view").dataset.before = "yes";
  const start = performance.now();
  const look = () => {
    if (document.querySelector(drawn)) requestAnimationFrame(() => done((performance.now() - start) / 1000));
    else if (performance.now() - start > 120000) fail(new Error(`not drawn: ${hash}`));
    else requestAnimationFrame(look);
  };
  location.hash = hash;
  look();
})
"""
WRITTEN = ".view:not([data-before]):not([aria-busy]) .written:nth-child(2)"


def choices(number: int) -> dict[str, tuple[str, dict[str, Any]]]:
    """What is looked at in a round, by its name: the sign that it is drawn, and the choices."""
    model, text = {"model": TRIO[0]}, text_of(number)
    on_flow, on_reach = {"view": "flow", "length": CHARACTERS}, {"view": "reach", **model}
    portraits = {"view": "portrait", **model, "texts": text.replace("\n", "\n\n")}
    unread = {"view": "portrait", "model": TRIO[number % len(TRIO)], "texts": ""}
    mood = {"view": "mood", "model": "film-reviews", "prompt": text[:20]}
    return {
        "1. one step": (DRAWN, {"view": "step", **model, "compare": "no"}),
        "1. one step, three cells": (DRAWN, {"view": "step", **model, "compare": "yes"}),
        "2. gates and state": (DRAWN, {"view": "heat_map", **model}),
        "3. influence by gradients, three cells": (DRAWN, {**on_reach, "method": "gradient"}),
        "3. influence by leaving out, three cells": (DRAWN, {**on_reach, "method": "occlusion"}),
        "3. a verdict": (DRAWN, {"view": "reach", "model": "sentiment-en"}),
        "4. gradients, three fresh cells": (DRAWN, {**on_flow, "weights": "fresh", "weight_scale": 1 + number / 20}),
        "4. gradients, three trained cells": (DRAWN, {**on_flow, **model, "weights": "trained"}),
        "5. a unit over the characters": (DRAWN, portraits),
        "5. a unit over 4,800 characters that the model writes first": (DRAWN, unread),
        "6. mood, and two texts written": (WRITTEN, mood),
        "7. how it learnt": (DRAWN, {"view": "learning", **model}),
        "8. the cells in one table": (DRAWN, {"view": "comparison", **model}),
    }


def text_of(number: int) -> str:
    """500 characters, others in each round: what was computed for a text is kept."""
    return (LINES[40 * number :] + "\n" + LINES)[:CHARACTERS]


def main() -> None:
    parsed = arguments("inside", __doc__ or "")
    before = machine()
    seconds: dict[str, list[float]] = {}
    spent: dict[str, list[float]] = {}
    with chromium() as browser, running_app() as app:
        for number in range(parsed.rounds):
            page = browser.new_page(viewport={"width": 1280, "height": 900})  # a page keeps the answers that it got
            page.goto(f"{app.url}#inside?{urlencode({'view': 'step', 'text': 'To be'})}")
            page.locator(".view .tools").first.wait_for()
            for name, (drawn, chosen) in choices(number).items():
                hash_ = f"inside?{urlencode({'text': text_of(number), 'position': -1, **chosen})}"
                cpu = cpu_seconds(app.process.pid)
                seconds.setdefault(name, []).append(page.evaluate(DRAW, [hash_, drawn]))
                spent.setdefault(name, []).append(cpu_seconds(app.process.pid) - cpu)
                if wrong := page.locator("#inside .problem:not(:empty)").all_inner_texts():
                    raise RuntimeError(f"{name}: {wrong[0]}")
            page.close()
    rows = [
        Row("until it is drawn", name, waits, "s", more={"cpu_seconds": round(statistics.median(spent[name]), 2)})
        for name, waits in seconds.items()
    ]
    report(parsed, before, rows, characters=CHARACTERS)


def cpu_seconds(pid: int) -> float:
    """Of the app: its process and its threads, without the browser."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


if __name__ == "__main__":
    main()
