"""The endpoints, called as other programs call them."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from itertools import pairwise

import pytest
from gradio_client.exceptions import AppError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnn_models.ui.inside import VIEWS


def post(url: str, body: bytes, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(url, data=body, headers={"content-type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def call(url: str, name: str, body: bytes, **headers: str) -> str:
    """One call over plain HTTP; returns the kind and data of the last event."""
    status, answer = post(f"{url}gradio_api/call/{name}", body, **headers)
    assert status == 200, answer
    with urllib.request.urlopen(f"{url}gradio_api/call/{name}/{json.loads(answer)['event_id']}", timeout=60) as events:
        return events.read().decode().strip().split("\n\n")[-1]


FILES = ("/classify_file", "/file_rows", "/file_counts")
WRITING = {
    "/alternatives": ["list[dict(str, Any)]"],
    "/go_on": ["dict(str, Any)"],
    "/side_by_side": ["list[dict(str, Any)]"],
    "/keep_state": ["str"],
    "/blend_states": ["str"],
    "/poem": ["dict(str, Any)"],
}


def test_only_the_documented_endpoints_are_public(client):
    inside = {f"/{function.__name__}" for function in VIEWS}
    described = client.view_api(return_format="dict")["named_endpoints"]
    texts = {"/generate", "/welcome", "/classify", "/not_learnt", "/explain"}
    assert set(described) == {*texts, *FILES, *WRITING, *inside}


def test_every_parameter_of_an_endpoint_is_described(client):
    described = client.view_api(return_format="dict")["named_endpoints"]
    parameters = [(name, each) for name, about in described.items() for each in about["parameters"]]
    bare = [(name, each["parameter_name"]) for name, each in parameters if not each["python_type"]["description"]]
    assert bare == []


def test_the_page_for_programs_says_what_comes_back(client):
    described = client.view_api(return_format="dict")["named_endpoints"]
    kinds = {name: [each["python_type"]["type"] for each in about["returns"]] for name, about in described.items()}
    inside = {f"/{function.__name__}": ["dict(str, Any)"] for function in VIEWS}
    files = {
        "/classify_file": ["dict(str, Any)"],
        "/file_rows": ["list[dict(str, Any)]"],
        "/file_counts": ["dict(str, dict(str, int))"],
    }
    texts = {
        "/generate": ["str"],
        "/welcome": ["list[dict(str, Any)]"],
        "/classify": ["dict(str, float)"],
        "/not_learnt": ["str"],
        "/explain": ["dict(str, Any)"],
    }
    assert kinds == {**texts, **files, **inside, **WRITING}


def test_generate_streams_the_text_as_it_grows(client, app):
    app.pause = 0.004
    job = client.submit("To be", max_new_tokens=200, seed=1, api_name="/generate")
    job.result(timeout=60)
    texts = job.outputs()
    assert len(texts) > 3
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))
    assert len(texts[-1]) == 205


def test_a_seed_gives_the_same_text_to_everybody_at_once(client):
    jobs = [client.submit("To be", "shakespeare-gru", 150, seed=seed, api_name="/generate") for seed in (5, 6, 5, 6)]
    first, second, *again = [job.result(timeout=60) for job in jobs]
    assert again == [first, second] and first != second


def test_a_cancelled_call_stops_the_computation(client, app):
    app.pause = 0.01
    before = app.forwards["shakespeare-rnn"]
    job = client.submit("To be", "shakespeare-rnn", 2000, api_name="/generate")
    while len(job.outputs()) < 3:
        time.sleep(0.05)
    job.cancel()
    time.sleep(0.5)
    computed = app.forwards["shakespeare-rnn"]
    time.sleep(0.5)
    assert before + 2 < computed == app.forwards["shakespeare-rnn"] < before + 2000


def test_classification_does_not_wait_for_generations(client, app):
    app.pause = 0.005
    jobs = [client.submit("To be", max_new_tokens=800, api_name="/generate") for _ in range(6)]
    while not any(job.outputs() for job in jobs):
        time.sleep(0.05)
    client.predict("I like it", api_name="/classify")
    assert not any(job.done() for job in jobs)
    for job in jobs:
        job.cancel()


def test_classify_answers_with_the_probability_of_every_label(client):
    answer = client.predict("I really enjoyed that concert.", api_name="/classify")
    assert set(answer) == {"negative", "neutral", "positive"}
    assert sum(answer.values()) == pytest.approx(1, abs=1e-5)


def test_the_language_of_the_text_chooses_the_model(client, app):
    for text, name in [
        ("服务太差了", "sentiment-zh"),
        ("bad service", "sentiment-en"),
        ("三体问题 is a great book that I liked", "sentiment-en"),
        ("那个 app 很好用", "sentiment-zh"),
    ]:
        before = dict(app.forwards)
        client.predict(text, api_name="/classify")
        assert {model for model in before if app.forwards[model] != before[model]} == {name}


GENERATE_MISTAKES = [
    ({"prompt": None}, "prompt must be a string, not null"),
    ({"prompt": 5}, "prompt must be a string, not a number"),
    ({"prompt": ["a"]}, "prompt must be a string, not a list"),
    ({"prompt": {"a": 1}}, "prompt must be a string, not an object"),
    ({"prompt": "a" * 10**6}, "The text has 1,000,000 characters; at most 10,000 are allowed"),
    ({"prompt": "a\x00"}, "Character 2 is U+0000"),
    ({"prompt": "مرحبا"}, "knows none of these characters"),
    ({"prompt": "😀😀"}, "knows none of these characters"),
    ({"prompt": "a", "model": "gpt-9"}, "There is no such model here: choose one of shakespeare-lstm"),
    ({"prompt": "a", "model": None}, "There is no such model here"),
    ({"prompt": "a", "model": ["shakespeare-lstm"]}, "There is no such model here"),
    ({"prompt": "a", "max_new_tokens": 0}, "max_new_tokens must be a whole number from 1 to 2000"),
    ({"prompt": "a", "max_new_tokens": 10**9}, "max_new_tokens must be a whole number from 1 to 2000"),
    ({"prompt": "a", "max_new_tokens": "9"}, "max_new_tokens must be a number, not a string"),
    ({"prompt": "a", "temperature": -1}, "temperature must be a number from 0 to 5"),
    ({"prompt": "a", "temperature": None}, "temperature must be a number, not null"),
    ({"prompt": "a", "top_k": 1.5}, "top_k must be a whole number"),
    ({"prompt": "a", "top_p": True}, "top_p must be a number, not true or false"),
    ({"prompt": "a", "repetition_penalty": 0}, "repetition_penalty must be a number from 0.5 to 3"),
    ({"prompt": "a", "seed": -1}, "seed must be a whole number from 0"),
]
CLASSIFY_MISTAKES = [
    ({"text": ""}, "There is no text: enter a sentence first"),
    ({"text": " \n\t"}, "There is no text"),
    ({"text": None}, "text must be a string, not null"),
    ({"text": 3.5}, "must be a string, not a number"),
    ({"text": ["a", "b"]}, "must be a string, not a list"),
    ({"text": "很" * 10**6}, "The text has 1,000,000 characters; at most 20,000 are allowed"),
    ({"text": "ab\x00"}, "Character 3 is U+0000"),
    ({"text": "a", "model": "shakespeare-lstm"}, "There is no such model here: choose one of auto, sentiment-en"),
]


@pytest.mark.parametrize(("arguments", "sentence"), GENERATE_MISTAKES, ids=lambda value: f"{value!s:.60}")
def test_a_mistake_in_generate_gets_a_sentence(client, arguments, sentence):
    with pytest.raises(AppError, match=sentence.replace("+", r"\+")):
        client.predict(**arguments, api_name="/generate")


@pytest.mark.parametrize(("arguments", "sentence"), CLASSIFY_MISTAKES, ids=lambda value: f"{value!s:.60}")
def test_a_mistake_in_classify_gets_a_sentence(client, arguments, sentence):
    with pytest.raises(AppError, match=sentence.replace("+", r"\+")):
        client.predict(**arguments, api_name="/classify")


@pytest.mark.parametrize("text", ["😀😀😀", "مرحبا بالعالم", "\u202eabc", "e\u0301\u0301\u0301", "a" * 20_000])
def test_odd_text_that_a_vocabulary_covers_is_answered(client, text):
    assert sum(client.predict(text, api_name="/classify").values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (rb'{"data": ["\ud800a", "auto"]}', r"Character 1 is U+D800, which is not text: remove it."),
        (rb'{"data": ["a", NaN]}', "There is no such model here"),
        (
            rb'{"data": [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}, "auto"]}',
            "This file is not here",
        ),
    ],
)
def test_a_malformed_body_gets_a_sentence(app, body, sentence):
    event = call(app.url, "classify", body)
    assert event.startswith("event: error") and sentence in event
    assert "Traceback" not in event and "passwd" not in event


def test_a_sentence_is_in_the_language_that_was_asked_for(app):
    body = json.dumps({"data": ["", "auto"]}).encode()
    status, answer = post(f"{app.url}gradio_api/call/classify", body, **{"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"})
    assert status == 200
    with urllib.request.urlopen(f"{app.url}gradio_api/call/classify/{json.loads(answer)['event_id']}") as events:
        assert "还没有文本" in json.loads(events.read().decode().partition("data: ")[2])["error"]


def test_a_million_escaped_emoji_get_the_sentence_about_long_texts(app):
    body = b'{"data": ["' + rb"\ud83d\ude00" * 10**6 + b'", "auto"]}'
    assert "1,000,000 characters; at most 20,000 are allowed" in call(app.url, "classify", body)


def test_a_body_above_the_limit_is_answered_with_413(app):
    status, answer = post(f"{app.url}gradio_api/call/classify", b'{"data": ["' + b"a" * 17 * 2**20 + b'", "auto"]}')
    assert (status, json.loads(answer)["detail"]) == (413, "The request is larger than 16 MB: send a shorter text.")


def test_a_body_above_the_limit_that_does_not_say_its_length_is_answered_with_413(app):
    def chunks():
        for _ in range(18):
            yield b"a" * 2**20

    request = urllib.request.Request(f"{app.url}gradio_api/call/classify", data=chunks(), method="POST")
    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.urlopen(request, timeout=60)
    assert answer.value.code == 413


def test_nobody_can_watch_the_others(app):
    for path in ("monitoring", "gradio_api/monitoring", "gradio_api/runs"):
        status, answer = 0, ""
        try:
            with urllib.request.urlopen(f"{app.url}{path}") as response:
                status, answer = response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            status = error.code
        assert status in (401, 403, 404) or "total_requests" not in answer, path


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=20), st.lists, max_leaves=4))
def test_any_json_gets_an_answer_or_a_sentence(app, value):
    event = call(app.url, "classify", json.dumps({"data": [value, "auto"]}).encode())
    kind, _, data = event.partition("\ndata: ")
    assert kind == "event: complete" or json.loads(data)["error"]


def test_the_app_still_answers_after_all_that(client):
    jobs = [client.submit("fine", api_name="/classify") for _ in range(8)]
    assert len({json.dumps(job.result(timeout=60)) for job in jobs}) == 1
    assert client.predict("To be", max_new_tokens=5, api_name="/generate").startswith("To be")
