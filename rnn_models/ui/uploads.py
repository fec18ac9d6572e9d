"""The folder of uploaded files, and the limits on their number, size and age.

Imported before gradio, which reads `GRADIO_TEMP_DIR` at its import.
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
MAX_MEGABYTES = 5  # in one request, and so in one file
MAX_HELD, MAX_HELD_MEGABYTES = 1000, 100  # of all users together
MAX_AGE = 1800  # seconds after which a file is deleted
SAFE_AGE = 120  # seconds for which a file is never deleted: its owner may not have used it yet


def own_folder() -> None:
    """Create a private upload folder for this process, which is deleted when the process ends.

    By default Gradio uses the folder `gradio` in the temporary directory for all users of a machine: it belongs to the
    first of them, and the apps of the others do not start. If the user has set `GRADIO_TEMP_DIR`, nothing changes.
    """
    if not os.environ.get("GRADIO_TEMP_DIR"):
        os.environ["GRADIO_TEMP_DIR"] = folder = tempfile.mkdtemp(prefix="rnn-models-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)


def folder() -> Path:
    """The upload folder."""
    return Path(os.environ["GRADIO_TEMP_DIR"])


def holds(path: str) -> bool:
    """Whether `path` is an uploaded file."""
    try:
        file = Path(path).resolve(strict=True)
        return file.is_file() and file.is_relative_to(folder().resolve())
    except (OSError, ValueError):  # a name that is too long or contains NUL
        return False


def make_room(size: int, number: int = 1) -> bool:
    """Delete files that are too old, and the oldest ones until there is room for `number` more files of `size` bytes
    in all.

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
            break  # the others are younger
        file.unlink(missing_ok=True)
        with suppress(OSError):  # there are other files beside it
            file.parent.rmdir()
        total -= bytes_
        held.popleft()
    return fits()


def _held() -> deque[tuple[float, int, Path]]:
    """The time of the last change, size and path of each file, the oldest first."""
    found = []
    for path in folder().rglob("*"):
        with suppress(OSError):  # deleted meanwhile
            about = path.lstat()
            if not stat.S_ISDIR(about.st_mode):
                found.append((about.st_ctime, about.st_size, path))
    return deque(sorted(found))
