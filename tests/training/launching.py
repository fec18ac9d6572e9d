"""Processes that run command lines of `train.py` together, as torchrun starts them, but sooner."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Importing torch takes seconds, so that one process runs several command lines.
RUN = f"""
import json, sys
sys.path.insert(0, {str(ROOT)!r})
import train
from rnn_models.training import processes
processes.SECONDS = 0
print("statuses", [train.main(words) for words in json.loads(sys.argv[1])])
"""
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]


def launch(size: int, commands: list[list[str]], folder: Path, script: str = RUN) -> list[subprocess.Popen[str]]:
    """Start `size` processes, each of which runs all commands in a folder, or a script of its own.

    After an error none waits for a launcher to end it.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "HF_HOME": str(folder / ".cache")}
    place = {"WORLD_SIZE": str(size), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    return [
        subprocess.Popen(
            [sys.executable, "-c", script, json.dumps(commands)],
            cwd=folder,
            env={**shared, **place, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(size)
    ]


def run(size: int, commands: list[list[str]], folder: Path) -> list[list[str]]:
    """What each of `size` processes said, in lines, the last of them its statuses."""
    processes = launch(size, commands, folder)
    return [process.communicate()[0].splitlines() for process in processes]
