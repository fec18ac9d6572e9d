"""transformers' Trainer, with the few hooks that recurrent networks need of their own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_model, save_model
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState
from transformers.trainer import TRAINER_STATE_NAME, TRAINING_ARGS_NAME

from ..files import unwritable
from ..modeling import RNNState
from .divergence import Diverged, check_weights
from .losses import linear_cross_entropy
from .memory import keep_freed_memory
from .objectives import divergence, drawing_from, entropy, of_length, one_hot

RAW_WEIGHTS = "weights_before_averaging.safetensors"
CARRIED_STATE = "carried_state.safetensors"


def take_first(batches: list[Any]) -> Any:
    """The data sets here make whole batches, so there is nothing left to collate."""
    return batches[0]


def averaging(decay: float) -> Callable[[Any, Any, Any], None]:
    """Exponential moving average whose decay rises to `decay`, so that the random start is soon forgotten."""

    @torch.no_grad()
    def update(averaged: Any, current: Any, count: Any) -> None:
        steps = int(count)
        torch._foreach_lerp_(averaged, current, 1 - min(decay, (1 + steps) / (10 + steps)))

    return update


@contextmanager
def hooked(module: torch.nn.Module, hook: Callable[..., Any]) -> Iterator[None]:
    """`hook` sees, and may replace, what the module returns meanwhile."""
    handle = module.register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()


class UpdateAverage(TrainerCallback):
    """Adds the weights to the moving average after every step."""

    def __init__(self, average: AveragedModel) -> None:
        self.average = average

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        self.average.update_parameters(model)


class BatchTrainer(Trainer):
    """Trains on a data set whose item `k` is the `k`-th batch and that lays itself out anew in `set_epoch`.

    `measure(model)` gives the figures of an evaluation, whose names get the prefix `eval_`. With `ema_decay` these,
    and the weights that are saved, are a moving average's; a checkpoint holds the raw weights too, to resume from.

    Raises:
        ValueError: there are several processes or devices, among which a batch would be split.
        Diverged: in training, the loss, a figure or a weight that would be saved is not finite.
    """

    # transformers allows None here; these trainers never do.
    model: Any
    train_dataset: Any

    control: TrainerControl

    def __init__(
        self, *args: Any, measure: Callable[[Any], dict[str, float]], ema_decay: float | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if self.args.world_size > 1 or self.args.n_gpu > 1:
            raise ValueError(
                f"{type(self).__name__} trains in one process on one device; here are {self.args.world_size} processes"
                f" with {self.args.n_gpu} GPUs each"
            )
        keep_freed_memory()
        self.measure = measure
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
        """The weights to keep: the best that an evaluation saw, which `Trainer` has loaded, or else the last.

        Raises `Diverged` if one of them is not finite.
        """
        model = self.model if self.state.best_model_checkpoint else self.evaluated_model
        check_weights(model.state_dict(), f"by step {self.state.global_step}")
        return model

    def get_train_dataloader(self) -> DataLoader:
        loader = DataLoader(
            self.train_dataset,
            collate_fn=take_first,
            pin_memory=self.args.dataloader_pin_memory and self.args.n_gpu > 0,
        )
        return self.accelerator.prepare(loader)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        # the norm of the gradients may overflow in half precision, where such a step is left out
        self._check({name: value for name, value in logs.items() if name in ("loss", "train_loss")}, "training")
        super().log(logs, start_time)

    def _check(self, figures: dict[str, float], what: str) -> None:
        if (place := unwritable(figures)) is not None:
            # closes what shows the progress
            self.callback_handler.on_train_end(self.args, self.state, self.control)
            raise Diverged(f"the {what}'s {place} by step {self.state.global_step}")

    def evaluate(self, eval_dataset=None, ignore_keys=None, metric_key_prefix: str = "eval") -> dict[str, float]:
        measured = self.measure(self.evaluated_model)
        self._check(measured, "evaluation")
        figures = {f"{metric_key_prefix}_{name}": value for name, value in measured.items()}
        self.log({**figures, "train_seconds": self.train_seconds})
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, figures)
        return figures

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
        folder = Path(output_dir or str(self.args.output_dir))
        for model in {self.model, self.evaluated_model}:
            check_weights(model.state_dict(), f"by step {self.state.global_step}")
        if self.average is not None:
            state_dict = self.average.module.state_dict()
        super()._save(str(folder), state_dict)
        if self.average is not None:
            save_model(self.model, str(folder / RAW_WEIGHTS))
        # A pickle that resuming does not need; opening one from elsewhere can run anything.
        (folder / TRAINING_ARGS_NAME).unlink(missing_ok=True)

    def _issue_warnings_after_load(self, load_result: Any) -> None:
        # A tied weight is saved once, under the name of the other.
        tied = self.model.all_tied_weights_keys
        missing = [name for name in load_result.missing_keys if name not in tied]
        super()._issue_warnings_after_load(load_result._replace(missing_keys=missing))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        super()._load_from_checkpoint(resume_from_checkpoint, model)
        history = TrainerState.load_from_json(str(Path(resume_from_checkpoint, TRAINER_STATE_NAME))).log_history
        self.seconds_before = max((entry.get("train_seconds", 0.0) for entry in history), default=0.0)
        if self.average is not None:
            self.average.module.load_state_dict(self.model.state_dict())
            load_model(self.model, str(Path(resume_from_checkpoint, RAW_WEIGHTS)))
            steps = int(Path(resume_from_checkpoint).name.rpartition("-")[2])
            self.average.n_averaged.fill_(steps)


def levels(model: torch.nn.Module) -> dict[torch.nn.Parameter, int]:
    """How far below the head each parameter lies: 0 in the head, 1 in the last layer, and so on to the embedding."""
    layers = len(model.rnn.recurrence.layers)
    found = dict.fromkeys(model.parameters(), 0)
    for index, layer in enumerate(model.rnn.recurrence.layers):
        found.update(dict.fromkeys(layer.parameters(), layers - index))
    found.update(dict.fromkeys(model.get_input_embeddings().parameters(), layers + 1))
    return found


class Unfreeze(TrainerCallback):
    """Trains the head alone at first, and one level more below it after every so many epochs (Howard & Ruder 2018)."""

    def __init__(self, model: torch.nn.Module, epochs: float) -> None:
        self.levels, self.epochs = levels(model), epochs

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        for parameter, level in self.levels.items():
            parameter.requires_grad_(level * self.epochs <= round(state.epoch))


class ClassifierTrainer(BatchTrainer):
    """Cross entropy with the batch's `label_weights` (B, C): each row counts as its label does, and labels of weight 0
    take no part in its softmax. A row of label -100 has none; where the batch has `targets` (B, C), they are the
    probabilities of each row's labels.

    Where a corpus has only clear opinions, that none of its texts is neutral says how it was collected and nothing
    about the texts; learning it, a model comes to tell the corpora apart instead.

    Three more losses move the embedded tokens x (T, E) of a row, or learn from its own answer p (Miyato et al. 2017,
    "Adversarial Training Methods for Semi-Supervised Text Classification"; Sachan et al. 2019 mix all of them), with
    u(v) = v / |v| and s the standard deviation of the embeddings:

        adversarial_norm a            the cross entropy at x + a s u(g),  g its gradient by x
        virtual_adversarial_norm v    KL(p(x) || p(x + v s u(k))),        k the gradient of KL(p(x) || p(x + r)) by r
                                      at a random r of that length, all three passes with the same dropout
        entropy_weight w              w H(p(x)): be decided

    The last two ask for no label, so that rows without one take part in them.

    With `level_rate`, each level below the head learns at so much of the rate of the one above it, and with
    `unfreeze_epochs` it is frozen until so many epochs after it (Howard & Ruder 2018).
    """

    def __init__(
        self,
        *args: Any,
        adversarial_norm: float = 0.0,
        virtual_adversarial_norm: float = 0.0,
        entropy_weight: float = 0.0,
        level_rate: float = 1.0,
        unfreeze_epochs: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.adversarial_norm = adversarial_norm
        self.virtual_adversarial_norm = virtual_adversarial_norm
        self.entropy_weight = entropy_weight
        self.level_rate = level_rate
        if unfreeze_epochs:
            self.add_callback(Unfreeze(self.model, unfreeze_epochs))

    def create_optimizer(self, *args: Any, **kwargs: Any) -> torch.optim.Optimizer:
        optimizer = super().create_optimizer(*args, **kwargs)
        if self.level_rate != 1.0:
            level_of = levels(self.model)
            optimizer.param_groups = [
                {**group, "params": chosen, "lr": group["lr"] * self.level_rate**level}
                for group in optimizer.param_groups
                for level in sorted(set(level_of.values()))
                if (chosen := [parameter for parameter in group["params"] if level_of[parameter] == level])
            ]
        return optimizer

    def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> torch.Tensor:
        embedded: list[torch.Tensor] = []

        def keep(module: Any, args: Any, output: torch.Tensor) -> None:
            # a frozen embedding has an output that wants no gradient
            output = output if output.requires_grad else output.requires_grad_()
            output.retain_grad()
            embedded.append(output)

        with hooked(self.model.get_input_embeddings(), keep) if self.adversarial_norm else nullcontext():
            loss = super().training_step(model, inputs, num_items_in_batch)
        # each further pass adds its gradients to those of the first
        if self.adversarial_norm:
            gradient = embedded[0].grad
            assert gradient is not None
            # rows that ask nothing of the cross entropy would be moved for nothing
            asked = inputs["targets"].sum(-1) > 0 if "targets" in inputs else inputs["labels"] >= 0
            moved = {name: rows[asked] for name, rows in inputs.items()}
            moved["move"] = of_length(gradient[asked], self.adversarial_norm * self._spread())
            if asked.any():
                loss = loss + super().training_step(model, moved, num_items_in_batch)
        if self.virtual_adversarial_norm:
            loss = loss + super().training_step(model, {**inputs, "virtual": True}, num_items_in_batch)
        return loss

    def _spread(self) -> torch.Tensor:
        return self.model.get_input_embeddings().weight.detach().std()

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        inputs = dict(inputs)
        labels, weights = inputs.pop("labels"), inputs.pop("label_weights")
        targets = inputs.pop("targets", None)
        part = weights > 0
        if inputs.pop("virtual", False):
            return self._virtual_adversarial_loss(model, inputs, part)
        move = inputs.pop("move", None)
        log_probabilities, outputs = self._answer(model, inputs, part, move)
        if targets is None:
            targets = one_hot(labels, part)
        smoothing = self.args.label_smoothing_factor
        smooth = (1 - smoothing) * targets + smoothing * part / part.sum(-1, keepdim=True)  # (B, C)
        losses = -(smooth * log_probabilities.masked_fill(~part, 0.0)).sum(-1)  # (B,)
        # a row counts as its label does, and not at all where it has none
        loss = (losses * (targets * weights).sum(-1)).sum()
        asked = (targets.sum(-1) > 0).sum().clamp(min=1)
        loss = loss / (asked if num_items_in_batch is None else num_items_in_batch)
        if self.entropy_weight and move is None:
            loss = loss + self.entropy_weight * entropy(log_probabilities, part)
        return (loss, outputs) if return_outputs else loss

    def _answer(
        self, model: Any, inputs: dict[str, Any], part: torch.Tensor, move: torch.Tensor | None
    ) -> tuple[torch.Tensor, Any]:
        """Log probabilities (B, C), -inf for the labels that take no part, and the model's outputs."""
        moved = hooked(self.model.get_input_embeddings(), lambda module, args, output: output + move)
        with nullcontext() if move is None else moved:
            outputs = model(**inputs)
        return outputs.logits.float().masked_fill(~part, float("-inf")).log_softmax(-1), outputs

    def _virtual_adversarial_loss(self, model: Any, inputs: dict[str, Any], part: torch.Tensor) -> torch.Tensor:
        length = self.virtual_adversarial_norm * self._spread()
        shape = (*inputs["input_ids"].shape, self.model.config.embedding_size)
        seed = int(torch.randint(2**31, ()))
        with torch.no_grad(), drawing_from(seed):
            before, _ = self._answer(model, inputs, part, None)
        move = of_length(torch.randn(shape, device=part.device), length).requires_grad_()
        with drawing_from(seed):
            somewhere, _ = self._answer(model, inputs, part, move)
        (direction,) = torch.autograd.grad(divergence(before, somewhere, part), move)
        with drawing_from(seed):
            worst, _ = self._answer(model, inputs, part, of_length(direction, length))
        return divergence(before, worst, part)


class LanguageModelTrainer(BatchTrainer):
    """Carries the recurrent state from batch to batch, cut from the gradient, and starts each epoch from zero.

    Truncated backpropagation through time (Williams & Peng 1990): the values of the state flow through the whole
    stream, the gradients through one batch.

    With the weights a and b of activation regularisation (Merity et al. 2018), h the network's outputs (B, T, H):

        loss + a * mean(h^2) + b * mean((h_t+1 - h_t)^2)
    """

    carried: RNNState | None = None

    def __init__(
        self,
        *args: Any,
        activation_regularization: float = 0.0,
        temporal_activation_regularization: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.activation = activation_regularization
        self.temporal_activation = temporal_activation_regularization

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        inputs = dict(inputs)
        targets = inputs.pop("shift_labels")
        if inputs.pop("begins"):
            self.carried = None
        with self.accelerator.autocast():
            outputs = self.model.rnn(**inputs, state=self.carried, use_cache=True)
            hidden = outputs.last_hidden_state
            features = self.model.projection(hidden).flatten(0, 1)
            head = self.model.lm_head
            loss = linear_cross_entropy(features, head.weight, head.bias, targets.flatten())
        self.carried = outputs.state.detach()
        if self.activation:
            loss = loss + self.activation * hidden.float().pow(2).mean()
        if self.temporal_activation:
            loss = loss + self.temporal_activation * hidden.float().diff(dim=1).pow(2).mean()
        return (loss, outputs) if return_outputs else loss

    # Trainer calls these two where it writes a checkpoint and where a resumed run has skipped the batches it had seen:
    # beside the random numbers, the recurrent state is what the next batch depends on.
    def _save_rng_state(self, output_dir: str) -> None:
        super()._save_rng_state(output_dir)
        if self.carried is not None:
            self.carried.save(Path(output_dir, CARRIED_STATE), self.model)

    def _load_rng_state(self, checkpoint: str | None) -> None:
        super()._load_rng_state(checkpoint)
        if checkpoint is not None and (saved := Path(checkpoint, CARRIED_STATE)).is_file():
            self.carried = RNNState.load(saved, self.model)


def sample_text(model: Any, tokenizer: Any, prompt: str, length: int, generation: dict[str, Any]) -> str:
    """`length` tokens at most after `prompt`, drawn without touching the random numbers of the training."""
    was_training = model.training
    model.eval()
    devices = [model.device] if model.device.type == "cuda" else []
    options = {"do_sample": True, "temperature": 0.8, **generation, "max_new_tokens": length, "max_length": None}
    with torch.random.fork_rng(devices):
        torch.manual_seed(0)
        inputs = tokenizer(prompt, return_tensors="pt").to(model.device)
        tokens = model.generate(**inputs, **options)
    model.train(was_training)
    return tokenizer.decode(tokens[0], skip_special_tokens=True)
