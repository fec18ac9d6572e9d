"""SIGTERM and Ctrl-C: a training saves after its step and stops."""

from __future__ import annotations

import shlex
import signal
import threading
from collections.abc import Sequence
from types import FrameType
from typing import Any

from ..console import spell_option
from ..data.recipes import WORDS

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(KeyboardInterrupt):
    """A signal ended the run.

    Attributes:
        status: the exit status that shells give such a process: 143 for SIGTERM, 130 for Ctrl-C.
        step: the step that was saved; None if nothing was to save.
    """

    def __init__(self, number: int, step: int | None = None) -> None:
        super().__init__(signal.Signals(number).name)
        self.status, self.step = 128 + number, step


class Stopping:
    """As a context, raises `Stopped` at a signal; between `steps_begin` and `steps_end`, it only keeps the first one.

    Whoever trains asks for `received` after each step.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self.in_steps = False
        self.before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Stopping:
        if threading.current_thread() is threading.main_thread():  # no other one can receive signals
            self.before = {number: signal.signal(number, self._receive) for number in SIGNALS}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self.in_steps and self.received is None:
            self.received = number
        else:
            raise Stopped(number)


def same_command(argv: Sequence[str], overwrites: bool) -> str:
    """The command line that goes on with what this one began; `overwrites`: whether its options begin again."""
    words, rest = [], list(argv)
    while rest:
        name, equals, _ = spell_option(rest[0])[2:].partition("=")
        if not rest[0].startswith("--") or name not in ("overwrite_output_dir", "resume_from_checkpoint"):
            words.append(rest.pop(0))
            continue
        del rest[0]
        switch = name == "overwrite_output_dir"
        if not equals and rest and (rest[0].lower() in WORDS if switch else not rest[0].startswith("--")):
            del rest[0]
    # a recipe may say so too
    words += ["--overwrite_output_dir", "false"] if overwrites else []
    return shlex.join(["python", "train.py", *words])
