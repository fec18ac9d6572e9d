"""The shipped models: each loads and does what its card says, and its card shows the measured metrics."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard

from rnn_models.modeling.heads import head_of
from rnn_models.publish.card import METRICS, model_card, shown_size
from rnn_models.publish.hub import code_of
from tests.printed import difference

ROOT = Path(__file__).parents[2]
CHECKPOINTS = ROOT / "checkpoints"
SHIPPED = (
    "film-reviews", "forecast-airline", "forecast-etth1", "sentiment-en", "sentiment-zh", "shakespeare-gru",
    "shakespeare-lstm", "shakespeare-rnn", "tagger-en", "tang-poems",
)  # fmt: skip
EXAMPLE = re.compile(r"```python\n(.*?)```\n\nprints\n\n```text\n(.*?)\n```", re.DOTALL)
# A line of a poem is a couplet: two halves of 5 or 7 characters, each followed by a punctuation mark.
COUPLET = re.compile(r"([\u4e00-\u9fff]{5}|[\u4e00-\u9fff]{7})[，。！？；、]([\u4e00-\u9fff]+)[，。！？；]")

RUN_EXAMPLES = """
import contextlib, io, json, sys, traceback
sys.modules["rnn_models"] = None  # so that importing it fails, installed or not: a reader may not have it
reports = {}
for name, code in json.load(sys.stdin).items():
    error, out = "", io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            exec(compile(code, "<card>", "exec"), {})
        except Exception:
            error = traceback.format_exc()
    reports[name] = {"printed": out.getvalue(), "error": error}
json.dump(reports, sys.stdout)
"""

every_model = pytest.mark.parametrize("name", SHIPPED)


def folder_of(name: str) -> Path:
    folder = CHECKPOINTS / name
    if not (folder / "model.safetensors").is_file():
        pytest.fail(f"there is no checkpoints/{name}: run python train.py recipes/{name}.yaml")
    return folder


def card_of(name: str) -> ModelCard:
    path = folder_of(name) / "README.md"
    assert path.is_file(), f"there is no card: run python -m rnn_models card checkpoints/{name}"
    return ModelCard.load(path, ignore_metadata_errors=False)


def example_of(name: str) -> tuple[str, str]:
    """The card's example, and the output shown in the card."""
    found = EXAMPLE.search(card_of(name).text)
    assert found, "the card holds no example with its output"
    return found[1], found[2]


def results_of(name: str) -> dict[str, Any]:
    return json.loads((folder_of(name) / "eval_results.json").read_text(encoding="utf-8"))


@functools.cache
def load(name: str) -> tuple[Any, Any]:
    """Model and tokenizer, loaded by this package."""
    import transformers

    head = head_of(json.loads((folder_of(name) / "config.json").read_text(encoding="utf-8"))["architectures"][0])
    auto = getattr(transformers, head.auto_class)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder_of(name)) if head.reads == "tokens" else None
    return auto.from_pretrained(folder_of(name)), tokenizer


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the models in `checkpoints` as `push` would upload them."""
    from rnn_models.__main__ import main

    root = tmp_path_factory.mktemp("staged")
    with contextlib.chdir(root):
        for name in SHIPPED:
            assert main(["stage", str(folder_of(name)), f"checkpoints/{name}"]) == 0
    return root


@pytest.fixture(scope="module")
def reports(staged: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """The outputs of the examples of all cards in a process without this package."""
    cards = [name for name in SHIPPED if (CHECKPOINTS / name / "README.md").is_file()]
    finished = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", "-c", RUN_EXAMPLES],
        cwd=staged,
        env={**os.environ, "HF_HOME": str(tmp_path_factory.mktemp("home"))},
        input=json.dumps({name: example_of(name)[0] for name in cards}),
        capture_output=True,
        encoding="utf-8",
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def test_every_recipe_has_its_model_and_every_model_its_recipe():
    shipped = sorted(path.parent.name for path in CHECKPOINTS.glob("*/config.json"))
    recipes = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in (ROOT / "recipes").glob("*.yaml")}
    # Other recipes are earlier stages of one of these.
    made = sorted(name for name, recipe in recipes.items() if recipe["output_dir"].startswith("checkpoints/"))
    assert shipped == sorted(SHIPPED) == made


@every_model
def test_a_model_is_what_its_recipe_says(name: str):
    config = json.loads((folder_of(name) / "config.json").read_text(encoding="utf-8"))
    recipe = yaml.safe_load((ROOT / "recipes" / f"{name}.yaml").read_text(encoding="utf-8"))
    assert recipe["output_dir"] == f"checkpoints/{name}"
    shared = sorted(set(config) & set(recipe))
    assert {"cell_type", "hidden_size"} <= set(shared)
    assert {key: config[key] for key in shared} == {key: recipe[key] for key in shared}
    assert results_of(name)["command"].startswith(f"python train.py recipes/{name}.yaml")


@every_model
def test_a_model_can_be_trained_again_by_its_recipe_in_its_own_folder(name: str, monkeypatch: pytest.MonkeyPatch):
    from rnn_models.training.arguments import parse_arguments
    from rnn_models.training.folder import output_folder

    monkeypatch.chdir(ROOT)
    folder_of(name)
    # refused if the card is not as the command `card` writes it
    output_folder(parse_arguments([f"recipes/{name}.yaml", "--overwrite_output_dir"]))


@every_model
def test_a_folder_is_small_and_has_no_pickle(name: str):
    paths = list(folder_of(name).rglob("*"))
    assert sum(path.stat().st_size for path in paths) <= 10_000_000
    for path in paths:
        if path.suffix != ".safetensors":
            path.read_text(encoding="utf-8")  # a pickle would not be text


@every_model
def test_the_files_that_determine_the_outputs_have_checksums(name: str):
    from rnn_models.checkpoint import SUMS, load_checkpoint

    listed = {line.split("  ")[1] for line in (folder_of(name) / SUMS).read_text(encoding="utf-8").splitlines()}
    there = {path.name for path in folder_of(name).iterdir() if path.suffix != ".py"}
    assert listed == there - {SUMS, "README.md", "eval_results.json"}
    load_checkpoint(folder_of(name))


@every_model
def test_the_pushed_files_are_the_folder_with_the_current_code(name: str, staged: Path):
    reads = "numbers" if name.startswith("forecast") else "tokens"
    code = {path.name: path.read_bytes() for path in code_of(reads)}
    there = {path.name: path.read_bytes() for path in (staged / "checkpoints" / name).iterdir()}
    kept = {path.name: path.read_bytes() for path in folder_of(name).iterdir() if path.suffix != ".py"}
    assert there.pop("README.md").decode() == kept.pop("README.md").decode()
    assert there == kept | code


@every_model
def test_weights_are_half_precision_on_disk_and_single_precision_when_loaded(name: str):
    import torch
    from safetensors.torch import load_file

    recipe = yaml.safe_load((ROOT / "recipes" / f"{name}.yaml").read_text(encoding="utf-8"))
    stored = torch.float32 if name == "forecast-airline" else torch.float16  # 39 kB
    assert recipe.get("save_dtype", "float32") == str(stored).removeprefix("torch.")
    assert {tensor.dtype for tensor in load_file(folder_of(name) / "model.safetensors").values()} == {stored}
    model, _ = load(name)
    kinds = {(parameter.dtype, parameter.device.type) for parameter in model.parameters()}
    assert kinds == {(torch.float32, "cpu")}
    assert model.num_parameters() == results_of(name)["parameters"]


@every_model
def test_a_card_shows_the_metrics_that_were_measured(name: str):
    card, measured = card_of(name), {}
    for part in ("validation", "test"):
        for metrics in results_of(name).get(part, {}).get("data_sets", {}).values():
            if "mse_96" not in metrics:
                measured |= metrics_by_key(metrics, metrics["data_set"], metrics["split"])
            for steps in (96, 192, 336, 720):  # of forecast-etth1
                found = {
                    key.removesuffix(f"_{steps}"): value for key, value in metrics.items() if key.endswith(f"_{steps}")
                }
                measured |= metrics_by_key(found, metrics["data_set"], f"{metrics['split']}, {steps} steps")
            fresh = metrics.get("rows_not_in_train", {})
            measured |= metrics_by_key(fresh, metrics["data_set"], metrics["split"] + ", rows not in train")
    stated = {
        (result.dataset_type, result.dataset_split, result.metric_type): result.metric_value
        for result in card.data.eval_results
    }
    assert stated == measured and measured
    assert [value for value in measured.values() if f"{value:.4f}" not in card.text] == []


def metrics_by_key(metrics: dict[str, Any], data_set: str, split: str) -> dict[tuple[str, str, str], float]:
    return {(data_set, split, metric): round(metrics[metric], 4) for metric in METRICS if metric in metrics}


@every_model
def test_a_card_states_language_licence_and_task(name: str):
    data = card_of(name).data
    tasks = {
        "sentiment": "text-classification", "tagger": "token-classification", "forecast": "time-series-forecasting",
    }  # fmt: skip
    language = "zh" if name in ("sentiment-zh", "tang-poems") else "en"
    assert data.language == (None if name.startswith("forecast") else language)
    assert data.pipeline_tag == tasks.get(name.partition("-")[0], "text-generation")
    assert data.library_name == "transformers" and data.license


@every_model
def test_a_card_states_whether_probabilities_are_calibrated(name: str):
    text, (model, _) = card_of(name).text, load(name)
    fitted = getattr(model.config, "temperature", 1.0) != 1.0
    assert ("are calibrated on the validation texts" in text) == fitted
    assert ("are not calibrated" in text) == (name.startswith(("sentiment", "tagger")) and not fitted)


@every_model
def test_the_example_of_a_card_prints_what_the_card_shows(name: str, reports: dict[str, dict[str, str]]):
    code, shown = example_of(name)
    assert f'"checkpoints/{name}"' in code
    assert reports[name]["error"] == ""
    assert difference(reports[name]["printed"], shown) is None


@pytest.mark.parametrize(
    ("name", "text", "label"),
    [
        ("sentiment-en", "I really enjoyed that concert.", "positive"),
        ("sentiment-zh", "这家酒店的服务太差了", "negative"),
    ],
)
def test_a_classifier_is_right_about_a_simple_sentence(name: str, text: str, label: str):
    model, tokenizer = load(name)
    logits = model(**tokenizer(text, return_tensors="pt")).logits
    assert model.config.id2label[logits.argmax().item()] == label


def test_poems_are_regular_and_end_by_themselves():
    import torch

    model, tokenizer = load("tang-poems")
    torch.manual_seed(0)
    beginning = tokenizer("", return_tensors="pt")
    assert beginning.input_ids.tolist() == [[tokenizer.bos_token_id]]
    poems = model.generate(
        **beginning, do_sample=True, temperature=0.8, top_k=0, num_return_sequences=20, max_new_tokens=150
    )
    ended = [row for row in poems if tokenizer.eos_token_id in row]
    texts = tokenizer.batch_decode(ended, skip_special_tokens=True)
    regular = [text for text in texts if is_regular(text)]
    assert len(regular) >= 16, tokenizer.batch_decode(poems)


def is_regular(poem: str) -> bool:
    """Two or four couplets whose halves all have the same length, 5 or 7."""
    couplets = [COUPLET.fullmatch(line) for line in poem.split("\n")]
    lengths = {len(half) for couplet in couplets if couplet for half in couplet.groups()}
    return len(couplets) in (2, 4) and all(couplets) and len(lengths) == 1


@pytest.mark.parametrize(
    ("poem", "regular"),
    [
        ("床前明月光，疑是地上霜。\n举头望明月，低头思故乡。", True),
        ("床前明月光，疑是地上霜。", False),
        ("床前明月光，疑是地上霜。\n举头望明月，低头思乡。", False),
        ("床前明月光，疑是地上霜。\n两个黄鹂鸣翠柳，一行白鹭上青天。", False),
    ],
)
def test_a_poem_with_too_few_lines_or_lines_of_different_length_is_not_regular(poem: str, regular: bool):
    assert is_regular(poem) == regular


def test_a_card_shows_a_classifier_s_errors_by_kind(tiny_checkpoints: Path, tmp_path: Path):
    folder = shutil.copytree(tiny_checkpoints / "sentiment-en", tmp_path / "sentiment-en")
    results = {"notes": {}, "command": "python train.py x.yaml", "seed": 1, "epochs": 1, "train_hours": 0.1}
    results |= {"machine": "1 CPU core", "torch": "2", "transformers": "5", "parameters": 1, "licenses": {}}
    results |= {"validation": {"data_sets": {}}, "sources": {}, "language": "en", "weights": "float32"}
    (folder / "eval_results.json").write_text(json.dumps(results), encoding="utf-8")
    row = {"split": "litotes", "rows": 4, "accuracy": 0.75}
    error = {"text": "Not bad.", "kind": "litotes", "label": "positive", "predicted": "negative"}
    found = {"by": "kind", "rows": [row], "errors": [error], "command": "python -m rnn_models evaluate x --by kind"}
    (tmp_path / "found.json").write_text(json.dumps(found), encoding="utf-8")
    text = model_card(folder, kinds=tmp_path / "found.json")
    assert "## By kind" in text and "| litotes | 4 | 75 % |" in text
    assert "- litotes: Not bad. (predicted negative, label positive)" in text


def test_a_card_names_the_terms_of_what_earlier_stages_and_teachers_read(tiny_checkpoints: Path, tmp_path: Path):
    folder = shutil.copytree(tiny_checkpoints / "sentiment-en", tmp_path / "sentiment-en")
    run = {"epochs": 1, "train_hours": 0.1, "machine": "1 CPU core"}
    first = {**run, "command": "python train.py a.yaml", "licenses": {"owner/first": "MIT", "own.csv": "MIT"}}
    taught = {**run, "command": "python train.py b.yaml", "licenses": {"teachers.csv": None}, "sources": {}}
    results = {**run, "command": "python train.py c.yaml", "stage_before": first, "teachers": [taught], "seed": 1}
    results |= {"torch": "2", "transformers": "5", "parameters": 1, "licenses": {"own.csv": "MIT"}, "sources": {}}
    of_split = {"data_set": "own.csv", "split": "validation", "rows": 1, "accuracy": 1.0}
    results |= {
        "validation": {"data_sets": {"own.csv": of_split}},
        "language": "en",
        "weights": "float32",
        "notes": {},
    }
    (folder / "eval_results.json").write_text(json.dumps(results), encoding="utf-8")
    text = model_card(folder)
    assert "- own.csv, terms: MIT\n" in text
    assert "- owner/first, terms: MIT; read in an earlier stage of training" in text
    assert "- teachers.csv, terms: not stated; read in an earlier stage of training" in text
    header = yaml.safe_load(text.split("---")[1])
    assert (header["license"], header["datasets"]) == ("other", ["owner/first"])


@pytest.mark.parametrize(("megabytes", "shown"), [(0.0386, "39 kB"), (0.1, "0.1 MB"), (6.71, "6.7 MB")])
def test_a_small_size_is_in_kilobytes(megabytes: float, shown: str) -> None:
    assert shown_size(megabytes) == shown
