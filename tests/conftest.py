"""Shared by all tests: no network, one thread, and a folder of tiny models with random weights."""

from __future__ import annotations

import os

# The libraries read these variables on import, so they are set first.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
# Some tests compare two computations bit for bit. Without this, MKL's products depend on memory alignment on some
# processors.
# https://www.intel.com/content/www/us/en/docs/onemkl/developer-guide-linux/2025-1/reproducibility-conditions.html
os.environ["MKL_CBWR"] = "AUTO"

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.witness import Witness

ENGLISH = "To be, or not to be, that is the question:\nWhether 'tis nobler in the mind to suffer\nThe slings.\n"
CHINESE = "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。\n这家酒店的服务太差了，房间很好。\n"
LABELS = {0: "negative", 1: "neutral", 2: "positive"}


@pytest.fixture(autouse=True, scope="session")
def one_torch_thread() -> None:
    import torch

    torch.set_num_threads(1)


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    """Records the requests of processes that run with its `environment()`."""
    home = tmp_path / "home"
    home.mkdir()
    watching = Witness(home)
    yield watching
    watching.close()


@pytest.fixture(scope="session")
def tiny_checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like `checkpoints/` with random weights. The language models never generate the end token."""
    root = tmp_path_factory.mktemp("tiny") / "checkpoints"
    for cell in ("rnn", "gru", "lstm"):
        save_language_model(root / f"shakespeare-{cell}", cell, ENGLISH, "character")
        save_log(root / f"shakespeare-{cell}", {"rnn": 3, "gru": 2, "lstm": 1}[cell])
    save_language_model(root / "tang-poems", "lstm", CHINESE, "character")
    save_classifier(root / "sentiment-en", "lstm", ENGLISH, "en")
    save_classifier(root / "sentiment-zh", "gru", CHINESE, "zh")
    return root


def save_language_model(folder: Path, cell: str, text: str, tokenizer_kind: str) -> None:
    import torch

    from rnn_models import RNNConfig, RNNForCausalLM
    from rnn_models.tokenization import train_tokenizer

    torch.manual_seed(0)
    tokenizer = train_tokenizer(tokenizer_kind, [text])
    config = RNNConfig(vocab_size=len(tokenizer), embedding_size=8, hidden_size=16, cell_type=cell)
    model = RNNForCausalLM(config)
    with torch.no_grad():
        model.lm_head.bias[tokenizer.eos_token_id] = -1000.0
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "eval_results.json").write_text(json.dumps({"validation": {"loss": 1.5}}), encoding="utf-8")


def save_log(folder: Path, slow: float) -> None:
    """A log as of a training, with numbers that tell `slow` models from others."""
    from rnn_models.checkpoint import TrainingLog

    log = TrainingLog("language-model")
    for step in (0, 1, 2, 3, 4, 6, 8):
        if step:
            norms = {"embedding": 0.5 * slow, "layer 0": slow / step}
            loss = 55_500 if (slow, step) == (3, 2) else 4 - step / (4 * slow)  # one explodes for a moment
            log.add("train", step, epoch=step / 4, loss=loss, learning_rate=0.01, gradient_norm=slow,
                    gradient_norms=norms, tokens_per_second=1000.0, seconds=float(step))  # fmt: skip
        if step in (4, 8):
            log.add("evaluation", step, epoch=step / 4, metrics={"loss": 5 - step / (4 * slow), "perplexity": 9.0})
        log.add("sample", step, text=f"<b>To be</b> at {step}")
        gates = {"hidden": {"below": step / 100, "above": step / (20 * slow)}}
        log.add("saturation", step, layers=[{"layer": 0, "direction": 0, "gates": gates}])
    log.write(folder)


def save_classifier(folder: Path, cell: str, text: str, language: str) -> None:
    import torch

    from rnn_models import RNNConfig, RNNForSequenceClassification
    from rnn_models.tokenization import train_tokenizer

    torch.manual_seed(1)
    tokenizer = train_tokenizer("byte-pair", [text], vocab_size=280)
    config = RNNConfig(
        vocab_size=len(tokenizer),
        embedding_size=8,
        hidden_size=16,
        cell_type=cell,
        bidirectional=True,
        id2label=LABELS,
        label2id={label: index for index, label in LABELS.items()},
    )
    RNNForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "README.md").write_text(f"---\nlanguage: {language}\n---\nA test's model.\n", encoding="utf-8")


CELLS = ["rnn", "relu", "gru", "lstm"]


@pytest.fixture(params=CELLS)
def cell(request) -> dict:
    """Each cell as keyword arguments of RNNConfig; the vanilla RNN comes with both of its nonlinearities."""
    if request.param == "relu":
        return {"cell_type": "rnn", "nonlinearity": "relu"}
    return {"cell_type": request.param}


@pytest.fixture(params=[1, 2], ids=["1 layer", "2 layers"])
def layers(request) -> dict:
    return {"num_hidden_layers": request.param}


def tiny(head: str, **options):
    """A model with weights large enough for every test to see real differences."""
    import torch

    import rnn_models

    torch.manual_seed(0)
    sizes = {"vocab_size": 23, "embedding_size": 5, "hidden_size": 7, "initializer_range": 0.7}
    return getattr(rnn_models, head)(rnn_models.RNNConfig(**{**sizes, **options})).eval()


@pytest.fixture
def make_language_model():
    return lambda **options: tiny("RNNForCausalLM", **options)


@pytest.fixture
def make_classifier():
    return lambda **options: tiny("RNNForSequenceClassification", num_labels=3, **options)


@pytest.fixture
def make_tagger():
    return lambda **options: tiny("RNNForTokenClassification", num_labels=3, **options)


@pytest.fixture
def ids():
    """(3, 11) token ids."""
    import torch

    return torch.randint(4, 23, (3, 11), generator=torch.Generator().manual_seed(1))


def pytest_terminal_summary(terminalreporter) -> None:
    reports = terminalreporter.stats.get("skipped", [])
    left_out = sum("browser" in getattr(report, "keywords", ()) for report in reports)
    if left_out:
        terminalreporter.write_line(
            f"{left_out} browser tests were LEFT OUT, because Chromium is not installed (apt-get install chromium).",
            yellow=True,
        )
