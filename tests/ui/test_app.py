"""`app.py` as a user starts it: in its own process, without the settings of the tests."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.witness import Witness

ROOT = Path(__file__).parents[2]
# Python imports this at its start. It records every address that the process requests.
WATCH = """
import os, sys

def watch(event, arguments):
    if event == "socket.connect":
        address = arguments[1]
    elif event == "socket.getaddrinfo":
        address = arguments[:2]
    else:
        return
    with open(os.environ["WATCHED"], "a") as file:
        file.write(repr(address) + chr(10))

sys.addaudithook(watch)
"""


def start(tmp_path: Path, witness: Witness, *arguments: str, **environment: str) -> tuple[subprocess.Popen, Path]:
    (tmp_path / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    log = tmp_path / "log.txt"
    variables = witness.environment() | {
        "PYTHONPATH": str(tmp_path),
        "WATCHED": str(tmp_path / "watched.txt"),
        "PYTHONUNBUFFERED": "1",
        "GRADIO_SERVER_PORT": str(free_port()),
        **environment,
    }
    command = [sys.executable, str(ROOT / "app.py"), *arguments]
    with log.open("w") as out:
        return subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=variables, cwd=tmp_path), log


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_url(process: subprocess.Popen, log: Path, seconds: float = 600) -> str:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        found = re.search(r"http://[\d.]+:\d+", log.read_text())
        if found:
            return found.group()
        time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.fixture
def stopped():
    """Processes put here are ended after the test."""
    processes: list[subprocess.Popen] = []
    yield processes
    for process in processes:
        process.terminate()
        process.wait(timeout=30)


def test_the_app_names_what_it_cannot_load_serves_the_rest_and_asks_nobody(
    tmp_path, witness, tiny_checkpoints, stopped
):
    from gradio_client import Client

    broken = tmp_path / "my broken"
    broken.mkdir()
    (broken / "config.json").write_text("{", encoding="utf-8")
    names = [tiny_checkpoints / "tang-poems", broken, tmp_path / "nowhere", tiny_checkpoints / "sentiment-zh"]
    process, log = start(tmp_path, witness, RNN_MODELS=", ".join(map(str, names)))
    stopped.append(process)
    url = wait_for_url(process, log)
    client = Client(url, verbose=False, analytics_enabled=False)
    assert len(client.predict("床前", max_new_tokens=20, api_name="/generate")) == 22
    assert client.predict("太差了", api_name="/classify")
    said = log.read_text()
    assert f"A model is left out: {tmp_path / 'nowhere'}: there is no such folder." in said
    assert f"A model is left out: {broken / 'model.safetensors'} is missing." in said
    assert "Traceback" not in said
    watched = tmp_path / "watched.txt"
    hosts = re.findall(r"\('([^']*)'", watched.read_text()) if watched.exists() else []
    assert set(hosts) <= {"127.0.0.1", "localhost", "0.0.0.0", ""}, hosts
    assert witness.asked == []
    assert witness.left_at_home() <= {".cache/matplotlib"}


def test_without_any_model_the_app_says_what_to_do(tmp_path, witness, stopped):
    process, log = start(tmp_path, witness, "--models", str(tmp_path / "nowhere"))
    stopped.append(process)
    url = wait_for_url(process, log)
    assert "There is no model to show. Train one with train.py, or name one" in log.read_text()
    with urllib.request.urlopen(url) as page:
        assert "No model is loaded for this tab" in page.read().decode()


def test_the_app_of_a_second_user_takes_files_of_its_own(tmp_path, witness, tiny_checkpoints, stopped):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    (temporary / "gradio").write_text("as good as another user's folder: nobody can write into it", encoding="utf-8")
    model = str(tiny_checkpoints / "sentiment-en")
    process, log = start(tmp_path, witness, "--models", model, TMPDIR=str(temporary))
    stopped.append(process)
    url = wait_for_url(process, log)
    body = b'--x\r\ncontent-disposition: form-data; name="files"; filename="a.csv"\r\n\r\ntext\nfine\n\r\n--x--\r\n'
    headers = {"content-type": "multipart/form-data; boundary=x"}
    with urllib.request.urlopen(urllib.request.Request(f"{url}/gradio_api/upload", body, headers)) as answer:
        (path,) = json.load(answer)
    own = next(folder for folder in temporary.iterdir() if folder.name.startswith("rnn-models-"))
    assert Path(path).is_relative_to(own) and own.stat().st_mode & 0o077 == 0
    process.terminate()  # as a service manager ends it
    process.wait(timeout=60)
    assert not own.exists()
    assert "Traceback" not in log.read_text()


def test_help_answers_without_loading_the_libraries():
    command = [sys.executable, "-X", "importtime", str(ROOT / "app.py"), "--help"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "--models" in answer.stdout
    imported = {line.rpartition("|")[2].strip() for line in answer.stderr.splitlines()}
    assert imported.isdisjoint({"torch", "gradio", "transformers"}) and "argparse" in imported
