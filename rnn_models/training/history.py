"""What the `training_log.jsonl` of a run gets, and when: see `checkpoint/training_log.py` for its lines.

Looking at the network draws no random number of the training and changes no weight.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from transformers import TrainerCallback

from ..checkpoint.verify import TRAINING_LOG
from ..modeling.cells import Cell
from ..modeling.recurrence import Direction
from .objectives import drawing_from, hooked
from .progress import PAUSE, say
from .trainer import EXPLODED

if TYPE_CHECKING:
    from .task import Task
    from .trainer import BatchTrainer

# Tokens at which gates are looked at, and characters of a sample.
TOKENS, CHARACTERS = 256, 1000
# Stands for infinity: what a gate comes to is its limit.
FAR = 1e4


def is_moment(step: int) -> bool:
    """Whether the network is looked at after a step: 0, 1, 2, 3, 4, 6, 8, 12, 16, 24 and so on."""
    return step < 3 or any(step == first << (step.bit_length() - 2) for first in (2, 3))


class KeepLog(TrainerCallback):
    """Adds to a trainer's log.

    It gets a line about the loss at each `logging_steps`, a sample and the saturation at each evaluation, and all
    three at each moment. A checkpoint follows a line about the loss, so that a run that was interrupted goes on to the
    same lines.
    """

    def __init__(self, trainer: BatchTrainer, task: Task[Any]) -> None:
        self.trainer, self.task = trainer, task
        trainer.training_log.about["task"] = task.arguments.task
        self.norms: dict[str, Tensor] = {}
        self.seconds, self.tokens, self.exploded = 0.0, 0, 0
        self.written = 0.0
        self.looked_at: int | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.seconds, self.tokens = 0.0, self.trainer.tokens_read
        if state.global_step == 0:
            self._look(0)

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.began = time.monotonic()

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.norms = part_norms(self.trainer.model)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.seconds += time.monotonic() - self.began
        if is_moment(state.global_step) or state.global_step == state.max_steps:
            control.should_log = True
            self._look(state.global_step)
        self._log_before_saving(control)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._log_before_saving(control)

    @staticmethod
    def _log_before_saving(control: Any) -> None:
        control.should_log = control.should_log or control.should_evaluate or control.should_save

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        if not logs or "loss" not in logs:
            return
        clipped = {part: float(norm) for part, norm in self.norms.items()}
        together = math.hypot(*clipped.values())
        whole = logs.get("grad_norm", together)
        # clipping makes all parts smaller alike
        scale = whole / together if together else 0.0
        self.trainer.training_log.add(
            "train",
            state.global_step,
            epoch=short(state.epoch),
            loss=short(logs["loss"]),
            learning_rate=short(logs["learning_rate"]),
            gradient_norm=short(whole),
            gradient_norms={part: short(scale * norm) for part, norm in clipped.items()},
            tokens_per_second=short((self.trainer.tokens_read - self.tokens) / max(self.seconds, 1e-9)),
            seconds=round(self.trainer.train_seconds, 1),
            exploded=int(self.trainer.exploded) - self.exploded,
        )
        self.seconds, self.tokens, self.exploded = 0.0, self.trainer.tokens_read, int(self.trainer.exploded)
        self._write_at_times()

    def _write_at_times(self) -> None:
        """Write the log where a run that goes on has it, for who looks at it before the next checkpoint."""
        if time.monotonic() - self.written < PAUSE:
            return
        self.written = time.monotonic()
        with suppress(OSError):  # a checkpoint says so if nothing can be written
            Path(str(self.trainer.args.output_dir)).mkdir(parents=True, exist_ok=True)
            self.trainer.training_log.write(Path(str(self.trainer.args.output_dir)))

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        # from here on it stands beside the weights, or in the newest checkpoint
        Path(str(self.trainer.args.output_dir), TRAINING_LOG).unlink(missing_ok=True)
        if exploded := int(self.trainer.exploded):
            limit = self.trainer.args.max_grad_norm
            done = f"they were clipped to max_grad_norm, {limit:g}" if limit else "max_grad_norm would clip them"
            say(f"gradients exploded in {exploded} steps, to a norm above {EXPLODED * (limit or 1):g}; {done}")

    def on_evaluate(
        self, args: Any, state: Any, control: Any, metrics: dict[str, float] | None = None, **kwargs: Any
    ) -> None:
        found = {name.removeprefix("eval_"): short(value) for name, value in (metrics or {}).items()}
        self.trainer.training_log.add("evaluation", state.global_step, epoch=short(state.epoch or 0.0), metrics=found)
        self._look(state.global_step)

    def _look(self, step: int) -> None:
        """Add a sample and the saturation, once a step."""
        if step == self.looked_at or not self.trainer.ranks.is_first:
            return
        self.looked_at, model, log = step, self.trainer.evaluated_model, self.trainer.training_log
        if (text := self.task.sample(model)) is not None:
            log.add("sample", step, text=text[:CHARACTERS])
        if layers := saturation_of_gates(model, self.task.fixed_rows()):
            log.add("saturation", step, layers=layers)


def keep_log(trainer: BatchTrainer, task: Task[Any]) -> None:
    """Make a trainer keep its `training_log`."""
    trainer.add_callback(KeepLog(trainer, task))


def short(value: float) -> float | None:
    """A number with five digits, or a whole one; None if it is not finite, which JSON cannot hold."""
    if isinstance(value, int):
        return value
    return float(f"{value:.5g}") if math.isfinite(value) else None


def part_norms(model: torch.nn.Module) -> dict[str, Tensor]:
    """The norm of the gradient of each part of a network: `embedding`, `layer 0` and so on, `head`."""
    gradients: dict[str, list[Tensor]] = {}
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            layer = re.search(r"\brecurrence\.layers\.(\d+)\.", name)
            part = f"layer {layer[1]}" if layer else "embedding" if ".embedding." in name else "head"
            gradients.setdefault(part, []).append(parameter.grad)
    return {part: torch.stack(torch._foreach_norm(found)).norm() for part, found in gradients.items()}


@torch.no_grad()
def saturation_of_gates(model: Any, rows: Sequence[np.ndarray]) -> list[dict[str, Any]]:
    """The share of the values of each gate in the lowest and the highest tenth of its range, over the first tokens.

    As Karpathy, Johnson & Fei-Fei (2015, section 4.2) count it. A gate without an upper bound has the share of its
    values at the lower one, where a ReLU passes no gradient, and nothing above.

    Returns:
        for each direction of each layer, from the bottom up: `layer`, `direction`, and `gates` by name, each with the
        shares `below` and `above`.
    """
    found = []
    places = [
        (index, direction, module.cell)
        for index, layer in enumerate(model.base_model.recurrence.layers)
        for direction, module in enumerate(part for part in layer.modules() if isinstance(part, Direction))
    ]
    seen: dict[Cell, list[tuple[Tensor, tuple[Tensor, ...]]]] = {cell: [] for *_, cell in places}
    with ExitStack() as stack:
        stack.callback(model.train, model.training)
        model.eval()
        for cell in seen:
            stack.enter_context(hooked(cell, lambda cell, read, _: seen[cell].append(read[:2])))
        read = 0
        for row in rows:
            if read >= TOKENS:
                break
            row = row[: TOKENS - read]
            read += len(row)
            if len(row):
                model.base_model(torch.as_tensor(row, device=model.device)[None])
    for index, direction, cell in places:
        gates: dict[str, list[Tensor]] = {name: [] for name in cell.gate_names}
        for x, state in seen[cell]:
            for x_t in x.unbind(1) if x.dim() == 3 else [x]:
                for name, gate in cell.gates(x_t, state).items():
                    gates[name].append(gate)
                _, state = cell.step(x_t, state)
        bounds = limits(cell)
        shares = {name: shares_of(torch.cat(values), *bounds[name]) for name, values in gates.items() if values}
        found.append({"layer": index, "direction": direction, "gates": shares})
    return found


def shares_of(values: Tensor, lowest: float, highest: float) -> dict[str, float | None]:
    """The shares `below` and `above` of values between two limits."""
    tenth = (highest - lowest) / 10
    bounded = highest <= 1
    low = lowest + tenth if bounded else torch.finfo(torch.float32).tiny
    above = (values > highest - tenth).float().mean().item() if bounded else 0.0
    return {"below": short((values < low).float().mean().item()), "above": short(above)}


def limits(cell: Cell) -> dict[str, tuple[float, float]]:
    """The lowest and the highest value of each gate of a cell: what it is if all weights are very low or very high."""
    with drawing_from(0):
        small = type(cell)(1, 1, cell.nonlinearity)
    found = []
    for far in (-FAR, FAR):
        for parameter in small.parameters():
            parameter.fill_(far)
        zeros = torch.zeros(1, 1)
        found.append({name: gate.item() for name, gate in small.gates(zeros, small.initial_state(1, zeros)).items()})
    return {name: (found[0][name], found[1][name]) for name in cell.gate_names}
