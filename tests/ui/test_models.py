from __future__ import annotations

import json
import shutil
from pathlib import Path

import onnxruntime
import pytest
import torch
from safetensors.torch import load_file, save_file

from rnn_models.graphs.runtime import OnnxEngine
from rnn_models.modeling.cells import CELLS, GRUCell
from rnn_models.modeling.heads import CLASSIFICATION, GENERATION
from rnn_models.ui import create_app, models
from rnn_models.ui.details import details
from rnn_models.ui.models import find_models, load_models
from tests.conftest import ENGLISH, save_classifier, save_language_model


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
    names = [Path(name).name for name in find_models(tiny_checkpoints.parent)]
    assert names[0] == "shakespeare-lstm" and "notes" not in names and len(names) == 6
    assert find_models(tiny_checkpoints / "nothing") == []


def test_a_list_of_names_beside_the_app_decides(tmp_path: Path):
    (tmp_path / "checkpoints" / "my own").mkdir(parents=True)
    # as an editor on Windows saves it
    (tmp_path / "models.txt").write_bytes(b"\xef\xbb\xbfcheckpoints/my own\r\n\r\nsomebody/theirs@v1\r\n")
    assert find_models(tmp_path) == [str(tmp_path / "checkpoints" / "my own"), "somebody/theirs@v1"]


def test_a_configuration_decides_the_tab_and_the_files_say_the_rest(tiny_checkpoints: Path):
    loaded, failures = load_models(find_models(tiny_checkpoints.parent))
    assert failures == []
    models = {model.name: model for model in loaded}
    assert models["tang-poems"].task == GENERATION and models["sentiment-zh"].task == CLASSIFICATION
    assert [models[name].language for name in ("sentiment-en", "sentiment-zh", "tang-poems")] == ["en", "zh", "zh"]
    lstm = models["shakespeare-lstm"]
    assert lstm.parameters == sum(p.numel() for p in lstm.model.parameters())
    assert lstm.megabytes * 1e6 == (tiny_checkpoints / "shakespeare-lstm" / "model.safetensors").stat().st_size
    assert not lstm.model.training and lstm.model.dtype == torch.float32
    assert details(lstm, None) == (
        "**shakespeare-lstm** LSTM network with 2.4k parameters (10 kB). It read the plays of Shakespeare, letter by "
        "letter, in English. It has their tone and layout; its sentences rarely make sense.\n\n"
        "1.500 nats a token on texts it had not read (fewer is better) · ONNX Runtime int8"
    )


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


def test_a_model_that_is_not_whole_is_left_out_and_the_others_are_not(folder: Path, tiny_checkpoints: Path):
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[: len(data) // 2])
    assert "model.safetensors: it is not a complete safetensors file" in failure(folder)
    loaded, failures = load_models([str(folder), str(tiny_checkpoints / "tang-poems")])
    assert [model.name for model in loaded] == ["tang-poems"] and len(failures) == 1


DAMAGES = {
    "no configuration": lambda folder: (folder / "config.json").unlink(),
    "half a configuration": lambda folder: halve(folder / "config.json"),
    "a configuration that is a list": lambda folder: (folder / "config.json").write_text("[1]"),
    "another kind of model": lambda folder: change(folder / "config.json", model_type="unheard-of"),
    "another head": lambda folder: change(folder / "config.json", architectures=["RNNForQuestionAnswering"]),
    "no head named": lambda folder: change(folder / "config.json", architectures=None),
    "a cell that is not here": lambda folder: change(folder / "config.json", cell_type="quantum"),
    "a width that is text": lambda folder: change(folder / "config.json", hidden_size="16"),
    "no weights": lambda folder: (folder / "model.safetensors").unlink(),
    "half of the weights": lambda folder: halve(folder / "model.safetensors"),
    "weights that are not numbers": lambda folder: fill(folder / "model.safetensors", float("nan")),
    "weights beyond all numbers": lambda folder: fill(folder / "model.safetensors", float("inf")),
    "no tokenizer": lambda folder: [path.unlink() for path in folder.glob("tokenizer*")],
    "half a tokenizer": lambda folder: halve(folder / "tokenizer.json"),
    "a tokenizer of other tokens": lambda folder: (folder / "tokenizer.json").write_text(OTHER_TOKENIZER),
    "a card of other letters": lambda folder: (folder / "README.md").write_bytes(b"---\nlanguage: [\n\xff\xfe"),
    "a card that is a list": lambda folder: (folder / "README.md").write_text("---\n- en\n---\nA model.\n"),
    "results that are not JSON": lambda folder: (folder / "eval_results.json").write_text("{"),
    "no file at all": lambda folder: [path.unlink() for path in folder.iterdir()],
}
OTHER_TOKENIZER = '{"version": "1.0", "model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}}'


def halve(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def change(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def fill(path: Path, value: float) -> None:
    weights = load_file(path)
    save_file({name: torch.full_like(tensor, value) for name, tensor in weights.items()}, path, {"format": "pt"})


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_model_takes_no_other_with_it(damage: str, folder: Path, tiny_checkpoints: Path):
    DAMAGES[damage](folder)
    loaded, notes = load_models([str(folder), str(tiny_checkpoints / "tang-poems")])
    assert [model.name for model in loaded] == ["tang-poems"]
    (note,) = notes
    assert note.startswith("A model is left out: ") and str(folder) in note and "\n" not in note


@pytest.fixture
def unknown_cell(monkeypatch: pytest.MonkeyPatch) -> str:
    """A cell that models have but graphs do not."""

    class PatientCell(GRUCell):
        """A GRU under another name."""

    monkeypatch.setitem(CELLS, "patient", PatientCell)
    return "patient"


def test_a_cell_without_equations_is_computed_by_torch(unknown_cell: str, tmp_path: Path, tiny_checkpoints: Path):
    save_language_model(tmp_path / "writer", unknown_cell, ENGLISH, "character")
    save_classifier(tmp_path / "judge", unknown_cell, ENGLISH, "en")
    names = [str(tmp_path / "writer"), str(tmp_path / "judge"), str(tiny_checkpoints / "tang-poems")]
    loaded, notes = load_models(names)
    assert [model.runs_on for model in loaded] == [
        "PyTorch float32, cpu", "PyTorch float32, cpu", "ONNX Runtime int8"
    ]  # fmt: skip
    assert [note.split(",")[0] for note in notes] == ["writer runs on PyTorch", "judge runs on PyTorch"]
    writer, judge, _ = loaded
    assert writer.engine is None and judge.classifier is judge.model
    create_app(loaded)


@pytest.mark.parametrize("broken", ["the session", "its step"])
def test_where_onnx_runtime_fails_torch_computes(broken: str, folder: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no such kernel")

    target = (onnxruntime, "InferenceSession") if broken == "the session" else (OnnxEngine, "step")
    monkeypatch.setattr(*target, fail)
    loaded, notes = load_models([str(folder)])
    assert [model.engine for model in loaded] == [None]
    assert "RuntimeError: no such kernel" in notes[0]


def test_a_fault_of_ours_takes_no_other_model_with_it(folder: Path, tiny_checkpoints: Path, monkeypatch):
    language_of = models.language_of

    def fail_for_one(name: str, *rest: object) -> str:
        return 1 / 0 if name == str(folder) else language_of(name, *rest)

    monkeypatch.setattr(models, "language_of", fail_for_one)
    loaded, notes = load_models([str(folder), str(tiny_checkpoints / "tang-poems")])
    assert [model.name for model in loaded] == ["tang-poems"]
    assert notes == [f"A model is left out: {folder}: ZeroDivisionError: division by zero."]


def test_a_network_without_a_head_is_no_model_for_the_app(folder: Path):
    config = json.loads((folder / "config.json").read_text())
    config["architectures"] = ["RNNModel"]
    (folder / "config.json").write_text(json.dumps(config))
    weights = load_file(folder / "model.safetensors")
    backbone = {name.removeprefix("rnn."): tensor for name, tensor in weights.items() if name.startswith("rnn.")}
    save_file(backbone, folder / "model.safetensors", {"format": "pt"})
    assert "is a model for feature-extraction; the app shows" in failure(folder)


@pytest.mark.parametrize("filename", ["README.md", "eval_results.json"])
def test_a_file_beside_the_weights_that_cannot_be_read_is_named(folder: Path, filename: str):
    (folder / filename).write_bytes(b"---\nlanguage: [\n\xff\xfe")
    assert filename in failure(folder)


def test_metrics_of_another_shape_are_not_shown(folder: Path):
    (folder / "eval_results.json").write_text('{"validation": ["loss"]}')
    (model,), _ = load_models([str(folder)])
    assert model.validation == {}
