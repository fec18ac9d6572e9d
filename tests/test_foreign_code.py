"""Our commands never run code from a model's folder, whatever model type it claims."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rnn_models.checkpoint import load_checkpoint
from tests.hub_server import HubServer, Repository

ROOT = Path(__file__).parents[1]
AUTO_MAP = {
    "AutoConfig": "configuration_rnn.RNNConfig",
    "AutoModel": "modeling_rnn.RNNModel",
    "AutoModelForCausalLM": "modeling_rnn.RNNForCausalLM",
    "AutoModelForSequenceClassification": "modeling_rnn.RNNForSequenceClassification",
    "AutoModelForTokenClassification": "modeling_rnn.RNNForTokenClassification",
    "AutoTokenizer": ["tokenization_rnn.RNNTokenizer", "tokenization_rnn.RNNTokenizer"],
}
LABELS = ("negative", "neutral", "positive")
CODE = ("configuration_rnn.py", "modeling_rnn.py", "tokenization_rnn.py", "custom_generate/generate.py")

# Every command with every model, in one process; every question is answered with yes.
RUN = """
import contextlib, io, json, os, sys, traceback
sys.path.insert(0, sys.argv[1])
import torch
torch.set_num_threads(1)
from rnn_models.__main__ import main
from rnn_models.ui import load_models
from train import main as train
from transformers import AutoConfig
reports = []
for program, *words in json.load(open("commands.json")):
    out, error = io.StringIO(), ""
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            if program == "app":
                status = len(load_models(words)[1])
            else:
                status = {"rnn_models": main, "train": train}[program](words)
        except BaseException:
            status, error = None, traceback.format_exc()
    reports.append({"words": [program, *words], "status": status, "said": out.getvalue(), "error": error})
json.dump({"reports": reports, "run": os.path.exists("run.txt")}, open("reports.json", "w"))
with contextlib.suppress(Exception):
    AutoConfig.from_pretrained("judge", trust_remote_code=True)  # the planted code runs if it is trusted
"""


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


def planted(folder: Path, target: Path, marker: Path, model_type: str) -> Path:
    """A copy of a model whose Python files each write their name into `marker` when they are run."""
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("*.py"))
    for name in CODE:
        (target / name).parent.mkdir(exist_ok=True)
        (target / name).write_text(f"with open({str(marker)!r}, 'a') as file:\n    print(__file__, file=file)\n")
    (target / "SHA256SUMS").unlink(missing_ok=True)
    for name in ("config.json", "tokenizer_config.json"):
        values = json.loads((target / name).read_text(encoding="utf-8")) | {"auto_map": AUTO_MAP}
        values |= {"model_type": model_type} if name == "config.json" else {}
        (target / name).write_text(json.dumps(values), encoding="utf-8")
    return target


def commands(name: str, is_folder: bool, head: str) -> list[list[str]]:
    """All command lines that take a model, for a classifier or a language model."""
    made = name.replace("/", "-")
    found = [
        ["evaluate", name, "--data", f"{head}.csv", "--samples", "1", "--no_baseline"],
        ["export", name, "--output", f"{made}-onnx"],
        ["space", name, "--output", f"{made}-space"],
    ]
    if head == "judge":
        found += [["classify", "texts.txt", "--model", name, "--output", f"{made}.txt"]]
    if is_folder:
        found += [["stage", name, f"{made}-staged"], ["push", name, f"somebody/pushed-{made}"]]
        found += [["card", name], ["sums", name]]
    task = "classification" if head == "judge" else "language-model"
    common = ["--task", task, "--max_steps", "1", "--use_cpu"]
    common += ["--sample_length", "0", "--sequence_length", "8"] if head == "writer" else []
    begun = [["--pretrained_model", name], ["--tokenizer", name, "--hidden_size", "4"]]
    options = [[*words, "--datasets", f"{head}.csv", "--output_dir", f"{made}-{words[0]}"] for words in begun]
    if head == "judge":
        taught = f"[{{name: {head}.csv, unlabelled_split: train, teachers: [{name}]}}]"
        options += [["--tokenizer", "character", "--datasets", taught, "--output_dir", f"{made}-t"]]
    trained = [["train", *common, *words] for words in options]
    return [*(["rnn_models", *words] for words in found), *trained, ["app", name]]


@pytest.mark.parametrize("model_type", ["rnn", pytest.param("unheard-of", marks=pytest.mark.slow)])
def test_no_command_runs_code_from_a_model_s_folder(model_type: str, hub: HubServer, tmp_path: Path):
    marker = tmp_path / "run.txt"
    work: list[list[str]] = []
    for head, source in (("judge", "sentiment-zh"), ("writer", "shakespeare-rnn")):
        folder = planted(ROOT / "checkpoints" / source, tmp_path / head, marker, model_type)
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
        }
        hub.repositories["models", f"somebody/{model_type}-{head}"] = Repository()
        hub.repositories["models", f"somebody/{model_type}-{head}"].commit(files)
        work += commands(head, True, head) + commands(f"somebody/{model_type}-{head}", False, head)
    rows = "".join(f"it was {word} in act {number},{word}\n" for number in range(9) for word in LABELS)
    (tmp_path / "judge.csv").write_text(f"text,label\n{rows}", encoding="utf-8")
    (tmp_path / "writer.csv").write_text("text\n" + "To be or not to be\n" * 30, encoding="utf-8")
    (tmp_path / "texts.txt").write_text("To be\n", encoding="utf-8")
    (tmp_path / "commands.json").write_text(json.dumps(work), encoding="utf-8")
    subprocess.run(
        [sys.executable, "-c", RUN, str(ROOT)],
        cwd=tmp_path,
        env=hub.environment(tmp_path / "home"),
        input="y\n" * 999,
        text=True,
        check=True,
    )
    found = json.loads((tmp_path / "reports.json").read_text(encoding="utf-8"))
    assert len(found["reports"]) == len(work)
    assert not found["run"], marker.read_text()
    assert not [report for report in found["reports"] if "[y/N]" in report["said"] or report["error"]]
    assert marker.exists() == (model_type == "unheard-of")
    failed = [report["words"] for report in found["reports"] if report["status"]]
    if model_type == "rnn":
        assert failed == []
    else:
        assert {(words[0], words[1]) for words in failed} >= {("rnn_models", "card"), ("rnn_models", "push")}


TOKENIZE = """
import sys
sys.modules["rnn_models"] = None  # importing it fails, even where it is installed
from transformers import AutoTokenizer
print(AutoTokenizer.from_pretrained(sys.argv[1], trust_remote_code=False)("To be").input_ids)
"""


def test_a_tokenizer_needs_no_code_and_asks_no_question(tiny_checkpoints: Path, tmp_path: Path):
    """Without `trust_remote_code=False` transformers asks whether to run the configuration's code.

    It reads config.json before the tokenizer's own files, and finds the `auto_map` that the model needs there:
    https://github.com/huggingface/transformers/blob/main/src/transformers/models/auto/tokenization_auto.py
    """
    folder = planted(tiny_checkpoints / "tang-poems", tmp_path / "model", tmp_path / "run.txt", "rnn")
    values = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    del values["auto_map"]
    (folder / "tokenizer_config.json").write_text(json.dumps(values), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-c", TOKENIZE, str(folder)],
        env={**os.environ, "HF_HOME": str(tmp_path / "home")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{load_checkpoint(folder).tokenizer('To be').input_ids}\n"
    assert "[y/N]" not in done.stderr and not (tmp_path / "run.txt").exists()
