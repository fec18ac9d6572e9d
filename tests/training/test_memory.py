"""Memory that was freed serves again."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

COUNT_FAULTS = """
import resource, sys
import torch
from rnn_models.training.memory import keep_freed_memory

def step():
    for _ in range(4):
        torch.ones(12_000_000)

if sys.argv[1] == "keep":
    keep_freed_memory()
step()
step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(3):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def count_faults(mode: str) -> int:
    return int(subprocess.run([sys.executable, "-c", COUNT_FAULTS, mode], capture_output=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="asks glibc")
def test_tensors_of_one_size_again_and_again_touch_no_new_pages():
    # the least of three: the system may take pages away from whoever does not touch them for a while
    faults = {mode: min(count_faults(mode) for _ in range(3)) for mode in ("keep", "leave")}
    assert faults["keep"] < faults["leave"] / 2 or faults["leave"] < 100, "another allocator kept them anyway"
