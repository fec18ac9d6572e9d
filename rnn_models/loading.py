"""Loading that cannot lie: a model comes back whole, or one sentence says which file is wrong and why.

    checkpoint = load_checkpoint("checkpoints/shakespeare-lstm")
    checkpoint.model, checkpoint.tokenizer

`from_pretrained` fills a missing tensor with random numbers, loads a flipped byte and an infinite weight without a
word, and takes a configuration's word for how much memory to ask for. What is loaded here was looked at first. Code
that a repository brings is never run: this package has its own classes, and transformers has the others.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from safetensors import safe_open
from transformers import (
    CONFIG_MAPPING,
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.initialization import no_init_weights
from transformers.utils import logging

import rnn_models  # noqa: F401  registers its models with the Auto classes

GENERATION, CLASSIFICATION, BACKBONE = "text-generation", "text-classification", "feature-extraction"
CONFIG, GENERATION_CONFIG = "config.json", "generation_config.json"
WEIGHTS, INDEX, SUMS = "model.safetensors", "model.safetensors.index.json", "SHA256SUMS"
PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json")
RESULTS = "eval_results.json"
# What decides a model's answers: weights, configuration, tokenizer. Only these have a sum.
COUNTED = ("*.json", "*.safetensors", "*.model", "*.jinja", "vocab*.txt", "merges.txt")
BINARY = (".safetensors", ".model")
# Weights in other formats, code, pictures and subfolders stay where they are.
DOWNLOADED = [*COUNTED, "*.md", SUMS]
# How long the Hub may take to say what it has, where the variable that limits downloads does not say.
SECONDS = float(os.environ.get("HF_HUB_DOWNLOAD_TIMEOUT") or 30)
# A configuration may ask for so many weights, or twice those of the file, before it is refused for its size alone:
# what is merely wrong is found tensor by tensor and gets a better sentence.
HARMLESS = 2**20
# A vocabulary may have been padded, which is done to a multiple of 8 at least, by so many tokens or this share of it.
MULTIPLE, PADDING, PADDING_SHARE = 8, 128, 10


if hasattr(os, "register_at_fork"):
    # The threads of OpenMP are not in a process that was forked, and where torch looks for them, it hangs or crashes.
    # torch's own data loaders do the same.
    os.register_at_fork(after_in_child=partial(torch.set_num_threads, 1))


class LoadError(Exception):
    """A model cannot be used; the message is one sentence that names what is wrong."""


@dataclass(frozen=True)
class Checkpoint:
    """A model that is whole, in evaluation mode, and the folder that it came from.

    Attributes:
        task: `GENERATION`, `CLASSIFICATION` or `BACKBONE`, as the Hub names them.
        folder: where its files are, the Hub's cache for a model of the Hub.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    task: str
    folder: Path


def load_checkpoint(
    name: str | Path, *, revision: str | None = None, device: str | torch.device = "cpu"
) -> Checkpoint:
    """Load a model and its tokenizer, in float32.

    Args:
        name: a folder, or a repository on the Hub, with `@REVISION` behind it where that is not given apart.
        revision: branch, tag or commit of a repository; pin a commit to get what you got before.
        device: where the weights go.

    Raises:
        LoadError: there is no such model, or a file of it is missing, damaged, foreign or does not fit the others.
    """
    folder = find_folder(str(name), revision)
    check_sums(folder)
    weights = read_weights(folder)
    config = _read_config(folder, weights)
    tokenizer = _read_tokenizer(folder, config)
    model, task = _read_model(folder, config, weights)
    _try_out(model.to(device).eval(), tokenizer("a").input_ids, folder)
    return Checkpoint(model, tokenizer, task, folder)


def find_folder(name: str, revision: str | None = None) -> Path:
    """The folder with a model's files, downloaded where `name` is no folder. Raises `LoadError`."""
    path = Path(name)
    if path.is_dir():
        if revision is not None:
            raise LoadError(f"{name} is a folder; only a repository on the Hub has the revision {revision}")
        return path
    if revision is None and "@" in name:
        name, _, revision = name.partition("@")
    if path.is_absolute() or name.startswith((".", "~")) or (len(path.parts) > 1 and Path(path.parts[0]).is_dir()):
        raise LoadError(f"{name}: there is no such folder")
    wanted = {"revision": revision, "allow_patterns": DOWNLOADED, "ignore_patterns": ["*/*"]}
    try:
        # asked first because this question can have a time limit
        HfApi().repo_info(name, revision=revision, timeout=SECONDS)
        return Path(snapshot_download(name, **wanted))
    except HFValidationError:
        raise LoadError(f"{name} is neither a folder nor a name on the Hub, which is like owner/model") from None
    except GatedRepoError:
        raise LoadError(f"{name} is gated: ask for access on its page, then log in with `hf auth login`") from None
    except RepositoryNotFoundError:
        raise LoadError(f"{name} is neither a folder nor a model on the Hub that you may read") from None
    except RevisionNotFoundError:
        raise LoadError(f"{name} has no revision {revision}") from None
    except Exception as error:  # a connection that fails has as many names as there are HTTP libraries
        reason = one_line(error)
    try:
        return Path(snapshot_download(name, **wanted, local_files_only=True))
    except LocalEntryNotFoundError:
        raise LoadError(
            f"{name} is no folder, it cannot be had from the Hub ({reason}), and no copy is kept here"
        ) from None


def write_sums(folder: Path) -> None:
    """Write the SHA-256 of weights, configuration and tokenizer into `SHA256SUMS`, as `sha256sum --check` reads them.

    Cards, results and code have none: people and git change them, and they change no answer of the model.
    """
    names = sorted(path.name for path in folder.iterdir() if path.is_file() and _counts(path.name))
    lines = [f"{_sha256(folder / name)}  {name}\n" for name in names]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8", newline="\n")


def check_sums(folder: Path) -> None:
    """Compare weights, configuration and tokenizer with the folder's `SHA256SUMS`, if it has one.

    Rows for other files, which earlier versions wrote, are passed over. Raises `LoadError`.
    """
    path = folder / SUMS
    if not path.is_file():
        return
    wanted: dict[str, str] = {}
    with _trouble(path, "it cannot be read"):
        for line in path.read_text(encoding="utf-8").splitlines():
            digest, name = line.split("  ")
            if _counts(name) or Path(name).name != name:
                wanted[name] = digest
    for name, digest in wanted.items():
        if Path(name).name != name or not (folder / name).is_file():
            raise LoadError(f"{folder / name} is missing; {SUMS} lists it")
        if _sha256(folder / name) != digest:
            raise LoadError(f"{folder / name} is not the file whose SHA-256 stands in {SUMS}: it was changed since")
    for file in sorted(folder.iterdir()):
        if file.is_file() and _counts(file.name) and file.name not in wanted:
            raise LoadError(f"{file} is not listed in {SUMS}: it was added since")


def _counts(name: str) -> bool:
    return name != RESULTS and any(fnmatchcase(name, pattern) for pattern in COUNTED)


def _sha256(path: Path) -> str:
    """Of the file; of a text with the line ends that git stores, whatever a clone made of them."""
    if path.suffix not in BINARY:
        return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Weights:
    """What the headers of a model's safetensors files say.

    Attributes:
        files: the files.
        shapes: of every tensor, by name.
    """

    files: list[Path]
    shapes: dict[str, tuple[int, ...]]

    @property
    def elements(self) -> int:
        return sum(math.prod(shape) for shape in self.shapes.values())

    @property
    def explain(self) -> int:
        """The most numbers that a configuration beside these weights can ask for in good faith."""
        return max(2 * self.elements, HARMLESS)


def read_weights(folder: Path) -> Weights:
    """Read the headers of the weights, one file or the shards of an index. Raises `LoadError`."""
    files = _weight_files(folder)
    shapes: dict[str, tuple[int, ...]] = {}
    for path in files:
        if not path.is_file():
            raise LoadError(f"{path} is missing; {INDEX} names it")
        with _trouble(path, "it is not a whole safetensors file"), safe_open(path, framework="pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118  it is no mapping
                shapes[name] = tuple(tensors.get_slice(name).get_shape())
    if not shapes:
        raise LoadError(f"{files[0]} holds no tensors")
    return Weights(files, shapes)


def _weight_files(folder: Path) -> list[Path]:
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if (folder / INDEX).is_file():
        listed = _json(folder / INDEX).get("weight_map")
        names = sorted({str(name) for name in listed.values()}) if isinstance(listed, dict) else []
        if not names or any(Path(name).name != name for name in names):
            raise LoadError(f"{folder / INDEX} names no files of this folder under weight_map")
        return [folder / name for name in names]
    for name in PICKLES:
        if (folder / name).is_file():
            raise LoadError(f"{folder / name} is a pickle, which can run code; only {WEIGHTS} is loaded")
    raise LoadError(f"{folder / WEIGHTS} is missing")


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise LoadError(f"{path} is missing")
    with _trouble(path, "it is not JSON"):
        found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise LoadError(f"{path} does not hold a JSON object")
    return found


def _read_config(folder: Path, weights: Weights) -> PreTrainedConfig:
    """The configuration, its sizes compared with the weights before anything of those sizes is made."""
    path = folder / CONFIG
    values = _json(path)
    if "model_type" in values and str(values["model_type"]) not in CONFIG_MAPPING:
        raise LoadError(
            f"{path}: it describes no model that is known here: its model_type is {one_line(values['model_type'])}, "
            "and code that a model brings is never run"
        )
    for name, value in values.items():
        if isinstance(value, int) and abs(value) > weights.explain:
            raise LoadError(f"{path} asks for {name} {value}, and the file has {weights.elements} weights in all")
    with _trouble(path, "it describes no model that is known here"):
        # never the code of a repository
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        layers = getattr(config.get_text_config(), "num_hidden_layers", 0)
    if isinstance(layers, int) and layers > len(weights.shapes):
        raise LoadError(f"{path} asks for {layers} layers, and the weights have {len(weights.shapes)} tensors")
    return config


def _read_tokenizer(folder: Path, config: PreTrainedConfig) -> PreTrainedTokenizerBase:
    path = folder / "tokenizer.json"
    with _trouble(path, "the tokenizer cannot be loaded"):
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        ids = [*tokenizer.get_vocab().values(), *tokenizer("a 好 1").input_ids]
        vocab_size = config.get_text_config().vocab_size
    spare = vocab_size - (max(ids) + 1)
    padded = vocab_size % MULTIPLE == 0 and 0 < spare < max(PADDING, vocab_size // PADDING_SHARE)
    if spare != 0 and not padded:
        raise LoadError(f"{path} has {max(ids) + 1} tokens and the model {vocab_size}: it belongs to another model")
    return tokenizer


def _read_model(folder: Path, config: PreTrainedConfig, weights: Weights) -> tuple[PreTrainedModel, str]:
    auto_class, task = _head(folder, config)
    with _trouble(folder / CONFIG, "no model can be made of it"), torch.device("meta"), no_init_weights():
        plan = auto_class.from_config(config, trust_remote_code=False)
        plan.tie_weights()
        needed = plan.num_parameters()
    if needed > weights.explain:
        raise LoadError(f"{folder / CONFIG} asks for {needed} weights, and the file has {weights.elements}")
    with _trouble(weights.files[0], "it cannot be loaded"), _silence():
        model, report = auto_class.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            trust_remote_code=False,
            use_safetensors=True,
            # reported below in a sentence of ours
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    where = weights.files[0] if len(weights.files) == 1 else folder / INDEX
    # transformers would fill these with random numbers and only log it
    for kind, problem in (
        ("missing_keys", "lacks"),
        ("mismatched_keys", "has another shape than the configuration for"),
        ("unexpected_keys", "holds what the model does not have,"),
        ("error_msgs", "cannot be loaded:"),
    ):
        if report.get(kind):
            first = sorted(str(key[0] if isinstance(key, tuple) else key) for key in report[kind])[0]
            raise LoadError(f"{where} {problem} {one_line(first)}")
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise LoadError(f"{where} holds numbers in {name} that are not finite")
    return model, task


@torch.no_grad()
def _try_out(model: PreTrainedModel, ids: list[int], folder: Path) -> None:
    input_ids = torch.tensor([ids], device=model.device)
    with _trouble(folder / CONFIG, "the model that it describes does not work"):
        model(input_ids=input_ids)
    if model.can_generate():
        path = folder / GENERATION_CONFIG
        where = path if path.is_file() else folder / CONFIG
        # drawing a token must not change what the caller draws
        kept = torch.random.fork_rng([model.device] if model.device.type == "cuda" else [])
        with _trouble(where, "generate() fails with what it says"), _silence(), kept:
            model.generate(input_ids, max_new_tokens=2)


def _head(folder: Path, config: PreTrainedConfig) -> tuple[Any, str]:
    architecture = str((config.architectures or [""])[0])
    if architecture.endswith(("ForCausalLM", "LMHeadModel")):
        return AutoModelForCausalLM, GENERATION
    if architecture.endswith("ForSequenceClassification"):
        return AutoModelForSequenceClassification, CLASSIFICATION
    if architecture.endswith("Model"):
        return AutoModel, BACKBONE
    raise LoadError(
        f"{folder / CONFIG} names the architecture {architecture or 'nothing'}; "
        "...ForCausalLM, ...ForSequenceClassification and ...Model are loaded here"
    )


@contextmanager
def _trouble(path: Path, problem: str) -> Iterator[None]:
    """Whatever goes wrong inside becomes a sentence about a file."""
    try:
        yield
    except (LoadError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic in Rust, as tokenizers has them, is no Exception
        raise LoadError(f"{path}: {problem}: {one_line(error)}") from error


@contextmanager
def _silence() -> Iterator[None]:
    """Without transformers' bars and its own report of missing tensors, which is a table of many lines."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def one_line(error: object) -> str:
    """The first line of an error that says something, not too long."""
    lines = (line.strip() for line in str(error).splitlines())
    return next((line for line in lines if line), type(error).__name__)[:300].rstrip(".: ")
