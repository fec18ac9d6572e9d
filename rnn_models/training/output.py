"""The folder that a training run leaves behind: weights, tokenizer, and the figures of the weights as saved."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import GenerationConfig

from ..data import InputError
from ..data.corpora import Corpus, Split, display_name
from .arguments import Arguments, pair_words

RUNS = "runs"
RESULTS = "eval_results.json"
OF_A_RUN = ("config.json", "model.safetensors", RESULTS, RUNS)
# Without one of these Trainer would go on with another run and not say so.
PARTS = ("model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json")
# Options that say where things lie or go and change no figure.
PLACES = (
    "data_root", "resume_from_checkpoint", "overwrite_output_dir", "keep_checkpoints", "push_to_hub", "hub_model_id",
    "hub_private_repo",
)  # fmt: skip


def output_folder(arguments: Arguments) -> Path:
    """The output folder. Raises `InputError` where it holds a run that is neither resumed nor to be overwritten."""
    folder = Path(str(arguments.output_dir))
    if folder.exists() and not folder.is_dir():
        raise InputError(f"output_dir {folder} is a file")
    found = [name for name in OF_A_RUN if (folder / name).exists()]
    if found and not arguments.overwrite_output_dir and arguments.resume_from_checkpoint in (None, "false"):
        raise InputError(
            f"output_dir {folder} holds another run ({', '.join(found)}); take another folder,"
            " --resume_from_checkpoint or --overwrite_output_dir"
        )
    return folder


def remove_checkpoints(folder: Path) -> None:
    """Remove the intermediate checkpoints of a run."""
    shutil.rmtree(folder / RUNS, ignore_errors=True)


def checkpoint(arguments: Arguments, folder: Path) -> str | None:
    """The checkpoint to resume from, None for a fresh start. Raises `InputError` where there is no whole one."""
    wanted = arguments.resume_from_checkpoint
    if wanted in (None, "false"):
        return None
    if wanted != "true":
        if not is_whole(Path(wanted)):
            raise InputError(
                f"resume_from_checkpoint: {wanted} is not a whole checkpoint: it needs {', '.join(PARTS)}"
            )
        return wanted
    found = [path for path in (folder / RUNS).glob("checkpoint-*") if is_whole(path)]
    if not found:
        raise InputError(f"resume_from_checkpoint: there is no whole checkpoint in {folder / RUNS}")
    return str(max(found, key=lambda path: int(path.name.rpartition("-")[2])))


def is_whole(path: Path) -> bool:
    """Whether a checkpoint was written to its end: Trainer writes in place and the readable state last."""
    try:
        json.loads((path / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return all((path / name).is_file() for name in PARTS)


def save(model: Any, tokenizer: Any, arguments: Arguments, folder: Path) -> None:
    """Weights in `save_dtype`, configuration, code and tokenizer. The configuration says float32: so they load."""
    if arguments.task == "language-model":
        model.generation_config = generation_config(arguments, tokenizer)
    dtype = getattr(torch, arguments.save_dtype)
    # One entry a storage, so that tied weights stay tied.
    converted = {tensor.data_ptr(): tensor.to("cpu", dtype) for tensor in model.state_dict().values()}
    state = {name: converted[tensor.data_ptr()] for name, tensor in model.state_dict().items()}
    model.save_pretrained(str(folder), state_dict=state)
    tokenizer.save_pretrained(str(folder))


def generation_config(arguments: Arguments, tokenizer: Any) -> GenerationConfig:
    """Defaults of `generate`: sampling at temperature 0.8 where the recipe says nothing else."""
    special = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("pad", "bos", "eos")}
    return GenerationConfig(**{"do_sample": True, "temperature": 0.8, **arguments.generation, **special})


def results(task: Any, model: Any, corpora: Sequence[Corpus], arguments: Arguments) -> dict[str, Any]:
    """Figures on validation and, where asked, test: of all data together and of each data set."""
    found: dict[str, Any] = {"validation": _figures(task, model, [(corpus, corpus.validation) for corpus in corpora])}
    tests = [(corpus, split) for corpus in corpora for split in corpus.tests]
    if tests and arguments.evaluate_test:
        found["test"] = _figures(task, model, tests)
    found["notes"] = task.notes()
    return found


def _figures(task: Any, model: Any, splits: list[tuple[Corpus, Split]]) -> dict[str, Any]:
    separate = {}
    for corpus, split in splits:
        several = sum(other is corpus for other, _ in splits) > 1
        key = f"{corpus.name}:{split.name}" if several else corpus.name
        about = {"data_set": corpus.name, "split": split.name, "rows": len(split)}
        separate[key] = {**about, **task.report(model, [(corpus, split)])}
    if len(splits) == 1:
        together = next(iter(separate.values()))
    else:
        together = {
            "data_set": " + ".join(dict.fromkeys(corpus.name for corpus, _ in splits)),
            "split": " + ".join(dict.fromkeys(split.name for _, split in splits)),
            "rows": sum(len(split) for _, split in splits),
            **task.report(model, splits),
        }
    return {**together, "data_sets": separate}


def facts(arguments: Arguments, argv: Sequence[str], model: Any, trainer: Any) -> dict[str, Any]:
    """How the figures came about, with nothing in it that belongs to one machine's folders."""
    return {
        "command": command(argv),
        **stage_before(arguments.pretrained_model),
        "task": arguments.task,
        "seed": arguments.seed,
        "epochs": round(trainer.state.epoch or 0, 3),
        "steps": trainer.state.global_step,
        "train_hours": round(trainer.train_seconds / 3600, 3),
        "parameters": model.num_parameters(),
        "weights": arguments.save_dtype,
        "machine": machine(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "licenses": {display_name(entry): entry.license for entry in arguments.datasets if entry.license},
        "sources": {display_name(entry): entry.source for entry in arguments.datasets if entry.source},
    }


def stage_before(pretrained_model: str | None) -> dict[str, Any]:
    """How the weights that a run started from were trained, where their folder says so, and those before them."""
    results = Path(str(pretrained_model), RESULTS)
    if pretrained_model is None or not results.is_file():
        return {}
    before = json.loads(results.read_text(encoding="utf-8"))
    names = ("command", "epochs", "train_hours", "machine", "stage_before")
    return {"stage_before": {name: before[name] for name in names if name in before}}


def command(argv: Sequence[str]) -> str:
    """The command line, the recipe first, with nothing in it that belongs to one machine's folders."""
    recipes: list[str] = []
    options: list[str] = []
    for name, value in pair_words(argv):
        if name is None:
            recipes.append(shorten(str(value)))
        elif name in PLACES or (name == "output_dir" and os.path.isabs(str(value))):
            continue
        elif value is None:
            options.append(f"--{name}")
        else:
            # a prompt that begins with a slash is no path
            apart = [f"--{name}", value if name == "sample_prompt" else shorten(value)]
            options += apart if len(pair_words(apart)) == 1 else ["=".join(apart)]
    return shlex.join(["python", "train.py", *recipes, *options])


def shorten(value: str) -> str:
    """Absolute paths, one or those of a YAML list or mapping, as they are from here or by their last part."""
    if value.startswith(("[", "{")):
        return re.sub(r"(?<![^\s\[{,:'\"])(/[^\s,'\"\]}]+)", lambda found: shorten(found[0]), value)
    if not os.path.isabs(value):
        return value
    inside = os.path.relpath(value)
    return os.path.basename(os.path.normpath(value)) if inside.startswith("..") else inside


def machine() -> str:
    """What the training ran on."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    cores = torch.get_num_threads()
    return f"{cores} CPU core{'s' if cores > 1 else ''}"


def write_results(found: dict[str, Any], folder: Path) -> None:
    text = json.dumps(found, indent=2, ensure_ascii=False)
    (folder / RESULTS).write_text(text + "\n", encoding="utf-8")
