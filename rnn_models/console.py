"""The command line: how options are spelled, and what is printed where. Standard library only."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

# What raises where an encoding lacks a character. Another handler was chosen by somebody.
RAISING = ("strict", "surrogateescape")


def escape_unencodable() -> None:
    """Have nothing that is printed fail: a character that the output's encoding lacks is printed as `\\u4e2d`.

    A terminal or file of Windows may take Western European letters alone, and hours of work end at a Chinese sample.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in RAISING:
            stream.reconfigure(errors="backslashreplace")


def spell_option(word: str) -> str:
    """A word of a command line, with underscores in the option that it begins with: `--a-b=c-d` is `--a_b=c-d`."""
    name, equals, value = word.partition("=")
    return f"--{name[2:].replace('-', '_')}{equals}{value}" if name.startswith("--") else word


def spell_options(argv: Sequence[str] | None = None) -> list[str]:
    """The words of a command line, by default this process's, with each option spelled as ours are.

    Behind a lone `--` there are no options.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    end = words.index("--") if "--" in words else len(words)
    return [spell_option(word) for word in words[:end]] + words[end:]
