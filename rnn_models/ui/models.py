"""Finding and loading the models that the app shows."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ..checkpoint import WEIGHTS, Checkpoint, LoadError, TrainingLog, TrainingSpans, load_checkpoint, one_line
from ..graphs.runtime import OnnxClassifier, OnnxEngine, OnnxModel, classifier_for, engine_for, has_graph, tagger_for
from ..inference import Decoder, Sampling, classify, language_of, special_tokens, stream
from ..inference.tag import tag_text
from ..inference.text import encode
from ..modeling.heads import CLASSIFICATION, FORECASTING, GENERATION, HEADS, TAGGING
from ..publish.hub import MODELS, names_in

# The tasks with a tab.
SHOWN = (GENERATION, CLASSIFICATION, TAGGING, FORECASTING)
# The bundled models in the order of the app's menus; others follow by name.
FIRST = [
    "shakespeare-lstm", "shakespeare-gru", "shakespeare-rnn", "film-reviews", "tang-poems", "sentiment-en",
    "sentiment-zh", "tagger-en", "forecast-airline", "forecast-etth1",
]  # fmt: skip

# Of what a model may have, the first is shown.
METRICS = ("accuracy", "mase", "bits_per_character", "loss")
# for one step or one batch; the steps and batches of other users take the other cores
THREADS = 1


@dataclass(frozen=True)
class Metric:
    """One result of a model on texts that it had not read, in a unit that compares between models.

    Attributes:
        name: `"bits_per_character"`, `"loss"` (nats a token) or `"accuracy"`.
        data_set: what was read.
        rows: the number of texts.
    """

    name: str
    value: float
    data_set: str = ""
    rows: int = 0


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to run, and what the page shows about it.

    Attributes:
        name: short and unique among the models of one app.
        task: as the Hub names it, one of `SHOWN`.
        tokenizer: None for a model that reads numbers.
        language: a two-letter code, from the model card or else from the name.
        parameters: the number of weights.
        megabytes: the size of its file on disk.
        validation: the validation metrics in `eval_results.json`; empty if there are none.
        metric: the one that the page shows; `None` if there is none.
        card: the text of its model card; empty if there is none.
        engine: generates for many users at once; `None` if the model is from another package, on a GPU, or not a
            language model.
        classifier: the model or its graph, whichever classifies.
        runs_on: the runtime, to show on the page.
        training_log: how it learnt; None if nobody wrote it down.
        training_spans: which spans its training text has; None if nobody wrote them down.
    """

    name: str
    task: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    language: str
    parameters: int
    megabytes: float
    validation: dict[str, float]
    metric: Metric | None
    card: str
    engine: OnnxEngine | None
    classifier: PreTrainedModel | OnnxClassifier
    runs_on: str
    training_log: TrainingLog | None = None
    training_spans: TrainingSpans | None = None


def find_models(folder: Path) -> list[str]:
    """The models of an app in `folder`: those named in its `models.txt`, or else all in its `checkpoints`."""
    if (folder / MODELS).is_file():
        names = names_in((folder / MODELS).read_text(encoding="utf-8-sig"))
        return [str(folder / name) if (folder / name).is_dir() else name for name in names]
    found = [path.parent for path in folder.glob("checkpoints/*/config.json")]
    return [str(path) for path in sorted(found, key=lambda path: (_order(path.name), path.name))]


def load_models(names: list[str]) -> tuple[list[LoadedModel], list[str]]:
    """Load models by Hub name or folder. An error in one does not affect the others.

    Returns the usable models, and a sentence for each model that is left out, or that runs on PyTorch because ONNX
    Runtime failed.
    """
    loaded: list[LoadedModel] = []
    notes: list[str] = []
    for name in dict.fromkeys(names):
        short = Path(name).name if Path(name).is_dir() else name
        try:
            model, note = _load(name, name if any(model.name == short for model in loaded) else short)
        except LoadError as error:
            notes.append(f"A model is left out: {error}.")
        except Exception as error:  # a bug, or a broken file that no check covers
            notes.append(f"A model is left out: {name}: {type(error).__name__}: {one_line(error)}.")
        else:
            loaded.append(model)
            notes += note
    return loaded, notes


def _order(name: str) -> int:
    return FIRST.index(name) if name in FIRST else len(FIRST)


def _load(name: str, short: str) -> tuple[LoadedModel, list[str]]:
    """Load a model; return it with notes about it."""
    checkpoint = load_checkpoint(name, device="cuda" if torch.cuda.is_available() else "cpu")
    if checkpoint.task not in SHOWN:
        shown = [f"...{head.architecture}" for head in HEADS if head.hub_task in SHOWN]
        raise LoadError(
            f"{name} is a model for {checkpoint.task}; the app shows only {', '.join(shown[:-1])} and {shown[-1]}"
        )
    model = checkpoint.model
    graph, notes = _graph(checkpoint, short)
    results = _results(checkpoint.folder)
    if graph is None and checkpoint.tokenizer is not None:
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
        validation=_validation(results),
        metric=_metric(results),
        card=_card(checkpoint.folder),
        engine=graph if isinstance(graph, OnnxEngine) else None,
        classifier=graph if isinstance(graph, OnnxClassifier) else model,
        runs_on=graph.name if graph else f"PyTorch {str(model.dtype).removeprefix('torch.')}, {model.device.type}",
        training_log=TrainingLog.read(checkpoint.folder),
        training_spans=TrainingSpans.read(checkpoint.folder),
    )
    return loaded, notes


def _graph(checkpoint: Checkpoint, short: str) -> tuple[OnnxModel | None, list[str]]:
    """The model on ONNX Runtime, or None, with a sentence that says why if it should have worked."""
    model = checkpoint.model
    if not has_graph(model) or model.device.type != "cpu":
        return None, []
    make = {GENERATION: engine_for, CLASSIFICATION: classifier_for, TAGGING: tagger_for}[checkpoint.task]
    try:
        graph = make(model, threads=THREADS)
        _try_out(checkpoint, graph)
    except Exception as error:  # a cell without equations, or any error of ONNX and its runtime
        reason = f"{type(error).__name__}: {one_line(error)}"
        return None, [f"{short} runs on PyTorch, which is slower than ONNX Runtime, because: {reason}."]
    return graph, []


def _try_out(checkpoint: Checkpoint, graph: OnnxModel | None) -> None:
    """Use a model once as the page does. Raises any error of that, and `LoadError` if a result is NaN or infinite."""
    model, tokenizer = checkpoint.model, checkpoint.tokenizer
    if checkpoint.task == CLASSIFICATION:
        (probabilities,) = classify(graph or model, tokenizer, ["a"])
        if not all(map(math.isfinite, probabilities.values())):
            raise LoadError(f"{checkpoint.folder}: the model's probabilities are not finite")
    elif checkpoint.task == TAGGING:
        if not all(math.isfinite(one.probability) for one in tag_text(graph or model, tokenizer, "a")):
            raise LoadError(f"{checkpoint.folder}: the model's probabilities are not finite")
    elif isinstance(graph, OnnxEngine):
        job = Decoder(graph, *special_tokens(model, tokenizer)).write(encode(tokenizer, "a"), 1, Sampling())
        job.ended.result()
    else:
        for _ in stream(model, tokenizer, "a", max_new_tokens=1, temperature=0):
            pass


def _results(folder: Path) -> dict:
    path = folder / "eval_results.json"
    if not path.is_file():
        return {}
    try:
        return _dictionary(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise LoadError(f"{path} is not JSON: {one_line(error)}") from error


def _validation(results: dict) -> dict[str, float]:
    metrics = _dictionary(results.get("validation", results))
    return {key.removeprefix("eval_"): float(value) for key, value in metrics.items() if _is_number(value)}


def _metric(results: dict) -> Metric | None:
    """Of a language model its bits per character, of a classifier its accuracy on its first corpus, on the test split
    if there is one, and without rows that are also in the training split.
    """
    for split in ("test", "validation"):
        metrics = _dictionary(results.get(split))
        corpus = _dictionary(next(iter(_dictionary(metrics.get("data_sets")).values()), metrics))
        corpus = {**corpus, **_dictionary(corpus.get("rows_not_in_train"))}
        name = next((name for name in METRICS if _is_number(corpus.get(name))), None)
        if name is not None:
            rows = corpus.get("rows")
            return Metric(name, corpus[name], str(corpus.get("data_set", "")), rows if type(rows) is int else 0)
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _dictionary(value: object) -> dict:
    return value if isinstance(value, dict) else {}


def _card(folder: Path) -> str:
    path = folder / "README.md"
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
