"""A local Hub: enough of its HTTP API for the real clients to create, push to, list and download repositories.

    with HubServer() as hub:
        subprocess.run([...], env=hub.environment(home))

`huggingface_hub` reads HF_ENDPOINT on import, so the clients of this server run in separate processes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hf_test"
LFS_SUFFIXES = (".safetensors", ".parquet")
Files = dict[str, bytes]


@dataclass
class Repository:
    """The commits of a repository, each with all its files; `main` is the last one."""

    commits: dict[str, Files] = field(default_factory=dict)
    main: str = ""
    private: bool = False
    pull_requests: dict[str, Files] = field(default_factory=dict)

    def commit(self, files: Files) -> str:
        listing = "".join(f"{path} {git_oid(content)}\n" for path, content in sorted(files.items()))
        self.main = hashlib.sha1(f"{self.main}\n{listing}".encode()).hexdigest()
        self.commits[self.main] = files
        return self.main


class HubServer:
    """Serves on a free port of 127.0.0.1 inside its `with` block.

    Attributes:
        url: its address.
        repositories: by (kind, name), as in `("models", "owner/name")`.
        objects: contents uploaded as large files, by their SHA-256.
        trouble: simulated faults, by a pattern of the request's path and body: a status, `"hang"` (accept and never
            answer) or `"cut"` (close the connection in the middle of the answer).
    """

    def __init__(self) -> None:
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.objects: dict[str, bytes] = {}
        self.trouble: dict[str, int | str] = {}
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": self}))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> HubServer:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()

    def environment(self, home: Path) -> dict[str, str]:
        """The environment of a process that uses this server as the Hub and keeps its caches in `home`."""
        hub = {"HF_ENDPOINT": self.url, "HF_TOKEN": TOKEN, "HF_HOME": str(home)}
        hub |= {"HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1", "NO_PROXY": "127.0.0.1"}
        return {**os.environ, **hub}

    def files(self, name: str, kind: str = "models") -> Files:
        """The files of a repository's main branch."""
        repository = self.repositories[kind, name]
        return repository.commits[repository.main]


class Problem(Exception):
    """An error response; the client reads `code` from the header X-Error-Code, the rest from the body."""

    def __init__(self, status: int, code: str, **more: str) -> None:
        self.status, self.code, self.body = status, code, {"error": code, **more}


class Handler(BaseHTTPRequestHandler):
    """One connection. Each route is a function listed in `ROUTES`; its return value is sent as JSON."""

    hub: HubServer
    cut = False
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: Any) -> None:
        """Prints nothing, to keep the test output clean."""

    def answer(self) -> None:
        body = self.read_body()
        path = urlsplit(self.path).path
        trouble = self.trouble_for(f"{path} {body[:200]!r}")
        if trouble == "hang":
            self.hub.stopping.wait(120)
            self.close_connection = True
            return
        self.cut = trouble == "cut"
        try:
            if isinstance(trouble, int):
                raise Problem(trouble, "Trouble")
            for method, pattern, route in ROUTES:
                if method == self.command.replace("HEAD", "GET") and (match := re.fullmatch(pattern, path)):
                    # Large files are uploaded to the URL from the batch endpoint, which needs no token.
                    if method == "POST" and self.headers["Authorization"] != f"Bearer {TOKEN}":
                        raise Problem(401, "Unauthorized")
                    values = {name: unquote(value) for name, value in match.groupdict().items()}
                    with self.hub.lock:
                        answered = route(self, body, **values)
                    break
            else:
                raise Problem(501, f"NotServed {self.command} {self.path}")
        except Problem as problem:
            self.send(problem.status, json.dumps(problem.body).encode(), {"X-Error-Code": problem.code})
            return
        if isinstance(answered, tuple):
            self.send(200, *answered)
        else:
            self.send(200, json.dumps(answered).encode(), {"Content-Type": "application/json"})

    def trouble_for(self, asked: str) -> int | str | None:
        return next((what for pattern, what in self.hub.trouble.items() if re.search(pattern, asked)), None)

    do_GET = do_HEAD = do_POST = do_PUT = answer

    def read_body(self) -> bytes:
        if self.headers["Transfer-Encoding"] != "chunked":
            return self.rfile.read(int(self.headers["Content-Length"] or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        if wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers["Range"] or "") if status == 200 else None:
            start, stop = int(wanted[1]), min(int(wanted[2] or len(body)), len(body) - 1)
            status, headers = 206, {**headers, "Content-Range": f"bytes {start}-{stop}/{len(body)}"}
            body = body[start : stop + 1]
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(body[: len(body) // 2] if self.cut else body)
        self.close_connection |= self.cut

    def repository(self, kind: str, name: str) -> Repository:
        try:
            return self.hub.repositories[kind, name]
        except KeyError:
            raise Problem(404, "RepoNotFound") from None

    def commit(self, kind: str, name: str, revision: str | None) -> tuple[str, Files]:
        repository = self.repository(kind, name)
        sha = repository.main if revision in (None, "main") else str(revision)
        if sha not in repository.commits:
            raise Problem(404, "RevisionNotFound")
        return sha, repository.commits[sha]

    def page(self, kind: str, name: str) -> str:
        return f"{self.hub.url}/{'' if kind == 'models' else kind + '/'}{name}"


def create(handler: Handler, body: bytes) -> dict[str, Any]:
    wanted = json.loads(body)
    kind, name = f"{wanted.get('type', 'model')}s", f"{wanted['organization'] or 'somebody'}/{wanted['name']}"
    if (kind, name) in handler.hub.repositories:
        raise Problem(409, "RepoExists", url=handler.page(kind, name))
    repository = handler.hub.repositories[kind, name] = Repository(private=wanted.get("visibility") == "private")
    repository.commit({})
    return {"url": handler.page(kind, name), "name": name}


def validate_yaml(handler: Handler, body: bytes) -> dict[str, Any]:
    return {"warnings": [], "errors": []}


def preupload(handler: Handler, body: bytes, kind: str, name: str, revision: str) -> dict[str, Any]:
    _, files = handler.commit(kind, name, revision)
    answers = []
    for path in (entry["path"] for entry in json.loads(body)["files"]):
        oid = file_oid(path, files[path]) if path in files else None
        mode = "lfs" if path.endswith(LFS_SUFFIXES) else "regular"
        answers.append({"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": oid})
    return {"files": answers}


def batch(handler: Handler, body: bytes) -> dict[str, Any]:
    objects = json.loads(body)["objects"]
    for wanted in objects:
        if wanted["oid"] not in handler.hub.objects:
            upload, verify = f"{handler.hub.url}/objects/{wanted['oid']}", f"{handler.hub.url}/verify"
            wanted["actions"] = {"upload": {"href": upload}, "verify": {"href": verify}}
    return {"transfer": "basic", "objects": objects}


def put_object(handler: Handler, body: bytes, oid: str) -> dict[str, Any]:
    if hashlib.sha256(body).hexdigest() != oid:
        raise Problem(400, "BadDigest")
    handler.hub.objects[oid] = body
    return {}


def verify(handler: Handler, body: bytes) -> dict[str, Any]:
    wanted = json.loads(body)
    if len(handler.hub.objects.get(wanted["oid"], b"")) != wanted["size"]:
        raise Problem(404, "ObjectNotFound")
    return {}


def commit(handler: Handler, body: bytes, kind: str, name: str, revision: str) -> dict[str, Any]:
    files = dict(handler.commit(kind, name, revision)[1])
    for line in body.splitlines():
        operation = json.loads(line)
        key, value = operation["key"], operation["value"]
        if key == "file":
            files[value["path"]] = base64.b64decode(value["content"])
        elif key == "lfsFile":
            files[value["path"]] = handler.hub.objects[value["oid"]]
        elif key != "header":
            raise Problem(501, f"NotServed {key}")
    repository = handler.repository(kind, name)
    if parse_qs(urlsplit(handler.path).query).get("create_pr", ["0"])[0] == "1":
        number = len(repository.pull_requests) + 1
        repository.pull_requests[f"refs/pr/{number}"] = files
        sha, more = f"{number:040x}", {"pullRequestUrl": f"{handler.page(kind, name)}/discussions/{number}"}
    else:
        sha, more = repository.commit(files), {}
    return {"commitUrl": f"{handler.page(kind, name)}/commit/{sha}", "commitOid": sha, "hookOutput": "", **more}


def info(handler: Handler, body: bytes, kind: str, name: str, revision: str | None = None) -> dict[str, Any]:
    sha, files = handler.commit(kind, name, revision)
    facts = {"id": name, "sha": sha, "private": False, "tags": [], "downloads": 0, "likes": 0}
    return {**facts, "siblings": [{"rfilename": path} for path in sorted(files)]}


def tree(
    handler: Handler, body: bytes, kind: str, name: str, revision: str, folder: str | None = None
) -> list[dict[str, Any]]:
    _, files = handler.commit(kind, name, revision)
    prefix = f"{folder}/" if folder else ""
    inside = [path for path in sorted(files) if path.startswith(prefix)]
    if prefix and not inside:
        raise Problem(404, "EntryNotFound")
    found = describe(files, inside)
    if parse_qs(urlsplit(handler.path).query).get("recursive", ["false"])[0].lower() != "true":
        found = [entry for entry in found if "/" not in entry["path"].removeprefix(prefix)]
    return [entry for entry in found if entry["path"].startswith(prefix)]


def paths_info(handler: Handler, body: bytes, kind: str, name: str, revision: str) -> list[dict[str, Any]]:
    _, files = handler.commit(kind, name, revision)
    wanted = parse_qs(body.decode())["paths"]
    return [entry for entry in describe(files, sorted(files)) if entry["path"] in wanted]


def resolve(
    handler: Handler, body: bytes, name: str, revision: str, path: str, kind: str = "models"
) -> tuple[bytes, dict[str, str]]:
    sha, files = handler.commit(kind, name, revision)
    if path not in files:
        raise Problem(404, "EntryNotFound")
    content, oid = files[path], file_oid(path, files[path])
    headers = {"X-Repo-Commit": sha, "ETag": f'"{oid}"', "Content-Type": "application/octet-stream"}
    if path.endswith(LFS_SUFFIXES):
        headers |= {"X-Linked-Etag": f'"{oid}"', "X-Linked-Size": str(len(content))}
    return content, headers


def describe(files: Files, paths: list[str]) -> list[dict[str, Any]]:
    """The files at `paths` and the folders above them, as the Hub lists them."""
    parents = {str(parent) for path in paths for parent in Path(path).parents if str(parent) != "."}
    entries: list[dict[str, Any]] = [
        {"type": "directory", "path": path, "size": 0, "oid": git_oid(path.encode())} for path in sorted(parents)
    ]
    for path in paths:
        entry = {"type": "file", "path": path, "size": len(files[path]), "oid": git_oid(files[path])}
        if path.endswith(LFS_SUFFIXES):
            entry["lfs"] = {"oid": file_oid(path, files[path]), "size": len(files[path]), "pointerSize": 130}
        entries.append(entry)
    return entries


def git_oid(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def file_oid(path: str, content: bytes) -> str:
    return hashlib.sha256(content).hexdigest() if path.endswith(LFS_SUFFIXES) else git_oid(content)


NAME = r"(?P<name>[^/]+/[^/]+)"
API = rf"/api/(?P<kind>models|datasets|spaces)/{NAME}"
REVISION = r"(?P<revision>[^/]+)"
ROUTES: list[tuple[str, str, Callable[..., Any]]] = [
    ("POST", "/api/repos/create", create),
    ("POST", "/api/validate-yaml", validate_yaml),
    ("POST", rf"{API}/preupload/{REVISION}", preupload),
    ("POST", r"/.+\.git/info/lfs/objects/batch", batch),
    ("PUT", r"/objects/(?P<oid>[0-9a-f]{64})", put_object),
    ("POST", "/verify", verify),
    ("POST", rf"{API}/commit/{REVISION}", commit),
    ("GET", API, info),
    ("GET", rf"{API}/revision/{REVISION}", info),
    ("GET", rf"{API}/tree/{REVISION}", tree),
    ("GET", rf"{API}/tree/{REVISION}/(?P<folder>.+)", tree),
    ("POST", rf"{API}/paths-info/{REVISION}", paths_info),
    ("GET", rf"/(?P<kind>datasets|spaces)/{NAME}/resolve/{REVISION}/(?P<path>.+)", resolve),
    ("GET", rf"/{NAME}/resolve/{REVISION}/(?P<path>.+)", resolve),
]
