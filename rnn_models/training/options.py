"""The options of a training run: those that every task has, and those of each task.

They stand apart from the files of the tasks because these import torch and `Trainer`, which takes ten seconds of CPU
time: neither `--help` nor a wrong option should wait for that. Standard library and yaml only.
"""

# An option is dataclasses.field with its help; ruff knows only the bare one as safe for mutable defaults.
# ruff: noqa: RUF009
from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from ..data import InputError
from ..data.recipes import DatasetEntry
from .bounds import ABOVE_0, INSIDE, NOT_NEGATIVE, SEED, SHARE, WITHOUT_EFFECT
from .fields import (
    CONFIG,
    NEW_CONFIG,
    SETTINGS,
    TRAINER,
    dropout,
    of_data,
    of_evaluation,
    of_hub,
    of_network,
    of_output,
    of_tokenizer,
    of_training,
    option,
    setting,
)


@dataclass(kw_only=True)
class Arguments:
    """The options of every task, for a recipe or the command line. `None`: other options or the data decide."""

    # what changes nothing in a run of the task, and why
    without_effect: ClassVar[dict[str, str]] = WITHOUT_EFFECT
    # whether its corpora may be read while they are downloaded
    streams: ClassVar[bool] = True
    # the names of those that a recipe or a command line gave
    given = frozenset[str]()

    task: str | None = option("", None, "what to train; the tasks stand below", required=True)
    output_dir: str | None = of_output(None, "folder that receives the model", required=True)
    overwrite_output_dir: bool = of_output(False, "begin again in a folder that holds a run", about_results=False)
    datasets: list[DatasetEntry] = of_data(
        [],
        "corpora: a Hub name, a local folder, a file, or (YAML) a list of {name, config, text_column, ...}",
        required=True,
    )
    data_root: str | None = of_data(
        None, "take local folders of this directory in place of Hub names [RNN_MODELS_DATA]", about_results=False
    )
    encoding: str | None = of_data(
        None, "of local text files, as gb18030 or big5; default: found (UTF-8, UTF-16, GBK, Latin-1)"
    )
    streaming: bool = of_data(
        False,
        "read corpora of the Hub while they are downloaded, and keep their texts and labels alone; of a train_split"
        " such as train[:10000], download only these rows",
        about_results=False,
    )
    language: Literal["en", "zh"] = of_data("en", "of the texts; for the model card")
    validation_size: float = of_data(
        0.05,
        "what to hold out of train if a corpus has no validation split: a share below 1, or a number of rows",
        bound=ABOVE_0,
    )

    pretrained_model: str | None = of_network(
        None,
        "start from the weights and sizes of this folder or Hub model, or of what this recipe (.yaml) makes",
    )
    cell_type: str = of_network("lstm", "rnn, lstm or gru", to=NEW_CONFIG)
    nonlinearity: str = of_network("tanh", "tanh or relu, for the vanilla rnn", to=NEW_CONFIG)
    embedding_size: int = of_network(128, "size of the token embeddings", to=NEW_CONFIG)
    hidden_size: int = of_network(256, "size of the recurrent state", to=NEW_CONFIG)
    num_hidden_layers: int = of_network(1, "number of recurrent layers", to=NEW_CONFIG)
    layer_dropout: float = dropout("dropout between layers")
    output_dropout: float = dropout("dropout on the last layer's outputs")
    weight_dropout: float = dropout("dropout on the recurrent weights (DropConnect), the same for a whole batch")
    variational_dropout: bool = of_network(
        False, "embedding, layer and output dropout drop the same at all time steps", to=CONFIG
    )

    ema_decay: float | None = of_training(
        None, "evaluate and save an exponential moving average of the weights, as 0.999", to=TRAINER, bound=INSIDE
    )
    pretrained_share: float = of_training(
        0.0, "at the end, the share of pretrained_model's weights in a mean with those that were learnt", bound=SHARE
    )
    num_train_epochs: float = setting(3.0, "times the training data is read", bound=ABOVE_0)
    per_device_train_batch_size: int = setting(32, "rows, or parallel streams, of a training batch", bound=ABOVE_0)
    per_device_eval_batch_size: int = setting(
        32, "rows, or parallel streams, of an evaluation batch during training", bound=ABOVE_0
    )
    learning_rate: float = setting(1e-3, "highest learning rate of AdamW", bound=ABOVE_0)
    lr_scheduler_type: str = setting("cosine", "how the learning rate falls")
    warmup_steps: float = setting(0, "steps in which it rises first; below 1: a share of all steps")
    weight_decay: float = setting(0.0, "AdamW's weight decay, not applied to biases")
    max_grad_norm: float = setting(1.0, "gradients are clipped to this norm")
    logging_steps: float = setting(50, "steps between two updates of the displayed loss")
    report_to: str = setting("none", "tensorboard, wandb, ... as in transformers")
    seed: int = setting(42, "decides weights, order of the data, dropout", bound=SEED)
    lr_find: bool = of_training(
        False,
        "try learning rates and say which one suits, in place of a training",
        about_results=False,
    )
    sweep: dict[str, Any] | str | None = of_training(
        None,
        "try values of options, by a YAML file of `option: {low, high, log}` or `option: [values]`, and say which are"
        " best, in place of a training",
        about_results=False,
    )
    trials: int = of_training(20, "runs of a sweep", bound=ABOVE_0, about_results=False)
    resume_from_checkpoint: str | None = of_training(
        None,
        "a checkpoint folder to go on from; default: the last one of output_dir, if there is one",
        about_results=False,
    )

    eval_strategy: Literal["epoch", "steps", "no"] = of_evaluation("epoch", "when to evaluate and save", to=SETTINGS)
    eval_steps: float | None = of_evaluation(None, "steps between two evaluations", to=SETTINGS)
    metric_for_best_model: str | None = of_evaluation(
        None, "kept weights are best at: loss, accuracy, ...", to=SETTINGS
    )
    early_stopping_patience: int | None = of_evaluation(None, "stop after this many evaluations without a better one")
    evaluate_test: bool = of_evaluation(
        True, "report metrics on the test splits too; switch off while you still choose"
    )

    save_dtype: Literal["float32", "float16", "bfloat16"] = of_output("float32", "precision of the weights on disk")
    keep_checkpoints: bool = of_output(False, "keep the checkpoints in output_dir/runs", about_results=False)

    push_to_hub: bool = of_hub(False, "create a repository on the Hub before the training, push the model after it")
    hub_model_id: str | None = of_hub(None, "its name, owner/name; default: that of output_dir, under your account")
    hub_private_repo: bool = of_hub(False, "create it so that only you see it")

    trainer_options: dict[str, Any] = option(None, {}, "any other fields of transformers.TrainingArguments")

    def passed_to(self, *receivers: str) -> dict[str, Any]:
        """The options that go to one of `CONFIG`, `NEW_CONFIG`, `SETTINGS` and `TRAINER`, by name."""
        fields = (item for item in dataclasses.fields(self) if item.metadata["to"] in receivers)
        return {item.name: getattr(self, item.name) for item in fields}

    def learns_unlabelled(self, entry: DatasetEntry) -> bool:
        """Whether something learns from the rows of a corpus' `unlabelled_split`."""
        return False

    def check(self) -> None:
        """Raise `InputError` for what is missing, outside its bound or at odds with another option."""
        for item in dataclasses.fields(self):
            value, bound = getattr(self, item.name), item.metadata["bound"]
            if item.metadata["required"] and not value:
                raise InputError(f"option {item.name} is missing: give it in the recipe or as --{item.name}")
            if bound is not None and value is not None and not bound.holds(value):
                raise InputError(f"option {item.name}: {value} {bound.allowed}")
        if self.streaming and not self.streams:
            raise InputError(f"option streaming: the task {self.task} reads its corpora whole; leave the option out")
        if self.sweep is None and self.trials != type(self).trials:
            raise InputError("option trials: there is no sweep; say what to try with --sweep, or leave trials out")
        if self.pretrained_share and self.pretrained_model is None:
            raise InputError("option pretrained_share: there is no pretrained_model whose weights could have a share")
        for entry in self.datasets:
            for name, bound in (("weight", NOT_NEGATIVE), ("teachers_share", SHARE), ("label_smoothing", SHARE)):
                if not bound.holds(getattr(entry, name)):
                    raise InputError(f"option datasets, {entry.name}, {name}: {getattr(entry, name)} {bound.allowed}")
            if entry.teachers_share != DatasetEntry.teachers_share and not entry.teachers:
                raise InputError(f"option datasets, {entry.name}, teachers_share: there are no teachers")
            for name, does in (("label_smoothing", "has label_smoothing"), ("teachers", "learns from teachers")):
                if getattr(entry, name) and self.task != "classification":
                    raise InputError(f"{entry.name}: only a classifier {does}; this task is {self.task}")
            if entry.unlabelled_split and not self.learns_unlabelled(entry):
                raise InputError(
                    f"{entry.name}: only a classifier with teachers, virtual_adversarial_norm or entropy_weight learns"
                    f" from the unlabelled_split {entry.unlabelled_split}"
                )


@dataclass(kw_only=True)
class TokenArguments(Arguments):
    """The options of the tasks whose models read tokens."""

    tokenizer: str | None = of_tokenizer(
        None,
        "character, word, whitespace, byte-pair, or a folder or Hub name of a trained one; default: that of"
        " pretrained_model",
    )
    vocab_size: int | None = of_tokenizer(None, "size of the vocabulary, special tokens included")
    max_token_length: int | None = of_tokenizer(None, "byte-pair: most bytes of a token; 6 are two Chinese characters")
    lowercase: bool = of_tokenizer(False, "the tokenizer lowercases")
    normalize_unicode: bool = of_tokenizer(
        False,
        "the tokenizer reads characters that people take for the same as one, as ’ and '; language zh: traditional and"
        " simplified ones too (needs OpenCC)",
    )
    min_frequency: int = of_tokenizer(1, "rarer symbols become the unknown token", bound=ABOVE_0)

    embedding_init: Literal["random", "counts"] = of_network(
        "random", "where the embedding starts: counts = vectors from which tokens stand near each other"
    )
    word_dropout: float = dropout("share of whole tokens that are dropped")
    embedding_dropout: float = dropout("dropout on the embeddings")

    def check(self) -> None:
        super().check()
        if self.tokenizer is None and self.pretrained_model is None:
            raise InputError("option tokenizer is missing: character, word, whitespace, byte-pair, or a trained one")
        if self.pretrained_model and self.embedding_init != "random":
            raise InputError("option embedding_init: pretrained_model brings its embedding; leave embedding_init out")


@dataclass(kw_only=True)
class LanguageModelArguments(TokenArguments):
    """Predict the next token, to generate text."""

    without_effect: ClassVar[dict[str, str]] = WITHOUT_EFFECT | dict.fromkeys(
        ("torch_compile", "torch_compile_backend", "torch_compile_mode"),
        "the loss is computed from parts of the network, and not by a call of the model",
    )

    tie_word_embeddings: bool = of_network(False, "output weights are the embeddings", to=NEW_CONFIG)

    sequence_length: int = of_training(128, "tokens a batch reads before gradients are cut", bound=ABOVE_0)
    random_truncation: bool = of_training(False, "cut the gradients at other places in each epoch")
    activation_regularization: float = of_training(
        0.0, "weight of the mean square of the outputs (AR)", to=TRAINER, bound=NOT_NEGATIVE
    )
    temporal_activation_regularization: float = of_training(
        0.0, "weight of the mean square change of the outputs from step to step (TAR)", to=TRAINER, bound=NOT_NEGATIVE
    )
    shuffle_documents: bool = of_data(False, "another order of the documents in each epoch")
    separate_documents: bool = of_data(False, "read each document whole and from a zero state; all must be short")

    generation: dict[str, Any] = of_output({}, "defaults of generate(), as {temperature: 0.8}")
    sample_prompt: str = of_evaluation("", "what the sample shown at each evaluation begins with")
    sample_length: int = of_evaluation(200, "tokens of that sample; 0 for none")


@dataclass(kw_only=True)
class TextArguments(TokenArguments):
    """The options of the tasks that read texts one by one, each from a zero state."""

    max_length: int = of_data(512, "longer texts are cut to this many tokens", bound=ABOVE_0)
    truncation_side: Literal["left", "right"] = of_data("right", "where longer texts are cut")
    split_tokens: float = of_data(
        0.0, "share of byte-pair tokens that fall into their two parts, drawn again each epoch", bound=SHARE
    )
    crop: float = of_data(
        0.0, "share of the texts of which a random part is read, drawn again each epoch", bound=SHARE
    )

    bidirectional: bool = of_network(False, "read in both directions", to=NEW_CONFIG)
    backwards: bool = of_network(
        False, "read from right to left alone, to be averaged with another model", to=NEW_CONFIG
    )


@dataclass(kw_only=True)
class ClassificationArguments(TextArguments):
    """Give a text one of several labels."""

    labels: list[str] = of_data([], "the labels in order; default: those of the corpora")
    inference_max_length: int | None = of_data(
        None, "max_length for a model that is evaluated and used [max_length]", bound=ABOVE_0
    )
    pooling: str = of_network("concat", "last, mean, max, concat or attention", to=CONFIG)
    classifier_dropout: float = dropout("dropout on the pooled features")

    label_smoothing_factor: float = setting(0.0, "share of the target spread over all labels")
    adversarial_norm: float = of_training(
        0.0,
        "also learn from embeddings moved this far the worst way, in standard deviations of the embeddings",
        to=TRAINER,
        bound=NOT_NEGATIVE,
    )
    virtual_adversarial_norm: float = of_training(
        0.0,
        "also answer alike if embeddings are moved this far the way that changes the answer most",
        to=TRAINER,
        bound=NOT_NEGATIVE,
    )
    entropy_weight: float = of_training(0.0, "weight of the entropy of the answers", to=TRAINER, bound=NOT_NEGATIVE)
    unfreeze_epochs: float = of_training(
        0.0,
        "train the head alone at first, and one layer more after every this many epochs",
        to=TRAINER,
        bound=NOT_NEGATIVE,
    )

    def learns_unlabelled(self, entry: DatasetEntry) -> bool:
        return bool(entry.teachers or self.virtual_adversarial_norm or self.entropy_weight)


@dataclass(kw_only=True)
class PretrainingArguments(TextArguments):
    """Predict the words of texts, for a classifier to start from."""


@dataclass(kw_only=True)
class TaggingArguments(TextArguments):
    """Give each word of a sentence one of several tags."""

    streams: ClassVar[bool] = False

    labels: list[str] = of_data([], "the tags in order; default: those of the corpora")
    crf: bool = of_network(False, "score a sentence's tags together, each by the one before it (CRF)", to=CONFIG)
    classifier_dropout: float = dropout("dropout on the outputs that the tags are read from")
    label_smoothing_factor: float = setting(0.0, "share of the target spread over all tags")


@dataclass(kw_only=True)
class ForecastingArguments(Arguments):
    """Continue series of numbers."""

    streams: ClassVar[bool] = False

    time_column: str | None = of_data(None, "the column with the times; default: date, time, ... if there is one")
    value_columns: list[str] = of_data([], "the columns to read and forecast; default: all with numbers")
    id_column: str | None = of_data(None, "the column that tells series apart, if there are several")
    test_size: float = of_data(
        0.2,
        "what to hold out of the end without a test split: a share below 1, at least prediction_length, or steps",
        bound=NOT_NEGATIVE,
    )
    validation_size: float = of_data(0.1, "the same for validation, before the test", bound=ABOVE_0)
    context_length: int | None = of_data(
        None, "steps that a forecast is made from; default: 96, or fewer of short series", bound=ABOVE_0
    )
    prediction_length: int = of_data(24, "steps that are forecast", to=NEW_CONFIG, bound=ABOVE_0)
    window_stride: int = of_data(1, "an epoch reads every Nth window of train, from another one each", bound=ABOVE_0)

    cell_type: str = of_network("gru", "rnn, lstm or gru", to=NEW_CONFIG)
    segment_length: int = of_network(12, "steps that the cell reads at once", to=NEW_CONFIG, bound=ABOVE_0)
    embedding_size: int | None = of_network(  # type: ignore[assignment]  # None: no embedding
        128, "width of a linear layer before the cell; null: the cell reads the numbers", to=NEW_CONFIG
    )
    hidden_size: int = of_network(128, "size of the recurrent state", to=NEW_CONFIG)
    scaling: Literal["none", "standard", "last"] = of_network(
        "last", "what normalises each window: nothing, its mean and deviation, or its last value", to=NEW_CONFIG
    )
    channels: Literal["shared", "joint"] = of_network(
        "shared", "each column read alone by the same weights, or all together", to=NEW_CONFIG
    )
    decoding: Literal["last", "parallel", "recurrent"] = of_network(
        "parallel", "all steps at once, each segment from its position, or segment after segment", to=NEW_CONFIG
    )
    value_log: bool = of_network(False, "read and forecast the logarithm of the values", to=NEW_CONFIG)
    autoregression: bool = of_network(True, "a linear map of the window too, found by a regression", to=NEW_CONFIG)
    autoregression_level: bool = of_network(True, "that map knows the level of the window, and not its shape alone")
    loss: Literal["mse", "mae", "quantile", "student_t"] = of_training(
        "quantile", "what is minimised; quantile and student_t give intervals", to=NEW_CONFIG
    )
    head_dropout: float = of_network(0.5, "dropout before the last layer", to=CONFIG)
    ema_decay: float | None = of_training(
        0.98, "evaluate and save an exponential moving average of the weights; null: none", to=TRAINER, bound=INSIDE
    )
    num_train_epochs: float = setting(20.0, "times the training data is read", bound=ABOVE_0)

    horizons: list[int] = of_evaluation([], "horizons to learn for and to measure; default: prediction_length")
    draw_horizons: bool = of_training(True, "each batch counts the steps up to one of the horizons, in place of all")
    eval_stride: int = of_evaluation(
        1, "evaluations during training read every Nth window; the last evaluation reads all", bound=ABOVE_0
    )

    def check(self) -> None:
        super().check()
        if len(self.datasets) != 1:
            raise InputError("option datasets: a forecaster learns from one table of series")
        if self.autoregression and self.scaling != "last":
            raise InputError(
                f"option autoregression goes on from the last value: scaling must be last, not {self.scaling}"
            )
        for horizon in self.horizons:
            if not 0 < horizon <= self.prediction_length:
                raise InputError(
                    f"option horizons: {horizon} must lie between 1 and prediction_length {self.prediction_length}"
                )


# By the name that recipes and `trained_by` in modeling/heads.py give.
TASKS: dict[str, type[Arguments]] = {
    "language-model": LanguageModelArguments,
    "classification": ClassificationArguments,
    "pretraining": PretrainingArguments,
    "tagging": TaggingArguments,
    "forecasting": ForecastingArguments,
}
# Every option of every task by its name.
OPTIONS = {item.name: item for options in TASKS.values() for item in dataclasses.fields(options)}


def tasks_with(name: str) -> list[str]:
    """The tasks that have an option."""
    return [task for task, options in TASKS.items() if any(item.name == name for item in dataclasses.fields(options))]
