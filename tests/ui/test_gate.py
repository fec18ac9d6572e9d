"""Over plain HTTP, an invalid request gets a 4xx status and one sentence, never a traceback."""

from __future__ import annotations

import http.client
import json
import logging
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

JSON = {"content-type": "application/json"}
FILE = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
ODD_VALUES = [
    None,
    True,
    5,
    -1,
    1e308,
    10**40,
    "",
    "hi",
    "\ud800",
    [],
    [[]],
    {},
    {"a": 1},
    FILE,
    {"path": "http://a.b/c"},
]
ODD_BODIES = [
    b"", b"{", b"null", b"[]", b"{}", b"1", b'"x"', b"\xff\xfe", b"[" * 900 + b"]" * 900, b"1" * 5000,
    b'{"data": null}', b'{"data": {}}', b'{"data": []}', b'{"data": ["hi"]}', b'{"data": ["hi", NaN]}',
    b'{"data": ["hi", "auto"], "fn_index": 1e400}', b'{"data": 1, "session_hash": 5, "event_id": [], "fn_index": "a"}',
    b'{"data": ["hi", ' + b"[" * 400 + b"]" * 400 + b"]}", b'{"promt": "x"}', b'{"event_id": "x"}',
    b'{"data": 1, "component_id": 999, "session_hash": "x", "fn_name": "y"}',
]  # fmt: skip


@pytest.fixture
def no_traceback(caplog, capfd) -> Iterator[None]:
    """Fails if an exception was logged or printed."""
    server = logging.getLogger("uvicorn.error")  # which does not propagate its records
    server.addHandler(caplog.handler)
    yield
    server.removeHandler(caplog.handler)
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
    assert "Traceback" not in "".join(capfd.readouterr())


@pytest.fixture
def ask(app, no_traceback):
    """Sends a request to the running app; returns the status and the body."""
    connection = http.client.HTTPConnection(str(urlsplit(app.url).netloc), timeout=60)

    def ask_(method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
        connection.request(method, path, body, JSON | headers if body is not None else headers)
        response = connection.getresponse()
        return response.status, response.read().decode()

    yield ask_
    connection.close()


@pytest.fixture
def routes(app) -> dict[str, list[str]]:
    """Every path of the app, with its methods."""
    described = app.page.app.openapi()["paths"]
    return {path: [method.upper() for method in methods] for path, methods in described.items()}


def ended(ask, status: int, answer: str, route: str, session: str | None = None) -> tuple[int, str]:
    """The last event of an accepted call; any other answer unchanged."""
    if status != 200 or "event_id" not in answer:
        return status, answer
    where = f"queue/data?session_hash={session}" if session else f"{route}/{json.loads(answer)['event_id']}"
    return ask("GET", f"/gradio_api/{where}")


def test_wrong_requests_get_a_4xx_from_every_route(ask, routes):
    endless = {"/gradio_api/heartbeat/{session_hash}", "/gradio_api/dev/reload"}
    failed = []
    asked = 0
    for path, methods in routes.items():
        for name in ("generate", "nothing", "%00", "..%2f..%2fetc%2fpasswd", "x" * 3000) if "{" in path else ("",):
            filled = re.sub("{.*?}", name, path)
            for method in set(methods) - {"HEAD"} if path not in endless else ():
                for body in ODD_BODIES if method == "POST" else [None]:
                    status, answer = ask(method, filled, body)
                    asked += 1
                    if status >= 500:
                        failed.append((method, filled[:80], body and body[:80], status, answer[:80]))
    assert failed == []
    assert asked > 1000


@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: f"{value!r:.40}")
def test_every_function_of_the_page_refuses_odd_values_with_a_sentence(ask, value):
    for index in range(12):
        for many in (0, 1, 2, 3, 8):
            session = f"s{index}"
            sent = {"fn_index": index, "session_hash": session, "data": [value] * many, "event_data": value}
            body = json.dumps(sent).encode()
            status, answer = ended(ask, *ask("POST", "/gradio_api/queue/join", body), "", session)
            assert status < 500, (sent, answer)
            assert status == 200 or json.loads(answer)["detail"]
            status, answer = ask("POST", "/gradio_api/run/predict", body)
            assert status < 500, (sent, answer)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sent=st.dictionaries(
        st.sampled_from(["data", "fn_index", "session_hash", "text", "model", "prompt", "batched", "trigger_id"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20), st.lists, max_leaves=4
        ),
    ),
    route=st.sampled_from(["call/classify", "call/v2/classify", "call/v2/generate", "run/classify", "queue/join"]),
)
def test_any_call_is_answered_or_refused_with_a_sentence(ask, sent, route):
    status, answer = ask("POST", f"/gradio_api/{route}", json.dumps(sent).encode())
    assert status < 500
    if status == 200 and route.startswith("call"):
        status, answer = ended(ask, status, answer, route)
        event, _, data = answer.strip().split("\n\n")[-1].partition("\ndata: ")
        assert event == "event: complete" or json.loads(data)["error"]
    elif status != 200:
        assert json.loads(answer)["detail"]


@pytest.mark.parametrize(
    ("route", "sent", "status", "sentence"),
    [
        ("call/v2/generate", {"promt": "x"}, 400, "/generate takes prompt, model, max_new_tokens, temperature"),
        ("call/v2/classify", {}, 400, "/classify takes text, model: check the names of the parameters."),
        ("call/v2/nothing", {"text": "x"}, 404, "There is no such endpoint here: choose one of /"),
        ("call/nothing", {"data": []}, 404, "There is no such endpoint here"),
        ("call/on_button", {"data": ["hi", "auto"]}, 404, "There is no such endpoint here"),
        ("call/classify", {"data": ["hi"]}, 400, "1 values were sent, but 2 are needed"),
        ("call/classify", {"data": ["hi", "auto", 3]}, 400, "3 values were sent, but 2 are needed"),
        ("call/classify", {"data": "hi"}, 400, "missing or of the wrong type: data."),
        ("call/classify", {}, 400, "missing or of the wrong type: data."),
        ("run/nothing", {"data": []}, 404, "There is no such endpoint here"),
        ("run/generate", {"data": ["a"] * 8}, 404, "Please join the queue"),
        ("queue/join", {"data": [], "fn_index": 99, "session_hash": "x"}, 404, "no such function: reload it"),
        ("queue/join", {"data": [], "fn_index": -1, "session_hash": "x"}, 404, "no such function"),
        ("queue/join", {"data": [], "fn_index": 10**30, "session_hash": "x"}, 404, "no such function"),
        ("queue/join", {"data": [], "fn_index": "x", "session_hash": "x"}, 400, "wrong type: fn_index."),
        ("queue/join", {"data": ["a"] * 99, "fn_index": 0, "session_hash": "x"}, 400, "99 values were sent, but"),
        ("component_server", {"data": 1, "component_id": 999, "session_hash": "x", "fn_name": "y"}, 400, "API page"),
    ],
)  # fmt: skip
def test_each_mistake_has_its_sentence(ask, route, sent, status, sentence):
    got, answer = ask("POST", f"/gradio_api/{route}", json.dumps(sent).encode())
    assert got == status
    assert sentence in json.loads(answer)["detail"]


def test_a_sentence_is_chinese_for_who_asks_so(ask):
    body = json.dumps({"data": ["hi"]}).encode()
    _, answer = ask("POST", "/gradio_api/call/classify", body, **{"accept-language": "zh-CN,zh;q=0.9"})
    assert json.loads(answer)["detail"] == "收到 1 个值，需要 2 个：请对照 API 页面检查。"


def test_a_call_that_does_not_exist_has_no_answer_to_wait_for(ask):
    status, answer = ask("GET", "/gradio_api/call/classify/never")
    assert (status, json.loads(answer)["detail"]) == (404, "There is nothing here: check the address.")


def test_missing_values_are_the_defaults_where_they_are_named(ask):
    status, answer = ended(ask, *ask("POST", "/gradio_api/call/v2/classify", b'{"text": "hi"}'), "call/classify")
    assert status == 200 and answer.startswith("event: complete")


@pytest.mark.parametrize(
    "path", ["file=http://example.com/", "file=https:%2f%2fexample.com", "proxy=http://a.hf.space/"]
)
def test_the_app_fetches_no_address_for_anybody(ask, path):
    status, answer = ask("GET", f"/gradio_api/{path}")
    assert (status, json.loads(answer)["detail"]) == (404, "There is nothing here: check the address.")


def test_nobody_keeps_the_state_of_a_page_on_the_servers_disk(ask):
    assert ask("GET", "/gradio_api/deep_link?session_hash=x")[0] == 404


@pytest.mark.parametrize(("language", "sentence"), [("en", "Too many people are here"), ("zh-HK", "现在使用的人太多")])
@pytest.mark.parametrize("path", ["call/classify", "queue/join"])
def test_a_full_queue_is_told_in_the_visitors_language(ask, app, monkeypatch, path, language, sentence):
    monkeypatch.setattr(app.page._queue, "max_size", 0)
    body: dict = {"data": ["a", "auto"]}
    if path == "queue/join":
        body |= {"fn_index": next(number for number, one in app.page.fns.items() if one.api_name == "classify")}
        body |= {"session_hash": "somebody"}
    status, answer = ask("POST", f"/gradio_api/{path}", json.dumps(body).encode(), **{"accept-language": language})
    assert status == 429 and json.loads(answer)["detail"].startswith(sentence)
