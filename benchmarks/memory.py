"""Megabytes of the app with all shipped models: idle, after answers of each kind, after many; and of its libraries."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import psutil

from .app_process import running_app
from .common import Row, arguments, machine, report
from .users import visit

PARTS = {
    "import torch": "import torch",
    "import torch, transformers' models": "import torch; from transformers import PreTrainedModel",
    "import torch, gradio": "import torch, gradio",
}
# a hundred at once, each a client of its own, of whom ten write and ninety classify
REQUESTS = 10_000
RESIDENT = "; import psutil; print(psutil.Process().memory_info().rss)"


def main() -> None:
    parsed = arguments("memory", __doc__ or "")
    before = machine()
    rows: list[Row] = []
    for name, code in list(PARTS.items())[: 1 if parsed.quick else None]:
        printed = subprocess.run([sys.executable, "-c", code + RESIDENT], check=True, capture_output=True, text=True)
        rows.append(Row("resident memory", name, [int(printed.stdout) / 1e6], "MB"))
    if not parsed.quick:
        with running_app() as app:
            rows.append(Row("resident memory", "app.py, idle", [resident(app.process.pid)], "MB"))
            app.call("classify", "I really enjoyed that concert.", "auto")
            app.call("classify", "good " * 3000, "auto")
            app.call("generate", "ROMEO:", "shakespeare-lstm", 200, 0.8, 0, 1.0, 1.0, None)
            rows.append(Row("resident memory", "app.py, after answers", [resident(app.process.pid)], "MB"))
            for _ in range(REQUESTS // 100):
                asyncio.run(visit(app.url, writing=10, classifying=90, tokens=20))
            rows.append(
                Row("resident memory", f"app.py, after {REQUESTS:,} requests", [resident(app.process.pid)], "MB")
            )
    report(parsed, before, rows)


def resident(pid: int) -> float:
    """Resident megabytes of a process and its children."""
    process = psutil.Process(pid)
    return sum(part.memory_info().rss for part in [process, *process.children(recursive=True)]) / 1e6


if __name__ == "__main__":
    main()
