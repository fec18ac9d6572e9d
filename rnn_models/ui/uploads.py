"""Where uploaded files lie, and how many, how large and how old they may be.

Imported before gradio, which reads `GRADIO_TEMP_DIR` when it is imported.
"""

from __future__ import annotations

import atexit
import os
import shutil
import stat
import tempfile
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

MAX_FILES = 10  # in one request
MAX_MEGABYTES = 5  # of one request, as of one file
MAX_HELD, MAX_HELD_MEGABYTES = 1000, 100  # of everybody together
MAX_AGE = 1800  # seconds; then a file goes
SAFE_AGE = 120  # before which none goes, however little room there is: its owner has not used it yet


def own_folder() -> None:
    """Give this process a folder for uploads that nobody else can open, and that goes when the process ends.

    By default Gradio takes the folder `gradio` in the temporary directory, for all users of a machine: it belongs to
    whoever came first, and the others' apps do not start. `GRADIO_TEMP_DIR` of the user's own is left as it is.
    """
    if not os.environ.get("GRADIO_TEMP_DIR"):
        os.environ["GRADIO_TEMP_DIR"] = folder = tempfile.mkdtemp(prefix="rnn-models-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)


def folder() -> Path:
    """The folder of the uploads."""
    return Path(os.environ["GRADIO_TEMP_DIR"])


def holds(path: str) -> bool:
    """Whether `path` is a file that was uploaded."""
    try:
        file = Path(path).resolve(strict=True)
        return file.is_file() and file.is_relative_to(folder().resolve())
    except (OSError, ValueError):  # a name that is too long, or that holds NUL
        return False


def make_room(size: int, number: int = 1) -> bool:
    """Let go of files that are too old, and of the oldest where there is no room for `number` more of `size` bytes.

    Returns whether there is room now.
    """
    now = time.time()
    held = _held()
    total = sum(size for _, size, _ in held)

    def fits() -> bool:
        return total + size <= MAX_HELD_MEGABYTES * 2**20 and len(held) + number <= MAX_HELD

    while held:
        changed, bytes_, file = held[0]
        if now - changed <= (MAX_AGE if fits() else SAFE_AGE):
            break  # and the others are younger
        file.unlink(missing_ok=True)
        with suppress(OSError):  # where other files lie beside it
            file.parent.rmdir()
        total -= bytes_
        held.popleft()
    return fits()


def _held() -> deque[tuple[float, int, Path]]:
    """When each file was written, its size and its path, the oldest first."""
    found = []
    for path in folder().rglob("*"):
        with suppress(OSError):  # gone meanwhile
            about = path.lstat()
            if not stat.S_ISDIR(about.st_mode):
                found.append((about.st_ctime, about.st_size, path))
    return deque(sorted(found))
