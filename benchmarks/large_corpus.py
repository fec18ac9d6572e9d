"""Training on a corpus that does not fit into memory: what a run takes of it, and how fast it reads.

The corpus is made of random words, in files of 200 kB. Two runs train the same network for the same steps, one on
all of it and one on a small part, which is read into memory. The first run on a corpus encodes it; a second one finds
its tokens.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

from .common import Row, arguments, machine, report

FILE = 200_000
GIGABYTE = 10**9


def main() -> None:
    parsed = arguments(
        "large_corpus", __doc__ or "", ("--gigabytes", {"type": float, "help": "size of the corpus [5]"})
    )
    sizes = [250 * FILE, int((parsed.gigabytes or (0.07 if parsed.quick else 5)) * GIGABYTE)]
    before, found = machine(), [[], []]
    with tempfile.TemporaryDirectory() as folder:
        corpora = [make_corpus(Path(folder, str(number)), size) for number, size in enumerate(sizes)]
        for turn in range(2):
            for corpus, runs in zip(corpora, found, strict=True):
                output = Path(folder, f"{corpus.name}-{turn}")
                runs.append(run(corpus, output, Path(folder, "cache"), parsed.quick))
                memory, rate, seconds = runs[-1]
                # the complete benchmark takes an hour
                print(f"{output.name}: {memory:.0f} MB, {rate:.0f} tokens/s, {seconds:.0f} s", flush=True)
    rows = []
    for size, runs in zip(sizes, found, strict=True):
        group = f"a corpus of {size / GIGABYTE:.2f} GB"
        memory, rates, seconds = map(list, zip(*runs, strict=True))
        rows += [
            Row(group, "most memory at once", memory, "MB"),
            Row(group, "training", rates, "tokens/s"),
            Row(group, "until the first step, first run", seconds[:1], "s"),
            Row(group, "until the first step, second run", seconds[1:], "s"),
        ]
    report(parsed, before, rows)


def make_corpus(folder: Path, characters: int) -> Path:
    """Files of random words."""
    folder.mkdir()
    rng = random.Random(0)
    words = Path("README.md").read_text(encoding="utf-8").split()
    line = " ".join(rng.choices(words, k=200_000))[: 5 * FILE]
    for number in range(-(-characters // FILE)):
        start = rng.randrange(len(line) - FILE)
        (folder / f"{number:05}.txt").write_text(line[start : start + FILE], encoding="utf-8")
    return folder


def run(corpus: Path, output: Path, cache: Path, quick: bool) -> tuple[float, float, float]:
    """Train on a corpus. Returns the most megabytes resident, tokens a second, and seconds until the first step."""
    # with 512, the activations alone would take more than a gigabyte
    hidden, steps = (16, 4) if quick else (256, 60)
    options = {
        "task": "language-model", "datasets": corpus, "tokenizer": "character", "hidden_size": hidden,
        "embedding_size": hidden, "num_hidden_layers": 2, "max_steps": steps, "logging_steps": steps // 2,
        "per_device_train_batch_size": 64, "sequence_length": 128, "validation_size": 1, "sample_length": 0,
        "eval_strategy": "no", "use_cpu": "true", "output_dir": output,
    }  # fmt: skip
    words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
    environment = {**os.environ, "HF_DATASETS_CACHE": str(cache)}
    start = time.perf_counter()
    process = psutil.Popen(
        [sys.executable, "train.py", *words], env=environment, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    peaks: list[int] = []
    watch = threading.Thread(target=_watch, args=(process, peaks))
    watch.start()
    seconds = 0.0
    for line in process.stdout:
        if line.startswith("language-model, "):  # the size of the model, after the corpus is encoded
            seconds = time.perf_counter() - start
    watch.join()
    if process.wait():
        raise SystemExit(f"train.py ended with {process.returncode}")
    lines = [json.loads(line) for line in (output / "training_log.jsonl").read_text(encoding="utf-8").splitlines()]
    rates = [line["tokens_per_second"] for line in lines if "tokens_per_second" in line]
    return max(peaks) / 1e6, rates[-1], seconds


def _watch(process: psutil.Process, peaks: list[int]) -> None:
    """Note the resident memory of a process until it ends."""
    with suppress(psutil.Error):
        # a process that ended is still "running" for psutil until somebody waits for it
        while process.poll() is None:
            peaks.append(process.memory_info().rss)
            time.sleep(0.05)


if __name__ == "__main__":
    main()
