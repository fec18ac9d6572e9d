"""A complete run of train.py against a bare loop of the same steps, each in its own process, imports included.

Both train the same network with the same tokenizer, batches and optimizer on the same text. train.py also checks its
input, evaluates, and writes metrics and a card. The bare loop reads, tokenizes, loops, and saves the weights.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .common import Baseline, Row, arguments, compared, interleaved, machine, report
from .generate import CELLS

BARE = """
import sys
import numpy as np, torch
from rnn_models import RNNConfig, RNNForCausalLM
(path, cell), out = sys.argv[1:3], sys.argv[7]
steps, hidden, batch, time_steps = map(int, sys.argv[3:7])
text = open(path, encoding="utf-8").read()
text = text[: len(text) - len(text) // 20]
letters = sorted(set(text))
index = {letter: number + 4 for number, letter in enumerate(letters)}
ids = torch.tensor([index[letter] for letter in text])
rows = ids[: len(ids) // batch * batch].view(batch, -1)
torch.manual_seed(0)
config = RNNConfig(vocab_size=len(letters) + 4, hidden_size=hidden, num_hidden_layers=2, cell_type=cell)
model = RNNForCausalLM(config).train()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
state, place = None, 0
for step in range(steps):
    if place + time_steps + 1 > rows.shape[1]:
        state, place = None, 0
    chunk = rows[:, place : place + time_steps + 1]
    output = model(chunk[:, :-1], shift_labels=chunk[:, 1:], state=state, use_cache=True)
    output.loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    state, place = output.state.detach(), place + time_steps
model.save_pretrained(out)
"""


def main() -> None:
    parsed = arguments("train_run", __doc__ or "", ("--steps", {"type": int, "help": "of the optimizer [200]"}))
    steps = parsed.steps or (2 if parsed.quick else 200)
    hidden, batch, time_steps, characters = (16, 2, 8, 20_000) if parsed.quick else (512, 64, 128, 1_000_000)
    before = machine()
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, "text.txt")
        text.write_text(prose(characters), encoding="utf-8")

        def whole_run(cell: str) -> float:
            output = tempfile.mkdtemp(dir=folder)
            options = {
                "task": "language-model", "datasets": text, "tokenizer": "character", "min_frequency": 1,
                "cell_type": cell, "hidden_size": hidden, "embedding_size": hidden, "num_hidden_layers": 2,
                "max_steps": steps, "per_device_train_batch_size": batch, "sequence_length": time_steps,
                "sample_length": 0, "use_cpu": "true", "output_dir": f"{output}/run",
            }  # fmt: skip
            return timed("train.py", *(word for name, value in options.items() for word in (f"--{name}", value)))

        def bare_loop(cell: str) -> float:
            output = tempfile.mkdtemp(dir=folder)
            return timed("-c", BARE, text, cell, steps, hidden, batch, time_steps, output)

        rows: list[Row] = []
        for cell in CELLS[:1] if parsed.quick else CELLS:
            baselines: dict[str, Baseline] = {
                "train.py": lambda cell=cell: whole_run(cell),
                "bare loop": lambda cell=cell: bare_loop(cell),
            }
            # no unmeasured first round: it would double the minutes of this benchmark, and new processes stay cold
            seconds = interleaved(baselines, parsed.rounds, warm=False)
            rows += compared(f"{cell} 2x{hidden}, batch {batch}, {time_steps} steps in time", seconds, steps)
    report(parsed, before, rows, steps=steps)


def prose(characters: int) -> str:
    """Random words, a corpus with the characters of real text."""
    rng = random.Random(0)
    words = Path("README.md").read_text(encoding="utf-8").split()
    text = ""
    while len(text) < characters:
        text += " ".join(rng.choices(words, k=1000)) + "\n"
    return text[:characters]


def timed(*words: object) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *map(str, words)], check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
