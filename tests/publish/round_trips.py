"""The programs of a round trip to the Hub: a corpus is pushed, models are trained on it and pushed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.hub_server import HubServer

ROOT = Path(__file__).parents[2]
CELLS = ("rnn", "gru", "lstm")
NAMES = [f"{head}-{cell}" for cell in CELLS for head in ("writer", "judge")]
CORPUS = """
import datasets, huggingface_hub
from pathlib import Path

features = datasets.Features(text=datasets.Value("string"), label=datasets.ClassLabel(names=["bad", "good"]))
for split, rows in (("train", 24), ("test", 4)):
    columns = {"text": [f"the play was {'bad good'.split()[i % 2]} and the play was {i}" for i in range(rows)]}
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
TRAIN = """
import sys, torch
sys.path.insert(0, sys.argv[1])
from train import main
torch.set_num_threads(1)
for name in sys.argv[2:]:
    head, cell = name.split("-")
    options = ["--task", {"writer": "language-model", "judge": "classification"}[head], "--cell_type", cell]
    options += ["--datasets", "[{name: somebody/plays, config: short}]", "--tokenizer", "character"]
    options += ["--embedding_size", "4", "--hidden_size", "6", "--max_steps", "1", "--use_cpu", "--output_dir", name]
    options += ["--per_device_train_batch_size", "2"]
    options += ["--sequence_length", "16", "--sample_length", "0"] if head == "writer" else []
    assert main([*options, "--push_to_hub", "--hub_model_id", f"somebody/{name}", "--hub_private_repo"]) == 0
"""


def run(hub: HubServer, folder: Path, *words: str, status: int = 0, **variables: str) -> subprocess.CompletedProcess:
    environment = {**hub.environment(folder / "home"), **variables}
    finished = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,  # no question can be answered
        capture_output=True,
        text=True,
    )
    assert finished.returncode == status, finished.stderr
    return finished
