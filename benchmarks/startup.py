"""Start-up times in seconds: the package on top of torch, the help of the commands, the app's first answer."""

from __future__ import annotations

import subprocess
import sys
import time

from .app_process import running_app
from .common import Row, arguments, interleaved, machine, report

# Each runs in a new interpreter, so that differences are the costs of imports.
COMMANDS = {
    "python, nothing": ["-c", "pass"],
    "import torch": ["-c", "import torch"],
    "import rnn_models": ["-c", "import rnn_models"],
    "import torch, rnn_models": ["-c", "import torch, rnn_models"],
    "import torch, transformers' models": ["-c", "import torch; from transformers import PreTrainedModel"],
    "import torch, rnn_models' models": ["-c", "import torch; from rnn_models import RNNForCausalLM"],
    "train.py --help": ["train.py", "--help"],
    "python -m rnn_models --help": ["-m", "rnn_models", "--help"],
    "app.py --help": ["app.py", "--help"],
}


def main() -> None:
    parsed = arguments("startup", __doc__ or "")
    before = machine()
    commands = dict(list(COMMANDS.items())[:3]) if parsed.quick else COMMANDS
    seconds = interleaved({name: lambda words=words: run(words) for name, words in commands.items()}, parsed.rounds)
    rows = [Row("a new process", name, spent, "s") for name, spent in seconds.items()]
    if not parsed.quick:
        answers = interleaved({"app.py, first answer": first_answer}, parsed.rounds, warm=False)
        rows += [Row("a new process", name, spent, "s") for name, spent in answers.items()]
    report(parsed, before, rows)


def run(words: list[str]) -> None:
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)


def first_answer() -> float:
    """Seconds from the start of the app to its answer to a text to classify."""
    with running_app() as app:
        app.call("classify", "I really enjoyed that concert.", "auto")
        return time.perf_counter() - app.started


if __name__ == "__main__":
    main()
