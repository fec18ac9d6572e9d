"""One run at a time in a folder. The system drops the lock of a process that ended, however it ended."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from ..data import InputError
from .ranks import ALONE, Ranks

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOCK = ".run.lock"


@contextmanager
def only_run_in(folder: Path, ranks: Ranks = ALONE) -> Iterator[None]:
    """Inside, no other run has the folder, which is made if it is not there and removed if it stays empty.

    Of several processes of a run, the first one has it for all.

    Raises `InputError` if another run has it, or nothing can be written there.
    """
    with ExitStack() as stack:
        ranks.first(lambda: stack.enter_context(_locked(folder)))
        yield


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = _lock(folder / LOCK)
    except OSError as error:
        raise InputError(f"output_dir {folder} cannot be written to: {error.strerror}") from error
    try:
        yield
    finally:
        with suppress(OSError):  # Windows removes no file that is open
            (folder / LOCK).unlink()
        file.close()
        with suppress(OSError):
            for path in made:
                path.rmdir()


def _lock(path: Path) -> IO[str]:
    """The locked file, which holds the number of this process."""
    while True:
        file = path.open("a+", encoding="utf-8")
        try:
            _take(file)
        except OSError:
            file.seek(0)
            process = file.read().strip()
            file.close()
            raise InputError(
                f"output_dir {path.parent}: another run is writing to it (process {process}); wait until it ends, or"
                " take another folder"
            ) from None
        # the run that had it may have removed the file in between
        if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            return file
        file.close()


def _take(file: IO[str]) -> None:
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    else:
        import msvcrt

        # a byte far behind the number, which stays readable
        file.seek(1 << 20)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
