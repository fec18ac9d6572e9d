"""How a training finds the other processes of its run, which is done before anything is read. Standard library only,
unless there are some."""

from __future__ import annotations

import atexit
import logging
import os
import sys
import time
from collections.abc import Mapping, MutableMapping
from typing import Any

from ..data import InputError
from .ranks import ALONE, Ranks

# The variables that launchers set: torchrun and accelerate, Open MPI, MPICH and Intel MPI, MVAPICH, Slurm's srun. For
# Slurm the size of the step, because a job script without srun has SLURM_NTASKS too and is one process.
SIZES = ("WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS")
RANKS = ("RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK", "SLURM_PROCID")
# What torchrun tells its processes; all of it is needed.
TORCHRUN = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
# Of these, transformers and accelerate would conclude that they have to split and to average; see `ranks`.
HIDDEN = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
# Seconds that the other processes wait: a launcher ends all when one ends, and the first one has to say why.
SECONDS = 10
HOW = "start several with `torchrun --nproc_per_node 2 train.py`"

_joined = ALONE


def join(environment: MutableMapping[str, str] = os.environ) -> Ranks:
    """This process' place among those of the run; the first call connects them.

    Raises `InputError` if something launched several processes in a way that does not tell them of each other.
    """
    global _joined
    if _joined.size == 1 and (size := size_of_run(environment)) > 1:
        _joined = connect(environment, size)
    return _joined


def size_of_run(environment: Mapping[str, str]) -> int:
    """The number of processes that were launched. Raises `InputError` as `join` does."""
    size = max(number(environment, name) or 1 for name in SIZES)
    if size > 1 and not all(environment.get(name) for name in TORCHRUN):
        if any(number(environment, name) for name in RANKS):
            time.sleep(SECONDS)
            sys.exit(2)
        raise InputError(f"it was launched as {size} processes that cannot find each other; {HOW}")
    # `accelerate launch --cpu --num_processes 2` starts one process, and nothing else tells of the other one.
    # https://github.com/huggingface/accelerate/blob/v1.15.0/src/accelerate/utils/launch.py
    if "MASTER_ADDR" in environment and "ACCELERATE_USE_CPU" in environment and "WORLD_SIZE" not in environment:
        raise InputError(f"accelerate was asked for several processes and started one; {HOW}")
    return size


def connect(environment: MutableMapping[str, str], size: int) -> Ranks:
    """Connect the processes that `environment` tells of. Each one sees its own GPU alone."""
    local = number(environment, "LOCAL_RANK")
    if local is not None:
        visible = environment.get("CUDA_VISIBLE_DEVICES")
        devices = [str(local)] if visible is None else visible.split(",")[local : local + 1]
        environment["CUDA_VISIBLE_DEVICES"] = ",".join(devices)
    import torch
    import torch.distributed as dist

    # Ray Train has connected them already
    if not dist.is_initialized():
        try:
            dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
        except (RuntimeError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise InputError(f"the {size} processes of the run cannot reach each other: {reason:.200}") from error
        # its threads would otherwise abort, now and then, a process that has done all its work
        atexit.register(dist.destroy_process_group)
    for name in HIDDEN:
        environment.pop(name, None)
    # it advises what was decided against
    logging.getLogger("transformers.training_args").addFilter(
        lambda record: "parallel_mode" not in record.getMessage()
    )
    return Ranks(dist.get_rank(), dist.get_world_size())


def number(environment: Mapping[str, str], name: str) -> int | None:
    """The whole number in a variable; None if there is none."""
    text = environment.get(name, "")
    return int(text) if text.isdecimal() else None


def leave(ranks: Ranks, status: int) -> int:
    """The exit status of this process, of which it lets the first one say the reason."""
    if status and not ranks.is_first:
        time.sleep(SECONDS)
    return status


def use_one_device(settings: Any) -> None:
    """Make `Trainer` use the first of several devices, and say so; it would split each batch among them."""
    if settings.n_gpu > 1:
        print(
            f"{settings.n_gpu} devices are here; this process uses {settings.device} alone. To use all of them, {HOW}",
            file=sys.stderr,
        )
        settings._n_gpu = 1
