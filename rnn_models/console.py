"""Printing to terminals of any encoding."""

from __future__ import annotations

import io
import sys

# The error handlers that raise if an encoding lacks a character. Any other handler was chosen on purpose.
RAISING = ("strict", "surrogateescape")


def escape_unencodable() -> None:
    """Print a character that the output's encoding lacks as an escape such as `\\u4e2d` instead of failing.

    A Windows terminal or file may accept only Western European letters, and one Chinese sample would then end a run
    that took hours.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in RAISING:
            stream.reconfigure(errors="backslashreplace")
