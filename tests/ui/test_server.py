"""What the app does for every request beside its own work."""

from __future__ import annotations

import gc

import gradio as gr
from gradio.state_holder import SessionState

from rnn_models.ui.page import create_app, launch
from rnn_models.ui.server import keep_configurations


def page() -> gr.Blocks:
    with gr.Blocks() as blocks:
        gr.Textbox("hello", label="text", info="a word")
        with gr.Row():
            gr.Dropdown(["a", "b"], value="b")
    return blocks


def test_kept_configurations_are_those_that_gradio_makes():
    blocks = page()
    made = {number: dict(values) for number, values in SessionState(blocks).config_values.items()}
    keep_configurations(blocks)
    assert SessionState(blocks).config_values == made


def test_what_one_session_writes_the_next_does_not_see():
    blocks = page()
    keep_configurations(blocks)
    number = next(number for number, block in blocks.blocks.items() if isinstance(block, gr.Textbox))
    first = SessionState(blocks)
    first._update_value_in_config(number, "changed")
    assert first.config_values[number]["props"]["value"] == "changed"
    assert SessionState(blocks).config_values[number]["props"]["value"] == "hello"


def test_a_served_app_collects_garbage_again():
    gc.disable()  # as app.py does before it imports
    try:
        app = create_app([])
        launch(app, prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
        app.close()
        assert gc.isenabled()
    finally:
        gc.enable()
