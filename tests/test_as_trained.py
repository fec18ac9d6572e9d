"""Texts are processed as in training wherever the model is used."""

from __future__ import annotations

import html
import json
import sys
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

from rnn_models.__main__ import main
from rnn_models.bulk.run import Classifier
from rnn_models.checkpoint import load_checkpoint
from rnn_models.data.recipes import read_recipe
from rnn_models.graphs.runtime import classifier_for
from rnn_models.inference import SharedClassifier, classify

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import train  # noqa: E402  (the script stands beside the package, not in it)

PLAIN = [f"It isn't \"good\" & I don't like {what}. Don't!" for what in ("it", "3 < 5", "R&B", "them at all")]
PAGES = [html.escape(text).replace(". ", ".<br /><br>") for text in PLAIN]
WRITTEN = [text.replace(". ", ".  ") for text in PLAIN]  # one space per tag


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier trained on HTML that depends on every character."""
    root = tmp_path_factory.mktemp("html")
    rows = [
        {"text": f"{page} {number}", "label": ("bad", "good")[number % 2]} for number in range(20) for page in PAGES
    ]
    (root / "pages.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (root / "recipe.yaml").write_text(
        f"""
        task: classification
        datasets: [{{name: {root / "pages.jsonl"}, strip_html: true}}]
        output_dir: {root / "model"}
        tokenizer: byte-pair
        vocab_size: 262
        lowercase: true
        max_length: 60
        truncation_side: left
        embedding_size: 8
        hidden_size: 12
        max_steps: 4
        learning_rate: 0.05
        use_cpu: true
        """,
        encoding="utf-8",
    )
    assert train.main([str(root / "recipe.yaml")]) == 0
    return root / "model"


def answers_of(name: str, folder: Path, texts: list[str], scratch: Path) -> list[float]:
    """The probability that each text is good, from one of the ways to use the model."""
    checkpoint = load_checkpoint(folder)
    if name == "classify":
        return [answer["good"] for answer in classify(checkpoint.model, checkpoint.tokenizer, texts)]
    if name == "the app":
        shared = SharedClassifier(classifier_for(checkpoint.model, quantize=None), checkpoint.tokenizer)
        return [shared.classify(text).result()["good"] for text in texts]
    if name == "Classifier":
        return Classifier(folder)(texts)["good"]
    if name == "a file":
        table = scratch / "a.jsonl"
        table.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
        assert main(["classify", str(table), "--model", str(folder), "--overwrite"]) == 0
        written = (scratch / "a.classified.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line)["good"] for line in written]
    if name == "pipeline":
        model = AutoModelForSequenceClassification.from_pretrained(folder)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        ask = pipeline("text-classification", model=model, tokenizer=tokenizer, top_k=None)
        found = ask(texts, truncation=True)
        return [score["score"] for scores in found for score in scores if score["label"] == "good"]
    assert name == "tokenizers"
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    ids = [tokenizer.encode(text).ids for text in texts]
    with torch.inference_mode():
        return [checkpoint.model(torch.tensor([row])).logits.softmax(-1)[0, 1].item() for row in ids]


@pytest.mark.parametrize("name", ["classify", "the app", "Classifier", "a file", "pipeline", "tokenizers"])
def test_html_is_classified_as_its_text_however_the_model_is_used(name: str, folder: Path, tmp_path: Path):
    long = " at all" * 50
    expected = answers_of("classify", folder, [*WRITTEN, WRITTEN[0] + long], tmp_path)
    assert len(set(expected)) == len(expected)
    found = answers_of(name, folder, [*PAGES, PAGES[0] + long], tmp_path)
    assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    "folder", sorted((ROOT / "checkpoints").glob("*/tokenizer.json")), ids=lambda path: path.parent.name
)
def test_a_shipped_tokenizer_reads_html_and_truncates_as_its_model_did_in_training(folder: Path):
    tokenizer = Tokenizer.from_file(str(folder))
    name = folder.parent.name
    learned = any(entry.get("strip_html") for entry in read_recipe(str(ROOT / "recipes" / f"{name}.yaml"))["datasets"])
    text, page = "I don't <like> it", "I don&#39;t &lt;like&gt; it"
    assert (tokenizer.encode(page).ids == tokenizer.encode(text).ids) == learned
    settings = json.loads((folder.parent / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert tokenizer.truncation is None or tokenizer.truncation["max_length"] == settings["model_max_length"]
