"""How a training gets its memory, and what it says if that is not enough."""

from __future__ import annotations

import ctypes
import platform
from typing import Any

import torch

# Options of mallopt(3), which has no other interface than these numbers.
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
MOST = 2**31 - 1
# The options that say how long a row is, of the tasks that have one.
LENGTHS = ("sequence_length", "max_length", "context_length")


def keep_freed_memory() -> None:
    """Make glibc keep freed memory for the next step instead of giving it back to the system at once.

    A step on a CPU makes and drops hundreds of tensors of several megabytes. By default glibc maps each of them again,
    and the system clears its pages when they are touched. These are tens of thousands a step; on a crowded machine
    they take as long as everything else. Does nothing with another C library.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_MAX, 0)
        libc.mallopt(M_TRIM_THRESHOLD, MOST)


def out_of_memory(error: BaseException, arguments: Any) -> str | None:
    """What to do about an error that says that memory was not enough; None for any other error."""
    if not isinstance(error, (MemoryError, torch.OutOfMemoryError)) and not any(
        part in str(error).lower() for part in ("allocate memory", "not enough memory", "out of memory")
    ):
        return None
    names = ["per_device_train_batch_size", *(name for name in LENGTHS if getattr(arguments, name, None))]
    return "memory was not enough; lower " + " or ".join(f"{name}, {getattr(arguments, name)} now" for name in names)
