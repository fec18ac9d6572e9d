"""No telemetry: neither our code nor the libraries report to anyone that a command ran.

The app has the same test in `ui/test_app.py`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.witness import Witness

ROOT = Path(__file__).parents[1]
# The caches of datasets and of huggingface_hub.
OURS_TO_USE = {".cache/huggingface"}


def run(witness: Witness, *command: str) -> str:
    variables = witness.environment() | {"PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""}
    answer = subprocess.run(
        [sys.executable, *command], cwd=witness.home.parent, env=variables, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_the_witness_sees_a_request_to_another_host(witness):
    run(witness, "-c", "import httpx\ntry: httpx.get('https://example.com')\nexcept httpx.ProxyError: pass")
    assert witness.asked == ["CONNECT example.com:443 HTTP/1.1"]


def test_training_reports_nothing(witness, tmp_path):
    (tmp_path / "texts.txt").write_text("the cat sat on the mat\n" * 40, encoding="utf-8")
    options = "--task language-model --datasets texts.txt --tokenizer character --embedding_size 8 --hidden_size 8"
    said = run(witness, str(ROOT / "train.py"), *options.split(), "--num_train_epochs", "1", "--output_dir", "made")
    assert "saved to made" in said
    run(witness, "-m", "rnn_models", "card", "made")
    assert witness.asked == []
    assert witness.left_at_home() <= OURS_TO_USE


def test_no_other_command_reports_anything(witness, tmp_path, tiny_checkpoints):
    generator, classifier = tiny_checkpoints / "shakespeare-rnn", tiny_checkpoints / "sentiment-en"
    (tmp_path / "texts.txt").write_text("To be, or not to be\n" * 40, encoding="utf-8")
    (tmp_path / "texts.csv").write_text("text\nI like it\n", encoding="utf-8")
    commands = [
        ["evaluate", str(generator), "--data", "texts.txt", "--samples", "0"],
        ["classify", "texts.csv", "--model", str(classifier), "--dtype", "int8"],
        ["export", str(generator), "--output", "graph"],
        ["space", str(generator), "--output", "space"],
        ["sums", str(generator)],
    ]
    # All commands run in one process, because starting one takes seconds.
    program = f"from rnn_models.__main__ import main\nprint([main(argv) for argv in {commands!r}])"
    assert run(witness, "-c", program).endswith(f"{[0] * len(commands)}\n")
    (tiny_checkpoints / "shakespeare-rnn" / "SHA256SUMS").unlink()
    assert witness.asked == []
    assert witness.left_at_home() <= OURS_TO_USE


@pytest.mark.parametrize(
    "variable", ["ORT_DISABLE_TELEMETRY", "HF_UPDATE_DOWNLOAD_COUNTS", "GRADIO_ANALYTICS_ENABLED"]
)
def test_a_user_s_own_setting_stays(witness, variable):
    program = f"import os; os.environ[{variable!r}] = 'mine'; import rnn_models; print(os.environ[{variable!r}])"
    assert run(witness, "-c", program) == "mine\n"
