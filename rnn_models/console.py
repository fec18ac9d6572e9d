"""The command line: the spelling of options, and printing to terminals of any encoding. Standard library only."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

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
