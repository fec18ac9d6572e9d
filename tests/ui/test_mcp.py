"""`python app.py --mcp`: each endpoint is a tool of a language model."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from rnn_models import ui

APP = Path(__file__).parents[2] / "app.py"


def test_every_endpoint_is_a_tool_that_says_what_its_parameters_are(tiny_checkpoints: Path):
    pytest.importorskip("mcp", reason="MCP is missing: pip install 'rnn-models[mcp]'")
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    models, _ = ui.load_models(ui.find_models(tiny_checkpoints.parent))
    app = ui.create_app(models)
    _, url, _ = ui.launch(app, prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", mcp_server=True)

    async def use() -> tuple[list, str, str]:
        async with (
            streamablehttp_client(f"{url}gradio_api/mcp/") as (reading, writing, _),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            tools = (await session.list_tools()).tools
            written = await session.call_tool("generate", {"prompt": "To be", "max_new_tokens": 9, "seed": 1})
            refused = await session.call_tool("classify", {"text": ""})
            return tools, written.content[0].text, refused.content[0].text

    try:
        tools, written, refused = asyncio.run(use())
    finally:
        app.close()
    names = {tool.name for tool in tools}
    assert names == {name.removeprefix("/") for name in app.endpoints} and {"generate", "classify"} <= names
    for tool in tools:
        assert tool.description, tool.name
        for name, about in tool.inputSchema["properties"].items():
            assert about["description"], f"{tool.name} {name}"
    assert written.startswith("To be") and len(written) == 14
    assert "There is no text: enter a sentence first." in refused


def test_without_its_package_mcp_is_refused_in_a_sentence(tmp_path: Path):
    script = (
        "import importlib.util, runpy, sys\n"
        "found = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *rest: None if name == 'mcp' else found(name, *rest)\n"
        f"sys.argv = ['app.py', '--mcp']; runpy.run_path({str(APP)!r}, run_name='__main__')\n"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path)
    assert told.returncode == 2
    assert told.stderr.endswith("--mcp needs a package that is not installed: pip install 'rnn-models[mcp]'\n")
