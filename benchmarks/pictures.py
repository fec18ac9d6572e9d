"""python -m benchmarks.pictures: how speed and memory scale, from benchmarks/results to docs/images/scaling.svg."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import pyplot
from matplotlib.axes import Axes

RESULTS, PICTURE = Path("benchmarks/results"), Path("docs/images/scaling.svg")


def main() -> None:
    # text as text, no date and no random names, so that the same results give the same file
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "scaling", "font.size": 9})
    figure, axes = pyplot.subplots(2, 2, figsize=(9, 6.4), layout="constrained")
    users, length, documents = (rows(name) for name in ("users", "length", "classify"))
    draw(axes[0, 0], {"all of them": lines(users, "tokens/s by users", by="name")}, "users", "tokens/s")
    names = sorted({row["name"] for row in length}, reverse=True)
    for ax, group, unit in ((axes[0, 1], "a token after", "ms per token"), (axes[1, 1], "kept after", "MB kept")):
        series = {name: lines([row for row in length if row["name"] == name], group, by="group") for name in names}
        draw(ax, series, "tokens read before", unit)
    batches = lines([row for row in documents if row["name"].startswith("batch")], "", by="name")
    draw(axes[1, 0], {"sentiment-en": batches}, "documents in a batch", "documents/s")
    for ax in axes.flat:
        ax.set_xscale("log", base=4)
        ax.set_xticks(ax.get_lines()[0].get_xdata())
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        if ax is axes[1, 1]:
            ax.set_yscale("log")
        else:
            ax.set_ylim(bottom=0)
    figure.savefig(PICTURE, metadata={"Date": None})
    print(f"wrote {PICTURE}")


def rows(name: str) -> list[dict[str, Any]]:
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))["rows"]


def lines(found: list[dict[str, Any]], group: str, by: str) -> dict[int, float]:
    """Medians by the number in the group or name of each row."""
    return {int(re.findall(r"\d+", row[by])[-1]): row["median"] for row in found if row["group"].startswith(group)}


def draw(ax: Axes, series: dict[str, dict[int, float]], x: str, y: str) -> None:
    for name, points in series.items():
        ax.plot(list(points), list(points.values()), marker="o", label=name)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.grid(alpha=0.3)
    if len(series) > 1:
        ax.legend(frameon=False)


if __name__ == "__main__":
    main()
