"""How a training gets its memory."""

from __future__ import annotations

import ctypes
import platform

# Options of mallopt(3), which has no other interface than these numbers.
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
MOST = 2**31 - 1


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
