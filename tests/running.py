"""Code blocks and commands of documents, run in the reader's folder."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]

# Both run everything in the reader's folder in one process, and report the output and the error of each.
RUN_BLOCKS = """
import contextlib, io, json, sys, traceback
reports = []
for code in json.load(sys.stdin):
    error, out = "", io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            exec(compile(code, "<readme>", "exec"), {"__name__": "__main__"})
        except BaseException:
            error = traceback.format_exc()
    reports.append({"printed": out.getvalue(), "error": error})
json.dump(reports, open("reports.json", "w"))
"""
RUN_LINES = """
import contextlib, io, json, runpy, sys, traceback
reports = []
for words in json.load(sys.stdin):
    error, out = "", io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            if words[0] == "-m":
                sys.argv = words[1:]
                runpy.run_module(words[1], run_name="__main__", alter_sys=True)
            else:
                sys.argv = words
                runpy.run_path(words[0], run_name="__main__")
        except SystemExit as stop:
            error = f"exit status {stop.code}" if stop.code else ""
        except BaseException:
            error = traceback.format_exc()
    reports.append({"printed": out.getvalue(), "error": error})
json.dump(reports, open("reports.json", "w"))
"""


def run_all(script: str, work: list[Any], folder: Path, environment: dict[str, str]) -> list[dict[str, str]]:
    """Run a script on its work. Returns what each part printed, and its error."""
    finished = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        input=json.dumps(work),
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads((folder / "reports.json").read_text(encoding="utf-8"))
