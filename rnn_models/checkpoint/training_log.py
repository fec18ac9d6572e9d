"""`training_log.jsonl`: how a network learnt, one JSON object a line, beside the weights.

Each line has a `kind`, and each but the first a `step`:

    log         the first line: the `task`; for each kind, how many lines there were (`seen`), of which one in
                `every` was kept
    train       `epoch`; `loss`, the mean since the line before; `learning_rate`; `gradient_norm` of this step, of
                all weights and, in `gradient_norms`, of each part, before clipping; `tokens_per_second`; `seconds`
                since training began; since the line before, the steps with `exploded` gradients, whose norm was more
                than ten times `max_grad_norm`, or not finite
    evaluation  `epoch` and the `metrics` on the validation data
    sample      a `text` that a language model wrote
    saturation  `layers`, from the bottom up: `layer`, `direction`, and for each of its `gates` the share of its
                values in the lowest and in the highest tenth of its range: below 0.1 and above 0.9 for a sigmoid
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .verify import TRAINING_LOG, LoadError, as_load_error

NUMBER = (int, float, type(None))
# What a line of each kind has.
VALUES: dict[str, dict[str, type | tuple[type, ...]]] = {
    "train": {
        "epoch": NUMBER, "loss": NUMBER, "learning_rate": NUMBER, "gradient_norm": NUMBER, "gradient_norms": dict,
        "tokens_per_second": NUMBER, "seconds": NUMBER,
    },
    "evaluation": {"epoch": NUMBER, "metrics": dict},
    "sample": {"text": str},
    "saturation": {"layers": list},
}  # fmt: skip
# The most bytes of a log, however long the training is.
LIMIT = 200_000


class TrainingLog:
    """The lines of a log in order.

    When it would grow beyond the limit, every second line of the kind that fills most of it goes, and every second of
    the lines of this kind that come later is left out.
    """

    def __init__(self, task: str = "", limit: int = LIMIT) -> None:
        self.about: dict[str, Any] = {"kind": "log", "task": task, "seen": {}, "every": {}}
        self.lines: list[dict[str, Any]] = []
        self.limit, self.size = limit, 0

    def add(self, kind: str, step: int, **values: Any) -> None:
        """Add what is known about a step."""
        seen, every = self.about["seen"], self.about["every"].setdefault(kind, 1)
        if seen.get(kind, 0) % every == 0:
            self.lines.append({"kind": kind, "step": step, **values})
            self.size += len(_encode(self.lines[-1]))
        seen[kind] = seen.get(kind, 0) + 1
        while self.size + len(_encode(self.about)) > self.limit and self._thin():
            pass

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The lines of a kind, by step."""
        return [line for line in self.lines if line["kind"] == kind]

    def _thin(self) -> bool:
        """Leave out every second line of the largest kind. False if there is nothing to leave out."""
        sizes: dict[str, int] = {}
        for line in self.lines:
            sizes[line["kind"]] = sizes.get(line["kind"], 0) + len(_encode(line))
        largest = max((kind for kind in sizes if len(self.of(kind)) > 1), key=sizes.__getitem__, default=None)
        if largest is None:
            return False
        left_out = {id(line) for line in self.of(largest)[1::2]}
        self.lines = [line for line in self.lines if id(line) not in left_out]
        self.size = sum(len(_encode(line)) for line in self.lines)
        self.about["every"][largest] *= 2
        return True

    def encode(self) -> bytes:
        """The content of the file."""
        return b"".join(map(_encode, (self.about, *self.lines)))

    def write(self, folder: Path) -> None:
        """Write the log into a folder, completely or not at all."""
        path = folder / TRAINING_LOG
        partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        try:
            partial.write_bytes(self.encode())
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)

    @classmethod
    def read(cls, folder: Path) -> TrainingLog | None:
        """The log in a folder; None if there is none. Raises `LoadError` if it is not a log."""
        path = folder / TRAINING_LOG
        if not path.is_file():
            return None
        log = cls()
        with as_load_error(path, "it is not a training log"):
            log.about, *log.lines = map(json.loads, path.read_text(encoding="utf-8").split("\n")[:-1])
            if log.about["kind"] != "log" or not all(map(_is_line, log.lines)):
                raise LoadError(f"{path} is not a training log")
            log.size = sum(len(_encode(line)) for line in log.lines)
        return log


def _is_line(line: dict[str, Any]) -> bool:
    wanted = VALUES.get(line["kind"], {})
    return isinstance(line["step"], int) and all(isinstance(line[name], kind) for name, kind in wanted.items())


def _encode(line: dict[str, Any]) -> bytes:
    return json.dumps(line, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace") + b"\n"
