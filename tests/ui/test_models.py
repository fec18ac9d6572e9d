from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from rnn_models.ui.details import details
from rnn_models.ui.models import CLASSIFICATION, GENERATION, find_models, load_models


@pytest.fixture
def folder(tiny_checkpoints: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_checkpoints / "shakespeare-lstm", tmp_path / "copy"))


def failure(folder: Path | str) -> str:
    loaded, failures = load_models([str(folder)])
    assert loaded == []
    (sentence,) = failures
    assert "\n" not in sentence
    return sentence


def test_the_bundled_models_are_found_and_the_best_comes_first(tiny_checkpoints: Path):
    (tiny_checkpoints / "notes").mkdir(exist_ok=True)
    names = [Path(name).name for name in find_models(tiny_checkpoints)]
    assert names[0] == "shakespeare-lstm" and "notes" not in names and len(names) == 6
    assert find_models(tiny_checkpoints / "nothing") == []


def test_a_configuration_decides_the_tab_and_the_files_say_the_rest(tiny_checkpoints: Path):
    loaded, failures = load_models(find_models(tiny_checkpoints))
    assert failures == []
    models = {model.name: model for model in loaded}
    assert models["tang-poems"].task == GENERATION and models["sentiment-zh"].task == CLASSIFICATION
    assert [models[name].language for name in ("sentiment-en", "sentiment-zh", "tang-poems")] == ["en", "zh", "zh"]
    lstm = models["shakespeare-lstm"]
    assert lstm.parameters == sum(p.numel() for p in lstm.model.parameters())
    assert lstm.megabytes * 1e6 == (tiny_checkpoints / "shakespeare-lstm" / "model.safetensors").stat().st_size
    assert not lstm.model.training and lstm.model.dtype == torch.float32
    assert details(lstm, None) == "**shakespeare-lstm** · LSTM · 2.4k parameters, 0.0 MB · validation loss 1.500"


def test_two_models_of_one_name_keep_their_folders_as_names(tiny_checkpoints: Path, tmp_path: Path):
    other = shutil.copytree(tiny_checkpoints / "tang-poems", tmp_path / "tang-poems")
    loaded, _ = load_models([str(tiny_checkpoints / "tang-poems"), str(other), str(other)])
    assert [model.name for model in loaded] == ["tang-poems", str(other)]


def test_half_precision_on_disk_is_single_precision_in_memory(folder: Path):
    weights = load_file(folder / "model.safetensors")
    save_file({k: v.half() for k, v in weights.items()}, folder / "model.safetensors", {"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"dtype": "float16"}))
    (model,), _ = load_models([str(folder)])
    assert model.model.dtype == torch.float32


def test_a_lost_weight_is_an_error_and_no_random_number(folder: Path):
    weights = load_file(folder / "model.safetensors")
    del weights["lm_head.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    assert "its weights lack lm_head.weight" in failure(folder)


def test_weights_that_are_not_numbers_are_an_error(folder: Path):
    weights = load_file(folder / "model.safetensors")
    weights["lm_head.bias"][3] = float("nan")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    assert "lm_head.bias holds numbers that are not finite" in failure(folder)


def test_a_truncated_file_is_an_error(folder: Path):
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[: len(data) // 2])
    assert "cannot be loaded" in failure(folder)


def test_another_architecture_is_named(folder: Path):
    config = json.loads((folder / "config.json").read_text())
    config["architectures"] = ["RNNModel"]
    (folder / "config.json").write_text(json.dumps(config))
    assert "its architecture is RNNModel" in failure(folder)


def test_code_that_a_model_brings_is_never_run(folder: Path, tmp_path: Path):
    config = json.loads((folder / "config.json").read_text())
    config["model_type"] = "unheard-of"
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "configuration_rnn.py").write_text(f"open({str(tmp_path / 'run')!r}, 'w')\n")
    assert "cannot be loaded" in failure(folder)
    assert not (tmp_path / "run").exists()


def test_a_folder_that_is_not_there_is_not_looked_for_on_the_network(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "checkpoints").mkdir()
    for name in (str(tmp_path / "x"), "./x", "checkpoints/x"):
        assert failure(name).endswith("is left out: there is no such folder.")
