"""The tab *Tags*, its endpoint, and the inside of a tagger."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import gradio as gr
import pytest
import torch
from gradio_client import Client

from rnn_models import RNNConfig, RNNForTokenClassification, ui
from rnn_models.graphs.runtime import OnnxTagger
from rnn_models.inference.tag import tag_text
from rnn_models.tokenization import train_tokenizer
from rnn_models.ui.inside import VIEWS
from rnn_models.ui.tags import EXAMPLES, UNIVERSAL, coloured
from rnn_models.ui.views.asking import Views
from tests.ui.conftest import SECONDS


@pytest.fixture(scope="module")
def tagger(tmp_path_factory):
    return loaded(tmp_path_factory.mktemp("models") / "tagger-en")


def loaded(folder, crf=False):
    """A tiny tagger, loaded as the app loads it."""
    tokenizer = train_tokenizer("word-pieces", [*EXAMPLES, "<b>&"])
    torch.manual_seed(0)
    tags = dict(enumerate(UNIVERSAL))
    sizes = {"vocab_size": len(tokenizer), "embedding_size": 6, "hidden_size": 8, "initializer_range": 0.7}
    config = RNNConfig(**sizes, bidirectional=True, id2label=tags, label2id={tag: i for i, tag in tags.items()})
    config.crf = crf
    model = RNNForTokenClassification(config)
    if crf:
        torch.nn.init.normal_(model.crf.transitions)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (model,), notes = ui.load_models([str(folder)])
    assert notes == []
    return model


@pytest.fixture(scope="module")
def url(tagger):
    app = ui.create_app([tagger])
    _, url, _ = ui.launch(app, prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    yield url
    app.close()


@pytest.mark.parametrize("crf", [False, True], ids=["word by word", "crf"])
def test_a_tagger_runs_as_a_graph_and_says_what_torch_says(tmp_path, crf):
    tagger = loaded(tmp_path / "tagger-en", crf)
    assert isinstance(tagger.classifier, OnnxTagger)
    by_graph, by_torch = (tag_text(one, tagger.tokenizer, EXAMPLES[0]) for one in (tagger.classifier, tagger.model))
    assert [one[:3] for one in by_graph] == [one[:3] for one in by_torch]
    for one, other in zip(by_graph, by_torch, strict=True):
        assert one.probability == pytest.approx(other.probability, abs=0.05)


@pytest.mark.parametrize("text", [*EXAMPLES, " a  b\n\n", "<b>x</b> &amp; 👩‍👩‍👧 e\u0301"])
def test_the_pieces_on_the_page_are_the_whole_text(tagger, text):
    pieces = coloured(text, tag_text(tagger.model, tagger.tokenizer, text), None)
    assert "".join(piece for piece, _ in pieces) == text
    assert all((name is None) == piece.isspace() for piece, name in pieces)


def test_the_endpoint_gives_every_word_its_place_and_describes_its_parameters(tagger, url):
    client = Client(url, verbose=False)
    found = client.predict(EXAMPLES[0], api_name="/tag")
    assert [EXAMPLES[0][one["start"] : one["end"]] for one in found] == [one["word"] for one in found]
    assert all(one["tag"] in UNIVERSAL and 0 < one["probability"] <= 1 for one in found)
    parameters = client.view_api(return_format="dict", print_info=False)["named_endpoints"]["/tag"]["parameters"]
    assert all(parameter["python_type"]["description"] for parameter in parameters)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("",), "There is no text"),
        (("a" * 20_001,), "at most 20,000 are allowed"),
        (("a\0b",), "which is not text"),
        ((5,), "must be a string"),
        (("a dog", "another"), "There is no such model here"),
    ],
)
def test_wrong_input_is_one_sentence(url, arguments, sentence):
    with pytest.raises(Exception, match=sentence):
        Client(url, verbose=False).predict(*arguments, api_name="/tag")


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_the_inside_of_a_tagger_answers_or_says_in_a_sentence_why_not(tagger, view):
    views = Views([tagger])
    try:
        found = asyncio.run(
            views.run(view, None, **({"text": EXAMPLES[1]} if "text" in view.__code__.co_varnames else {}))
        )
    except gr.Error as error:
        assert str(error.message).endswith(".") and "could not be answered" not in str(error.message)
    else:
        assert json.dumps(found)


def test_both_directions_of_a_tagger_are_seen(tagger):
    from rnn_models.ui.views.heat_map import inside_heat_map

    views = Views([tagger])
    ways = [asyncio.run(views.run(inside_heat_map, None, text=EXAMPLES[1], direction=way)) for way in (0, 1)]
    assert ways[0]["tokens"] == ways[1]["tokens"] and ways[0]["values"] != ways[1]["values"]


def test_a_browser_shows_words_with_the_names_of_their_tags_and_no_markup_of_the_text(chromium, url):
    for language, name, tab in (("en-US", "Tag", "Tags"), ("zh-CN", "标注词性", "词性")):
        context = chromium.new_context(locale=language)
        context.set_default_timeout(SECONDS * 1000)
        context.set_default_navigation_timeout(SECONDS * 1000)
        page = context.new_page()
        page.goto(url)
        page.get_by_role("tab", name=tab, exact=True).click()
        page.get_by_role("textbox").first.fill("<b>x</b> Mary <img src=x onerror=alert(1)>")
        page.get_by_role("button", name=name, exact=True).click()
        shown = page.locator("#tagged")
        shown.get_by_text("Mary").first.wait_for()
        assert shown.locator("b, img").count() == 0
        names = {i18n[language.startswith("zh")] for i18n in (ui.i18n.TEXTS[one.name] for one in UNIVERSAL.values())}
        text = shown.inner_text()
        assert any(one in text for one in names) and "<b>" not in shown.inner_html()
        context.close()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_who_opens_the_tab_sees_an_example_that_all_can_read(chromium, url, scheme):
    axe = pytest.importorskip("axe_playwright_python", reason="axe is missing: pip install axe-playwright-python")
    page = chromium.new_context(locale="en-US", color_scheme=scheme).new_page()
    page.set_default_timeout(SECONDS * 1000)
    page.goto(url)
    page.get_by_role("tab", name="Tags", exact=True).click()
    page.locator("#tagged").get_by_text("Lisbon").first.wait_for()
    page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    assert page.evaluate("axe.run('#tagged')")["violations"] == []
    page.get_by_role("textbox").first.fill("Time flies.")
    page.get_by_role("tab").first.click()
    page.get_by_role("tab", name="Tags", exact=True).click()
    assert page.get_by_role("textbox").first.input_value() == "Time flies."
    page.context.close()
