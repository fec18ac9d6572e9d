"""Memory that was freed serves again, and a run that needs too much says what to lower."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from rnn_models.training.memory import out_of_memory
from rnn_models.training.options import ClassificationArguments, LanguageModelArguments

ROOT = Path(__file__).parents[2]

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


@pytest.mark.skipif(sys.platform != "linux", reason="limits the memory of a process as Linux does")
def test_a_run_that_needs_too_much_memory_says_what_to_lower(tmp_path: Path) -> None:
    (tmp_path / "play.txt").write_text("to be or not to be " * 9000, encoding="utf-8")
    options = "--task language-model --datasets play.txt --tokenizer character --output_dir out --sample_length 0"
    options += " --hidden_size 256 --per_device_train_batch_size 512 --sequence_length 256 --use_cpu"
    program = f"""
import psutil, resource, sys
sys.path.insert(0, {str(ROOT)!r})
import train, rnn_models.training.preparation
from rnn_models.training import memory
memory_now = psutil.Process().memory_info().vms
resource.setrlimit(resource.RLIMIT_AS, (memory_now + 300_000_000,) * 2)
sys.exit(train.main({options.split()!r}))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert done.stderr.splitlines()[-1] == (
        "train.py: error: memory was not enough; lower per_device_train_batch_size, 512 now or sequence_length, 256"
        " now; no model was saved, and there is no checkpoint before that"
    )


def test_another_error_is_not_one_of_memory() -> None:
    assert out_of_memory(RuntimeError("shapes differ"), LanguageModelArguments()) is None
    assert "max_length, 512 now" in str(out_of_memory(MemoryError(), ClassificationArguments()))
