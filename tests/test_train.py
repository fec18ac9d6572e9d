"""`train.py` end to end on tiny corpora, and what it says when something does not fit."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow
import pytest
import torch
from pyarrow import parquet
from safetensors import safe_open

from rnn_models.modeling.cells import has_lstm_in

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import train  # noqa: E402  (the script stands beside the package, not in it)

HEAVY = {"torch", "transformers", "datasets", "numpy"}
TINY = ["--embedding_size", "8", "--hidden_size", "12", "--logging_steps", "2", "--use_cpu"]


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`play.txt` to write on, `reviews.csv` to label, `scores.csv` without texts."""
    folder = tmp_path_factory.mktemp("corpora")
    rng = random.Random(0)
    words = ["the", "cat", "sat", "on", "a", "mat", "and", "the", "dog"]
    play = "".join(rng.choice(words) + rng.choice([" ", "\n"]) for _ in range(600))
    (folder / "play.txt").write_text(play, encoding="utf-8")
    rows = [(rng.choice(["good", "fine", "bad", "poor"]), rng.randint(1, 9)) for _ in range(120)]
    lines = [
        f"{' '.join([word] * count)} {i},{'pos' if word in ('good', 'fine') else 'neg'}"
        for i, (word, count) in enumerate(rows)
    ]
    (folder / "reviews.csv").write_text("\n".join(["text,label", *lines]), encoding="utf-8")
    (folder / "scores.csv").write_text("text,label\n" + "".join(f"{i},pos\n" for i in range(9)), encoding="utf-8")
    return folder


def language_model(corpora: Path, output: Path, *more: str) -> list[str]:
    words = ["--task", "language-model", "--datasets", str(corpora / "play.txt"), "--output_dir", str(output)]
    return [*words, "--tokenizer", "character", "--sequence_length", "16", *TINY, *more]


def classifier(corpora: Path, output: Path, *more: str) -> list[str]:
    words = ["--task", "classification", "--datasets", str(corpora / "reviews.csv"), "--output_dir", str(output)]
    return [*words, "--tokenizer", "word", *TINY, *more]


def test_a_language_model_from_recipe_to_generated_text(
    corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "play.yaml").write_text(
        """
        task: language-model
        datasets: [{name: someone/play.txt, license: cc0-1.0, source: a script}]
        tokenizer: character
        cell_type: gru
        tie_word_embeddings: true
        embedding_size: 8
        hidden_size: 12
        sequence_length: 16
        per_device_train_batch_size: 4
        num_train_epochs: 2
        learning_rate: 1e-2
        save_dtype: float16
        generation: {temperature: 0.7, max_new_tokens: 5}
        sample_prompt: the
        sample_length: 8
        use_cpu: true
        output_dir: model
        """.replace("someone/play.txt", str(corpora / "play.txt")),
        encoding="utf-8",
    )
    assert train.main(["recipes/play.yaml", "--seed", "3"]) == 0
    shown = capsys.readouterr()
    assert "perplexity" in shown.out
    assert "\n    the" in shown.out

    from transformers import AutoModelForCausalLM, AutoTokenizer

    assert sorted(path.name for path in (tmp_path / "model").iterdir() if path.suffix != ".py") == [
        "README.md",
        "SHA256SUMS",
        "config.json",
        "eval_results.json",
        "generation_config.json",
        "model.safetensors",
        "run.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "training_log.jsonl",
    ]
    with safe_open(tmp_path / "model" / "model.safetensors", "pt") as weights:
        assert {str(weights.get_tensor(name).dtype) for name in weights.keys()} == {"torch.float16"}  # noqa: SIM118
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    assert str(model.dtype) == "torch.float32"
    assert model.config.use_cache
    assert (model.generation_config.temperature, model.generation_config.max_new_tokens) == (0.7, 5)
    assert model.generation_config.eos_token_id == tokenizer.eos_token_id
    assert tokenizer.padding_side == "left"
    assert model.generate(**tokenizer("the", return_tensors="pt")).shape[1] <= 4 + 5

    found = json.loads((tmp_path / "model" / "eval_results.json").read_text(encoding="utf-8"))
    figures = found["validation"]
    assert found["command"] == "python train.py recipes/play.yaml --seed 3"
    assert (found["seed"], found["epochs"], found["weights"]) == (3, 2.0, "float16")
    assert found["parameters"] == model.num_parameters()
    assert (figures["data_set"], figures["split"], figures["rows"]) == ("play.txt", "held out of train", 1)
    assert figures["tokens"] == figures["characters"] + 1
    assert figures["nats_per_character"] == pytest.approx(figures["loss"] * figures["tokens"] / figures["characters"])
    assert str(tmp_path) not in json.dumps(found)
    assert str(corpora) not in json.dumps(found)

    from rnn_models.data.corpora import load_corpora
    from rnn_models.data.recipes import DatasetEntry
    from rnn_models.data.token_store import encode_documents
    from rnn_models.metrics.measures import evaluate_language_model

    entry = DatasetEntry(name=str(corpora / "play.txt"))
    (corpus,), _ = load_corpora([entry], labels=None, seed=3)
    documents = encode_documents(tokenizer, corpus.validation.texts)
    again = evaluate_language_model(model, documents, figures["characters"])
    assert again["loss"] == pytest.approx(figures["loss"], rel=1e-6)


def test_a_classifier_learns_and_reports_each_corpus(corpora: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    more = tmp_path / "more.csv"
    more.write_text("text,label\n" + "".join(f"so so {i},meh\ngood {i},pos\n" for i in range(30)), encoding="utf-8")
    entries = f"[{{name: {corpora / 'reviews.csv'}, weight: 1.5}}, {{name: {more}}}]"
    options = ["--labels", "[neg, meh, pos]", "--datasets", entries, "--bidirectional", "--validation_size", "12"]
    options += ["--learning_rate", "0.03", "--num_train_epochs", "6", "--ema_decay", "0.9", "--save_dtype", "float16"]
    options += ["--per_device_train_batch_size", "8", "--label_smoothing_factor", "0.05", "--max_length", "20"]
    assert train.main(classifier(corpora, folder, *options)) == 0

    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert model.config.id2label == {0: "neg", 1: "meh", 2: "pos"}
    assert (tokenizer.padding_side, tokenizer.model_max_length) == ("right", 20)
    logits = model(**tokenizer(["good good", "bad bad"], return_tensors="pt", padding=True)).logits
    assert logits.argmax(-1).tolist() == [2, 0]

    figures = json.loads((folder / "eval_results.json").read_text(encoding="utf-8"))["validation"]
    assert figures["rows"] == 24
    assert list(figures["data_sets"]) == ["reviews.csv", "more.csv"]
    assert figures["data_sets"]["reviews.csv"]["accuracy_own_labels"] > 0.9
    assert not (folder / "runs").exists()


def test_training_goes_on_from_a_checkpoint_to_the_same_model(corpora: Path, tmp_path: Path) -> None:
    options = ["--num_train_epochs", "4", "--per_device_train_batch_size", "4", "--output_dropout", "0.2"]
    options += ["--keep_checkpoints", "--save_total_limit", "9", "--sample_length", "0"]
    assert train.main(language_model(corpora, tmp_path / "whole", *options)) == 0
    checkpoints = sorted((tmp_path / "whole" / "runs").iterdir(), key=lambda path: int(path.name.split("-")[1]))
    assert len(checkpoints) == 4
    shutil.copytree(checkpoints[1], tmp_path / "resumed" / "runs" / checkpoints[1].name)
    # a disk that was full left this one unfinished
    shutil.copytree(checkpoints[2], tmp_path / "resumed" / "runs" / checkpoints[2].name)
    (tmp_path / "resumed" / "runs" / checkpoints[2].name / "trainer_state.json").unlink()
    assert train.main(language_model(corpora, tmp_path / "resumed", *options, "--resume_from_checkpoint")) == 0
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "resumed")]
    assert weights[0] == weights[1]


def test_a_language_model_becomes_a_classifier_with_its_tokenizer(corpora: Path, tmp_path: Path) -> None:
    words = language_model(corpora, tmp_path / "lm", "--num_train_epochs", "1", "--sample_length", "0")
    assert train.main([*words, "--eval_strategy", "no"]) == 0
    words = classifier(corpora, tmp_path / "classifier", "--pretrained_model", str(tmp_path / "lm"))
    without_tokenizer = [word for word in words if word not in ("--tokenizer", "word")]
    assert train.main([*without_tokenizer, "--max_steps", "2", "--learning_rate", "1e-9"]) == 0
    with (
        safe_open(tmp_path / "lm" / "model.safetensors", "pt") as before,
        safe_open(tmp_path / "classifier" / "model.safetensors", "pt") as after,
    ):
        shared = [name for name in before.keys() if name.startswith("rnn.")]  # noqa: SIM118
        assert shared
        for name in shared:
            assert after.get_tensor(name).numpy() == pytest.approx(before.get_tensor(name).numpy(), abs=1e-6)


STAGE = """
task: pretraining
datasets: reviews.csv
output_dir: stage
tokenizer: word
embedding_size: 8
hidden_size: 12
bidirectional: true
num_train_epochs: 2
crop: 0.5
use_cpu: true
"""


def test_a_recipe_names_the_stage_before_it_which_runs_once(
    corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(corpora / "reviews.csv", tmp_path)
    (tmp_path / "stage.yaml").write_text(STAGE, encoding="utf-8")
    words = ["--task", "classification", "--datasets", "reviews.csv", "--pretrained_model", "stage.yaml"]
    words += ["--max_steps", "2", "--learning_rate", "1e-9", "--adversarial_norm", "1", "--use_cpu"]
    assert train.main([*words, "--output_dir", "one"]) == 0
    assert "pretraining, lstm" in capsys.readouterr().out
    # a stage has no card: nobody else is to use it
    assert not (tmp_path / "stage" / "README.md").exists()
    with safe_open("stage/model.safetensors", "pt") as before, safe_open("one/model.safetensors", "pt") as after:
        for name in ("rnn.embedding.weight", "rnn.recurrence.layers.0.right_to_left.cell.weight_hh"):
            assert after.get_tensor(name).numpy() == pytest.approx(before.get_tensor(name).numpy(), abs=1e-6)
    found = json.loads((tmp_path / "one" / "eval_results.json").read_text(encoding="utf-8"))
    assert found["stage_before"]["command"] == "python train.py stage.yaml"
    assert train.main([*words, "--output_dir", "two"]) == 0
    assert "pretraining, lstm" not in capsys.readouterr().out


def test_a_recipe_makes_the_teacher_that_another_names(
    corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "films" / "data").mkdir(parents=True)
    shutil.copy(corpora / "reviews.csv", tmp_path / "films" / "data" / "train-00000-of-00001.csv")
    (tmp_path / "films" / "data" / "unsupervised-00000-of-00001.csv").write_text("text,label\nwho knows,-1\n")
    common = "task: classification\ntokenizer: word\nhidden_size: 8\nmax_steps: 2\nuse_cpu: true\n"
    (tmp_path / "teacher.yaml").write_text(f"{common}output_dir: teacher\ndatasets: films\n", encoding="utf-8")
    entry = "{name: films, unlabelled_split: unsupervised, teachers: [linear, teacher.yaml]}"
    (tmp_path / "student.yaml").write_text(f"{common}output_dir: student\ndatasets: [{entry}]\n", encoding="utf-8")
    assert train.main(["student.yaml"]) == 0
    told = capsys.readouterr().out
    assert "films: linear, teacher label 1 rows of unsupervised" in told
    assert re.search(r"films: linear, teacher label \d\d+ rows of train", told)
    assert (tmp_path / "student" / "README.md").is_file()


def test_a_stage_that_fails_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stage.yaml").write_text(STAGE, encoding="utf-8")
    words = ["--task", "classification", "--datasets", "reviews.csv", "--pretrained_model", "stage.yaml"]
    assert train.main([*words, "--output_dir", "one"]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert "there is no file reviews.csv" in first and "stage.yaml made no model" in second


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_bfloat16_trains_on_any_processor_and_who_wants_it_of_one_that_lacks_it_is_told(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], cell: str
) -> None:
    assert train.main([*language_model(corpora, tmp_path / "model", "--cell_type", cell), "--bf16", "true"]) == 0
    told = "option bf16: this processor does not compute in bfloat16" in capsys.readouterr().err
    assert told != has_lstm_in(torch.bfloat16, gradients=True)


def test_early_stopping_stops(corpora: Path, tmp_path: Path) -> None:
    options = ["--num_train_epochs", "50", "--learning_rate", "1e-12", "--early_stopping_patience", "2"]
    assert train.main(classifier(corpora, tmp_path / "model", *options)) == 0
    found = json.loads((tmp_path / "model" / "eval_results.json").read_text(encoding="utf-8"))
    assert found["epochs"] == 3


def test_a_classifier_may_read_more_than_it_was_trained_on(corpora: Path, tmp_path: Path) -> None:
    lengths = ["--max_length", "2", "--inference_max_length", "40", "--max_steps", "2"]
    assert train.main(classifier(corpora, tmp_path / "model", *lengths)) == 0
    config = json.loads((tmp_path / "model" / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert config["model_max_length"] == 40
    figures = {}
    for length in ("2", "40"):
        again = [
            "--inference_max_length",
            length,
            "--pretrained_model",
            str(tmp_path / "model"),
            "--num_train_epochs",
            "1",
        ]
        words = [
            word for word in classifier(corpora, tmp_path / length, *again) if word not in ("--tokenizer", "word")
        ]
        assert train.main([*words, "--max_steps", "1", "--learning_rate", "1e-9"]) == 0
        results = json.loads((tmp_path / length / "eval_results.json").read_text(encoding="utf-8"))
        figures[length] = results["validation"]["loss"]
    assert figures["2"] != figures["40"]


BAD_INPUT = [
    (language_model, ["--text_column", "x"], "unknown option text_column"),
    (language_model, ["--hiden_size", "3"], "unknown option hiden_size; did you mean hidden_size"),
    (language_model, ["--vocab_size", "500"], "vocab_size is 500, but the corpus fills only"),
    (language_model, ["--tokenizer", "no/such/tokenizer"], "tokenizer no/such/tokenizer:"),
    (language_model, ["--datasets", "nowhere.txt"], "there is no file nowhere.txt"),
    (language_model, ["--data_root", "nowhere"], "data_root nowhere is not a folder"),
    (language_model, ["--bidirectional"], "bidirectional belongs to the tasks classification and pretraining"),
    (language_model, ["--cell_type", "elman"], "'rnn', 'lstm', 'gru'"),
    (language_model, ["--hidden_size", "-3"], "hidden_size is -3"),
    (language_model, ["--embedding_dropout", "1.5"], "embedding_dropout is 1.5"),
    (
        language_model,
        ["--pretrained_model", "nowhere"],
        "character makes new tokens, and pretrained_model nowhere knows only its own",
    ),
    (language_model, ["--tokenizer", "nowhere", "--pretrained_model", "nowhere"], "nowhere: there is no such folder"),
    (language_model, ["--pretrained_model", "nowhere", "--embedding_init", "counts"], "leave embedding_init out"),
    (language_model, ["--resume_from_checkpoint", "nowhere"], "nowhere is not a complete checkpoint: it has no"),
    (language_model, ["--enable_jit_checkpoint"], "option enable_jit_checkpoint: a run saves at SIGTERM by itself"),
    (language_model, ["--metric_for_best_model", "f1"], "f1 is none of loss, perplexity"),
    (language_model, ["--learning_rat", "1"], "unknown option learning_rat; did you mean learning_rate?"),
    (language_model, ["--without_effect", "1"], "unknown option without_effect"),
    (language_model, ["--lr_scheduler_type", "steep"], "steep"),
    (language_model, ["--lr_scheduler_type", "cosine_with_min_lr"], "lr_scheduler_kwargs: One of min_lr or"),
    (
        language_model,
        ["--lr_scheduler_type", "warmup_stable_decay"],
        "lr_scheduler_kwargs: get_wsd_schedule() missing",
    ),
    (language_model, ["--lr_scheduler_kwargs", "{min_lr: 1e-5}"], "lr_scheduler_type cosine and lr_scheduler_kwargs:"),
    (language_model, ["--lr_scheduler_kwargs", "[1]"], "must be a mapping"),
    (language_model, ["--fp16"], "option fp16 has no effect on a CPU"),
    (language_model, ["--eval_strategy", "no", "--early_stopping_patience", "2"], "needs evaluations"),
    (language_model, ["--generation", "{temperature: -1}"], "option generation:"),
    (language_model, ["--label_smoothing_factor", "0.1"], "option label_smoothing_factor belongs to the task"),
    (classifier, ["--labels", "[pos, neutral]"], "label 'neg' is none of pos, neutral"),
    (classifier, ["--metric_for_best_model", "f1"], "f1 is none of loss, accuracy"),
    (classifier, ["--inference_max_length", "0"], "option inference_max_length: 0 must be above 0"),
    (classifier, ["--pooling", "median"], "'last', 'mean', 'max'"),
]


@pytest.mark.parametrize(("command", "options", "message"), BAD_INPUT)
def test_bad_input_is_one_line_and_status_2(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], command, options: list[str], message: str
) -> None:
    assert train.main(command(corpora, tmp_path / "model", *options)) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("train.py: error: ")
    assert message in shown
    assert shown.count("\n") == 1
    assert not (tmp_path / "model" / "model.safetensors").exists()


def test_a_column_of_numbers_is_no_text(corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scores = tmp_path / "scores.parquet"
    parquet.write_table(pyarrow.table({"text": [0, 1] * 9, "label": ["good", "bad"] * 9}), scores)
    assert train.main(classifier(corpora, tmp_path / "model", "--datasets", str(scores))) == 2
    assert "column text of scores.parquet, split train, is not text: row 1 holds 0 (int)" in capsys.readouterr().err


def test_another_run_is_not_overwritten_unless_asked(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = classifier(corpora, tmp_path / "model", "--max_steps", "1")
    assert train.main(words) == 0
    before = (tmp_path / "model" / "model.safetensors").read_bytes()
    assert train.main([*words, "--seed", "7"]) == 2
    assert "holds another run" in capsys.readouterr().err
    assert (tmp_path / "model" / "model.safetensors").read_bytes() == before
    assert train.main([*words, "--seed", "7", "--overwrite_output_dir"]) == 0
    assert (tmp_path / "model" / "model.safetensors").read_bytes() != before


@pytest.mark.parametrize(
    ("words", "shown"),
    [(["--help"], "--hidden_size"), (["--task", "classification", "--help"], "--adversarial_norm")],
    ids=["every task", "one task"],
)
def test_help_answers_within_a_second(words: list[str], shown: str) -> None:
    # CPU time, because the machine may have other things to do
    before = os.times()
    done = subprocess.run([sys.executable, "train.py", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    after = os.times()
    seconds = after.children_user + after.children_system - before.children_user - before.children_system
    assert shown in done.stdout
    assert seconds < 1


def test_a_wrong_option_loads_no_library_and_sets_the_exit_status() -> None:
    words = ["recipes/sentiment-en.yaml", "--generation", "{}"]
    code = f"import sys, train; status = train.main({words}); print(status, sorted({HEAVY} & set(sys.modules)))"
    imported = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert imported.stdout.strip() == "2 []"
    assert imported.stderr == (
        "train.py: error: option generation belongs to the task language-model; this task is classification\n"
    )
    wrong = subprocess.run([sys.executable, "train.py", "no.yaml"], cwd=ROOT, capture_output=True, text=True)
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
