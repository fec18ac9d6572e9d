"""Common to all benchmarks: interleaved runs, the machine and its load, a table on the terminal and in a file."""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rnn_models.console import escape_unencodable
from rnn_models.files import write_json

TIMES = "times the first's time"
Baseline = Callable[[], float | None]


def arguments(name: str, description: str, *options: tuple[str, dict[str, Any]]) -> argparse.Namespace:
    """The options that every benchmark has, and its own."""
    escape_unencodable()
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=description)
    parser.add_argument("--quick", action="store_true", help="tiny sizes, one round, to check that it runs")
    parser.add_argument("--rounds", type=int, help="how often each entry is measured [5]")
    parser.add_argument("--output", default=f"benchmarks/results/{name}.json", help="[benchmarks/results/NAME.json]")
    for option, about in options:
        parser.add_argument(option, **about)
    parsed = parser.parse_args()
    parsed.rounds = parsed.rounds or (1 if parsed.quick else 5)
    return parsed


def interleaved(baselines: Mapping[str, Baseline], rounds: int, warm: bool = True) -> dict[str, list[float]]:
    """Seconds of each entry in each round. Every round runs each entry once, and starts with a different one.

    So other load on the machine affects all of them alike. With `warm`, each is called once before, unmeasured. An
    entry may return the seconds to count; else the duration of the call counts.
    """
    names = list(baselines)
    for baseline in baselines.values() if warm else ():
        baseline()
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            start = time.perf_counter()
            counted = baselines[name]()
            seconds[name].append(time.perf_counter() - start if counted is None else counted)
    return seconds


@dataclass
class Row:
    """The measurements of one entry.

    Attributes:
        group: the entries of a group did the same work in the same rounds.
        name: of the entry.
        values: one per round.
        unit: of the values.
        ratio: to another entry of the group, the median over the rounds.
        more: further fields for the file.
    """

    group: str
    name: str
    values: list[float]
    unit: str
    ratio: float | None = None
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def median(self) -> float:
        return statistics.median(self.values)


def compared(group: str, seconds: Mapping[str, Sequence[float]], work: float = 1.0, unit: str = "ms") -> list[Row]:
    """Rows of one group, each with its time as a multiple of that of the first entry, ours, in the same round.

    Args:
        work: the work done in the seconds: a number of tokens, documents or steps.
        unit: `"ms"` for milliseconds per unit of work, anything else for units of work per second.
    """
    first = next(iter(seconds.values()))
    rows = []
    for name, spent in seconds.items():
        values = [1000 * s / work if unit == "ms" else work / s for s in spent]
        ratio = statistics.median(theirs / ours for theirs, ours in zip(spent, first, strict=True))
        rows.append(Row(group, name, values, unit, ratio))
    return rows


def machine() -> dict[str, Any]:
    """The machine of the run, and its load."""
    import torch
    import transformers

    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "load_average": load(),
    }


def has_bfloat16() -> bool:
    """Whether the processor multiplies in bfloat16. If not, torch emulates it at a tenth of the speed."""
    import torch

    from rnn_models.modeling.cells import has_lstm_in

    return has_lstm_in(torch.bfloat16)


def load() -> list[float]:
    """Load average over 1, 5 and 15 minutes. If it is above the number of cores, the measured times are too long."""
    return [round(value, 2) for value in os.getloadavg()]


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine()
    )


def report(
    parsed: argparse.Namespace, before: dict[str, Any], rows: Sequence[Row], ratio: str = TIMES, **more: Any
) -> None:
    """Print the rows as a table and write them to a file, with the machine before the run and its load after it.

    `ratio` says what the rows' ratios mean, and `more` has other parameters of the run.
    """
    print(table(rows, ratio))
    print(f"{before['cpu']}, {before['threads']} threads, load {before['load_average'][0]} before, {load()[0]} after")
    found = {
        "machine": before,
        "load_average_after": load(),
        "rounds": parsed.rounds,
        "quick": parsed.quick,
        "ratio": ratio,
        "rows": [
            {
                "group": row.group,
                "name": row.name,
                "median": _rounded(row.median),
                "least": _rounded(min(row.values)),
                "greatest": _rounded(max(row.values)),
                "unit": row.unit,
                "ratio": None if row.ratio is None else _rounded(row.ratio),
                **row.more,
            }
            for row in rows
        ],
        **more,
    }
    path = Path(parsed.output)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(found, path)
    print(f"wrote {path}")


def table(rows: Sequence[Row], ratio: str = TIMES) -> str:
    """The rows as a Markdown table, aligned for a terminal."""
    lines = [["", "", "median", "least", "greatest", "unit", ratio]]
    for row in rows:
        numbers = [f"{value:,.4g}" for value in (row.median, min(row.values), max(row.values))]
        lines.append([row.group, row.name, *numbers, row.unit, "" if row.ratio is None else f"{row.ratio:.2f}"])
    widths = [max(3, *(len(line[column]) for line in lines)) for column in range(len(lines[0]))]
    lines.insert(1, ["-" * width for width in widths])
    padded = (
        [cell.rjust(width) if 1 < column != 5 else cell.ljust(width) for column, (cell, width) in enumerate(pairs)]
        for pairs in (list(zip(line, widths, strict=True)) for line in lines)
    )
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
