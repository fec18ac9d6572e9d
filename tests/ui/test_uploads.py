"""Uploaded files: their folder, and the limits on their number, size and age."""

from __future__ import annotations

import http.client
import json
import os
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rnn_models.ui import gate, uploads
from rnn_models.ui.uploads import MAX_FILES, holds, make_room

BOUNDARY = "a-boundary"
PREFIX = f"--{BOUNDARY}\r\ncontent-disposition: form-data; name="


def form(*files: bytes, field: str = "files") -> bytes:
    parts = (f'{PREFIX}"{field}"; filename="{i}.csv"\r\n\r\n'.encode() + file for i, file in enumerate(files))
    return b"".join(part + b"\r\n" for part in parts) + f"--{BOUNDARY}--\r\n".encode()


def send(app, body: bytes, path: str = "upload", **headers: str) -> tuple[int, str]:
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"} | headers
    request = urllib.request.Request(f"{app.url}gradio_api/{path}", data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=120) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def kept() -> set[Path]:
    return {path for path in uploads.folder().rglob("*") if path.is_file()}


@pytest.fixture(autouse=True)
def nothing_uploaded_before() -> None:
    for path in kept():
        path.unlink()


def test_a_file_is_kept_where_nobody_else_can_read_it(app):
    status, answer = send(app, form(b"text\nfine\n"))
    assert status == 200
    (path,) = json.loads(answer)
    assert Path(path).read_bytes() == b"text\nfine\n" and holds(path)
    assert uploads.folder().stat().st_mode & 0o077 == 0
    assert uploads.folder().name.startswith("rnn-models-")  # not the folder `gradio` that all share


@pytest.mark.parametrize("field", ["files", "others"])
@pytest.mark.parametrize("number", [MAX_FILES + 1, 300])
def test_too_many_files_in_one_request_get_a_sentence_and_none_is_kept(app, number, field):
    status, answer = send(app, form(*[b"text\n%d\n" % i for i in range(number)], field=field))
    assert (status, answer) == (400, "At most 10 files can be uploaded at a time: send fewer.")
    assert kept() == set()


def test_as_many_files_as_are_allowed_are_kept(app):
    status, answer = send(app, form(*[b"text\n%d\n" % i for i in range(MAX_FILES)]))
    assert status == 200 and len(json.loads(answer)) == MAX_FILES


@pytest.mark.parametrize("megabytes", [6, 17])  # the second is above the limit of any request
def test_too_large_a_request_gets_a_sentence_and_is_not_kept(app, megabytes):
    large = form(b"a" * megabytes * 2**20)
    assert send(app, large) == (413, "At most 5 MB can be uploaded at a time: split the file.")
    status, answer = send(app, large, **{"accept-language": "zh"})
    assert (status, answer) == (413, "一次最多上传 5 MB：请拆分文件。")
    assert kept() == set()


def test_a_request_that_does_not_say_its_length_is_bounded_too(app):
    chunks = iter([form(b"")[: -len(f"\r\n--{BOUNDARY}--\r\n")], *[b"a" * 2**20 for _ in range(6)]])
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    request = urllib.request.Request(f"{app.url}gradio_api/upload", data=chunks, headers=headers, method="POST")
    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.urlopen(request, timeout=120)
    assert answer.value.code == 400
    assert answer.value.read().decode() == "At most 5 MB can be uploaded at a time: split the file."
    assert kept() == set()


def test_a_client_that_never_ends_its_request_is_cut_off(app, monkeypatch):
    monkeypatch.setattr(gate, "UPLOAD_SECONDS", 0.5)
    connection = http.client.HTTPConnection(str(urlsplit(app.url).netloc), timeout=120)
    connection.putrequest("POST", "/gradio_api/upload")
    connection.putheader("content-type", f"multipart/form-data; boundary={BOUNDARY}")
    connection.putheader("content-length", "5000")
    connection.endheaders(form(b"a" * 1000)[:900])
    answer = connection.getresponse()
    assert answer.status == 400 and answer.read().startswith(b"The upload took longer than")
    connection.close()
    assert kept() == set()


def test_what_everybody_has_uploaded_together_is_bounded(app, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_HELD_MEGABYTES", 1)
    assert send(app, form(b"a" * 600_000))[0] == 200
    status, answer = send(app, form(b"b" * 600_000))
    assert status == 429 and answer.endswith("that this app keeps: try again in a few minutes.")
    monkeypatch.setattr(uploads, "SAFE_AGE", -1)  # as if minutes had passed
    assert send(app, form(b"b" * 600_000))[0] == 200
    assert [path.stat().st_size for path in kept()] == [600_000]


def test_how_many_files_everybody_has_uploaded_together_is_bounded(app, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_HELD", MAX_FILES + 2)
    statuses = [send(app, form(b"%d" % i))[0] for i in range(5)]
    assert statuses == [200, 200, 200, 429, 429] and len(kept()) == 3


def test_results_are_bounded_as_uploads_are(app, monkeypatch):
    _, answer = send(app, form(b"text\nfine\n"))
    file = {"path": json.loads(answer)[0], "meta": {"_type": "gradio.FileData"}}
    index = next(i for i, function in app.page.fns.items() if function.name == "on_file")
    sent = {"data": [file, "auto", None, True], "fn_index": index, "session_hash": "results"}
    monkeypatch.setattr(uploads, "MAX_HELD_MEGABYTES", 20 / 2**20)
    send(app, json.dumps(sent).encode(), "queue/join", **{"content-type": "application/json"})
    with urllib.request.urlopen(f"{app.url}gradio_api/queue/data?session_hash=results", timeout=120) as events:
        assert "that this app keeps" in events.read().decode()


def test_old_files_go_and_their_folders_too(monkeypatch):
    for name in ("one", "two"):
        (uploads.folder() / name).mkdir(exist_ok=True)
        (uploads.folder() / name / "file.csv").write_text("text\n")
    assert make_room(0) and len(kept()) == 2
    monkeypatch.setattr(uploads, "MAX_AGE", -1)
    assert make_room(0) and kept() == set()
    assert not (uploads.folder() / "one").exists() and uploads.folder().is_dir()


def test_files_come_in_by_one_door_alone(app):
    for path in ("component_server", "process_recording", "call/classify", "queue/join"):
        status, answer = send(app, form(b"a" * 100, field="video"), path)
        assert (status, json.loads(answer)["detail"]) == (
            400,
            "Only /gradio_api/upload takes files: send them there.",
        )
    assert kept() == set()


@pytest.mark.parametrize(
    "body", [b"", b"nonsense", form(b"a")[:40], form(b"a").replace(b"filename", b"x"), b"--a-boundary--\r\n"]
)
def test_a_broken_upload_gets_an_answer(app, body):
    status, answer = send(app, body)
    assert status < 500 and answer


@pytest.mark.parametrize("path", ["/etc/passwd", "/", "", "a\x00b", "x" * 5000, "http://example.com/a.csv", "../a"])
def test_only_uploaded_files_are_taken_as_such(path):
    assert not holds(path)


def test_a_link_out_of_the_folder_is_no_uploaded_file(tmp_path):
    (tmp_path / "secret.csv").write_text("text\n")
    link = uploads.folder() / "link.csv"
    os.symlink(tmp_path / "secret.csv", link)
    assert not holds(str(link))
    link.unlink()
