"""Classifiers in processes forked from one whose OpenMP threads had already started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from rnn_models import RNNConfig, RNNForSequenceClassification
from rnn_models.tokenization import train_tokenizer

SECONDS = 600

PREPARED = """
import sys
import datasets
import torch
from rnn_models.bulk.run import Classifier

datasets.disable_progress_bars()
folder, dtype = sys.argv[1:]
texts = [f"number {number} " * (1 + number % 30) for number in range(160)]
rows = datasets.Dataset.from_dict({"text": texts})
classifier = Classifier(folder, dtype=dtype)
assert torch.get_num_threads() == 2

def mapped(classifier, processes):
    found = rows.map(classifier, batched=True, batch_size=32, num_proc=processes, load_from_cache_file=False)
    return torch.tensor([[row[name] for name in ("bad", "good")] for row in found])
"""

BEFORE_AND_AFTER_USE = """
fresh = mapped(classifier, 2)
alone = mapped(classifier, None)
used = mapped(classifier, 2)
assert torch.get_num_threads() == 2
print(float((fresh - alone).abs().max()), float((used - alone).abs().max()))
"""

INHERITED = """
import multiprocessing

alone = classifier(texts)["good"]
context = multiprocessing.get_context("fork")
results = context.SimpleQueue()

def work(threads):
    assert torch.get_num_threads() == 1
    torch.set_num_threads(threads)
    results.put(classifier(texts)["good"])

children = [context.Process(target=work, args=(threads,)) for threads in (1, 2)]
for child in children:
    child.start()
answers = [results.get() for _ in children]
for child in children:
    child.join()
print(*(float((torch.tensor(answer) - torch.tensor(alone)).abs().max()) for answer in answers))
"""

# Another batch of the same rows, so that the first two processes work.
ERRORS = """
import pathlib
import shutil

mapped(classifier, None)
rows = datasets.Dataset.from_dict({"text": ["fine"] * 3 + ["fi\\0ne"]})
for problem in ("text", "model"):
    if problem == "model":
        rows = datasets.Dataset.from_dict({"text": ["fine"] * 4})
        file = pathlib.Path(folder, "config.json")
        file.write_text(file.read_text().replace('"bad"', '"evil"'))
    try:
        rows.map(classifier, batched=True, num_proc=2, load_from_cache_file=False)
    except Exception as error:
        print(type(error).__name__, error)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A classifier that is large enough for torch to share its work among threads."""
    torch.manual_seed(0)
    tokenizer = train_tokenizer("byte-pair", ["number 0123456789"], vocab_size=265)
    labels = {0: "bad", 1: "good"}
    config = RNNConfig(
        vocab_size=len(tokenizer), embedding_size=256, hidden_size=256, bidirectional=True, id2label=labels,
        label2id={label: index for index, label in labels.items()},
    )  # fmt: skip
    RNNForSequenceClassification(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    return tmp_path


def said_by(script: str, folder: Path, dtype: str = "float32") -> str:
    # threads that wait for others do not keep a busy core from them
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "2",
        "OMP_WAIT_POLICY": "PASSIVE",
        "HF_DATASETS_CACHE": str(folder / "cache"),
    }
    environment.pop("TOKENIZERS_PARALLELISM", None)
    command = [sys.executable, "-c", PREPARED + script, str(folder), dtype]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, env=environment, text=True, start_new_session=True, **pipes)
    try:
        said, errors = process.communicate(timeout=SECONDS)
    finally:
        with contextlib.suppress(ProcessLookupError):  # processes that hang, and their children
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, errors[-2000:]
    return said


@pytest.mark.parametrize("dtype", ["float32", pytest.param("int8", marks=pytest.mark.slow)])
def test_processes_map_a_data_set_before_the_classifier_was_used_and_after(folder: Path, dtype: str):
    assert [float(part) for part in said_by(BEFORE_AND_AFTER_USE, folder, dtype).split()] == pytest.approx(
        [0, 0], abs=1e-5
    )


@pytest.mark.parametrize("dtype", [pytest.param("float32", marks=pytest.mark.slow), "int8"])
def test_a_process_that_inherits_a_classifier_computes_with_it(folder: Path, dtype: str):
    assert [float(part) for part in said_by(INHERITED, folder, dtype).split()] == pytest.approx([0, 0], abs=1e-5)


def test_an_error_in_a_process_is_told_where_the_data_set_is_mapped(folder: Path):
    text, model = said_by(ERRORS, folder).splitlines()
    assert text.startswith("NotTextError") and "character 3 is U+0000, which is not text" in text
    assert model.startswith("LoadError") and "is another model here than where this classifier was created" in model
