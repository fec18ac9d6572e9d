"""Which models the app shows, and loading them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import torch
from huggingface_hub import ModelCard
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import cached_file, logging

import rnn_models  # noqa: F401  registers its models with the Auto classes

GENERATION, CLASSIFICATION = "generation", "classification"
# The bundled models in the order in which the app offers them; others follow by name.
FIRST = ["shakespeare-lstm", "shakespeare-gru", "shakespeare-rnn", "tang-poems", "sentiment-en", "sentiment-zh"]


class LoadError(Exception):
    """A model cannot be used; the message is one sentence for whoever starts the app."""


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to run and what the page says about it.

    Attributes:
        name: short and unique among the models of one app.
        task: `GENERATION` or `CLASSIFICATION`.
        language: a two-letter code, from the model card or else from the name.
        parameters: how many weights.
        megabytes: size of its file on disk.
        validation: the figures of `eval_results.json`, empty where there is none.
    """

    name: str
    task: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    language: str
    parameters: int
    megabytes: float
    validation: dict[str, float]


def find_models(folder: Path) -> list[str]:
    """The models bundled in `folder`: its subfolders that hold a configuration."""
    found = [path.parent for path in folder.glob("*/config.json")]
    return [str(path) for path in sorted(found, key=lambda path: (_order(path.name), path.name))]


def load_models(names: list[str]) -> tuple[list[LoadedModel], list[str]]:
    """Load models by Hub name or folder. Returns those that can be used, and a sentence for each that cannot."""
    logging.disable_progress_bar()  # a bar a model says nothing to whoever starts the app
    loaded: list[LoadedModel] = []
    failures: list[str] = []
    for name in dict.fromkeys(names):
        short = Path(name).name if Path(name).is_dir() else name
        try:
            loaded.append(_load(name, name if any(model.name == short for model in loaded) else short))
        except LoadError as error:
            failures.append(f"{name} is left out: {error}")
        except Exception as error:  # a damaged folder fails in as many ways as there are libraries
            reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
            failures.append(f"{name} is left out, because it cannot be loaded: {reason:.300}")
    return loaded, failures


def _order(name: str) -> int:
    return FIRST.index(name) if name in FIRST else len(FIRST)


def _load(name: str, short: str) -> LoadedModel:
    if _is_missing_folder(name):
        raise LoadError("there is no such folder.")
    # never the code of a repository: our own classes are registered, and transformers has the others
    config = AutoConfig.from_pretrained(name, trust_remote_code=False)
    architecture = (getattr(config, "architectures", None) or [""])[0]
    if architecture.endswith(("ForCausalLM", "LMHeadModel")):
        task, auto_class = GENERATION, AutoModelForCausalLM
    elif architecture.endswith("ForSequenceClassification"):
        task, auto_class = CLASSIFICATION, AutoModelForSequenceClassification
    else:
        raise LoadError(
            f"its architecture is {architecture or 'not named in its config.json'}; the app shows "
            "...ForCausalLM and ...ForSequenceClassification."
        )
    tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
    model, report = auto_class.from_pretrained(
        name, trust_remote_code=False, dtype=torch.float32, output_loading_info=True
    )
    if report["missing_keys"]:  # transformers would fill them with random numbers and only log it
        raise LoadError(f"its weights lack {sorted(report['missing_keys'])[0]}.")
    for key, value in model.state_dict().items():
        if value.is_floating_point() and not value.isfinite().all():
            raise LoadError(f"its weight {key} holds numbers that are not finite.")
    if len(tokenizer) > model.config.get_text_config().vocab_size:
        raise LoadError(f"its tokenizer has {len(tokenizer)} tokens and the model {model.config.vocab_size}.")
    model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    parameters = model.num_parameters()
    weights = _file(name, "model.safetensors")
    return LoadedModel(
        name=short,
        task=task,
        model=model,
        tokenizer=tokenizer,
        language=_language(name),
        parameters=parameters,
        megabytes=(weights.stat().st_size if weights else 4 * parameters) / 1e6,
        validation=_validation(name),
    )


def _is_missing_folder(name: str) -> bool:
    """Whether a name means a folder and no Hub repository, for which it would be looked for on the network."""
    path = Path(name)
    looks_local = path.is_absolute() or name.startswith(".") or (len(path.parts) > 1 and Path(path.parts[0]).is_dir())
    return looks_local and not path.is_dir()


def _file(name: str, filename: str) -> Path | None:
    found = cached_file(
        name,
        filename,
        _raise_exceptions_for_gated_repo=False,
        _raise_exceptions_for_missing_entries=False,
        _raise_exceptions_for_connection_errors=False,
    )
    return Path(found) if found else None


def _language(name: str) -> str:
    card = _file(name, "README.md")
    language = ModelCard.load(card).data.language if card else None
    if isinstance(language, list):
        language = language[0] if language else None
    if language:
        return language[:2].lower()
    return "zh" if re.search(r"(?i)(?<![a-z])(zh|chinese|tang|song)(?![a-z])", name) else "en"


def _validation(name: str) -> dict[str, float]:
    path = _file(name, "eval_results.json")
    if path is None:
        return {}
    results = json.loads(path.read_text(encoding="utf-8"))
    figures = results.get("validation", results) if isinstance(results, dict) else {}
    return {
        key.removeprefix("eval_"): float(value)
        for key, value in figures.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
