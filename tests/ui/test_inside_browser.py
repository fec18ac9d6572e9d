"""The tab Inside in a real Chromium: the numbers on the page, its links, files, languages, sizes and colours."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import numpy as np
import pytest
import torch

from rnn_models import ui
from rnn_models.interpret import unrolling

pytestmark = pytest.mark.browser
TEXT = "To be, or not to be:\nthat is it"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def models(tiny_checkpoints: Path) -> dict[str, ui.LoadedModel]:
    loaded, _ = ui.load_models(ui.find_models(tiny_checkpoints.parent))
    return {model.name: model for model in loaded}


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
    assert elsewhere and {urlsplit(url).hostname for url in elsewhere} == {"127.0.0.1"}
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


def rows_of_csv(page) -> list[list[str]]:
    with page.expect_download() as downloading:
        page.get_by_role("button", name="CSV").click()
    return list(csv.reader(io.StringIO(Path(downloading.value.path()).read_text(encoding="utf-8-sig"), newline="")))


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
    image = page.locator("svg image").first.bounding_box()
    page.mouse.click(image["x"] + image["width"] * 5.5 / len(slow), image["y"] + image["height"] * 3.5 / 16)
    result = page.locator("""[data-result="h'"]""")
    result.wait_for()
    assert float(result.get_attribute("data-value")) == pytest.approx(slow[5, 3], rel=1e-4)
