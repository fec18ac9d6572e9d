"""Model cards, written from a model's results and configuration.

python -m rnn_models card FOLDER [--language zh] [--prompt TEXT] [--repo_id NAME]     writes FOLDER/README.md

Their contents come from recipes, folder names and command lines, so everything is escaped: as a literal in Python, by
`shlex` in shell lines, by YAML in the front matter, and with backslashes in Markdown text.
"""

from __future__ import annotations

import inspect
import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import yaml
from huggingface_hub import EvalResult, ModelCardData
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id

from ..data.sources import FILE_FORMATS
from ..data.tables import SUFFIXES
from ..modeling import RNNConfig, RNNTimeSeriesConfig
from ..modeling.cells import CELLS
from ..modeling.heads import CLASSIFICATION, FORECASTING, GENERATION, READS, TAGGING, Head, head_of
from ..signing import is_as_written, sign
from .card_examples import example, output_of

RESULTS = "eval_results.json"
CARD = "README.md"
# Licences that the Hub knows by name; other terms only appear in the card's text.
HUB_LICENSES = {"mit": "mit", "cc0-1.0": "cc0-1.0", "public domain": "cc0-1.0", "cc-by-sa-4.0": "cc-by-sa-4.0"}
METRICS = {
    "loss": "loss, nats",
    "perplexity": "perplexity",
    "nats_per_character": "nats per character",
    "bits_per_character": "bits per character",
    "accuracy": "accuracy",
    "accuracy_own_labels": "accuracy among the data set's own labels",
    "macro_f1": "macro F1",
    "macro_recall": "macro recall",
    "entity_f1": "F1 of entities",
    "mse": "MSE",
    "mae": "MAE",
    "mase": "MASE",
    "coverage_80": "within the 80 % interval",
    "coverage_95": "within the 95 % interval",
}
# The Hub's names for the metrics that it knows.
HUB_METRICS = {"perplexity": "perplexity", "accuracy": "accuracy", "macro_f1": "f1", "macro_recall": "recall"}
HUB_METRICS |= {"mse": "mse", "mae": "mae"}
LIMITS = {
    FORECASTING: (
        "It was trained on one table, named above, and knows nothing that is not in it: values outside their range "
        "there, a new season or a break in the series are not foreseen. The intervals say how wide the errors were on "
        "such data. Do not take decisions about people, safety or money from it alone."
    ),
    GENERATION: (
        "It was trained only on the data named above: it imitates the style of these texts and knows nothing about "
        "the world. Its output is made up, may repeat lines of the training data, and must not be taken as fact or "
        "quotation."
    ),
    CLASSIFICATION: (
        "It was trained on the kinds of text named above and is most accurate on these. It is less accurate on irony, "
        "other domains, other languages and texts much longer than its training texts. {calibration} It can "
        "reproduce the biases of its training data: do not use it to make decisions about people."
    ),
    TAGGING: (
        "It was trained on the kinds of text named above and is most accurate on these. It is less accurate on other "
        "domains, and knows no other language. {calibration} transformers' pipeline joins neighbouring words of one "
        "tag; `python -m rnn_models tag` gives each word its own."
    ),
}


# Of a tagger with a CRF.
TOGETHER = (
    "The metrics are of the tags of a sentence that are most likely together, as `python -m rnn_models tag` gives "
    "them; transformers' pipeline gives each word the tag that is most likely for it alone."
)


def plain(text: str) -> str:
    """A text as one line of Markdown that shows it literally; URLs stay links."""
    marks = re.compile(r"(https?://[^\s<>|`\\]+)|[\\`*\[\]<>|&$]|(?<!\w)_|_(?!\w)")
    return marks.sub(lambda found: found[0] if found[1] else f"\\{found[0]}", " ".join(text.split()))


def fenced(language: str, text: str) -> str:
    """A code block whose fence is longer than any fence in the code."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def head_of_folder(folder: Path) -> Head:
    """The head of the model in a folder. Raises `ValueError` if no cards are written for it."""
    architecture = json.loads((folder / "config.json").read_text(encoding="utf-8"))["architectures"][0]
    head = head_of(architecture)
    if head is None or head.hub_task not in LIMITS:
        raise ValueError(f"cards are written only for {', '.join(LIMITS)}, but the model is a {architecture}")
    return head


def name_in_card(folder: Path) -> str:
    """The name by which a card's example loads a folder. An absolute path would be valid only on one machine."""
    return folder.name if folder.is_absolute() else folder.as_posix()


def model_card(
    folder: str | Path,
    *,
    language: str | None = None,
    prompt: str | None = None,
    repo_id: str | None = None,
    kinds: str | Path | None = None,
    baselines: str | Path | None = None,
) -> str:
    """The text of the card of a saved model.

    Args:
        folder: a folder written by `train.py`, with configuration, weights, tokenizer and `eval_results.json`.
        language: language of the model's texts, `"en"` or `"zh"`; None for that of its training.
        prompt: the prompt of a language model's example; None for that of its training's samples.
        repo_id: the name by which the example loads the model; by default the folder (only its last part if the path
            is absolute, and so valid only on one machine).
        kinds: a file written by `evaluate --by COLUMN --output` for a classifier, shown as a table with its errors.
        baselines: a file written by `evaluate --output` for a forecaster, shown as a table.

    Raises:
        FileNotFoundError: the folder lacks its configuration or its results.
        ValueError: the model is not of this package.
    """
    folder = Path(folder)
    title = folder.resolve().name
    kind = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type")
    if kind not in READS:
        raise ValueError(f"its model_type is {kind}; cards are written only for {' and '.join(READS)}")
    config = (RNNConfig if READS[kind] == "tokens" else RNNTimeSeriesConfig).from_pretrained(folder)
    results = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
    task = head_of_folder(folder).hub_task
    # The example runs with this package's classes, never with the folder's code.
    language = language or results.get("language", "en")
    prompt = results.get("sample_prompt", "") if prompt is None else prompt
    lines = example(task, folder, str(folder), language, prompt)
    printed = output_of(lines.replace(", trust_remote_code=True)", ", trust_remote_code=False)"))
    code = example(task, folder, repo_id or name_in_card(folder), language, prompt)
    text = "\n\n".join(
        [
            f"# {plain(title)}",
            _summary(config, results, task),
            "## Use it",
            fenced("python", code),
            "prints",
            fenced("text", printed),
            "`trust_remote_code=True` runs the model's code from this folder: read it first (it is short), and pin a "
            "`revision=` when you load from the Hub. After `import rnn_models` the model loads without it.",
            "## Metrics",
            _metrics_table(results),
            "All metrics were measured with the weights in this folder. "
            + " ".join(f"{name.replace('_', ' ').capitalize()}: {note}." for name, note in results["notes"].items()),
            *(_baselines(json.loads(Path(baselines).read_text(encoding="utf-8"))) if baselines else []),
            *_tags(results),
            *(_kinds(json.loads(Path(kinds).read_text(encoding="utf-8"))) if kinds else []),
            "## Data and terms of use",
            _data(results, "data" if task == FORECASTING else "texts"),
            "## Training",
            fenced("sh", _commands(results)),
            f"Seed {results['seed']}, one run, {_epochs(results)} in {results['train_hours']:.2f} hours on "
            f"{results['machine']}, torch {results['torch']}, transformers {results['transformers']}.",
            "## The network",
            fenced("text", str(inspect.getdoc(CELLS[config.cell_type]))),
            "## Limits",
            LIMITS[task].replace("{calibration}", _calibration(config) if task in (CLASSIFICATION, TAGGING) else ""),
            *([TOGETHER] if task == TAGGING and config.crf else []),
        ]
    )
    header = _header(title, results, task, language)
    return f"---\n{front_matter(header.to_dict())}---\n\n{text}\n"


def front_matter(values: dict[str, Any]) -> str:
    """Values as the YAML at the top of a README on the Hub."""
    found = yaml.safe_dump(values, sort_keys=False, allow_unicode=True)
    # PyYAML writes the character U+0085 (next line) unescaped, and reads it as a blank.
    return found if "\x85" not in found else yaml.safe_dump(values, sort_keys=False)


def write_card(folder: str | Path, **options: Any) -> Path:
    """Write the card into the folder and return its path. Options as `model_card`.

    Raises `FileExistsError` if `README.md` was edited or was not written by this function.
    """
    path = Path(folder) / CARD
    if path.exists() and not is_as_written(path):
        raise FileExistsError(f"{path} was edited or was not written by rnn_models: move it away to keep it")
    text = sign(model_card(folder, **options).rstrip("\n") + "\n")
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def write_card_or_say_how(folder: Path) -> None:
    """Write the card of a saved model; if that fails, one line on stderr says how to write it later."""
    try:
        write_card(folder)
    except Exception as error:  # no problem with a card may end a run
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        again = shlex.join(["python", "-m", "rnn_models", "card", str(folder)])
        print(f"warning: the card was not written ({reason}); to write it: {again}", file=sys.stderr)


def shown_size(megabytes: float) -> str:
    """A size as a person reads it, in MB or kB."""
    return f"{megabytes:.1f} MB" if megabytes >= 0.1 else f"{megabytes * 1000:.0f} kB"


def stages(results: dict[str, Any]) -> list[dict[str, Any]]:
    """The results of a run and of those before it, each once, in the order of training: of the weights that it started
    from and of its teachers."""
    before = [results["stage_before"]] if results.get("stage_before") else []
    found = [stage for first in [*before, *results.get("teachers", [])] for stage in stages(first)]
    return [*{stage["command"]: stage for stage in found}.values(), results]


def _epochs(results: dict[str, Any]) -> str:
    return "1 epoch" if results["epochs"] == 1 else f"{results['epochs']:g} epochs"


def _commands(results: dict[str, Any]) -> str:
    """The commands that trained the model, earlier stages first."""
    *before, last = stages(results)
    spent = [f"{_epochs(stage)}, {stage['train_hours']:.2f} hours on {stage['machine']}" for stage in before]
    lines = [f"{stage['command']}   # {about}" for stage, about in zip(before, spent, strict=True)]
    return "\n".join([*lines, last["command"]])


def _summary(config: Any, results: dict[str, Any], task: str) -> str:
    ways = "bidirectional " if config.bidirectional else "backward " if config.backwards else ""
    label = CELLS[config.cell_type].label
    article = "An" if not ways and label[0] in "AEFHILMNORSX" else "A"  # by how the letters are pronounced
    layers = f"{config.num_hidden_layers} layer{'s' if config.num_hidden_layers > 1 else ''}"
    above = ", a CRF above them" if task == TAGGING and config.crf else ""
    labels = ", ".join(map(plain, config.id2label.values())) if task in (CLASSIFICATION, TAGGING) else ""
    columns = ", ".join(map(plain, config.channel_names or ["one column"])) if task == FORECASTING else ""
    does = {
        GENERATION: lambda: "generates text",
        CLASSIFICATION: lambda: f"classifies texts as one of: {labels}",
        TAGGING: lambda: f"gives each word of a sentence one of the tags {labels}",
        FORECASTING: lambda: (
            f"forecasts the next {config.prediction_length} steps of {columns} from the {config.context_length} before"
        ),
    }[task]()
    return (
        f"{article} {ways}{label} with {layers} of {config.hidden_size} units{above} and "
        f"{results['parameters']:,} parameters that {does}."
    )


def _calibration(config: RNNConfig) -> str:
    if config.temperature == 1.0:
        return "Its probabilities are not calibrated."
    return (
        f"Its probabilities are calibrated on the validation texts with a temperature of {config.temperature:g}, and "
        "are reliable only for similar texts."
    )


def _rows(results: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """(data set, split, metrics) of every evaluation; after each split its rows that are not in the training data."""
    rows = []
    for part in ("validation", "test"):
        for metrics in results.get(part, {}).get("data_sets", {}).values():
            rows += [(metrics["data_set"], metrics["split"] + also, own) for also, own in _by_horizon(metrics)]
            if fresh := metrics.get("rows_not_in_train"):
                rows.append((metrics["data_set"], metrics["split"] + ", rows not in train", fresh))
    return rows


def _by_horizon(metrics: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The metrics of a forecaster for each of its horizons, with a name for it; those of other models as they are."""
    horizons = sorted(int(name.removeprefix("mse_")) for name in metrics if name.startswith("mse_"))
    if not horizons:
        return [("", metrics)]
    of = {h: {name: metrics[f"{name}_{h}"] for name in METRICS if f"{name}_{h}" in metrics} for h in horizons}
    return [(f", {horizon} steps", {"rows": metrics["rows"], **own}) for horizon, own in of.items()]


def _metrics_table(results: dict[str, Any]) -> str:
    rows = _rows(results)
    shown = [name for name in METRICS if any(name in metrics for _, _, metrics in rows)]
    lines = ["| data set | split | rows | " + " | ".join(METRICS[name] for name in shown) + " |"]
    lines.append("|---" * (3 + len(shown)) + "|")
    for data_set, split, metrics in rows:
        values = [f"{metrics[name]:.4f}" if name in metrics else "" for name in shown]
        lines.append(f"| {plain(data_set)} | {plain(split)} | {metrics['rows']:,} | " + " | ".join(values) + " |")
    return "\n".join(lines)


def _baselines(found: dict[str, Any]) -> list[str]:
    """A forecaster beside simpler forecasts."""
    names = ("mse", "mae", "mase")
    lines = ["| split | model | " + " | ".join(METRICS[name] for name in names) + " |", "|---|---|---:|---:|---:|"]
    for row in found["rows"]:
        model = "this model" if row["model"] == "network" else row["model"]
        lines.append(f"| {row['split']} | {model} | " + " | ".join(f"{row[name]:.4f}" for name in names) + " |")
    notes = [f"{name.capitalize()}: {note}." for name, note in found["notes"].items() if name not in METRICS]
    return ["Beside simpler forecasts:", "\n".join(lines), " ".join([f"Made by `{found['command']}`.", *notes])]


def _tags(results: dict[str, Any]) -> list[str]:
    """The F1 of each tag, as far as the results have them: of test if it was read, else of validation."""
    part = next((part for part in ("test", "validation") if "f1_by_tag" in results.get(part, {})), None)
    if part is None:
        return []
    lines = [f"| tag | F1, {part} |", "|---|---:|"]
    lines += [f"| {plain(tag)} | {f1:.4f} |" for tag, f1 in results[part]["f1_by_tag"].items()]
    return ["\n".join(lines)]


def _kinds(found: dict[str, Any]) -> list[str]:
    """The accuracy for each value of a column, and the first error for each value."""
    lines = ["| " + found["by"] + " | sentences | accuracy |", "|---|---:|---:|"]
    lines += [f"| {row['split']} | {row['rows']} | {100 * row['accuracy']:.0f} % |" for row in found["rows"]]
    first = {error[found["by"]]: error for error in reversed(found["errors"])}
    wrong = [
        f"- {kind}: {one['text']} (predicted {one['predicted']}, label {one['label']})" for kind, one in first.items()
    ]
    return [
        f"## By {found['by']}",
        "\n".join(lines),
        f"Made by `{found['command']}`. Examples that it still gets wrong:",
        "\n".join(reversed(wrong)),
    ]


def _read(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What was read, each with the results that tell its terms.

    First what the metrics are of, then what earlier stages and teachers read beside it.
    """
    found = {name: results for name, _, _ in _rows(results)}
    for stage in stages(results):
        found |= {name: stage for name in stage.get("licenses", {}) if name not in found}
    return found


def _data(results: dict[str, Any], what: str) -> str:
    lines = [_terms(name, stage, stage is results) for name, stage in _read(results).items()]
    return "\n".join(lines) + f"\n\nThis repository does not contain the {what}."


def _terms(name: str, stage: dict[str, Any], last: bool) -> str:
    source, terms = stage.get("sources", {}).get(name), stage["licenses"].get(name) or "not stated"
    where = "" if last else "; read in an earlier stage of training"
    return f"- {plain(name)}{f' ({plain(source)})' if source else ''}, terms: {plain(terms)}{where}"


def _is_on_hub(data_set: str) -> bool:
    """Whether a data set's name is a Hub name with an owner; for others the text names the source."""
    try:
        validate_repo_id(data_set)
    except HFValidationError:
        return False
    return "/" in data_set and Path(data_set).suffix.lower() not in {*SUFFIXES, *FILE_FORMATS}


def _header(title: str, results: dict[str, Any], task: str, language: str) -> ModelCardData:
    terms = [text for stage in stages(results) for text in stage.get("licenses", {}).values()]
    licenses = {HUB_LICENSES.get(text) for text in terms}
    license = licenses.pop() if len(licenses) == 1 else None
    rows = _rows(results)
    return ModelCardData(
        language=None if task == FORECASTING else language,
        license=license or "other",
        library_name="transformers",
        pipeline_tag=task,
        tags=["rnn", "recurrent"],
        datasets=list(filter(_is_on_hub, _read(results))) or None,
        metrics=[known for name, known in HUB_METRICS.items() if any(name in metrics for _, _, metrics in rows)],
        model_name=title,
        eval_results=[
            EvalResult(
                task_type=task,
                dataset_type=data_set,
                dataset_name=data_set,
                dataset_split=split,
                metric_type=metric,
                metric_name=METRICS[metric],
                metric_value=round(metrics[metric], 4),
            )
            for data_set, split, metrics in rows
            for metric in METRICS
            if metric in metrics
        ],
    )
