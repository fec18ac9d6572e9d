"""The app within another: `gr.mount_gradio_app(other, create_app(models), path=...)`."""

from __future__ import annotations

import dataclasses
import http.client
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest
import uvicorn
from fastapi import FastAPI
from gradio_client import Client

from rnn_models import ui
from rnn_models.ui import uploads


@pytest.fixture(scope="module")
def models(tiny_checkpoints: Path) -> list[ui.LoadedModel]:
    """One model of each kind; the second generator runs on torch, like a model of another package."""
    names = [str(tiny_checkpoints / name) for name in ("tang-poems", "shakespeare-gru", "sentiment-en")]
    loaded, notes = ui.load_models(names)
    assert notes == []
    return [dataclasses.replace(model, engine=None) if model.name == "shakespeare-gru" else model for model in loaded]


@pytest.fixture(scope="module")
def port(models) -> Iterator[int]:
    """The URL of a server with the app mounted twice: as in the README, and with only a path."""
    other = FastAPI()

    @other.get("/own")
    def own() -> str:
        return "the other app's own page"

    gr.mount_gradio_app(other, ui.create_app(models), path="/rnn", **ui.options())
    gr.mount_gradio_app(other, ui.create_app(models), path="/plain")
    server = uvicorn.Server(uvicorn.Config(other, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(timeout=60)


@pytest.fixture
def ask(port: int):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def ask_(method: str, path: str, sent: object = None) -> tuple[int, str]:
        body = None if sent is None else json.dumps(sent)
        connection.request(method, path, body, {"content-type": "application/json"} if body else {})
        response = connection.getresponse()
        return response.status, response.read().decode()

    yield ask_
    connection.close()


@pytest.mark.parametrize("path", ["/rnn", "/plain"])
def test_a_mounted_app_has_its_texts(ask, path):
    status, page = ask("GET", f"{path}/config")
    assert status == 200
    texts = json.loads(page)["i18n_translations"]
    assert texts["en"]["rnn_tab_generate"] == "Generate" and texts["zh-CN"]["rnn_tab_generate"] == "生成"
    assert ask("GET", "/own") == (200, '"the other app\'s own page"')


@pytest.mark.parametrize("path", ["/rnn", "/plain"])
def test_a_mounted_app_writes_and_classifies(port, path):
    client = Client(f"http://127.0.0.1:{port}{path}/", verbose=False, analytics_enabled=False)
    assert len(client.predict("床前", max_new_tokens=9, api_name="/generate")) == 11
    assert len(client.predict("To be", "shakespeare-gru", 9, api_name="/generate")) == 14
    assert set(client.predict("fine", api_name="/classify")) == {"negative", "neutral", "positive"}


@pytest.mark.parametrize("path", ["/rnn", "/plain"])
def test_a_text_that_torch_writes_stops_when_nobody_waits_for_it(port, path, models):
    (slow,) = (model for model in models if model.name == "shakespeare-gru")
    steps = []

    def count(*_: object) -> None:
        steps.append(1)
        time.sleep(0.005)

    hook = slow.model.register_forward_pre_hook(count)
    client = Client(f"http://127.0.0.1:{port}{path}/", verbose=False, analytics_enabled=False)
    job = client.submit("To be", "shakespeare-gru", 2000, api_name="/generate")
    while len(job.outputs()) < 3:
        time.sleep(0.05)
    job.cancel()
    before = -1
    while before != len(steps):
        before = len(steps)
        time.sleep(1)
    hook.remove()
    assert 0 < len(steps) < 2000


@pytest.mark.parametrize("path", ["/rnn", "/plain"])
def test_a_mounted_app_reads_no_file_of_the_server_for_anybody(ask, tmp_path, path):
    secret = tmp_path / "secret.csv"
    secret.write_text("text\nnobody must read this\n", encoding="utf-8")
    _, page = ask("GET", f"{path}/config")
    (index,) = (each["id"] for each in json.loads(page)["dependencies"] if each["api_name"] == "on_file")
    file = {"path": str(secret), "meta": {"_type": "gradio.FileData"}}
    ask(
        "POST",
        f"{path}/gradio_api/queue/join",
        {"data": [file, "auto", None, True], "fn_index": index, "session_hash": "s"},
    )
    _, events = ask("GET", f"{path}/gradio_api/queue/data?session_hash=s")
    assert "This file is not here" in events
    assert not [found for found in uploads.folder().rglob("*") if found.name == "secret.csv"]


def test_an_app_that_is_mounted_with_its_options_refuses_in_sentences(ask):
    status, answer = ask("POST", "/rnn/gradio_api/call/classify", {"data": ["hi"]})
    assert status == 400 and json.loads(answer)["detail"].startswith("1 values were sent, but 2 are needed")
    status, answer = ask("POST", "/rnn/gradio_api/queue/join", {"data": [], "fn_index": 99, "session_hash": "x"})
    assert status == 404 and json.loads(answer)["detail"].startswith("This page has no such function")
    assert json.loads(ask("GET", "/rnn/config")[1])["max_file_size"] == uploads.MAX_MEGABYTES * 2**20


@pytest.mark.browser
@pytest.mark.parametrize(("locale", "text"), [("en-US", "Generate"), ("zh-CN", "生成")])
@pytest.mark.parametrize("path", ["/rnn", "/plain"])
def test_no_key_stands_on_a_mounted_page(chromium, port, path, locale, text):
    context = chromium.new_context(locale=locale)
    context.set_default_timeout(240_000)
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}{path}/")
    page.get_by_role("tab", name=text, exact=True).wait_for()
    assert "rnn_" not in page.inner_text("body")
    context.close()
