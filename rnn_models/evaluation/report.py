"""The metrics of a checkpoint as a table, on the terminal and in a file."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
import transformers

import rnn_models

from ..checkpoint import Checkpoint, load_checkpoint, load_classifiers
from ..data import InputError
from ..files import shorten, write_json
from ..metrics.linear import require_scikit_learn
from ..modeling import RNNConfig
from ..modeling.heads import CLASSIFICATION, FORECASTING, GENERATION, TAGGING
from .classifiers import Network, classifier_notes, classifier_rows
from .forecasters import forecast_rows
from .groups import group_rows, listed
from .language import LanguageOptions, language_model_rows, language_notes
from .poems import are_poems, poem_notes, poem_rows
from .request import Data, Request, chosen_splits, load_labelled, load_texts, read_data
from .taggers import load_words, refuse, tag_table, tagger_notes, tagger_rows

COMMAND = ("python", "-m", "rnn_models")
# Options for paths, which change no metric.
PLACES = ("--data_root", "--output")
# The columns that hold names; the others hold numbers.
NAMES = (0, 1, 3)
# The header of each column of metrics, and its decimal places.
COLUMNS = {
    "accuracy": ("accuracy", 4),
    "accuracy_own_labels": ("accuracy, own labels", 4),
    "macro_f1": ("macro F1", 4),
    "macro_recall": ("macro recall", 4),
    "entity_f1": ("entity F1", 4),
    "calibration_error": ("calibration error", 4),
    "calibration_error_own_labels": ("calibration error, own labels", 4),
    "loss": ("loss", 4),
    "perplexity": ("perplexity", 3),
    "nats_per_character": ("nats/char", 4),
    "bits_per_character": ("bits/char", 4),
    "perplexity_dynamic": ("perplexity, dynamic", 3),
    "bits_per_character_dynamic": ("bits/char, dynamic", 4),
    "perplexity_cache": ("perplexity, cache", 3),
    "bits_per_character_cache": ("bits/char, cache", 4),
    "distinct_1": ("distinct-1", 3),
    "distinct_2": ("distinct-2", 3),
    "distinct_3": ("distinct-3", 3),
    "looping": ("looping", 2),
    "longest_copy": ("longest copy", 0),
    "copied_20_grams": ("copied 20-grams", 4),
    "new_words": ("new words", 4),
    "readable": ("readable", 2),
    "finished": ("finished", 3),
    "regular": ("regular", 3),
    "rhyming_poems": ("rhyming poems", 3),
    "rhyming_lines": ("rhyming even lines", 3),
    "copied_lines_5": ("copied lines of 5", 4),
    "copied_lines_7": ("copied lines of 7", 4),
    "mse": ("MSE", 4),
    "mae": ("MAE", 4),
    "mase": ("MASE", 3),
    "coverage_80": ("within 80 %", 3),
    "coverage_95": ("within 95 %", 3),
}


def evaluate(names: Sequence[str], request: Request, say: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """The metrics of a checkpoint, or of several classifiers and the mean of their probabilities.

    `rows` are the rows of the table; `poems` are those of a second table, if the validation texts are regular poems;
    `notes` explain them, and the other entries say what was measured.

    `say` gets a line before each step that takes long.

    Raises:
        InputError: the request is impossible, or the data does not fit the model.
        LoadError: there is no such checkpoint, it is damaged, or it cannot be averaged with the first.
    """
    request.check()
    data = read_data(request.data)
    checkpoints = load_classifiers(names) if len(names) > 1 else [load_checkpoint(name) for name in names]
    checkpoint, name = checkpoints[0], names[0]
    model_type = checkpoint.model.config.model_type
    if checkpoint.task == FORECASTING:
        found = forecast_rows(checkpoint.model, request, say)
    elif checkpoint.task == CLASSIFICATION:
        found = _classifiers(names, checkpoints, data, request, say)
    elif checkpoint.task == GENERATION and model_type == RNNConfig.model_type:
        found = _language_model(checkpoint, data, request, say)
    elif checkpoint.task == TAGGING:
        found = _tagger(checkpoint, data, request, say)
    else:
        raise InputError(
            f"{name} is a {model_type} for {checkpoint.task}: only classifiers, taggers, forecasters and recurrent "
            "language models can be evaluated"
        )
    about = {
        "checkpoint": " + ".join(map(shorten, names)),
        "task": checkpoint.task,
        "parameters": sum(checkpoint.model.num_parameters() for checkpoint in checkpoints),
        "data_sets": list(dict.fromkeys(row["data_set"] for row in found["rows"] if row["split"])),
    }
    return {**about, **found, "versions": _versions()}


def _versions() -> dict[str, str]:
    modules = {"rnn_models": rnn_models, "torch": torch, "transformers": transformers}
    for name, module in (("scikit-learn", "sklearn"), ("statsmodels", "statsmodels")):
        if sys.modules.get(module):
            modules[name] = sys.modules[module]
    return {name: module.__version__ for name, module in modules.items()}


def _classifiers(
    names: Sequence[str],
    checkpoints: Sequence[Checkpoint],
    data: Data,
    request: Request,
    say: Callable[[str], None],
) -> dict[str, Any]:
    if request.dynamic is not None or request.cache is not None:
        raise InputError("--dynamic and --cache are for language models, and this is a classifier")
    if request.baseline and request.by is None:
        require_scikit_learn()
    networks = [
        Network(
            shorten(name) if len(checkpoints) > 1 else "network",
            checkpoint.model,
            checkpoint.tokenizer,
            data.length(checkpoint.tokenizer),
        )
        for name, checkpoint in zip(names, checkpoints, strict=True)
    ]
    if request.by is not None:
        rows, errors = group_rows(networks, data, request, request.by, say)
        return {"rows": rows, "errors": errors, "by": request.by, "notes": classifier_notes(False, len(networks) > 1)}
    corpora = load_labelled(data, request.data_root, checkpoints[0].model.config)
    rows = classifier_rows(
        networks,
        chosen_splits(corpora, request),
        baseline=request.baseline,
        say=say,
    )
    return {"rows": rows, "notes": classifier_notes(request.baseline, len(networks) > 1)}


def _tagger(checkpoint: Checkpoint, data: Data, request: Request, say: Callable[[str], None]) -> dict[str, Any]:
    refuse(request)
    if request.baseline:
        require_scikit_learn()
    splits = chosen_splits(load_words(data, request.data_root, checkpoint.model.config), request)
    rows, by_tag = tagger_rows(checkpoint.model, checkpoint.tokenizer, splits, baseline=request.baseline, say=say)
    notes = tagger_notes(request.baseline, checkpoint.model)
    return {"rows": rows, "tags": by_tag, "notes": notes}


def _language_model(
    checkpoint: Checkpoint, data: Data, request: Request, say: Callable[[str], None]
) -> dict[str, Any]:
    if request.by is not None:
        raise InputError("--by is for classifiers, and this is a language model")
    corpora = load_texts(data, request.data_root)
    poems = request.samples > 0 and are_poems([text for corpus in corpora for text in corpus.validation.texts])
    options = LanguageOptions(
        separate=data.separate_documents,
        order=request.order if request.baseline else None,
        dynamic=request.dynamic,
        cache=request.cache,
        samples=request.samples,
        sample_length=request.sample_length,
        prompt=data.sample_prompt,
        seed=request.seed,
    )
    splits = chosen_splits(corpora, request)
    rows = language_model_rows(checkpoint.model, checkpoint.tokenizer, corpora, splits, options, say)
    found: dict[str, Any] = {"rows": rows, "notes": language_notes(options)}
    if poems:
        say("poems")
        found["poems"] = poem_rows(checkpoint.model, checkpoint.tokenizer, corpora, request.seed)
        found["notes"] |= poem_notes(request.seed)
    return found


def table(found: dict[str, Any]) -> str:
    """The rows of `evaluate` as Markdown tables, aligned for a terminal, with the notes below."""
    tables = [_table(found[name]) for name in ("rows", "poems") if name in found]
    if "tags" in found:
        tables.append(_lined_up(tag_table(found["tags"]), names=3))
    if found.get("errors"):
        tables.append(listed(found["errors"], found["by"]))
    notes = "\n".join(f"{name.replace('_', ' ')}: {note}" for name, note in found["notes"].items())
    return "\n\n".join([*tables, notes])


def _table(rows: Sequence[dict[str, Any]]) -> str:
    shown = [name for name in COLUMNS if any(name in row for row in rows)]
    lines = [["data set", "split", "rows", "model", *(COLUMNS[name][0] for name in shown)]]
    for row in rows:
        metrics = [f"{row[name]:,.{COLUMNS[name][1]}f}" if name in row else "" for name in shown]
        lines.append([row["data_set"], row["split"], f"{row['rows']:,}", row["model"], *metrics])
    return _lined_up(lines)


def _lined_up(lines: Sequence[Sequence[str]], names: int | None = None) -> str:
    """Lines of cells as a table, of which the first `names` columns hold no numbers; by default `NAMES`."""
    left = NAMES if names is None else range(names)
    columns = [_aligned(column, to_right=number not in left) for number, column in enumerate(zip(*lines, strict=True))]
    return "\n".join(f"| {' | '.join(line)} |" for line in zip(*columns, strict=True))


def _aligned(column: Sequence[str], *, to_right: bool) -> list[str]:
    """The cells of a column padded to equal width, with Markdown's rule below the first."""
    width = max(3, *map(len, column))
    cells = [cell.rjust(width) if to_right else cell.ljust(width) for cell in column]
    cells.insert(1, "-" * (width - 1) + (":" if to_right else "-"))
    return cells


def command(argv: Sequence[str]) -> str:
    """The command line without the paths of this machine."""
    words = [*COMMAND]
    place = False
    for word in argv:
        name, equals, value = word.partition("=")
        if place or name in PLACES:
            place = name in PLACES and not equals
            continue
        words.append(f"{name}={shorten(value)}" if equals else shorten(word))
    return shlex.join(words)


def check_output(path: Path) -> None:
    """Raise `InputError` if there already is a file that `evaluate` did not write."""
    if path.exists() and not written_by_evaluate(path):
        raise InputError(f"option output: {path} already exists, and evaluate did not write it")


def written_by_evaluate(path: Path) -> bool:
    """Whether `evaluate` wrote a file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and str(found.get("command")).startswith(shlex.join([*COMMAND, "evaluate"]))


def write(found: dict[str, Any], path: Path) -> None:
    """Write the metrics as JSON; missing folders are created.

    Raises:
        OSError: the file cannot be written.
        UnwritableError: a metric is NaN or infinite.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(found, path)
