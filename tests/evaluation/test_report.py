"""`python -m rnn_models evaluate` from the command line to the table and the file."""

from __future__ import annotations

import csv
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from rnn_models.__main__ import main
from rnn_models.checkpoint import load_checkpoint
from rnn_models.data.token_store import encode_documents
from rnn_models.evaluation.classifiers import calibration_error
from rnn_models.evaluation.report import command
from rnn_models.evaluation.request import load_labelled, load_texts, read_data
from rnn_models.inference import classify
from rnn_models.metrics.measures import evaluate_language_model

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`reviews/` with three splits and two labels, `numbers.csv` with labels 0 and 1, `play.txt`, `reviews.yaml`."""
    folder = tmp_path_factory.mktemp("corpora")
    rng = random.Random(0)
    (folder / "reviews").mkdir()
    for split, rows in (("train", 80), ("validation", 12), ("test", 20)):
        lines = [f"the play was {rng.choice(['good', 'bad'])} on day {rng.randint(0, 30)}" for _ in range(rows)]
        labelled = [f"{line},{'praise' if 'good' in line else 'blame'}" for line in lines]
        (folder / "reviews" / f"{split}.csv").write_text("\n".join(["text,label", *labelled]), encoding="utf-8")
    (folder / "numbers.csv").write_text("text,label\n" + "so so,0\nwell,1\n" * 20, encoding="utf-8")
    (folder / "play.txt").write_text("To be, or not to be, that is the question:\n" * 20, encoding="utf-8")
    (folder / "reviews.yaml").write_text(
        f"""
        task: classification
        datasets: [{{name: {folder / "reviews"}, labels: {{praise: positive, blame: negative}}}}]
        max_length: 64
        learning_rate: 1e-3
        """,
        encoding="utf-8",
    )
    return folder


def run(*words: object) -> int:
    return main(["evaluate", *map(str, words)])


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_classifier_stands_beside_the_linear_baseline(
    tiny_checkpoints: Path, corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    output = tmp_path / "new" / "metrics.json"
    assert run(tiny_checkpoints / "sentiment-en", "--data", corpora / "reviews.yaml", "--output", output) == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert cells(lines[0])[:5] == ["data set", "split", "rows", "model", "accuracy"]
    assert len({len(line) for line in lines[: lines.index("")]}) == 1
    found = json.loads(output.read_text(encoding="utf-8"))
    rows = found["rows"]
    assert [(row["split"], row["model"]) for row in rows] == [
        (split, model) for split in ("test", "test, rows not in train") for model in ("network", "linear")
    ]
    assert [row["rows"] for row in rows[:2]] == [20, 20]
    assert 0 < rows[2]["rows"] < 20
    # one word decides the label, which the baseline learns and a random network does not
    assert [rows[i][name] for i in (1, 3) for name in ("accuracy", "accuracy_own_labels")] == [1.0] * 4
    assert rows[0]["accuracy"] < 1
    names = {"accuracy", "accuracy_own_labels", "macro_f1", "macro_recall", "calibration_error", "loss"}
    assert all(names <= set(row) for row in rows)
    assert (found["task"], found["checkpoint"], found["data_sets"]) == (
        "text-classification",
        "sentiment-en",
        ["reviews"],
    )
    # another test of this process may have loaded statsmodels
    assert set(found["versions"]) - {"statsmodels"} == {"rnn_models", "torch", "transformers", "scikit-learn"}
    assert found["command"] == "python -m rnn_models evaluate sentiment-en --data reviews.yaml"
    assert str(tmp_path.parent) not in output.read_text(encoding="utf-8")


def test_the_calibration_among_a_data_sets_own_labels_leaves_the_other_labels_out(
    tiny_checkpoints: Path, corpora: Path, tmp_path: Path
):
    assert (
        run(tiny_checkpoints / "sentiment-en", "--data", corpora / "reviews.yaml", "--output", tmp_path / "a.json")
        == 0
    )
    shown = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["rows"][0]
    with (corpora / "reviews" / "test.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    checkpoint = load_checkpoint(tiny_checkpoints / "sentiment-en")
    answers = classify(checkpoint.model, checkpoint.tokenizer, [row["text"] for row in rows])
    logits = np.log([[answer["negative"], answer["positive"]] for answer in answers])
    labels = np.array([int(row["label"] == "praise") for row in rows])
    assert shown["calibration_error_own_labels"] == pytest.approx(calibration_error(logits, labels), abs=1e-4)
    assert shown["calibration_error_own_labels"] != pytest.approx(shown["calibration_error"], abs=1e-3)


def with_labels_in_another_order(folder: Path, copy: Path) -> Path:
    """The same classifier with its labels in reverse order."""
    checkpoint = load_checkpoint(shutil.copytree(folder, copy))
    model = checkpoint.model
    with torch.no_grad():
        for parameter in model.classifier.parameters():
            parameter.copy_(parameter.flip(0))
    model.config.id2label = dict(enumerate(reversed(model.config.id2label.values())))
    model.config.label2id = {label: index for index, label in model.config.id2label.items()}
    model.save_pretrained(copy)
    (copy / "SHA256SUMS").unlink(missing_ok=True)
    return copy


def test_several_classifiers_stand_beside_the_mean_of_their_answers(
    tiny_checkpoints: Path, corpora: Path, tmp_path: Path
):
    english, output = tiny_checkpoints / "sentiment-en", tmp_path / "metrics.json"
    chinese = with_labels_in_another_order(tiny_checkpoints / "sentiment-zh", tmp_path / "turned")
    options = ["--data", corpora / "reviews.yaml", "--split", "validation", "--output", output, "--no_baseline"]
    assert run(english, chinese, *options) == 0
    found = json.loads(output.read_text(encoding="utf-8"))
    assert found["checkpoint"] == "sentiment-en + turned" and "mean" in found["notes"]
    rows = {row["model"]: row for row in found["rows"] if row["split"] == "validation"}
    assert list(rows) == ["sentiment-en", "turned", "mean"]
    (corpus,) = load_labelled(read_data(str(corpora / "reviews.yaml")), None, load_checkpoint(english).model.config)
    labels = [["negative", "neutral", "positive"][label] for label in corpus.validation.labels or []]
    answers = [
        classify(checkpoint.model, checkpoint.tokenizer, corpus.validation.texts)
        for checkpoint in (load_checkpoint(english), load_checkpoint(chinese))
    ]
    each = [[answer[label] for answer, label in zip(given, labels, strict=True)] for given in answers]
    for name, probabilities in zip(rows, [*each, np.mean(each, axis=0)], strict=True):
        assert rows[name]["loss"] == pytest.approx(-np.log(probabilities).mean(), abs=1e-4)


def test_only_classifiers_are_averaged(tiny_checkpoints: Path, corpora: Path, capsys: pytest.CaptureFixture[str]):
    both = [tiny_checkpoints / "sentiment-en", tiny_checkpoints / "shakespeare-lstm"]
    assert run(*both, "--data", corpora / "reviews.yaml") == 2
    assert "shakespeare-lstm is a model for text-generation" in capsys.readouterr().err


def test_a_quick_look_without_a_baseline_takes_the_first_rows_of_the_split_that_is_asked_for(
    tiny_checkpoints: Path, corpora: Path, capsys: pytest.CaptureFixture[str]
):
    options = ["--split", "validation", "--rows", 5, "--no_baseline"]
    assert run(tiny_checkpoints / "sentiment-en", "--data", corpora / "reviews.yaml", *options) == 0
    shown = [cells(line) for line in capsys.readouterr().out.splitlines() if line.startswith("| reviews")]
    assert shown[0][1:4] == ["validation", "5", "network"]
    assert all(row[3] == "network" for row in shown)


def test_a_language_model_stands_beside_n_grams_and_held_out_text(
    tiny_checkpoints: Path, corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    output = tmp_path / "metrics.json"
    folder = tiny_checkpoints / "shakespeare-lstm"
    options = ["--samples", 3, "--sample_length", 30, "--order", 4, "--dynamic", "--cache", "0.5,0.1,20"]
    assert run(folder, "--data", corpora / "play.txt", *options, "--output", output) == 0
    found = json.loads(output.read_text(encoding="utf-8"))
    network, ngrams, samples, held_out = found["rows"]
    assert [row["model"] for row in found["rows"]] == ["network", "4-gram", "network", "held-out text"]
    assert network["split"] == "held out of train"
    assert ngrams["tokens"] == network["tokens"] == network["characters"] + 1
    assert ngrams["perplexity"] < 2 < network["perplexity_dynamic"] < network["perplexity"]
    assert network["bits_per_character_cache"] != network["bits_per_character"]
    assert samples["rows"] == held_out["rows"] == 3
    assert held_out["copied_20_grams"] == 1
    assert samples["copied_20_grams"] == 0
    header = capsys.readouterr().out.splitlines()[0]
    for column in ("perplexity, dynamic", "bits/char, cache", "distinct-3", "looping", "longest copy"):
        assert column in header
    checkpoint = load_checkpoint(folder)
    text = (corpora / "play.txt").read_text(encoding="utf-8")
    held = text[len(text) - int(len(text) * 0.05) :]
    metrics = evaluate_language_model(checkpoint.model, encode_documents(checkpoint.tokenizer, [held]), len(held))
    assert network["loss"] == pytest.approx(metrics["loss"])


def test_documents_that_a_recipe_separates_are_read_apart(tiny_checkpoints: Path, tmp_path: Path):
    checkpoint = load_checkpoint(tiny_checkpoints / "shakespeare-lstm")
    model, tokenizer = checkpoint.model, checkpoint.tokenizer
    with torch.no_grad():
        for parameter in model.parameters():
            # far from zero, so that the state matters
            parameter.copy_(torch.randn_like(parameter))
    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    (tmp_path / "lines.csv").write_text("text\n" + "To be or not\nthe question\n" * 30, encoding="utf-8")
    recipe, output = tmp_path / "lines.yaml", tmp_path / "metrics.json"
    losses = []
    for separate in (True, False):
        recipe.write_text(f"datasets: {tmp_path}/lines.csv\nseparate_documents: {separate}\n", encoding="utf-8")
        options = ["--samples", 0, "--no_baseline", "--output", output]
        assert run(tmp_path / "model", "--data", recipe, *options) == 0
        found = json.loads(output.read_text(encoding="utf-8"))
        assert [row["model"] for row in found["rows"]] == ["network"]
        assert found["notes"]["conditioned_on"].startswith("the row" if separate else "all text")
        documents = encode_documents(tokenizer, load_texts(read_data(str(recipe)), None)[0].validation.texts)
        expected = evaluate_language_model(model, documents, 1, separate=separate)["loss"]
        assert found["rows"][0]["loss"] == pytest.approx(expected, rel=1e-5)
        losses.append(expected)
    assert losses[0] != pytest.approx(losses[1], rel=1e-3)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sentiment-en", "--data", "reviews"], "the data has 'blame'"),
        (["sentiment-en", "--data", "numbers.csv"], "the data has '0'"),
        (["sentiment-en", "--data", "reviews.yaml", "--dynamic"], "language models"),
        (["sentiment-en", "--data", "nothing.yaml"], "nothing.yaml cannot be read"),
        (["sentiment-en", "--data", "nothing.csv"], "there is no file"),
        (["sentiment-en", "--data", "play.txt"], "no label column"),
        (["nothing", "--data", "reviews.yaml"], "there is no such folder"),
        (["shakespeare-lstm", "--data", "play.txt", "--split", "test"], "no test split"),
        (["shakespeare-lstm", "--data", "play.txt", "--rows", "0"], "option rows"),
        (["shakespeare-lstm", "--data", "play.txt", "--order", "0"], "option order"),
        (["shakespeare-lstm", "--data", "play.txt", "--dynamic", "-1"], "option dynamic"),
        (["shakespeare-lstm", "--data", "play.txt", "--cache", "1,2"], "THETA,LAMBDA,SIZE"),
        (["shakespeare-lstm", "--data", "play.txt", "--cache", "1,1,20"], "LAMBDA from 0 to below 1"),
        (["shakespeare-lstm", "--data", "empty.yaml"], "names no datasets"),
    ],
)
def test_bad_input_is_one_line_and_exit_status_2(
    words: list[str], said: str, tiny_checkpoints: Path, corpora: Path, capsys: pytest.CaptureFixture[str]
):
    (corpora / "empty.yaml").write_text("task: language-model\n", encoding="utf-8")
    checkpoint, option, data, *more = words
    assert run(tiny_checkpoints / checkpoint, option, corpora / data, *more) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert said in shown.err
    assert shown.err.count("\n") == 1


def test_numbers_as_many_as_the_models_labels_are_its_own(tiny_checkpoints: Path, tmp_path: Path):
    rows = [f"text {number},{number % 3}" for number in range(60)]
    (tmp_path / "numbers.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    output = tmp_path / "metrics.json"
    options = ["--data", tmp_path / "numbers.csv", "--output", output]
    assert run(tiny_checkpoints / "sentiment-en", *options) == 0
    metrics = json.loads(output.read_text(encoding="utf-8"))["rows"][0]
    assert metrics["split"] == "held out of train"
    assert "accuracy_own_labels" not in metrics


def test_the_command_that_is_written_down_names_no_folder_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    words = ["evaluate", "checkpoints/a", f"--data={tmp_path}/recipes/a.yaml", "--data_root", "/data", "--rows", "5"]
    assert command([*words, "--output=/x/y.json"]) == (
        "python -m rnn_models evaluate checkpoints/a --data=recipes/a.yaml --rows 5"
    )
    assert command(["evaluate", "/elsewhere/model/", "--output", "o.json", "--no_baseline"]) == (
        "python -m rnn_models evaluate model --no_baseline"
    )


def test_help_waits_for_no_library():
    code = "import sys; from rnn_models.__main__ import main\n"
    code += "try: main(['evaluate', '--help'])\nexcept SystemExit: pass\n"
    code += "print(sorted({'torch', 'transformers', 'sklearn', 'datasets', 'numpy'} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert "--no_baseline" in shown.stdout
    assert shown.stdout.splitlines()[-1] == "[]"
