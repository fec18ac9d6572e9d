"""transformers' Trainer, with the few hooks that training in complete batches needs."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_model, save_model
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader
from transformers import EarlyStoppingCallback, Trainer, TrainerCallback, TrainerControl, TrainerState, set_seed
from transformers.trainer import TRAINER_STATE_NAME, TRAINING_ARGS_NAME
from transformers.trainer_utils import rotate_checkpoints

from ..checkpoint import TrainingLog
from ..data import InputError
from ..files import unwritable, write_json
from .checkpoints import best_of, complete, damage, is_of_an_earlier_version
from .divergence import Diverged, Unsaved, check_weights
from .folder import PARTIAL, RUN
from .memory import keep_freed_memory
from .ranks import ALONE, Ranks

# A gradient explodes if its norm before clipping is this many times `max_grad_norm`.
EXPLODED = 10
RAW_WEIGHTS = "weights_before_averaging.safetensors"
RANDOM = "rng_state.pth"


def take_first(batches: list[Any]) -> Any:
    """The data sets here make complete batches, so there is nothing left to collate."""
    return batches[0]


def rows_of(batch: dict[str, Any]) -> int:
    """The number of rows of a batch."""
    return len(next(value for value in batch.values() if torch.is_tensor(value)))


def random_of(rank: int) -> str:
    """The file of a checkpoint that has the random numbers of a process."""
    return f"rng_state_{rank}.pth" if rank else RANDOM


def averaging(decay: float) -> Callable[[Any, Any, Any], None]:
    """Exponential moving average whose decay rises to `decay`, so that the random start is soon forgotten."""

    @torch.no_grad()
    def update(averaged: Any, current: Any, count: Any) -> None:
        steps = int(count)
        torch._foreach_lerp_(averaged, current, 1 - min(decay, (1 + steps) / (10 + steps)))

    return update


class UpdateAverage(TrainerCallback):
    """Adds the weights to the moving average after every step."""

    def __init__(self, average: AveragedModel) -> None:
        self.average = average

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        self.average.update_parameters(model)


class BatchTrainer(Trainer):
    """Trains on a data set whose item `k` is the `k`-th batch, and which `set_epoch` lays out again.

    `measure(model)` gives the metrics of an evaluation, whose names get the prefix `eval_`. With `ema_decay`, a moving
    average of the weights is evaluated and saved; a checkpoint holds the raw weights too, to resume from. Each
    checkpoint holds the `training_log` up to its step.

    Of several processes, `ranks`, each reads its share of the rows of a batch; see there. A checkpoint has the random
    numbers of each process; another number of processes goes on with the same batches and other random numbers.

    Raises:
        ValueError: `Trainer` itself sees several processes or devices, among which it would split a batch.
        Diverged: in training, the loss, a metric or a weight that would be saved is not finite.
    """

    # transformers allows None here; these trainers never do.
    model: Any
    train_dataset: Any

    control: TrainerControl

    def __init__(
        self,
        *args: Any,
        measure: Callable[[Any], dict[str, float]],
        ema_decay: float | None = None,
        ranks: Ranks = ALONE,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if self.args.world_size > 1 or self.args.n_gpu > 1:
            raise ValueError(
                f"{type(self).__name__} trains in one process on one device; here are {self.args.world_size} processes"
                f" with {self.args.n_gpu} GPUs each"
            )
        keep_freed_memory()
        self.measure, self.ranks = measure, ranks
        self.unsummed: Any = 0.0
        self.states: list[dict[str, Any]] = []
        self.training_log = TrainingLog()
        self.tokens_read = 0
        self.exploded: Any = torch.zeros((), dtype=torch.int64)
        self.run: dict[str, Any] = {}
        self.before: dict[str, torch.Tensor] = {}
        self.share_before = 0.0
        self.aside: str | None = None
        self.best_before: str | None = None
        self.rate: float | None = None
        self.started = time.monotonic()
        self.seconds_before = 0.0
        self.average: AveragedModel | None = None
        if ema_decay is not None:
            self.average = AveragedModel(self.model, multi_avg_fn=averaging(ema_decay))
            self.add_callback(UpdateAverage(self.average))

    @property
    def train_seconds(self) -> float:
        """Time since training began, the part before an interruption included up to its checkpoint."""
        return self.seconds_before + time.monotonic() - self.started

    @property
    def evaluated_model(self) -> Any:
        """The model that is evaluated and saved."""
        return self.model if self.average is None else self.average.module

    def best_model(self) -> Any:
        """The weights to keep: the best that an evaluation saw, which `Trainer` has loaded, or else the last; with the
        share of those before training, see `begin_with`.

        Raises `Diverged` if one of them is not finite.
        """
        model = self.model if self.state.best_model_checkpoint else self.evaluated_model
        check_weights(model.state_dict(), f"by step {self.state.global_step}")
        with torch.no_grad():
            for name, weight in model.state_dict().items() if self.before else ():
                weight.lerp_(self.before[name].to(weight), self.share_before)
        self.before = {}
        return model

    def begin_with(self, model: Any, share: float) -> None:
        """Keep the weights before training, for a mean at its end in which they have a `share`.

        Between two networks of which one went on from the other, a mean is often better than both: it keeps what the
        first one knew (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").
        """
        self.share_before = share
        if share:
            self.before = {name: weight.detach().clone() for name, weight in model.state_dict().items()}

    def get_train_dataloader(self) -> DataLoader:
        loader = DataLoader(
            self.train_dataset,
            collate_fn=take_first,
            pin_memory=self.args.dataloader_pin_memory and self.args.n_gpu > 0,
        )
        return self.accelerator.prepare(loader)

    def get_batch_samples(self, *args: Any, **kwargs: Any) -> Any:
        batches, count = super().get_batch_samples(*args, **kwargs)
        for batch in batches:
            mask = batch.get("attention_mask")
            whole = batch.get(self.model.main_input_name, next(iter(batch.values())))
            self.tokens_read += whole.shape[:2].numel() if mask is None else int(mask.sum())
        return [self.share_of(batch) for batch in batches] if self.ranks.size > 1 else batches, count

    def share_of(self, batch: dict[str, Any]) -> dict[str, Any]:
        """This process' rows of a batch, and in `whole` how many `rows` and `targets` all processes have."""
        rows = self.ranks.rows(rows_of(batch))
        own = {
            name: value[rows.start : rows.stop] if torch.is_tensor(value) else value for name, value in batch.items()
        }
        return {**own, "whole": {"rows": rows_of(batch), "targets": self.targets_in(batch)}}

    def targets_in(self, batch: dict[str, Any]) -> int:
        """The number of targets of which the loss of a batch is the mean."""
        return rows_of(batch)

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        inputs = dict(inputs)
        whole = inputs.pop("whole", None)
        if whole is None or num_items_in_batch is not None:  # a sum over all processes' number of targets
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        if not (targets := self.targets_in(inputs)):  # no mean
            return 0.0 * next(weight for weight in model.parameters() if weight.requires_grad).sum()
        return super().compute_loss(model, inputs, return_outputs) * (targets / whole["targets"])

    def add_gradients(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> torch.Tensor:
        """Add the gradients of this process' rows to those that are there. Returns the loss."""
        return super().training_step(model, inputs, num_items_in_batch)

    def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> torch.Tensor:
        """As in the base class, for the rows of all processes together."""
        if self.ranks.size == 1:
            return self.add_gradients(model, inputs, num_items_in_batch)
        nothing = torch.zeros((), device=self.args.device)
        self.unsummed = self.unsummed + (
            self.add_gradients(model, inputs, num_items_in_batch) if rows_of(inputs) else nothing
        )
        if not self.accelerator.sync_gradients:
            return nothing
        loss = self.ranks.add_up(model.parameters(), self.unsummed)
        self.unsummed = 0.0
        return loss

    def train(self, *args: Any, **kwargs: Any) -> Any:
        """As in the base class. All processes begin with the weights of the first, and each has its random numbers."""
        models = [self.model] if self.average is None else [self.model, self.average]
        self.ranks.copy_from_first(tensor for model in models for tensor in model.state_dict().values())
        self._draw_apart(0)
        return super().train(*args, **kwargs)

    def _draw_apart(self, step: int) -> None:
        """Give this process other random numbers than the first one has."""
        if not self.ranks.is_first:
            set_seed(int(np.random.SeedSequence((self.args.seed, self.ranks.rank, step)).generate_state(1)[0]))

    def _get_grad_norm(self, model: Any, grad_norm: Any = None) -> Any:
        norm = super()._get_grad_norm(model, grad_norm)
        limit = EXPLODED * (self.args.max_grad_norm or 1.0)
        # of a tensor without waiting for a GPU; a norm that is not a number is not below the limit either
        self.exploded = self.exploded + ~(torch.as_tensor(norm) <= limit)
        return norm

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        self.rate = logs.get("learning_rate", self.rate)
        # the norm of the gradients may overflow in half precision, and such a step is left out
        self._check({name: value for name, value in logs.items() if name in ("loss", "train_loss")}, "training")
        super().log(logs, start_time)

    def _check(self, metrics: dict[str, float], what: str) -> None:
        if (place := unwritable(metrics)) is not None:
            # closes what shows the progress
            self.callback_handler.on_train_end(self.args, self.state, self.control)
            rate = "" if self.rate is None else f", at a learning rate of {self.rate:.3g}"
            raise Diverged(f"the {what}'s {place} by step {self.state.global_step}{rate}")

    def evaluate(self, eval_dataset=None, ignore_keys=None, metric_key_prefix: str = "eval") -> dict[str, float]:
        measured = self.ranks.first(lambda: self.measure(self.evaluated_model))
        self._check(measured, "evaluation")
        metrics = {f"{metric_key_prefix}_{name}": value for name, value in measured.items()}
        self.log({**metrics, "train_seconds": self.train_seconds})
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def _get_output_dir(self, trial: Any) -> str:
        return self.aside or super()._get_output_dir(trial)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """As in the base class, but written aside, and moved to its place when it is complete.

        The first process writes it, with what the others need to go on.
        """
        self.states = self.ranks.gather(self.own_state())
        self.ranks.first(lambda: self._write_checkpoint(model, trial))

    def own_state(self) -> dict[str, Any]:
        """What only this process has: its random numbers, unless it is the first one, which writes its own."""
        if self.ranks.is_first:
            return {}
        with TemporaryDirectory() as aside:
            super()._save_rng_state(aside)
            return {"random": Path(aside, RANDOM).read_bytes()}

    def _save_rng_state(self, output_dir: str) -> None:
        super()._save_rng_state(output_dir)
        for rank, state in enumerate(self.states[1:], start=1):
            Path(output_dir, random_of(rank)).write_bytes(state["random"])

    def _load_rng_state(self, checkpoint: str | None) -> None:
        if self.ranks.is_first or checkpoint is None:
            super()._load_rng_state(checkpoint)
        elif (own := Path(checkpoint, random_of(self.ranks.rank))).is_file():
            with TemporaryDirectory() as aside:
                shutil.copy(own, Path(aside, RANDOM))
                super()._load_rng_state(aside)
        else:
            self._draw_apart(self.state.global_step)

    def _write_checkpoint(self, model: Any, trial: Any) -> None:
        runs, name = Path(str(self.args.output_dir)), f"checkpoint-{self.state.global_step}"
        self.aside = str(runs / PARTIAL)
        shutil.rmtree(self.aside, ignore_errors=True)
        try:
            super()._save_checkpoint(model, trial)
            if self.state.best_global_step == self.state.global_step:
                self.state.best_model_checkpoint = str(runs / name)
            self.state.save_to_json(str(Path(self.aside, name, TRAINER_STATE_NAME)))
            complete(Path(self.aside, name), runs / name)
        except (OSError, RuntimeError, SafetensorError) as error:  # whatever a library makes of a full disk
            reason = " ".join(str(error).split())
            raise Unsaved(f"the checkpoint of step {self.state.global_step} cannot be written: {reason}") from error
        finally:
            shutil.rmtree(self.aside, ignore_errors=True)
            self.aside = None
        best = self.state.best_model_checkpoint
        rotate_checkpoints(str(runs), self.args.save_total_limit, best_model_checkpoint=best)

    def _init_training_state(self, max_steps: int, *args: Any) -> tuple[int, int]:
        """As in the base class, and what it forgets: how long nothing got better, and the best weights of a folder
        that was moved.

        Raises `InputError` if more steps are done than are asked for.
        """
        found = super()._init_training_state(max_steps, *args)
        if self.state.global_step > max_steps:
            raise InputError(
                f"options num_train_epochs and max_steps: {max_steps} steps are asked for, and"
                f" {self.state.global_step} are done; ask for more, or begin again with --overwrite_output_dir"
            )
        if self.state.global_step:
            self.state.best_model_checkpoint = self.best_before
            for callback in self.callback_handler.callbacks:
                kept = self.state.stateful_callbacks.get(type(callback).__name__)
                if isinstance(callback, EarlyStoppingCallback) and isinstance(kept, dict):
                    counter = "early_stopping_patience_counter"
                    setattr(callback, counter, kept["attributes"][counter])
        return found

    def _load_best_model(self) -> None:
        if not self.ranks.is_first:  # it saves nothing
            return
        best = Path(str(self.state.best_model_checkpoint))
        if (problem := damage(best)) and not is_of_an_earlier_version(best):
            raise Unsaved(f"the best weights, {best}, are damaged: {problem}")
        super()._load_best_model()

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
        folder = Path(output_dir or str(self.args.output_dir))
        for model in {self.model, self.evaluated_model}:
            check_weights(model.state_dict(), f"by step {self.state.global_step}")
        if self.average is not None:
            state_dict = self.average.module.state_dict()
        super()._save(str(folder), state_dict)
        if self.average is not None:
            save_model(self.model, str(folder / RAW_WEIGHTS))
        self.training_log.write(folder)
        write_json(self.run, folder / RUN)
        # A pickle that resuming does not need; opening one from elsewhere can run anything.
        (folder / TRAINING_ARGS_NAME).unlink(missing_ok=True)

    def _issue_warnings_after_load(self, load_result: Any) -> None:
        # A tied weight is saved once, under the name of the other.
        tied = self.model.all_tied_weights_keys
        missing = [name for name in load_result.missing_keys if name not in tied]
        super()._issue_warnings_after_load(load_result._replace(missing_keys=missing))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        super()._load_from_checkpoint(resume_from_checkpoint, model)
        before = TrainerState.load_from_json(str(Path(resume_from_checkpoint, TRAINER_STATE_NAME)))
        self.seconds_before = max((entry.get("train_seconds", 0.0) for entry in before.log_history), default=0.0)
        best = best_of(Path(resume_from_checkpoint))
        self.best_before = None if best is None else str(best)
        self.training_log = TrainingLog.read(Path(resume_from_checkpoint)) or self.training_log
        if self.average is not None:
            self.average.module.load_state_dict(self.model.state_dict())
            load_model(self.model, str(Path(resume_from_checkpoint, RAW_WEIGHTS)))
            self.average.n_averaged.fill_(before.global_step)
