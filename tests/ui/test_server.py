"""What the app does around every request."""

from __future__ import annotations

import gc

import gradio as gr
import pytest
from gradio.state_holder import SessionState
from gradio_client import Client
from gradio_client.exceptions import AppError

from rnn_models.ui.page import SESSIONS, create_app, launch
from rnn_models.ui.server import NOTHING, keep_no_descriptions


def page() -> gr.Blocks:
    with gr.Blocks() as blocks:
        gr.Textbox("hello", label="text", info="a word")
        with gr.Row():
            gr.Dropdown(["a", "b"], value="b")
    return blocks


def test_a_session_has_the_blocks_of_the_page_and_no_description_of_them():
    blocks = page()
    assert any(SessionState(blocks).components)
    described = blocks.get_config_file()
    keep_no_descriptions(blocks)
    session = SessionState(blocks)
    assert {number: session[number] for number in blocks.blocks} == blocks.blocks
    assert list(session.components) == []
    assert blocks.get_config_file()["components"] == described["components"]


def test_what_one_session_writes_the_next_does_not_see():
    blocks = page()
    keep_no_descriptions(blocks)
    number = next(number for number, block in blocks.blocks.items() if isinstance(block, gr.Textbox))
    first, changed = SessionState(blocks), gr.Textbox("changed")
    first[number] = changed
    first._update_value_in_config(number, "changed")
    assert first[number] is changed
    assert SessionState(blocks)[number] is blocks.blocks[number] is not changed
    assert list(first.components) == list(SessionState(blocks).components) == [] and NOTHING == {}


def test_a_served_app_collects_garbage_again():
    gc.disable()  # as app.py does before its imports
    try:
        app = create_app([])
        launch(app, prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
        app.close()
        assert gc.isenabled()
    finally:
        gc.enable()


def test_a_fault_of_ours_is_in_the_log_and_not_in_the_answer(caplog):
    app = create_app([])
    with app:

        def fail() -> str:
            raise ZeroDivisionError("the secret of the house")

        fail.__annotations__["return"] = str
        gr.api(fail, api_name="fail")
    _, url, _ = launch(app, prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    with pytest.raises(AppError, match="This could not be answered") as answer:
        Client(url, verbose=False, analytics_enabled=False).predict(api_name="/fail")
    app.close()
    assert "secret" not in str(answer.value)
    assert any(record.exc_info and "secret" in str(record.exc_info[1]) for record in caplog.records)


def test_of_the_events_the_app_keeps_none_and_sums_up_none_for_a_dashboard_that_is_not_there():
    app = create_app([])
    with app:

        def echo(text: str) -> str:
            return text

        gr.api(echo, api_name="echo")
    _, url, _ = launch(app, prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    client = Client(url, verbose=False, analytics_enabled=False)
    for number in range(4):
        client.predict(str(number), api_name="/echo")
    kept, summary = app._queue.event_analytics, app._queue.cached_event_analytics_summary
    app.close()
    assert len(kept) <= 1
    assert summary == {"functions": {}}


def test_an_app_keeps_no_more_clients_than_it_says():
    app = create_app([])
    launch(app, prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    try:
        assert app.state_holder.capacity == app.state_session_capacity == SESSIONS
        assert list(app.state_holder["a new client"].components) == []
    finally:
        app.close()
