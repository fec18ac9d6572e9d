"""The options of a training run: a YAML recipe, overridden by the command line. Standard library and yaml only."""

# `option` is dataclasses.field with its help; ruff knows only the bare one as safe for mutable defaults.
# ruff: noqa: RUF009
from __future__ import annotations

import argparse
import dataclasses
import difflib
import typing
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..data import InputError
from ..data.recipes import WORDS, DatasetEntry, convert, literal, read_recipe
from ..files import unwritable


def option(default: Any, help: str) -> Any:
    """A dataclass field with its line of help."""
    if isinstance(default, (list, dict)):
        return field(default_factory=lambda: type(default)(default), metadata={"help": help})
    return field(default=default, metadata={"help": help})


@dataclass
class Arguments:
    """Every option of `train.py` and key of a recipe. `None`: decided by other options, or by the data."""

    task: Literal["language-model", "classification", "pretraining"] | None = option(
        None, "what to train; pretraining makes what a classifier starts from"
    )
    output_dir: str | None = option(None, "folder that receives the model")
    overwrite_output_dir: bool = option(False, "train into a folder that holds another run")
    datasets: list[DatasetEntry] = option(
        [], "corpora: a Hub name, a local folder, a file, or (YAML) a list of {name, config, text_column, ...}"
    )
    data_root: str | None = option(
        None, "take local folders of this directory in place of Hub names [RNN_MODELS_DATA]"
    )
    language: Literal["en", "zh"] = option("en", "of the texts; for the model card")
    labels: list[str] = option([], "the classifier's labels in order; default: the labels of the corpora")
    validation_size: float = option(
        0.05, "what to hold out of train where a corpus has no validation split: a share below 1, or a number of rows"
    )
    evaluate_test: bool = option(True, "report figures on the test splits too; switch off while you still choose")

    tokenizer: str | None = option(
        None,
        "character, word, whitespace, byte-pair, or a folder or Hub name of a trained one; default: that of"
        " pretrained_model",
    )
    vocab_size: int | None = option(None, "size of the vocabulary, special tokens included")
    max_token_length: int | None = option(None, "byte-pair: the most bytes of a token; 6 are two Chinese characters")
    split_tokens: float = option(
        0.0, "classification: share of byte-pair tokens that fall into their two parts, drawn anew each epoch"
    )
    crop: float = option(
        0.0, "classification: share of the texts of which a random part is read, drawn anew each epoch"
    )
    lowercase: bool = option(False, "the tokenizer lowercases")
    normalize_unicode: bool = option(
        False,
        "the tokenizer reads characters that people take for the same as one, as ’ and '; language zh: traditional and"
        " simplified ones too (needs OpenCC)",
    )
    min_frequency: int = option(1, "rarer symbols become the unknown token")
    max_length: int = option(512, "classification: longer texts are cut to this many tokens")
    inference_max_length: int | None = option(
        None, "classification: the same where the model is evaluated and used [max_length]"
    )
    truncation_side: Literal["left", "right"] = option("right", "classification: where longer texts are cut")

    pretrained_model: str | None = option(
        None,
        "start from the weights and sizes of this folder or Hub model, or of what this recipe (.yaml) makes",
    )
    cell_type: str = option("lstm", "rnn, lstm or gru")
    nonlinearity: str = option("tanh", "tanh or relu, for the vanilla rnn")
    embedding_size: int = option(128, "size of the token embeddings")
    embedding_init: Literal["random", "counts"] = option(
        "random", "where the embedding starts: counts = vectors from which tokens stand near each other"
    )
    hidden_size: int = option(256, "size of the recurrent state")
    num_hidden_layers: int = option(1, "number of recurrent layers")
    bidirectional: bool = option(False, "classification: read in both directions")
    backwards: bool = option(False, "classification: read from right to left alone, to be averaged with another model")
    tie_word_embeddings: bool = option(False, "language model: output weights are the embeddings")
    pooling: str = option("concat", "classification: last, mean, max, concat or attention")
    word_dropout: float = option(0.0, "share of whole tokens that are dropped")
    embedding_dropout: float = option(0.0, "dropout on the embeddings")
    layer_dropout: float = option(0.0, "dropout between layers")
    output_dropout: float = option(0.0, "dropout on the last layer's outputs")
    classifier_dropout: float = option(0.0, "dropout on the pooled features")
    weight_dropout: float = option(0.0, "dropout on the recurrent weights (DropConnect), the same for a whole batch")
    variational_dropout: bool = option(False, "embedding, layer and output dropout drop the same at all time steps")

    sequence_length: int = option(128, "language model: tokens a batch reads before gradients are cut")
    random_truncation: bool = option(False, "language model: cut the gradients at other places in each epoch")
    activation_regularization: float = option(0.0, "language model: weight of the mean square of the outputs (AR)")
    temporal_activation_regularization: float = option(
        0.0, "language model: weight of the mean square change of the outputs from step to step (TAR)"
    )
    shuffle_documents: bool = option(False, "language model: another order of the documents in each epoch")
    separate_documents: bool = option(
        False, "language model: read each document whole and from a zero state, where all are short"
    )
    adversarial_norm: float = option(
        0.0, "classification: also learn from embeddings moved so far the worst way, in standard deviations of theirs"
    )
    virtual_adversarial_norm: float = option(
        0.0, "classification: also answer alike where embeddings are moved so far the way that changes the answer most"
    )
    entropy_weight: float = option(0.0, "classification: weight of the entropy of the answers")
    teachers: list[str] = option(
        [],
        "classification: give the rows of unlabelled_split the mean of what these say: linear; folders, Hub names or"
        " recipes of classifiers",
    )
    level_rate: float = option(
        1.0, "classification: each layer learns at this share of the rate of the one above it; ULMFiT takes 0.38"
    )
    unfreeze_epochs: float = option(
        0.0, "classification: train the head alone at first, and one layer more after every so many epochs"
    )
    ema_decay: float | None = option(None, "evaluate and save an exponential moving average of the weights, as 0.999")
    num_train_epochs: float = option(3.0, "times the training data is read")
    per_device_train_batch_size: int = option(32, "rows, or parallel streams, of a training batch")
    per_device_eval_batch_size: int = option(32, "rows, or parallel streams, of an evaluation batch during training")
    learning_rate: float = option(1e-3, "highest learning rate of AdamW")
    lr_scheduler_type: str = option("cosine", "how the learning rate falls")
    warmup_steps: float = option(0, "steps in which it rises first; below 1: a share of all steps")
    weight_decay: float = option(0.0, "AdamW's weight decay, not applied to biases")
    label_smoothing_factor: float = option(0.0, "classification: share of the target spread over all labels")
    max_grad_norm: float = option(1.0, "gradients are clipped to this norm")
    eval_strategy: Literal["epoch", "steps", "no"] = option("epoch", "when to evaluate and save")
    eval_steps: float | None = option(None, "steps between two evaluations")
    metric_for_best_model: str | None = option(
        None, "what the kept weights are best at: loss, accuracy, macro_f1, ..."
    )
    early_stopping_patience: int | None = option(None, "stop after this many evaluations without a better one")
    logging_steps: float = option(50, "steps between two updates of the displayed loss")
    report_to: str = option("none", "tensorboard, wandb, ... as in transformers")
    seed: int = option(42, "decides weights, order of the data, dropout")
    resume_from_checkpoint: str | None = option(None, "true, or a checkpoint folder: continue an interrupted run")
    keep_checkpoints: bool = option(False, "keep the intermediate checkpoints in output_dir/runs")

    save_dtype: Literal["float32", "float16", "bfloat16"] = option("float32", "precision of the weights on disk")
    generation: dict[str, Any] = option({}, "language model: defaults of generate(), as {temperature: 0.8}")
    sample_prompt: str = option("", "language model: what the sample shown at each evaluation begins with")
    sample_length: int = option(200, "language model: tokens of that sample; 0 for none")

    push_to_hub: bool = option(False, "create a repository on the Hub before the training, push the model after it")
    hub_model_id: str | None = option(None, "its name, owner/name; default: that of output_dir, under your account")
    hub_private_repo: bool = option(False, "create it so that only you see it")

    trainer_options: dict[str, Any] = option({}, "any other fields of transformers.TrainingArguments")


FIELDS = {item.name: item for item in dataclasses.fields(Arguments)}


def parse_arguments(argv: list[str]) -> Arguments:
    """Options of a command line. Raises `InputError`; prints help and exits with status 0 for `--help`."""
    if {"-h", "--help"} & set(argv):
        _parser().parse_args(["--help"])
    recipe, given = split_words(argv)
    values = read_recipe(recipe) if recipe else {}
    trainer_options = convert(values.pop("trainer_options", None) or {}, dict[str, Any], "option trainer_options")
    for name in [name for name in values if name not in FIELDS]:
        trainer_options[name] = values.pop(name)
    for name, value in given.items():
        (values if name in FIELDS else trainer_options)[name] = value
    for name, value in trainer_options.items():
        trainer_options[name] = literal(value) if isinstance(value, str) else value
    hints = typing.get_type_hints(Arguments)
    values = {name: convert(value, hints[name], f"option {name}") for name, value in values.items()}
    arguments = Arguments(**values, trainer_options=trainer_options)
    every = {"recipe": recipe, **dataclasses.asdict(arguments)}
    if (place := unwritable({**every.pop("trainer_options"), **every})) is not None:
        raise InputError(f"option {place}")
    _check(arguments)
    return arguments


def split_words(argv: list[str]) -> tuple[str | None, dict[str, str]]:
    """The recipe and the `--name value` pairs of a command line; a name with no value is `"true"`."""
    recipe: str | None = None
    given: dict[str, str] = {}
    for name, value in pair_words(argv):
        if name is not None:
            given[name] = "true" if value is None else value
        elif recipe is None:
            recipe = value
        else:
            raise InputError(f"unexpected {value!r} on the command line, after the recipe {recipe}")
    return recipe, given


def pair_words(argv: Sequence[str]) -> list[tuple[str | None, str | None]]:
    """The options of a command line in order, each with its value, None if it has none; (None, word) for a recipe."""
    found: list[tuple[str | None, str | None]] = []
    open_name: str | None = None
    for word in argv:
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            found.append((name, value if equals else None))
            open_name = None if equals else name
        elif open_name is not None and not (_is_switch(open_name) and word.lower() not in WORDS):
            found[-1], open_name = (open_name, word), None
        else:
            found.append((None, word))
            open_name = None
    return found


def _is_switch(name: str) -> bool:
    return name in FIELDS and FIELDS[name].type == "bool"


def check_trainer_options(arguments: Arguments, known: dict[str, Any]) -> None:
    """Raise `InputError` for an option that neither we nor `TrainingArguments` (whose fields are `known`) have."""
    for name in arguments.trainer_options:
        if name not in known:
            close = difflib.get_close_matches(name, [*FIELDS, *known], n=3)
            hint = f"did you mean {' or '.join(close)}?" if close else "train.py --help lists the options"
            raise InputError(f"unknown option {name}; {hint}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="train.py",
        description="Train a recurrent network. A recipe is a YAML file of options; the command line overrides it.",
        epilog="Any other field of transformers.TrainingArguments is an option too.",
    )
    parser.add_argument("recipe", nargs="?", help="YAML file")
    for item in FIELDS.values():
        if item.name == "trainer_options":
            continue
        default = "" if item.default in (None, "", dataclasses.MISSING) else f" (default: {item.default})"
        help = item.metadata["help"].replace("%", "%%") + default
        parser.add_argument(f"--{item.name}", metavar="", help=help)
    return parser


def _check(arguments: Arguments) -> None:
    for name in ("task", "output_dir", "datasets"):
        if not getattr(arguments, name):
            raise InputError(f"option {name} is missing: give it in the recipe or as --{name}")
    for name in (
        "sequence_length", "max_length", "per_device_train_batch_size", "per_device_eval_batch_size", "min_frequency",
        "num_train_epochs", "learning_rate", "validation_size",
    ):  # fmt: skip
        if not getattr(arguments, name) > 0:
            raise InputError(f"option {name}: {getattr(arguments, name)} must be above 0")
    if arguments.inference_max_length is not None and arguments.inference_max_length < 1:
        raise InputError(f"option inference_max_length: {arguments.inference_max_length} must be above 0")
    if arguments.ema_decay is not None and not 0 < arguments.ema_decay < 1:
        raise InputError(f"option ema_decay: {arguments.ema_decay} must lie between 0 and 1")
    if arguments.tokenizer is None and arguments.pretrained_model is None:
        raise InputError("option tokenizer is missing: character, word, whitespace, byte-pair, or a trained one")
    if arguments.pretrained_model and arguments.embedding_init != "random":
        raise InputError("option embedding_init: pretrained_model brings its embedding; leave embedding_init out")
    if arguments.task == "language-model" and arguments.label_smoothing_factor:
        raise InputError("option label_smoothing_factor is for classification")
    for name in ("crop", "split_tokens"):
        if not 0 <= getattr(arguments, name) <= 1:
            raise InputError(f"option {name}: {getattr(arguments, name)} must lie between 0 and 1")
    for name in (
        "adversarial_norm", "virtual_adversarial_norm", "entropy_weight", "unfreeze_epochs",
        "activation_regularization", "temporal_activation_regularization",
    ):  # fmt: skip
        if getattr(arguments, name) < 0:
            raise InputError(f"option {name}: {getattr(arguments, name)} must not be negative")
    reads_unlabelled = arguments.virtual_adversarial_norm or arguments.entropy_weight or arguments.teachers
    for entry in arguments.datasets:
        if entry.unlabelled_split and not (arguments.task == "classification" and reads_unlabelled):
            raise InputError(
                f"{entry.name}: only a classifier with teachers, virtual_adversarial_norm or entropy_weight learns"
                f" from the unlabelled_split {entry.unlabelled_split}"
            )
    if arguments.teachers and not any(entry.unlabelled_split for entry in arguments.datasets):
        raise InputError("option teachers: no corpus has an unlabelled_split, whose rows they would label")
    if not 0 < arguments.level_rate <= 1:
        raise InputError(f"option level_rate: {arguments.level_rate} must be above 0 and at most 1")
    for entry in arguments.datasets:
        if entry.weight < 0:
            raise InputError(f"option datasets, {entry.name}, weight: {entry.weight} must not be negative")
