"""Remember the first symbol for T steps: the toy task on which cells differ most, trained live.

    for report in train_memory(seconds=60):
        report.cell_type, report.step, report.accuracy      # "lstm", 120, {5: 1.0, 10: 0.98, 20: 0.61, ...}

A row is one of `SYMBOLS` symbols followed by T random distractors from another set of the same size; the task is to
tell the first symbol. Chance is 1 / SYMBOLS. It is the simplest of the tasks with which Hochreiter & Schmidhuber
(1997, section 5) showed the purpose of a memory cell.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ..modeling import RNNConfig, RNNForSequenceClassification
from ..modeling.cells import CELLS
from .fresh import fresh
from .unrolling import gradients

SYMBOLS = 4
BATCH, TESTED = 64, 256  # rows per training step, and rows per accuracy
LEARNING_RATE, CLIP = 0.005, 1.0
LONGEST, WIDEST, MOST_STEPS = 200, 128, 5000  # the largest allowed arguments


@dataclass(frozen=True)
class MemoryReport:
    """The progress of one cell.

    Attributes:
        cell_type: the cell.
        step: how many batches it was trained on.
        loss: mean cross-entropy of the batches since its last report, in nats; NaN before the first step.
        accuracy: by the number of distractors T, the accuracy on `TESTED` rows.
        seconds: since training began, over all cells.
    """

    cell_type: str
    step: int
    loss: float
    accuracy: dict[int, float]
    seconds: float


def train_memory(
    cell_types: Iterable[str] = CELLS,
    *,
    delays: Sequence[int] = (5, 10, 20, 40, 80),
    hidden_size: int = 32,
    steps: int = 400,
    report_every: int = 20,
    seconds: float = 60.0,
    nonlinearity: str = "tanh",
    forget_bias: float = 1.0,
    seed: int = 0,
) -> Iterator[MemoryReport]:
    """Train the cells in turn and yield a report of each before the first step and after every `report_every` steps.

    Each batch has one T, drawn from 1 to the largest of `delays`. Closing the iterator ends the training.

    Args:
        cell_types: the cells to train.
        delays: the numbers of distractors T at which accuracy is measured.
        hidden_size: H.
        steps: the largest number of batches per cell.
        report_every: the number of steps between two reports of a cell.
        seconds: the time after which no further report is started.
        nonlinearity: of the vanilla RNN.
        forget_bias: the bias of the forget gate, for cells with one.
        seed: decides weights and rows; every cell gets the same rows.

    Raises:
        ValueError: an argument is out of its range.
    """
    delays = sorted(set(delays))
    for name, low, high, values in (
        ("delays", 1, LONGEST, delays or [0]),
        ("hidden_size", 1, WIDEST, [hidden_size]),
        ("steps", 1, MOST_STEPS, [steps]),
        ("report_every", 1, MOST_STEPS, [report_every]),
    ):
        if not all(low <= value <= high for value in values):
            raise ValueError(f"{name} is {values}: it must be from {low} to {high}")
    if not seconds > 0:
        raise ValueError(f"seconds is {seconds}: it must be above 0")
    learners = [
        _Learner(cell_type, hidden_size, nonlinearity if cell_type == "rnn" else "tanh", forget_bias, delays, seed)
        for cell_type in cell_types
    ]
    return _train(learners, steps, report_every, seconds)


def _train(learners: list[_Learner], steps: int, report_every: int, seconds: float) -> Iterator[MemoryReport]:
    began = time.monotonic()
    for learner in learners:
        yield learner.report(time.monotonic() - began)
    for done in range(0, steps, report_every):
        for learner in learners:
            if time.monotonic() - began > seconds:
                return
            learner.learn(min(report_every, steps - done))
            yield learner.report(time.monotonic() - began)


class _Learner:
    """One cell in training."""

    def __init__(
        self, cell_type: str, hidden_size: int, nonlinearity: str, forget_bias: float, delays: list[int], seed: int
    ) -> None:
        config = RNNConfig(
            vocab_size=2 * SYMBOLS,
            hidden_size=hidden_size,
            cell_type=cell_type,
            nonlinearity=nonlinearity,
            pooling="last",
            num_labels=SYMBOLS,
            pad_token_id=None,
        )
        self.cell_type = cell_type
        self.delays = delays
        with gradients():
            self.model = fresh(RNNForSequenceClassification, config, seed=seed, forget_bias=forget_bias).train()
            self.optimizer = torch.optim.Adam(self.model.parameters(), LEARNING_RATE)
        self.draw = torch.Generator().manual_seed(seed)
        test = torch.Generator().manual_seed(seed + 1)
        self.tests = {delay: _rows(TESTED, delay, test) for delay in delays}
        self.step = 0
        self.losses: list[float] = []

    @gradients()
    def learn(self, steps: int) -> None:
        self.losses = []
        for _ in range(steps):
            delay = int(torch.randint(1, self.delays[-1] + 1, (1,), generator=self.draw))
            ids, first = _rows(BATCH, delay, self.draw)
            loss = F.cross_entropy(self.model(ids).logits, first)
            self.optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
            self.optimizer.step()
            self.losses.append(loss.item())
        self.step += steps

    @torch.no_grad()
    def report(self, seconds: float) -> MemoryReport:
        accuracy = {
            delay: float((self.model(ids).logits.argmax(-1) == first).float().mean())
            for delay, (ids, first) in self.tests.items()
        }
        loss = sum(self.losses) / len(self.losses) if self.losses else float("nan")
        return MemoryReport(self.cell_type, self.step, loss, accuracy, seconds)


def _rows(count: int, delay: int, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """(count, 1 + delay) token ids, and the first id of each row, (count,)."""
    first = torch.randint(SYMBOLS, (count,), generator=draw)
    distractors = torch.randint(SYMBOLS, 2 * SYMBOLS, (count, delay), generator=draw)
    return torch.cat([first[:, None], distractors], dim=1), first
