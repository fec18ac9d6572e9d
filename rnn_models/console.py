"""What is printed where."""

from __future__ import annotations

import io
import sys

# What raises where an encoding lacks a character. Another handler was chosen by somebody.
RAISING = ("strict", "surrogateescape")


def escape_unencodable() -> None:
    """Have nothing that is printed fail: a character that the output's encoding lacks is printed as `\\u4e2d`.

    A terminal or file of Windows may take Western European letters alone, and hours of work end at a Chinese sample.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in RAISING:
            stream.reconfigure(errors="backslashreplace")
