"""Which models the app shows, and loading them."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ..checkpoint import WEIGHTS, Checkpoint, LoadError, load_checkpoint, one_line
from ..graphs.runtime import OnnxClassifier, OnnxEngine, classifier_for, engine_for, has_graph
from ..inference import Decoder, Sampling, classify, language_of, special_tokens, stream
from ..inference.text import encode
from ..modeling.heads import CLASSIFICATION, GENERATION, HEADS
from ..publish.hub import MODELS, names_in

# The tasks that have a tab.
SHOWN = (GENERATION, CLASSIFICATION)
# The bundled models in the order in which the app offers them; others follow by name.
FIRST = [
    "shakespeare-lstm", "shakespeare-gru", "shakespeare-rnn", "film-reviews", "tang-poems", "sentiment-en",
    "sentiment-zh",
]  # fmt: skip

# of one step or one batch; the other users' steps and batches take the other cores
THREADS = 1


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to run and what the page says about it.

    Attributes:
        name: short and unique among the models of one app.
        task: `"text-generation"` or `"text-classification"`.
        language: a two-letter code, from the model card or else from the name.
        parameters: how many weights.
        megabytes: size of its file on disk.
        validation: the figures of `eval_results.json`, empty where there is none.
        engine: writes for many users at once; `None` where the model is not ours, is on a GPU, or does not write.
        classifier: what classifies.
        runs_on: what computes it, for the user.
    """

    name: str
    task: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    language: str
    parameters: int
    megabytes: float
    validation: dict[str, float]
    engine: OnnxEngine | None
    classifier: PreTrainedModel | OnnxClassifier
    runs_on: str


def find_models(folder: Path) -> list[str]:
    """The models of an app in `folder`: those that its `models.txt` names, or else all of its `checkpoints`."""
    if (folder / MODELS).is_file():
        names = names_in((folder / MODELS).read_text(encoding="utf-8-sig"))
        return [str(folder / name) if (folder / name).is_dir() else name for name in names]
    found = [path.parent for path in folder.glob("checkpoints/*/config.json")]
    return [str(path) for path in sorted(found, key=lambda path: (_order(path.name), path.name))]


def load_models(names: list[str]) -> tuple[list[LoadedModel], list[str]]:
    """Load models by Hub name or folder, each by itself: what is wrong with one takes no other with it.

    Returns those that can be used, and a sentence for each that cannot, or that PyTorch computes because ONNX Runtime
    cannot.
    """
    loaded: list[LoadedModel] = []
    notes: list[str] = []
    for name in dict.fromkeys(names):
        short = Path(name).name if Path(name).is_dir() else name
        try:
            model, note = _load(name, name if any(model.name == short for model in loaded) else short)
        except LoadError as error:
            notes.append(f"A model is left out: {error}.")
        except Exception as error:  # a fault of ours, or a file that nobody thought of
            notes.append(f"A model is left out: {name}: {type(error).__name__}: {one_line(error)}.")
        else:
            loaded.append(model)
            notes += note
    return loaded, notes


def _order(name: str) -> int:
    return FIRST.index(name) if name in FIRST else len(FIRST)


def _load(name: str, short: str) -> tuple[LoadedModel, list[str]]:
    """A model and what there is to say about it."""
    checkpoint = load_checkpoint(name, device="cuda" if torch.cuda.is_available() else "cpu")
    if checkpoint.task not in SHOWN:
        shown = [f"...{head.architecture}" for head in HEADS if head.hub_task in SHOWN]
        raise LoadError(f"{name} is a model for {checkpoint.task}; the app shows {' and '.join(shown)}")
    model = checkpoint.model
    graph, notes = _graph(checkpoint, short)
    if graph is None:
        _try_out(checkpoint, None)
    parameters = model.num_parameters()
    weights = checkpoint.folder / WEIGHTS
    loaded = LoadedModel(
        name=short,
        task=checkpoint.task,
        model=model,
        tokenizer=checkpoint.tokenizer,
        language=language_of(name, checkpoint.folder),
        parameters=parameters,
        megabytes=(weights.stat().st_size if weights.is_file() else 4 * parameters) / 1e6,
        validation=_validation(checkpoint.folder),
        engine=graph if isinstance(graph, OnnxEngine) else None,
        classifier=graph if isinstance(graph, OnnxClassifier) else model,
        runs_on=graph.name if graph else f"PyTorch {str(model.dtype).removeprefix('torch.')}, {model.device.type}",
    )
    return loaded, notes


def _graph(checkpoint: Checkpoint, short: str) -> tuple[OnnxEngine | OnnxClassifier | None, list[str]]:
    """The model on ONNX Runtime, or None and a sentence that says why it is not there."""
    model = checkpoint.model
    if not has_graph(model) or model.device.type != "cpu":
        return None, []
    make = engine_for if checkpoint.task == GENERATION else classifier_for
    try:
        graph = make(model, threads=THREADS)
        _try_out(checkpoint, graph)
    except Exception as error:  # a cell without equations, or whatever ONNX and its runtime raise
        reason = f"{type(error).__name__}: {one_line(error)}"
        return None, [f"{short} is computed by PyTorch, which takes longer, and not by ONNX Runtime: {reason}."]
    return graph, []


def _try_out(checkpoint: Checkpoint, graph: OnnxEngine | OnnxClassifier | None) -> None:
    """Use a model once as the page does. Raises whatever that raises, and `LoadError` for numbers that are none."""
    model, tokenizer = checkpoint.model, checkpoint.tokenizer
    if checkpoint.task == CLASSIFICATION:
        (probabilities,) = classify(graph or model, tokenizer, ["a"])
        if not all(map(math.isfinite, probabilities.values())):
            raise LoadError(f"{checkpoint.folder}: the model answers with numbers that are not finite")
    elif isinstance(graph, OnnxEngine):
        job = Decoder(graph, *special_tokens(model, tokenizer)).write(encode(tokenizer, "a"), 1, Sampling())
        job.ended.result()
    else:
        for _ in stream(model, tokenizer, "a", max_new_tokens=1, temperature=0):
            pass


def _validation(folder: Path) -> dict[str, float]:
    path = folder / "eval_results.json"
    if not path.is_file():
        return {}
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LoadError(f"{path} is not JSON: {one_line(error)}") from error
    figures = results.get("validation", results) if isinstance(results, dict) else {}
    if not isinstance(figures, dict):
        return {}
    return {
        key.removeprefix("eval_"): float(value)
        for key, value in figures.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
