"""Bounds of options, and options of transformers that change nothing here. Standard library only."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Bound(NamedTuple):
    """What a number has to be: `holds(value)`, and how a message says so."""

    allowed: str
    holds: Callable[[float], bool]


ABOVE_0 = Bound("must be above 0", lambda value: value > 0)
NOT_NEGATIVE = Bound("must not be negative", lambda value: value >= 0)
SHARE = Bound("must lie between 0 and 1", lambda value: 0 <= value <= 1)
SEED = Bound("must lie between 0 and 2**32 - 1", lambda value: 0 <= value < 2**32)
INSIDE = Bound("must lie between 0 and 1", lambda value: 0 < value < 1)

# Options of `TrainingArguments` alone that transformers does not check itself.
TRAINER_BOUNDS = {"gradient_accumulation_steps": ABOVE_0, "save_total_limit": ABOVE_0, "eval_delay": NOT_NEGATIVE}
ONE_PROCESS = "batches are complete, and made in the process that trains"
# Options of `TrainingArguments` that change nothing here, and why.
WITHOUT_EFFECT = {
    "batch_eval_metrics": "an evaluation measures with its own metrics",
    "data_seed": "seed decides the order of the data too",
    "dataloader_drop_last": "no row is ever dropped",
    "dataloader_in_order": ONE_PROCESS,
    "dataloader_multiprocessing_context": ONE_PROCESS,
    "dataloader_num_workers": ONE_PROCESS,
    "dataloader_persistent_workers": ONE_PROCESS,
    "dataloader_prefetch_factor": ONE_PROCESS,
    "do_eval": "eval_strategy decides it",
    "do_predict": "evaluate_test decides it",
    "do_train": "a run always trains",
    "eval_accumulation_steps": "an evaluation keeps no logits on the device",
    "hub_always_push": "a run is pushed once, at its end",
    "hub_revision": "a run is pushed to the main branch",
    "hub_strategy": "a run is pushed once, at its end",
    "include_for_metrics": "an evaluation measures with its own metrics",
    "length_column_name": "texts of similar length are always batched together",
    "neftune_noise_alpha": "adversarial_norm and embedding_dropout change embeddings here",
    "prediction_loss_only": "an evaluation measures with its own metrics",
    "remove_unused_columns": "batches hold only what the network reads",
    "train_sampling_strategy": "the task decides the order of its rows",
}
