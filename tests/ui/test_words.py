"""What each word of a text did to the verdict: the numbers, and what the page makes of them."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from gradio_client.exceptions import AppError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnn_models.interpret import attribute_by_gradients, running_verdict
from rnn_models.interpret.source import open_source, read_tokens
from rnn_models.ui.sentiment import SHOWN_FIRST
from rnn_models.ui.views.words import TOLERANCE, group, read_words
from tests.ui.conftest import NARROW, wait_until

TEXTS = {
    "sentiment-en": "The room wasn't  fine, but\nthe 123 slings… 😡 to suffer!",
    "sentiment-zh": "这家酒店的服务太差了，房间很好 OK。",
}
ATTACK = "<img src=x onerror='window.hurt = 1'> to be"


@pytest.mark.parametrize("name", TEXTS)
def test_the_verdict_after_each_word_is_the_models_own(client, models, name):
    text, model = TEXTS[name], models[name]
    found = client.predict(text, name, api_name="/explain")
    words = [word["text"] for word in found["words"]]
    assert "".join(words) == text and len(words) > 5
    ids = model.tokenizer(text)["input_ids"]
    running = running_verdict(model, text)
    ends = running.tokens.spans[:, 1].tolist()
    for index, word in enumerate(found["words"]):
        length = max(place for place, end in enumerate(ends) if end == len("".join(words[: index + 1]))) + 1
        with torch.no_grad():  # the text as if it ended there, read again
            slow = model.model(torch.tensor([ids[:length]])).logits.softmax(-1)[0].numpy()
        # the page's classifier computes with whole numbers of eight bits
        assert np.allclose(word["probabilities"], slow, atol=0.02)
        assert np.allclose(running.probabilities[length - 1], slow, atol=1e-5)
    whole = client.predict(text, name, api_name="/classify")
    assert np.allclose(found["words"][-1]["probabilities"], [whole[label] for label in found["labels"]], atol=0.005)
    assert found["label"] == max(whole, key=whole.get)


@pytest.mark.parametrize("name", TEXTS)
def test_the_contributions_of_the_words_add_up_to_the_logit(client, models, name):
    found = client.predict(TEXTS[name], name, api_name="/explain")
    exact = attribute_by_gradients(models[name], TEXTS[name], points=400, tolerance=1e-4)
    scores = [word["score"] for word in found["words"]]
    assert np.isclose(found["start"] + sum(scores), exact.scores.sum(), atol=TOLERANCE)
    assert np.isclose(found["baseline"] + found["start"] + sum(scores), found["logit"], atol=TOLERANCE)
    assert np.isclose(found["logit"], exact.logit, atol=1e-5)
    for tokens, score in zip(group(exact.tokens), scores, strict=True):
        assert np.isclose(exact.scores[tokens].sum(), score, atol=TOLERANCE)


def test_words_are_words_and_not_the_tokens_of_the_vocabulary(models):
    words = read_words(models["sentiment-en"], "It wasn't 123 fine—nobody's, no").words
    assert words == ("It", " wasn't", " 123", " fine", "—", "nobody's", ",", " no")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=30))
def test_every_text_is_the_sum_of_its_words(models, text):
    try:
        tokens = read_tokens(open_source(models["sentiment-en"]), text)
    except ValueError:
        return  # nothing that the model can read
    found = group(tokens)
    assert [token for word in found for token in word] == [
        token for token, (start, end) in enumerate(tokens.spans.tolist()) if end > start
    ]


@pytest.mark.parametrize(
    ("text", "model", "said"),
    [
        ("a" * 601, "auto", "at most 600 are allowed"),
        (" ", "auto", "There is no text"),
        ("to be", "gpt-9", "There is no such model here"),
        (7, "auto", "must be a string"),
        ("a\x00", "auto", "which is not text"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence(client, text, model, said):
    with pytest.raises(AppError, match=said):
        client.predict(text, model, api_name="/explain")


def sentiment(page):
    page.get_by_role("tab").nth(1).click()
    return page.locator("#classify-text textarea")


def words_of(page, which: int = 0) -> list[str]:
    return page.locator(f"#words [data-which='{which}'] .word").all_inner_texts()


def outcome(page, which: int = 0) -> str:
    return page.locator(f"#words [data-which='{which}'] .outcome").inner_text()


@pytest.mark.browser
@pytest.mark.parametrize(("locale", "title"), [("en-US", "An example"), ("zh-CN", "示例")])
def test_an_example_stands_there_before_anything_is_typed(same_page, locale, title):
    page = same_page(locale)
    sentiment(page).fill("")
    page.locator("#words h3", has_text=title).wait_for()
    wait_until(lambda: "".join(words_of(page)) == SHOWN_FIRST[locale == "zh-CN"])


@pytest.mark.browser
def test_a_word_is_taken_out_and_replaced_and_the_verdict_moves(same_page, client):
    page = same_page()
    sentiment(page).fill("to be or not to suffer")
    wait_until(lambda: words_of(page) == ["to", " be", " or", " not", " to", " suffer"])
    page.get_by_role("button", name="After “not”").click()
    page.get_by_role("button", name="Take out “not”").click()
    wait_until(lambda: words_of(page, 1) == ["to", " be", " or", " to", " suffer"])
    before, after = (
        client.predict(text, api_name="/classify") for text in ("to be or not to suffer", "to be or to suffer")
    )
    shares = re.findall(r"(\w+) (\d+) % → (\d+) %", outcome(page, 1))
    assert [label for label, _, _ in shares] == list(before)
    for label, first, second in shares:
        assert abs(int(first) - 100 * before[label]) <= 1 and abs(int(second) - 100 * after[label]) <= 1
    page.locator("#words [data-which='1'] .word").nth(1).click()
    page.get_by_label("Another word for “be”").fill("sleep")
    page.get_by_label("Another word for “be”").press("Enter")
    wait_until(lambda: words_of(page, 1) == ["to", " sleep", " or", " to", " suffer"])
    page.get_by_role("textbox", name="The text beside it").fill("that is")
    wait_until(lambda: words_of(page, 1) == ["that", " is"])
    page.get_by_role("button", name="Close the second text").click()
    assert page.locator("#words .column").count() == 1
    page.get_by_role("button", name="Compare with another text").click()
    wait_until(lambda: words_of(page, 1) == words_of(page))
    for viewport in (NARROW, {"width": 1280, "height": 900}):
        page.set_viewport_size(viewport)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    page.get_by_role("button", name="Close the second text").click()


@pytest.mark.browser
def test_the_words_are_reached_by_keyboard_and_the_table_has_the_same_numbers(same_page, client):
    page = same_page()
    sentiment(page).fill("to be or not")
    wait_until(lambda: words_of(page) == ["to", " be", " or", " not"])
    found = client.predict("to be or not", api_name="/explain")
    page.locator("#words .word").first.focus()
    page.keyboard.press("ArrowRight")
    shares = [
        f"{name} {100 * share:.0f} %"
        for name, share in zip(found["names"], found["words"][1]["probabilities"], strict=True)
    ]
    told = page.locator("#words .told-line").inner_text()
    assert told.startswith("After “be”: ") and all(share in told for share in shares)
    assert page.evaluate("document.activeElement.dataset.index") == "1"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "Take out “be”"
    page.get_by_text("The numbers as a table").click()
    rows = page.locator("#words tbody tr")
    for row, word in zip(rows.all(), found["words"], strict=True):
        cells = row.locator("td").all_inner_texts()
        assert float(cells[0].replace("−", "-")) == pytest.approx(word["score"], abs=0.006)
        assert [float(cell.removesuffix(" %")) for cell in cells[1:]] == pytest.approx(
            [100 * share for share in word["probabilities"]], abs=0.06
        )


@pytest.mark.browser
def test_a_text_with_markup_stays_text(same_page):
    page = same_page()
    sentiment(page).fill(ATTACK)
    wait_until(lambda: "".join(words_of(page)) == ATTACK)
    page.locator("#words .word").nth(1).click()
    page.get_by_label("Another word for").fill("<img src=x onerror='window.hurt = 2'>")
    page.get_by_role("button", name="Replace", exact=True).click()
    wait_until(lambda: "window.hurt = 2" in "".join(words_of(page, 1)))
    assert page.evaluate("window.hurt") is None and page.locator("#words img").count() == 0
    page.get_by_role("button", name="Close the second text").click()


@pytest.mark.browser
def test_a_long_text_is_judged_and_a_sentence_says_that_its_words_are_not(same_page):
    page = same_page()
    sentiment(page).fill("to be " * 101)
    page.locator("#words .problem", has_text="Texts of up to 600 characters are read word by word").wait_for()
    page.locator("#verdict .best").wait_for()
