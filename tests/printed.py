"""Comparing what an example prints with what a page says that it prints."""

from __future__ import annotations

import re

NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]?\d+)?")
# Two places count: the last digits differ from processor to processor, and so may the second where it is rounded.
TOLERANCE = 0.015


def difference(printed: str, shown: str) -> str | None:
    """The first line in which the two differ, None if they say the same.

    Words, labels and whole numbers are to be the same, numbers with a point to differ by `TOLERANCE` at most.
    """
    lines, wanted = printed.rstrip().split("\n"), shown.rstrip().split("\n")
    if len(lines) != len(wanted):
        return f"{len(lines)} lines are printed and {len(wanted)} are shown"
    for line, other in zip(lines, wanted, strict=True):
        numbers, others = NUMBER.findall(line), NUMBER.findall(other)
        same = NUMBER.split(line) == NUMBER.split(other)
        if not same or any(abs(float(a) - float(b)) > TOLERANCE for a, b in zip(numbers, others, strict=True)):
            return f"{line!r} is printed and {other!r} is shown"
    return None
