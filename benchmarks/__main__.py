"""python -m benchmarks [NAME ...] [--quick]: run all benchmarks, or the named ones, each in its own process.

`make bench` runs all. `--quick` runs tiny sizes once, to check that everything runs; its results mean nothing.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

NAMES = (
    "generate",
    "classify",
    "training_step",
    "train_run",
    "startup",
    "memory",
    "users",
    "keystrokes",
    "inside",
    "length",
    "large_corpus",
    "gpu",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)} [all]")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, one round")
    parser.add_argument("--output", default="benchmarks/results", help="folder for the results [benchmarks/results]")
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in NAMES:
            parser.error(f"there is no benchmark {name}; there are {', '.join(NAMES)}")
    failed = []
    for name in arguments.names or NAMES:
        options = ["--output", str(Path(arguments.output) / f"{name}.json"), *(["--quick"] if arguments.quick else [])]
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *options]).returncode != 0:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
