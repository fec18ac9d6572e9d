"""Safe loading: a model is loaded completely, or one sentence says which file is wrong and why.

    checkpoint = load_checkpoint("checkpoints/shakespeare-lstm")
    checkpoint.model, checkpoint.tokenizer

`from_pretrained` fills missing tensors with random numbers, silently loads flipped bytes and infinite weights, and
allocates as much memory as a configuration asks for. The functions here check everything first. They never run code
from a repository: this package has its own classes, and transformers has the others.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import (
    CONFIG_MAPPING,
    AutoConfig,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.initialization import no_init_weights
from transformers.utils import logging

import rnn_models.modeling  # registers the models with the Auto classes

from ..modeling.heads import CLASSIFICATION, HEADS, TAGGING, Head, head_of
from .find import find_folder
from .verify import (
    CONFIG,
    GENERATION_CONFIG,
    INDEX,
    LoadError,
    Weights,
    as_load_error,
    check_sums,
    one_line,
    read_json,
    read_weights,
)

# A vocabulary may be padded to a multiple of 8, by fewer than 128 tokens or a tenth of it, whichever is more.
MULTIPLE, PADDING, PADDING_SHARE = 8, 128, 10


if hasattr(os, "register_at_fork"):
    # OpenMP's threads do not exist in a forked process, and torch would hang or crash when it uses them. torch's own
    # data loaders do the same.
    os.register_at_fork(after_in_child=partial(torch.set_num_threads, 1))


@dataclass(frozen=True)
class Checkpoint:
    """A verified model in evaluation mode, its tokenizer and its folder.

    Attributes:
        tokenizer: None for a model that reads numbers.
        task: the task of the head, as on the Hub.
        folder: where the files are; for a model on the Hub a folder in its cache.
    """

    model: PreTrainedModel
    tokenizer: Any  # PreTrainedTokenizerBase | None; the task tells which
    task: str
    folder: Path


def load_checkpoint(
    name: str | Path, *, revision: str | None = None, device: str | torch.device = "cpu"
) -> Checkpoint:
    """Load a model and its tokenizer, in float32.

    Args:
        name: a folder, or a repository on the Hub; `@REVISION` may follow its name instead of `revision`.
        revision: branch, tag or commit of a repository; pin a commit to always get the same model.
        device: the device of the weights.

    Raises:
        LoadError: there is no such model, or one of its files is missing, damaged, foreign or does not fit the others.
    """
    folder = find_folder(str(name), revision)
    check_sums(folder)
    weights = read_weights(folder)
    config = _read_config(folder, weights)
    head = _head(folder, config)
    tokenizer = _read_tokenizer(folder, config) if head.reads == "tokens" else None
    model = _read_model(folder, config, weights, head).to(device).eval()
    if tokenizer is not None:
        _try_out(model, tokenizer("a").input_ids, folder)
    else:
        _try_numbers(model, folder)
    return Checkpoint(model, tokenizer, head.hub_task, folder)


def _read_config(folder: Path, weights: Weights) -> PreTrainedConfig:
    """The configuration. Its sizes are compared with the weights before anything of these sizes is allocated."""
    path = folder / CONFIG
    values = read_json(path)
    if "model_type" in values and str(values["model_type"]) not in CONFIG_MAPPING:
        raise LoadError(
            f"{path}: it does not describe a known model: its model_type is {one_line(values['model_type'])}, "
            "and code from a model's repository is never run"
        )
    for name, value in values.items():
        if isinstance(value, int) and abs(value) > weights.max_parameters:
            raise LoadError(f"{path} asks for {name} {value}, but the file has only {weights.elements} weights")
    with as_load_error(path, "it does not describe a known model"):
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        layers = getattr(config.get_text_config(), "num_hidden_layers", 0)
    if isinstance(layers, int) and layers > len(weights.shapes):
        raise LoadError(f"{path} asks for {layers} layers, but the weights have only {len(weights.shapes)} tensors")
    return config


def _read_tokenizer(folder: Path, config: PreTrainedConfig) -> PreTrainedTokenizerBase:
    path = folder / "tokenizer.json"
    with as_load_error(path, "the tokenizer cannot be loaded"):
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        ids = [*tokenizer.get_vocab().values(), *tokenizer("a 好 1").input_ids]
        vocab_size = config.get_text_config().vocab_size
    spare = vocab_size - (max(ids) + 1)
    padded = vocab_size % MULTIPLE == 0 and 0 < spare < max(PADDING, vocab_size // PADDING_SHARE)
    if spare != 0 and not padded:
        raise LoadError(f"{path} has {max(ids) + 1} tokens and the model {vocab_size}: it belongs to another model")
    return tokenizer


def _read_model(folder: Path, config: PreTrainedConfig, weights: Weights, head: Head) -> PreTrainedModel:
    auto_class = getattr(transformers, head.auto_class, None)
    with as_load_error(folder / CONFIG, "no model can be built from it"), torch.device("meta"), no_init_weights():
        if auto_class is None:  # transformers has none for this head: the class itself
            auto_class = getattr(rnn_models.modeling, head.name)
            plan = auto_class(config)
        else:
            plan = auto_class.from_config(config, trust_remote_code=False)
        plan.tie_weights()
        needed = plan.num_parameters()
    if needed > weights.max_parameters:
        raise LoadError(f"{folder / CONFIG} asks for {needed} weights, but the file has only {weights.elements}")
    with as_load_error(weights.files[0], "it cannot be loaded"), _silenced():
        model, report = auto_class.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            trust_remote_code=False,
            use_safetensors=True,
            ignore_mismatched_sizes=True,  # reported below
            output_loading_info=True,
        )
    where = weights.files[0] if len(weights.files) == 1 else folder / INDEX
    # transformers would fill these with random numbers and only log a warning.
    for kind, problem in (
        ("missing_keys", "lacks"),
        ("mismatched_keys", "does not have the shape that the configuration gives"),
        ("unexpected_keys", "has a tensor that the model lacks:"),
        ("error_msgs", "cannot be loaded:"),
    ):
        if report.get(kind):
            first = sorted(str(key[0] if isinstance(key, tuple) else key) for key in report[kind])[0]
            raise LoadError(f"{where} {problem} {one_line(first)}")
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise LoadError(f"{where} has numbers in {name} that are not finite")
    return model


@torch.no_grad()
def _try_out(model: PreTrainedModel, ids: list[int], folder: Path) -> None:
    input_ids = torch.tensor([ids], device=model.device)
    with as_load_error(folder / CONFIG, "the model that it describes does not work"):
        model(input_ids=input_ids)
    if model.can_generate():
        path = folder / GENERATION_CONFIG
        where = path if path.is_file() else folder / CONFIG
        # Must not advance the caller's random number generator.
        own_rng = torch.random.fork_rng([model.device] if model.device.type == "cuda" else [])
        with as_load_error(where, "generate() fails with its settings"), _silenced(), own_rng:
            model.generate(input_ids, max_new_tokens=2)


@torch.no_grad()
def _try_numbers(model: PreTrainedModel, folder: Path) -> None:
    config = model.config
    features = torch.ones(1, config.segment_length, config.num_time_features) if config.num_time_features else None
    with as_load_error(folder / CONFIG, "the model that it describes does not work"):
        model(torch.ones(1, config.segment_length, config.num_input_channels), past_time_features=features)


def _head(folder: Path, config: PreTrainedConfig) -> Head:
    architecture = str((config.architectures or [""])[0])
    head = head_of(architecture)
    if head is None:
        known = [f"...{head.architecture}" for head in HEADS]
        raise LoadError(
            f"{folder / CONFIG} names the architecture {architecture or 'nothing'}; "
            f"only {', '.join(known[:-1])} and {known[-1]} can be loaded"
        )
    return head


@contextmanager
def _silenced() -> Iterator[None]:
    """Hide transformers' progress bars and its long report of missing tensors."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def labels_of(config: Any) -> list[str]:
    """The labels of a classifier's configuration, in the order of its logits."""
    return [str(config.id2label[index]) for index in range(config.num_labels)]


def load_classifier(name: str | Path) -> Checkpoint:
    """Load a classifier that gives every text one label. Raises `LoadError` if there is none or it is damaged."""
    checkpoint = load_checkpoint(name)
    config = checkpoint.model.config
    if checkpoint.task != CLASSIFICATION:
        raise LoadError(f"{name} is a model for {checkpoint.task}; a classifier is a ...ForSequenceClassification")
    if config.num_labels < 2 or config.problem_type not in (None, "single_label_classification"):
        raise LoadError(
            f"{name} is for {config.problem_type or 'a single label'}; a classifier must choose one of several labels"
        )
    return checkpoint


def load_tagger(name: str | Path) -> Checkpoint:
    """Load a model that gives each word a tag. Raises `LoadError` if there is none or it is damaged."""
    checkpoint = load_checkpoint(name)
    if checkpoint.task != TAGGING:
        raise LoadError(f"{name} is a model for {checkpoint.task}; a tagger is a ...ForTokenClassification")
    return checkpoint


def load_classifiers(names: Sequence[str | Path]) -> list[Checkpoint]:
    """Load classifiers with the same labels, to average their probabilities.

    Raises `LoadError` if one does not exist, is damaged, or has other labels than the first.
    """
    checkpoints = [load_classifier(name) for name in names]
    first, *others = (set(labels_of(checkpoint.model.config)) for checkpoint in checkpoints)
    for checkpoint, labels in zip(checkpoints[1:], others, strict=True):
        if labels != first:
            raise LoadError(
                f"{checkpoint.folder} has the labels {', '.join(sorted(labels))}, but {checkpoints[0].folder} has"
                f" {', '.join(sorted(first))}: only classifiers with the same labels can be averaged"
            )
    return checkpoints
