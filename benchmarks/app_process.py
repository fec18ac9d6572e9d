"""The app as started by `python app.py`, in its own process, and its API as called by a program."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SECONDS = 300.0


class App:
    """A running app.

    Attributes:
        url: the address it listens on.
        process: its process.
        started: the time of its start, on the clock of `time.perf_counter`.
    """

    def __init__(self, url: str, process: subprocess.Popen[bytes], started: float):
        self.url, self.process, self.started = url, process, started

    def call(self, name: str, *data: Any) -> list[Any]:
        """The answer of an endpoint. Raises `RuntimeError` if that is an error."""
        body = json.dumps({"data": data}).encode()
        request = urllib.request.Request(
            f"{self.url}/gradio_api/call/{name}", body, {"Content-Type": "application/json"}
        )
        event = json.load(urllib.request.urlopen(request, timeout=SECONDS))["event_id"]
        kind = ""
        with urllib.request.urlopen(f"{self.url}/gradio_api/call/{name}/{event}", timeout=SECONDS) as answer:
            for line in answer:
                field, _, value = line.decode("utf-8").strip().partition(": ")
                if field == "event":
                    kind = value
                elif field == "data" and kind == "complete":
                    return json.loads(value)
                elif field == "data" and kind == "error":
                    raise RuntimeError(f"{name} answered {value}")
        raise RuntimeError(f"{name} gave no answer")


@contextmanager
def running_app(command: Sequence[str] = ("app.py",)) -> Iterator[App]:
    """Run the app of this folder, or another Python `command`, on a free port, and end it afterwards.

    Raises `RuntimeError` if it exits or does not answer in time.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    environment = {**os.environ, "GRADIO_SERVER_PORT": port, "GRADIO_SERVER_NAME": "127.0.0.1", "HF_HUB_OFFLINE": "1"}
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder, "printed.txt")
        with printed.open("w") as out:
            started = time.perf_counter()
            process = subprocess.Popen([sys.executable, *command], env=environment, stdout=out, stderr=out)
        app = App(f"http://127.0.0.1:{port}", process, started)
        try:
            while not _answers(app.url):
                if process.poll() is not None or time.perf_counter() - started > SECONDS:
                    raise RuntimeError(f"the app does not answer:\n{printed.read_text(encoding='utf-8')}")
                time.sleep(0.02)
            yield app
        finally:
            process.terminate()
            process.wait(30)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/gradio_api/info", timeout=10).close()
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
    return True
