"""When a run fails, it never destroys earlier results and never leaves invalid ones."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from rnn_models.checkpoint import check_sums, load_checkpoint
from rnn_models.training.divergence import Diverged

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import train  # noqa: E402  (the script is not part of the package)

TINY = ["--tokenizer", "character", "--embedding_size", "8", "--hidden_size", "8", "--use_cpu"]
TINY += ["--per_device_train_batch_size", "4", "--max_steps", "6"]
WRITE = [*TINY, "--sequence_length", "8", "--sample_length", "3", "--sample_prompt", "中"]
# The rate rises in four steps from 0: the first step changes nothing, the second makes non-finite weights.
DIVERGE = ["--learning_rate", "1e40", "--warmup_steps", "4", "--logging_steps", "1"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "play.txt").write_text("中文 and English, a line of a play\n" * 40, encoding="utf-8")
    (tmp_path / "reviews.csv").write_text("text,label\n" + "good,pos\nbad,neg\n" * 20, encoding="utf-8")
    return tmp_path


def language_model(*more: str) -> int:
    return train.main(["--task", "language-model", "--datasets", "play.txt", "--output_dir", "model", *WRITE, *more])


def classifier(*more: str) -> int:
    return train.main(["--task", "classification", "--datasets", "reviews.csv", "--output_dir", "model", *TINY, *more])


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("more", [[], ["--overwrite_output_dir"]], ids=str)
def test_a_user_s_own_readme_is_not_overwritten(here: Path, capsys: pytest.CaptureFixture[str], more) -> None:
    (here / "model").mkdir()
    (here / "model" / "README.md").write_text("# Mine\n", encoding="utf-8")
    before = files(here)
    assert language_model(*more) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "train.py: error: output_dir model holds model/README.md, which no run wrote; take another folder"
    assert files(here) == before


def test_other_files_in_the_folder_survive_the_next_run_and_those_of_the_last_run_do_not(here: Path) -> None:
    assert language_model("--keep_checkpoints") == 0
    assert (here / "model" / "generation_config.json").is_file()
    (here / "model" / "notes.txt").write_text("mine", encoding="utf-8")
    (here / "model" / "runs" / "mine").mkdir()
    (here / "model" / "runs" / "mine" / "model.safetensors").write_bytes(b"mine")
    assert classifier("--overwrite_output_dir") == 0
    after = files(here / "model")
    assert after["notes.txt"] == after["runs/mine/model.safetensors"] == b"mine"
    assert "generation_config.json" not in after
    assert [name for name in after if name.startswith("runs/checkpoint")] == []
    assert load_checkpoint(here / "model").task == "text-classification"


def test_a_card_that_was_edited_is_not_overwritten(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert language_model() == 0
    card = here / "model" / "README.md"
    card.write_text(card.read_text(encoding="utf-8").replace("## Limits", "## What it cannot do"), encoding="utf-8")
    before = files(here)
    assert language_model("--overwrite_output_dir") == 2
    assert f"{Path('model', 'README.md')} was edited after a run wrote it" in capsys.readouterr().err
    assert files(here) == before


def test_the_folder_is_refused_before_the_previous_stage_is_trained(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = "task: pretraining\ndatasets: reviews.csv\ntokenizer: word\nuse_cpu: true\nmax_steps: 1\n"
    (here / "stage.yaml").write_text(f"{stage}output_dir: stage\n", encoding="utf-8")
    (here / "model").mkdir()
    (here / "model" / "notes.txt").write_text("mine", encoding="utf-8")
    words = ["--task", "classification", "--datasets", "reviews.csv", "--pretrained_model", "stage.yaml", "--use_cpu"]
    assert train.main([*words, "--output_dir", "model"]) == 2
    assert "notes.txt, which no run wrote" in capsys.readouterr().err
    assert train.main([*words, "--output_dir", "stage"]) == 2
    assert "stage.yaml writes to stage, which is the output_dir of this run too" in capsys.readouterr().err
    assert not (here / "stage").exists()


def test_a_loss_that_is_not_finite_ends_the_run_and_the_last_good_checkpoint_stays(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert language_model(*DIVERGE, "--eval_strategy", "steps", "--eval_steps", "1") == 1
    kept = here / "model" / "runs" / "checkpoint-1"
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith("train.py: error: the ") and "; no model was saved, and" in line
    assert " nan by step 2, at a learning rate of 2.5e+39" in line
    assert line.endswith(f"the last good checkpoint is {kept.relative_to(here)}")
    assert all(tensor.isfinite().all() for tensor in load_file(kept / "model.safetensors").values())
    assert {path.name for path in (here / "model").iterdir()} == {"runs"}


def test_a_text_that_cannot_be_sampled_ends_no_run(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Weights so large that their products are not finite, although the weights are.
    assert language_model(*DIVERGE, "--learning_rate", "1e38", "--eval_strategy", "steps", "--eval_steps", "1") == 1
    shown = capsys.readouterr()
    assert "    no sample: probability tensor contains" in shown.out
    assert "nan by step 3, at a learning rate of" in shown.err and "; no model was saved" in shown.err


@pytest.mark.parametrize("run", [language_model, classifier])
@pytest.mark.parametrize("more", [[], ["--logging_steps", "100", "--ema_decay", "0.9"]], ids=["seen", "unseen"])
def test_weights_that_are_not_finite_are_never_saved_however_rarely_the_loss_is_checked(
    here: Path, capsys: pytest.CaptureFixture[str], run: Any, more: list[str]
) -> None:
    assert language_model() == 0
    before = files(here / "model")
    assert run(*DIVERGE, "--eval_strategy", "no", "--overwrite_output_dir", *more) == 1
    assert "no model was saved, and there is no checkpoint before that" in capsys.readouterr().err
    assert files(here / "model") == before


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("learning_rate", ".nan"), ("weight_decay", "inf"), ("num_train_epochs", "inf"), ("max_steps", ".inf"),
        ("adam_epsilon", ".nan"), ("generation", "{temperature: .nan}"), ("sample_prompt", "\ud800"),
        ("output_dir", "\udcff"), ("datasets", "[{name: play.txt, weight: .inf}]"),
    ],
)  # fmt: skip
def test_an_option_that_json_cannot_hold_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    before = files(here)
    assert language_model(f"--{option}", value) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"train.py: error: option {option}")
    assert files(here) == before


def test_weights_beyond_the_range_of_half_precision_are_not_saved_in_it(here: Path) -> None:
    from rnn_models import RNNConfig, RNNForCausalLM
    from rnn_models.tokenization import train_tokenizer
    from rnn_models.training import output
    from rnn_models.training.arguments import parse_arguments

    words = ["--task", "language-model", "--datasets", "play.txt", "--output_dir", "model", *WRITE]
    tokenizer = train_tokenizer("character", ["abc"])
    model = RNNForCausalLM(RNNConfig(vocab_size=len(tokenizer), embedding_size=4, hidden_size=4))
    torch.nn.init.constant_(model.lm_head.bias, 70_000.0)
    with pytest.raises(Diverged, match=r"the weight lm_head\.bias is not finite in float16"):
        arguments = parse_arguments([*words, "--save_dtype", "float16"])
        output.save(model, tokenizer, arguments, {"command": "python train.py"}, here / "model")
    assert not (here / "model").exists()
    output.save(model, tokenizer, parse_arguments(words), {"command": "python train.py"}, here / "model")
    assert json.loads((here / "model" / "eval_results.json").read_text()) == {"command": "python train.py"}
    with pytest.raises(Diverged, match=r"validation\.loss is nan"):
        output.write_results({"validation": {"loss": math.nan}}, here / "model")
    assert files(here / "model") == {}


def test_losses_of_thirty_digits_are_told_in_four_and_warned_of(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert language_model("--learning_rate", "1e12", "--max_grad_norm", "1e30", "--optim", "sgd") == 0
    said = capsys.readouterr()
    assert "warning: the loss" in said.out and max(map(len, re.findall(r"\d+", said.out))) < 15


def test_a_card_that_cannot_be_written_is_one_warning_and_loses_nothing(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rnn_models.__main__ import main
    from rnn_models.publish import card

    def fails(code: str) -> str:
        raise RuntimeError("the example\ndoes not run")

    with monkeypatch.context() as broken:
        broken.setattr(card, "output_of", fails)
        assert language_model() == 0
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning")]
    again = "python -m rnn_models card model"
    assert line == f"warning: the card was not written (RuntimeError: the example does not run); to write it: {again}"
    assert not (here / "model" / "README.md").exists() and not (here / "model" / "runs").exists()
    assert "validation" in json.loads((here / "model" / "eval_results.json").read_text(encoding="utf-8"))
    check_sums(here / "model")
    load_checkpoint(here / "model")
    assert main(again.split()[3:]) == 0
    assert 'tokenizer("中"' in (here / "model" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("output", ["closed", "ascii"])
def test_an_output_that_cannot_be_written_to_ends_no_run(here: Path, output: str) -> None:
    words = ["--task", "language-model", "--datasets", "play.txt", "--output_dir", "model", *WRITE]
    process = subprocess.Popen(
        [sys.executable, "-u", str(ROOT / "train.py"), *words],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8" if output == "closed" else "ascii"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    if output == "closed":
        process.stdout.close()
    _, said = process.communicate() if output == "ascii" else (None, process.stderr.read())
    process.wait()
    assert b"Traceback" not in said, said.decode()
    load_checkpoint(here / "model")
    assert "validation" in json.loads((here / "model" / "eval_results.json").read_text(encoding="utf-8"))


def test_a_stage_that_failed_is_run_again(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stage = (
        "task: pretraining\ndatasets: reviews.csv\noutput_dir: stage\ntokenizer: word\nuse_cpu: true\nmax_steps: 1\n"
    )
    (here / "stage.yaml").write_text(stage, encoding="utf-8")
    (here / "stage" / "runs").mkdir(parents=True)
    words = ["--task", "classification", "--datasets", "reviews.csv", "--pretrained_model", "stage.yaml", "--use_cpu"]
    assert train.main([*words, "--output_dir", "model", "--max_steps", "1"]) == 0
    assert "saved to stage" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--seed", "-1"], "option seed: -1 must lie between 0 and 2**32 - 1"),
        (["--gradient_accumulation_steps", "0"], "option gradient_accumulation_steps: 0 must be above 0"),
        (["--save_total_limit", "0"], "option save_total_limit: 0 must be above 0"),
        (
            ["--data_seed", "3"],
            "option data_seed has no effect in this training: seed decides",
        ),
        (["--dataloader_num_workers", "2"], "option dataloader_num_workers has no effect in this training"),
        (["--torch_compile", "true"], "option torch_compile has no effect in this training"),
        (["--report_to", "nowhere"], "option report_to: nowhere is not supported, only"),
        (["--optim", "adamw_bnb_8bit"], "option optim: You need to install `bitsandbytes`"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_an_option_that_cannot_work_is_named_in_one_line(
    here: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert language_model(*words) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith(f"train.py: error: {message}")
    assert not (here / "model" / "model.safetensors").exists()
