"""What a visitor sees before any click: what was written, and that it is written once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from gradio_client import Client

from rnn_models import ui
from rnn_models.inference import stream
from rnn_models.ui.examples import examples_for
from rnn_models.ui.welcome import TOKENS, chosen_for, write
from tests.ui.conftest import wait_until


@pytest.fixture(scope="module")
def models(tiny_checkpoints: Path) -> dict[str, ui.LoadedModel]:
    loaded, _ = ui.load_models(ui.find_models(tiny_checkpoints.parent))
    return {model.name: model for model in loaded if model.task == "text-generation"}


def test_the_three_cells_go_on_from_one_prompt_and_a_chinese_visitor_gets_poems(models):
    english, prompt = chosen_for(list(models.values()), "en")
    assert [model.name for model in english] == ["shakespeare-lstm", "shakespeare-gru", "shakespeare-rnn"]
    assert prompt.prompt == "ROMEO:\nBut soft! "
    chinese, prompt = chosen_for(list(models.values()), "zh")
    assert [model.name for model in chinese] == ["tang-poems"] and prompt.prompt == "床前明月光，"


@pytest.mark.parametrize("name", ["shakespeare-gru", "tang-poems"])
def test_the_text_and_its_bits_are_the_models_own(models, name):
    model, example = models[name], next(one for one in examples_for(models[name]) if one.prompt)
    line = write(model, example, seed=5)
    options = {"max_new_tokens": TOKENS, "temperature": example.temperature, "seed": 5}
    *_, text = stream(model.model, model.tokenizer, example.prompt, **options)
    written = "".join(line.pieces)
    assert written and written in text
    ids = model.tokenizer(example.prompt + written)["input_ids"]
    slow = []
    with torch.no_grad():
        for place in range(len(ids) - len(line.pieces), len(ids)):
            shares = model.model(torch.tensor([ids[:place]])).logits[0, -1].softmax(-1)
            slow.append(-np.log2(float(shares[ids[place]])))
    assert np.allclose(line.bits, slow, atol=2e-3)


def test_everybody_gets_the_same_texts(served):
    first, second = (Client(served.url, verbose=False, analytics_enabled=False) for _ in range(2))
    lines = first.predict(api_name="/welcome")
    assert len(lines) == 3 and lines == second.predict(api_name="/welcome")


@pytest.mark.browser
@pytest.mark.parametrize(("locale", "title", "said"), [
    ("en-US", "shakespeare-rnn", "no person wrote it, and nothing in it is true"),
    ("zh-CN", "tang-poems", "并非人写，也不是事实"),
])  # fmt: skip
def test_a_visitor_is_met_by_texts_that_are_there_already(same_page, locale, title, said):
    page = same_page(locale)
    page.locator("#welcome figcaption", has_text=title).first.wait_for()
    assert said in page.locator("#welcome").inner_text()
    texts = page.locator("#welcome .text")
    assert texts.count() == 3 and len(set(texts.all_text_contents())) == 3
    assert page.locator("#welcome span[style]").count() > 100
    page.locator("#welcome a").click()
    wait_until(lambda: page.locator(".inside-root").is_visible())
