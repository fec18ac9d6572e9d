"""A training runs in one process on one device, which is checked before anything is read. Standard library only.

A language model carries its state from batch to batch of one stream. Several processes or devices would each read only
some pieces of it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from ..data import InputError

# The variables that launchers set: torchrun and accelerate, Open MPI, MPICH and Intel MPI, MVAPICH, Slurm's srun. For
# Slurm the size of the step, because a job script without srun has SLURM_NTASKS too and is one process.
SIZES = ("WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS")
RANKS = ("RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK", "SLURM_PROCID")
# Seconds that the other processes wait: a launcher ends all when one ends, and the first one has to say why.
SECONDS = 10
ALONE = "a training runs in one process: start it with `python train.py`"


def refuse_several_processes(environment: Mapping[str, str] = os.environ) -> None:
    """Raise `InputError` in the first of several processes; the others end with status 2 and say nothing."""
    size = max(number(environment, name) or 1 for name in SIZES)
    if size > 1:
        if any(number(environment, name) for name in RANKS):
            time.sleep(SECONDS)
            sys.exit(2)
        raise InputError(f"it was launched as {size} processes; {ALONE}")
    # `accelerate launch --cpu --num_processes 2` starts one process, and nothing else tells of the other one.
    # https://github.com/huggingface/accelerate/blob/v1.15.0/src/accelerate/utils/launch.py
    if "MASTER_ADDR" in environment and "ACCELERATE_USE_CPU" in environment and "WORLD_SIZE" not in environment:
        raise InputError(f"accelerate was asked for several processes and started one; {ALONE}")


def number(environment: Mapping[str, str], name: str) -> int | None:
    """The whole number in a variable; None if there is none."""
    text = environment.get(name, "")
    return int(text) if text.isdecimal() else None


def use_one_device(settings: Any) -> None:
    """Make `Trainer` use the first of several devices, and say so; it would split each batch among them."""
    if settings.n_gpu > 1:
        print(f"{settings.n_gpu} devices are here; the training uses {settings.device} alone", file=sys.stderr)
        settings._n_gpu = 1
