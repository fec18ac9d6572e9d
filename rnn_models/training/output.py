"""What a training run writes: weights, tokenizer, and the metrics of the weights as they were saved."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers

from ..data.corpora import Corpus, Split
from ..data.recipes import DatasetEntry
from ..data.sources import display_name
from ..files import shorten, unwritable, write_json
from ..tokenization import save_tokenizer
from .arguments import MORE, join_words, pair_words
from .checkpoints import even_modes
from .divergence import Diverged, check_weights
from .folder import RESULTS, remove_result
from .options import OPTIONS, Arguments
from .task import Part, Task


def save(model: Any, tokenizer: Any, arguments: Arguments, facts: dict[str, Any], folder: Path) -> None:
    """Weights in `save_dtype`, configuration, code and tokenizer, in place of what an earlier run left.

    The configuration says float32, in which they load. The facts of the run are written first: they mark the folder as
    a run's, whatever happens to the evaluation. Raises `Diverged` before anything is written.
    """
    dtype = getattr(torch, arguments.save_dtype)
    # One entry per storage, so that tied weights stay tied.
    converted = {tensor.data_ptr(): tensor.to("cpu", dtype) for tensor in model.state_dict().values()}
    state = {name: converted[tensor.data_ptr()] for name, tensor in model.state_dict().items()}
    check_weights(state, f"in {arguments.save_dtype}")
    remove_result(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(facts, folder / RESULTS)
    model.save_pretrained(str(folder), state_dict=state)
    if tokenizer is not None:
        save_tokenizer(tokenizer, folder)
    even_modes(folder)


def results(task: Task[Any], model: Any) -> dict[str, Any]:
    """The metrics on validation and, if asked for, test: of all data together and of each data set."""
    found: dict[str, Any] = {"validation": _metrics(task, model, [(c, c.validation) for c in task.corpora])}
    tests = [(corpus, split) for corpus in task.corpora for split in corpus.tests]
    if tests and task.arguments.evaluate_test:
        found["test"] = _metrics(task, model, tests)
    found["notes"] = task.notes()
    return found


def _metrics(task: Task[Any], model: Any, splits: list[tuple[Corpus, Split]]) -> dict[str, Any]:
    parts = [Part(corpus, split, task.read(model, split)) for corpus, split in splits]
    separate = {}
    for part in parts:
        corpus, split, _ = part
        several = sum(other is corpus for other, _ in splits) > 1
        key = f"{corpus.name}:{split.name}" if several else corpus.name
        about = {"data_set": corpus.name, "split": split.name, "rows": len(split)}
        separate[key] = {**about, **task.report(model, [part])}
    if len(parts) == 1:
        together = next(iter(separate.values()))
    else:
        together = {
            "data_set": " + ".join(dict.fromkeys(corpus.name for corpus, _ in splits)),
            "split": " + ".join(dict.fromkeys(split.name for _, split in splits)),
            "rows": sum(len(split) for _, split in splits),
            **task.report(model, parts),
        }
    return {**together, "data_sets": separate}


def facts(arguments: Arguments, argv: Sequence[str], trainer: Any) -> dict[str, Any]:
    """How the metrics came about, without the folders of this machine."""
    return {
        "command": command(argv),
        "language": arguments.language,
        "sample_prompt": getattr(arguments, "sample_prompt", ""),
        **stage_before(arguments.pretrained_model),
        **taught_by(arguments.datasets),
        "task": arguments.task,
        "seed": arguments.seed,
        "epochs": round(trainer.state.epoch or 0, 3),
        "steps": trainer.state.global_step,
        "train_hours": round(trainer.train_seconds / 3600, 3),
        "parameters": trainer.model.num_parameters(),
        "weights": arguments.save_dtype,
        "machine": machine(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "licenses": {display_name(entry): entry.license for entry in arguments.datasets},
        "sources": {display_name(entry): entry.source for entry in arguments.datasets if entry.source},
    }


def stage_before(pretrained_model: str | None) -> dict[str, Any]:
    """How the weights that a run started from were trained, and those before them, if their folder says so."""
    before = _training_of(pretrained_model)
    return {"stage_before": before} if before else {}


def taught_by(entries: Sequence[DatasetEntry]) -> dict[str, Any]:
    """How the teachers of a run were trained, each once, if their folders say so."""
    names = dict.fromkeys(name for entry in entries for name in entry.teachers)
    teachers = [found for name in names if (found := _training_of(name))]
    return {"teachers": teachers} if teachers else {}


def _training_of(model: str | None) -> dict[str, Any]:
    results = Path(str(model), RESULTS)
    if model is None or not results.is_file():
        return {}
    before = json.loads(results.read_text(encoding="utf-8"))
    names = ("command", "epochs", "train_hours", "machine", "stage_before", "teachers", "licenses", "sources")
    return {name: before[name] for name in names if name in before}


def command(argv: Sequence[str]) -> str:
    """The command line, the recipe first, without the folders of this machine."""
    kept = []
    for name, value in pair_words(argv):
        if name not in (None, MORE) and not about_results(str(name)):
            continue
        if name == "output_dir" and os.path.isabs(str(value)):
            continue
        # a prompt that begins with a slash is no path
        kept.append((name, value if value is None or name == "sample_prompt" else shorten(value)))
    return shlex.join(["python", "train.py", *join_words(kept)])


def about_results(name: str) -> bool:
    """Whether results keep an option; the others only say where things lie or go."""
    return name not in OPTIONS or OPTIONS[name].metadata["about_results"]


def machine() -> str:
    """The device of the training."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    cores = torch.get_num_threads()
    return f"{cores} CPU core{'s' if cores > 1 else ''}"


def write_results(found: dict[str, Any], folder: Path) -> None:
    """Write the metrics. Raises `Diverged`, and removes the weights, if one of them is not finite."""
    if (place := unwritable(found)) is not None:
        remove_result(folder)
        raise Diverged(f"{place} of the weights as they are saved")
    write_json(found, folder / RESULTS)
