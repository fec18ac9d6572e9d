"""The Hub there and back: what is pushed loads where this package is not, and a corpus trains by its Hub name."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from safetensors.torch import load_file

from tests.hub_server import HubServer

ROOT = Path(__file__).parents[1]
HEADS = {"somebody/writer": "AutoModelForCausalLM", "somebody/judge": "AutoModelForSequenceClassification"}

PUSH = """
import datasets, huggingface_hub, torch
from pathlib import Path
from safetensors.torch import save_file
from rnn_models import RNNConfig, RNNForCausalLM, RNNForSequenceClassification
from rnn_models.tokenization import train_tokenizer

text = "the play was good and the play was bad"
tokenizer = train_tokenizer("character", [text])
sizes = dict(vocab_size=len(tokenizer), embedding_size=6, hidden_size=10)
torch.manual_seed(0)
models = {
    "writer": RNNForCausalLM(RNNConfig(**sizes, cell_type="lstm")),
    "judge": RNNForSequenceClassification(RNNConfig(**sizes, cell_type="gru", bidirectional=True)),
}
for name, model in models.items():
    model.push_to_hub(f"somebody/{name}")
    tokenizer.push_to_hub(f"somebody/{name}")
    logits = model.eval()(**tokenizer(text, return_tensors="pt")).logits
    save_file({"logits": logits.detach().contiguous()}, f"{name}-pushed.safetensors")

features = datasets.Features(text=datasets.Value("string"), label=datasets.ClassLabel(names=["bad", "good"]))
for split, rows in (("train", 24), ("test", 4)):
    columns = {"text": [f"the play was {'bad good'.split()[i % 2]} {i}" for i in range(rows)]}
    columns["label"] = [i % 2 for i in range(rows)]
    Path("plays/short").mkdir(parents=True, exist_ok=True)
    datasets.Dataset.from_dict(columns, features=features).to_parquet(f"plays/short/{split}-00000-of-00001.parquet")
    datasets.Dataset.from_dict({"number": [1]}).to_parquet(f"plays/numbers-{split}.parquet")
Path("plays/README.md").write_text('''---
configs:
- config_name: numbers
  data_files: numbers-train.parquet
- config_name: short
  data_files:
  - split: train
    path: short/train-*
  - split: test
    path: short/test-*
---
Plays, judged.
''')
hub = huggingface_hub.HfApi()
hub.create_repo("somebody/plays", repo_type="dataset")
hub.upload_folder(repo_id="somebody/plays", repo_type="dataset", folder_path="plays")
"""

LOAD = """
import sys
sys.modules["rnn_models"] = None  # so that importing it fails, installed or not
import transformers
from safetensors.torch import save_file
for name, auto in zip(sys.argv[1::2], sys.argv[2::2]):
    tokenizer = transformers.AutoTokenizer.from_pretrained(name, trust_remote_code=True)
    model = getattr(transformers, auto).from_pretrained(name, trust_remote_code=True)
    assert type(model).__module__.startswith("transformers_modules.")
    logits = model(**tokenizer("the play was good and the play was bad", return_tensors="pt")).logits
    save_file({"logits": logits.detach().contiguous()}, name.split("/")[1] + "-loaded.safetensors")
"""


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


@pytest.fixture(scope="module")
def pushed(hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the process that pushed two models with their tokenizer and a corpus."""
    folder = tmp_path_factory.mktemp("pushed")
    run(hub, folder, "-c", PUSH, PYTHONPATH=str(ROOT))
    return folder


def run(hub: HubServer, folder: Path, *words: str, **variables: str) -> str:
    environment = {**hub.environment(folder / "home"), **variables}
    finished = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,  # nobody is there to be asked
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_a_pushed_model_gives_equal_logits_where_this_package_is_not(hub: HubServer, pushed: Path, tmp_path: Path):
    run(hub, tmp_path, "-I", "-c", LOAD, *(word for pair in HEADS.items() for word in pair))
    for name in ("writer", "judge"):
        expected = load_file(pushed / f"{name}-pushed.safetensors")["logits"]
        assert load_file(tmp_path / f"{name}-loaded.safetensors")["logits"].equal(expected)


@pytest.mark.parametrize("name", HEADS)
def test_a_pushed_repository_holds_weights_code_and_tokenizer_and_no_pickle(hub: HubServer, pushed: Path, name: str):
    files = hub.files(name)
    assert {"config.json", "model.safetensors", "modeling_rnn.py", "tokenizer.json", "README.md"} <= set(files)
    for path, content in files.items():
        if path != "model.safetensors":
            content.decode("utf-8")  # a pickle is no text


def test_a_corpus_is_trained_on_by_its_hub_name(hub: HubServer, pushed: Path, tmp_path: Path):
    options = ["--task", "classification", "--datasets", "[{name: somebody/plays, config: short}]"]
    options += ["--tokenizer", "word", "--embedding_size", "4", "--hidden_size", "4", "--max_steps", "1", "--use_cpu"]
    shown = run(hub, tmp_path, str(ROOT / "train.py"), *options, "--output_dir", "model")
    assert "somebody/plays: train 23, validation 1, test 4 rows" in shown
    config = json.loads((tmp_path / "model" / "config.json").read_text(encoding="utf-8"))
    assert config["id2label"] == {"0": "bad", "1": "good"}
    found = json.loads((tmp_path / "model" / "eval_results.json").read_text(encoding="utf-8"))
    assert (found["steps"], found["test"]["data_set"], found["test"]["rows"]) == (1, "somebody/plays", 4)
