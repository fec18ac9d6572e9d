"""Records the requests of another process, as the proxy of all its HTTP clients.

Unlike a Python audit hook, a proxy also sees requests from libraries written in C++.
"""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

PROXIES = ("http_proxy", "https_proxy", "all_proxy")
# Variables that the tests may have set but that a user's process would not have.
PREFIXES = ("HF_", "GRADIO_", "ORT_", "RNN_", "DO_NOT_TRACK", "DISABLE_TELEMETRY", "TRANSFORMERS_")


class Witness:
    """A proxy that refuses every request, and a temporary home folder.

    Attributes:
        asked: the first line of every request, such as `CONNECT huggingface.co:443 HTTP/1.1`.
        home: the home folder of the process.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.asked: list[str] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._listen, daemon=True).start()

    def environment(self) -> dict[str, str]:
        """This process's environment without the variables that keep the tests off the network."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(PREFIXES)}
        url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        proxies = {name: url for lower in PROXIES for name in (lower, lower.upper())}
        local = dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1,localhost")
        return kept | proxies | local | {"HOME": str(self.home)}

    def left_at_home(self) -> set[str]:
        """The first two folders of every file that the process left in its home."""
        files = (path.relative_to(self.home).parts for path in self.home.rglob("*") if path.is_file())
        return {"/".join(parts[:2]) for parts in files}

    def close(self) -> None:
        self.listener.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:  # closed
                return
            with connection:
                connection.settimeout(10)
                try:
                    self.asked.append(connection.recv(1000).decode("latin-1").partition("\r\n")[0])
                    connection.sendall(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
                except OSError:
                    self.asked.append("something that it did not say")
