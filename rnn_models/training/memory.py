"""How memory is asked for while training."""

from __future__ import annotations

import ctypes
import platform

# Options of mallopt(3), which has no other interface than these numbers.
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
MOST = 2**31 - 1


def keep_freed_memory() -> None:
    """Have glibc keep freed memory for the next step rather than give it back to the system at once.

    A step on a CPU makes and drops hundreds of tensors of megabytes. As glibc is set, each is mapped anew and its
    pages are cleared as they are touched: tens of thousands a step, and on a crowded machine as much time as all the
    rest. Does nothing with another C library.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_MAX, 0)
        libc.mallopt(M_TRIM_THRESHOLD, MOST)
