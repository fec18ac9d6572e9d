"""Pools of Python threads that each have a share of torch's threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock
from typing import Any

import torch

_setting = Lock()


def torch_threads() -> int:
    """torch's number of threads for an operation, read while no pool sets another one."""
    with _setting:
        return torch.get_num_threads()


def thread_pool(workers: int, threads: int, name: str, begin: Callable[[], None] | None = None) -> ThreadPoolExecutor:
    """A pool of Python threads, in each of which an operation of torch takes at most `threads` threads.

    Keep it: setting torch's number of threads affects the current Python thread and every one that starts later. So
    for a moment, while a new pool begins, unrelated threads that start would have its number.

    Args:
        workers: the number of Python threads; all have started when this returns.
        threads: torch's threads of each.
        name: prefix of their names.
        begin: is called in each of them at first.
    """
    pool = ThreadPoolExecutor(workers, name)
    all_there = Barrier(workers)

    def limit(_worker: int) -> None:
        torch.get_num_threads()  # without this call the thread would still adopt the global number
        torch.set_num_threads(threads)
        if begin is not None:
            begin()
        all_there.wait()

    with _setting:
        usual = _in_a_new_thread(torch.get_num_threads)
        list(pool.map(limit, range(workers)))
        _in_a_new_thread(torch.set_num_threads, usual)
    return pool


def _in_a_new_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    with ThreadPoolExecutor(1) as one:
        return one.submit(function, *arguments).result()


def _unlock() -> None:
    """A forked process has no other threads, and a lock that one of them held would stay locked."""
    global _setting
    _setting = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock)
