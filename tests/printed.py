"""Compare the output of an example with the output shown on a page."""

from __future__ import annotations

import re

NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]?\d+)?")
# Two decimals count: later digits differ between processors, and rounding may change even the second one.
TOLERANCE = 0.015


def difference(printed: str, shown: str) -> str | None:
    """The first line in which the two differ; None if they agree.

    Words, labels and integers must be equal; decimal numbers may differ by at most `TOLERANCE`.
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
