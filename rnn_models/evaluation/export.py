"""`python -m rnn_models export`: a checkpoint as an ONNX graph, checked against the model before it is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from ..checkpoint import load_checkpoint
from ..data import InputError
from ..data.batches import encode_texts
from ..data.tagged import split_tags, split_words
from ..data.token_store import encode_documents
from ..files import shorten, write_json
from ..graphs.equations import NoEquationsError
from ..graphs.runtime import OnnxClassifier, OnnxLanguageModel, OnnxModel, OnnxTagger
from ..graphs.writer import classifier_graph, language_model_graph, tagger_graph
from ..inference.tag import read_words
from ..metrics.measures import classifier_logits, evaluate_language_model, tagger_answers
from ..modeling import RNNConfig
from ..modeling.heads import CLASSIFICATION, GENERATION, TAGGING
from .classifiers import BATCH_SIZE
from .request import Request, chosen_splits, load_labelled, load_texts, read_data
from .taggers import load_words

# Allowed difference between graph and model on random tokens, read after other random tokens: root mean square of the
# differences over the standard deviation of the logits.
TOLERANCES = {"float32": 1e-5, "int8": 0.1}
ROWS, TOKENS = 8, 32
# In float32 the most likely token must be the same unless its lead over the next is below this share of that
# deviation.
TIE = 1e-4
# How much worse int8 may be on text.
MOST_PERPLEXITY, MOST_ACCURACY = 0.01, 0.002


class ExportError(Exception):
    """The graph differs too much from the model; the message says by how much."""


@dataclass(frozen=True)
class Export:
    """What to write.

    Attributes:
        quantize: `"int8"`, or None for float32.
        output: the folder; by default the checkpoint's name with the suffix `-onnx`.
        data: a recipe or data set; graph and model are compared on its validation split. None for no comparison.
        data_root: a folder with data sets to use instead of the Hub's.
    """

    quantize: str | None = None
    output: str | None = None
    data: str | None = None
    data_root: str | None = None


def export(name: str, wanted: Export, say: Callable[[str], None] = lambda line: None) -> tuple[Path, dict[str, Any]]:
    """Write `model.onnx` or `model_int8.onnx`, with the results, the configuration and the tokenizer beside it.

    Returns the graph's path and the results, which are also written to a JSON file of the same name.

    Raises:
        LoadError: there is no such checkpoint.
        InputError: the checkpoint is not a language model, classifier or tagger of this package, its cell has no
            graph, or the data does not fit it.
        ExportError: the graph differs from the model by more than allowed. Nothing is written then.
    """
    folder = Path(wanted.output or f"{Path(name.partition('@')[0]).name}-onnx")
    check_folder(folder, name)
    checkpoint = load_checkpoint(name)
    model = checkpoint.model
    if not isinstance(model.config, RNNConfig) or checkpoint.task not in GRAPHS:
        raise InputError(
            f"{name} is a {model.config.model_type} for {checkpoint.task}: only recurrent language models, "
            "classifiers and taggers of this package can be exported"
        )
    precision = wanted.quantize or "float32"
    say(f"writing the graph in {precision}")
    write_graph, run, measure = GRAPHS[checkpoint.task]
    try:
        graph = write_graph(model, precision)
    except NoEquationsError as error:
        raise InputError(f"{name}: {error}") from error
    engine: OnnxModel = run(graph)
    content = graph.SerializeToString()
    results = {
        "checkpoint": shorten(name),
        "task": checkpoint.task,
        "precision": precision,
        "megabytes": round(len(content) / 1e6, 2),
        "random_tokens": _random_tokens(model, engine),
        "on_text": None,
    }
    if wanted.data is not None:
        request = Request(wanted.data, data_root=wanted.data_root, split="validation")
        models = {"model": model, "graph": _AsModel(engine, model.config)}
        results["on_text"] = measure(models, checkpoint.tokenizer, request, say)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ("model.onnx" if wanted.quantize is None else f"model_{precision}.onnx")
    write_json(results, path.with_suffix(".json"))
    path.write_bytes(content)
    # a graph needs no network code, which the configuration would refer to
    model.config.auto_map = {}
    model.config.save_pretrained(folder)
    checkpoint.tokenizer.save_pretrained(folder)
    return path, results


def check_folder(folder: Path, name: str) -> None:
    """Raise `InputError` if a folder holds anything except an earlier export of the same checkpoint."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"option output: {folder} is a file")
    found = sorted(path for path in folder.glob("*") if not path.name.startswith("."))
    if found and shorten(name) not in map(exported_from, folder.glob("model*.json")):
        raise InputError(
            f"option output: {folder} holds {found[0]}, which no export of {name} wrote; choose another folder"
        )


def exported_from(path: Path) -> str | None:
    """The checkpoint whose export wrote a JSON file, or None if no export wrote it."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found.get("checkpoint") if isinstance(found, dict) and "random_tokens" in found else None


@torch.inference_mode()
def _random_tokens(model: Any, engine: OnnxModel) -> dict[str, Any]:
    """Graph against model on random tokens. Raises `ExportError`."""
    tokens = torch.randint(model.config.vocab_size, (ROWS, TOKENS), generator=torch.Generator().manual_seed(0))
    if isinstance(engine, OnnxLanguageModel):
        middle = TOKENS // 2
        state = model(tokens[:, :middle], use_cache=True).state
        expected = model(tokens[:, middle:], state=state, use_cache=True)
        found, after = engine.read(tokens[:, middle:].numpy(), [part.numpy() for part in state.tensors.values()])
        pairs = [(found, expected.logits.numpy())]
        pairs += [(part, wanted.numpy()) for part, wanted in zip(after, expected.state.tensors.values(), strict=True)]
    else:
        assert isinstance(engine, OnnxClassifier)
        # padding before, after and between the tokens, less of it from row to row
        shares = torch.arange(1, ROWS + 1) / ROWS
        mask = torch.rand(tokens.shape, generator=torch.Generator().manual_seed(1)) < shares.unsqueeze(1)
        mask[:, 0] |= ~mask.any(1)
        found = engine.logits(tokens.numpy(), mask.numpy())
        expected = model(tokens, attention_mask=mask.long()).logits.numpy()
        if isinstance(engine, OnnxTagger):
            found, expected = found[mask.numpy()], expected[mask.numpy()]
        pairs = [(found, expected)]
    error = max(float(np.sqrt(np.mean((one - other) ** 2)) / other.std()) for one, other in pairs)
    tolerance = TOLERANCES[engine.precision]
    if not error <= tolerance:  # NaN fails too
        raise ExportError(f"the graph is {error:.2g} standard deviations off the model; {tolerance:g} is allowed")
    logits = pairs[0][1]
    same = found.argmax(-1) == logits.argmax(-1)
    best = np.sort(logits, axis=-1)
    sure = best[..., -1] - best[..., -2] > TIE * logits.std()
    if engine.precision == "float32" and not same[sure].all():
        wrong = int((~same[sure]).sum())
        raise ExportError(f"the graph's most likely token differs at {wrong} of {sure.sum()} positions")
    return {"error": error, "tolerance": tolerance, "same_greedy_choice": float(same.mean())}


class _AsModel:
    """A graph with the interface of a model, for the code that measures models."""

    training = False
    device = torch.device("cpu")

    def __init__(self, engine: OnnxModel, config: RNNConfig) -> None:
        self.engine, self.config = engine, config

    def eval(self) -> None:
        """Nothing: a graph is always in evaluation mode."""

    def train(self, mode: bool) -> None:
        """Nothing: a graph has no training mode."""

    def __call__(self, input_ids: Any, attention_mask: Any = None, state: Any = None, use_cache: bool = False) -> Any:
        if isinstance(self.engine, OnnxLanguageModel):
            before = self.engine.initial_state(len(input_ids)) if state is None else state
            logits, state = self.engine.read(input_ids.numpy(), before)
            return SimpleNamespace(logits=torch.from_numpy(logits), state=state)
        assert isinstance(self.engine, OnnxClassifier)
        return self.engine(input_ids, attention_mask)


def _perplexity(
    models: dict[str, Any], tokenizer: Any, request: Request, say: Callable[[str], None]
) -> dict[str, Any]:
    """The perplexity of model and graph on the validation split.

    Raises `InputError`, and `ExportError` if the graph's is too high.
    """
    data = read_data(request.data)
    texts = [text for _, split in chosen_splits(load_texts(data, request.data_root), request) for text in split.texts]
    documents = encode_documents(tokenizer, texts)
    tokens, characters = sum(map(len, documents)), sum(map(len, texts))
    options: dict[str, Any] = {"streams": 1}
    if data.separate_documents:
        options = {"streams": BATCH_SIZE, "separate": True}
    found = {}
    for name, model in models.items():
        say(f"perplexity of the {name} on {tokens} tokens")
        found[name] = evaluate_language_model(model, documents, characters, **options)["perplexity"]
    change = found["graph"] / found["model"] - 1
    if not change <= MOST_PERPLEXITY:
        raise ExportError(
            f"perplexity on validation texts rises by {change:.2%}, from {found['model']:.3f} to "
            f"{found['graph']:.3f}; {MOST_PERPLEXITY:.0%} is allowed"
        )
    return {"measure": "perplexity", "tokens": tokens, **found, "change": change}


def _accuracy(models: dict[str, Any], tokenizer: Any, request: Request, say: Callable[[str], None]) -> dict[str, Any]:
    """The same for accuracy, over all rows of all data sets."""
    data = read_data(request.data)
    splits = [
        split for _, split in chosen_splits(load_labelled(data, request.data_root, models["model"].config), request)
    ]
    rows = encode_texts(tokenizer, [text for split in splits for text in split.texts], data.length(tokenizer))
    labels = np.array([label for split in splits for label in split.labels or []])
    found = {}
    for name, model in models.items():
        say(f"accuracy of the {name} on {len(rows)} rows")
        found[name] = float((classifier_logits(model, rows, batch_size=BATCH_SIZE).argmax(1) == labels).mean())
    return _accuracies(found, len(rows), "rows")


def _tag_accuracy(
    models: dict[str, Any], tokenizer: Any, request: Request, say: Callable[[str], None]
) -> dict[str, Any]:
    """The same for the accuracy of tags, over all words of all data sets."""
    data = read_data(request.data)
    splits = [
        split for _, split in chosen_splits(load_words(data, request.data_root, models["model"].config), request)
    ]
    rows = read_words(tokenizer, [words for split in splits for words in split_words(split)])
    tags = np.concatenate([row for split in splits for row in split_tags(split)])
    found = {}
    for name, model in models.items():
        say(f"accuracy of the {name} on {len(tags)} words")
        said = np.concatenate(tagger_answers(model, rows, batch_size=BATCH_SIZE).tags)
        found[name] = float((said == tags)[tags >= 0].mean())
    return _accuracies(found, int((tags >= 0).sum()), "words")


def _accuracies(found: dict[str, float], number: int, of: str) -> dict[str, Any]:
    """The accuracies of model and graph on a number of rows or words. Raises `ExportError`."""
    change = found["graph"] - found["model"]
    if not change >= -MOST_ACCURACY:
        raise ExportError(
            f"accuracy on validation {of} falls by {-100 * change:.2f} points, from {found['model']:.4f} to "
            f"{found['graph']:.4f}; {100 * MOST_ACCURACY:g} points are allowed"
        )
    return {"measure": "accuracy", of: number, **found, "change": change}


# By task: what writes the graph, runs it, and compares it with the model on text.
GRAPHS: dict[str, tuple[Callable[..., Any], type[OnnxModel], Callable[..., dict[str, Any]]]] = {
    GENERATION: (language_model_graph, OnnxLanguageModel, _perplexity),
    CLASSIFICATION: (classifier_graph, OnnxClassifier, _accuracy),
    TAGGING: (tagger_graph, OnnxTagger, _tag_accuracy),
}


def summary(results: dict[str, Any]) -> str:
    """The results of `export`, in two lines."""
    on_tokens, on_text = results["random_tokens"], results["on_text"]
    line = (
        f"{results['precision']}, {results['megabytes']} MB; on random tokens {on_tokens['error']:.1g} standard "
        f"deviations off the model ({on_tokens['tolerance']:g} allowed), the same first choice at "
        f"{on_tokens['same_greedy_choice']:.1%} of positions"
    )
    if on_text is None:
        return f"{line}\nnot measured on text: give --data for that"
    before, after, change = (on_text[name] for name in ("model", "graph", "change"))
    if on_text["measure"] == "perplexity":
        return f"{line}\nperplexity on {on_text['tokens']} tokens: {before:.3f} -> {after:.3f} ({change:+.3%})"
    of = "words" if "words" in on_text else "rows"
    return f"{line}\naccuracy on {on_text[of]} {of}: {before:.4f} -> {after:.4f} ({100 * change:+.2f} points)"
