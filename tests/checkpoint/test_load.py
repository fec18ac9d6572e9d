"""A model is loaded completely, or one sentence says which file is wrong and why."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from rnn_models.checkpoint import SUMS, LoadError, check_sums, load_checkpoint, write_sums

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tiny_checkpoints: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_checkpoints / "shakespeare-lstm", tmp_path / "copy"))


def refusal(folder: Path | str, **options: Any) -> str:
    with pytest.raises(LoadError) as raised:
        load_checkpoint(folder, **options)
    sentence = str(raised.value)
    assert "\n" not in sentence
    return sentence


def change_weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], Any]) -> None:
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def change_config(folder: Path, **values: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | values))


@pytest.mark.parametrize(
    ("name", "task", "head"),
    [
        ("shakespeare-rnn", "text-generation", "RNNForCausalLM"),
        ("sentiment-zh", "text-classification", "RNNForSequenceClassification"),
    ],
)
def test_a_complete_folder_gives_model_tokenizer_and_task(tiny_checkpoints: Path, name: str, task: str, head: str):
    checkpoint = load_checkpoint(tiny_checkpoints / name)
    assert (checkpoint.task, type(checkpoint.model).__name__) == (task, head)
    assert checkpoint.folder == tiny_checkpoints / name
    assert not checkpoint.model.training
    stored = load_file(checkpoint.folder / "model.safetensors")
    loaded = checkpoint.model.state_dict()
    assert all(torch.equal(loaded[key], tensor) for key, tensor in stored.items())
    assert len(checkpoint.tokenizer) == checkpoint.model.config.vocab_size


def test_a_backbone_without_a_head_loads_too(folder: Path):
    from rnn_models import RNNModel

    RNNModel.from_pretrained(folder).save_pretrained(folder)
    assert load_checkpoint(folder).task == "feature-extraction"


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_on_disk_is_single_precision_in_memory(folder: Path, dtype: str):
    change_weights(folder, lambda w: w.update({name: t.to(getattr(torch, dtype)) for name, t in w.items()}))
    change_config(folder, dtype=dtype)
    assert load_checkpoint(folder).model.dtype == torch.float32


def test_weights_in_shards_load_and_a_lost_shard_is_named(folder: Path):
    before = load_checkpoint(folder).model
    (folder / "model.safetensors").unlink()
    before.save_pretrained(folder, max_shard_size="4KB")
    shards = sorted(folder.glob("model-*.safetensors"))
    assert len(shards) > 1
    after = load_checkpoint(folder).model.state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.state_dict().items())
    shards[1].unlink()
    assert f"{shards[1].name} is missing" in refusal(folder)


def test_shards_outside_the_folder_are_not_read(folder: Path):
    shutil.move(folder / "model.safetensors", folder.parent / "model.safetensors")
    index = {"weight_map": {"lm_head.weight": "../model.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "lists no files of this folder" in refusal(folder)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda w: w.pop("lm_head.weight"), "lacks lm_head.weight"),
        (lambda w: w.update(other=w.pop("lm_head.bias")), "lacks lm_head.bias"),
        (lambda w: w.update(more=torch.zeros(3)), "has a tensor that the model lacks: more"),
        (lambda w: w.update({"lm_head.bias": torch.zeros(len(w["lm_head.bias"]) + 1)}), "does not have the shape"),
        (lambda w: w["lm_head.bias"].fill_(float("nan")), "numbers in lm_head.bias that are not finite"),
        (lambda w: w["rnn.embedding.weight"][1].fill_(float("inf")), "rnn.embedding.weight that are not finite"),
        (lambda w: w.clear(), "has no tensors"),
    ],
    ids=["lost", "renamed", "added", "reshaped", "nan", "infinite", "empty"],
)
def test_weights_that_do_not_fit_the_configuration_are_refused(folder: Path, change: Any, said: str):
    change_weights(folder, change)
    sentence = refusal(folder)
    assert said in sentence and ("model.safetensors" in sentence or "config.json" in sentence)


@pytest.mark.parametrize("keep", [0, 7, 100, -1])
def test_a_truncated_file_is_named(folder: Path, keep: int):
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[:keep])
    assert "model.safetensors: it is not a complete safetensors file" in refusal(folder)


@pytest.mark.parametrize("content", [b"", b"\x80\x04K\x01.", b"GIF89a" * 50, b"\xff" * 64])
def test_a_foreign_file_is_named(folder: Path, content: bytes):
    (folder / "model.safetensors").write_bytes(content)
    assert "model.safetensors: it is not a complete safetensors file" in refusal(folder)


def test_a_pickle_is_never_opened(folder: Path):
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'touch run'\ntR.")
    assert "pytorch_model.bin is a pickle" in refusal(folder)


@pytest.mark.parametrize(
    "values",
    [
        {"vocab_size": 10**12},
        {"hidden_size": 10**5},
        {"num_hidden_layers": 10**5},
        {"num_labels": 10**9},
        {"embedding_size": 400_000},
    ],
    ids=str,
)
def test_a_configuration_that_asks_for_more_than_the_file_has_is_refused_before_allocation(
    folder: Path, values: dict[str, int]
):
    change_config(folder, **values)
    sentence = refusal(folder)
    assert "config.json asks for" in sentence
    # before any layer is built, however many there are
    assert ("layers, but the weights have" in sentence) == ("num_hidden_layers" in values)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"cell_type": "transformer"}, "RNNConfig.cell_type is 'transformer'"),
        ({"hidden_size": "many"}, "hidden_size"),
        ({"model_type": "unheard-of"}, "does not describe a known model"),
        ({"architectures": ["RNNForMusic"]}, "RNNForMusic"),
        ({"architectures": None}, "architecture nothing"),
    ],
    ids=str,
)
def test_a_configuration_of_no_valid_model_is_refused_by_name(folder: Path, values: dict[str, Any], said: str):
    change_config(folder, **values)
    sentence = refusal(folder)
    assert "config.json" in sentence and said in sentence


@pytest.mark.parametrize("filename", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_missing_file_is_named(folder: Path, filename: str):
    (folder / filename).unlink()
    assert filename in refusal(folder)


@pytest.mark.parametrize("filename", ["config.json", "tokenizer.json", "tokenizer_config.json"])
@pytest.mark.parametrize("content", ["", "{", "[]", "null", '"text"', "\x00"])
def test_a_file_with_the_wrong_content_is_refused(folder: Path, filename: str, content: str):
    (folder / filename).write_text(content)
    assert ".json" in refusal(folder)


@pytest.mark.parametrize(("tokens", "vocab_size"), [(6, 200), (306, 200), (29, 31), (31, 29)])
def test_the_tokenizer_of_another_model_is_refused(folder: Path, tokens: int, vocab_size: int):
    with_tokens(folder, tokens, vocab_size)
    assert f"tokenizer.json has {tokens} tokens and the model {vocab_size}: it belongs" in refusal(folder)


@pytest.mark.parametrize(("tokens", "vocab_size"), [(29, 29), (29, 32), (29, 128), (190, 200)])
def test_a_vocabulary_may_be_padded_to_a_multiple_of_eight(folder: Path, tokens: int, vocab_size: int):
    with_tokens(folder, tokens, vocab_size)
    load_checkpoint(folder)


def with_tokens(folder: Path, tokens: int, vocab_size: int) -> None:
    """Replace the tokenizer, and the model by one with another vocabulary size."""
    from rnn_models.tokenization import train_tokenizer

    train_tokenizer("character", ["".join(chr(0x4E00 + i) for i in range(tokens - 4))]).save_pretrained(folder)
    change_config(folder, vocab_size=vocab_size)
    sized = {"rnn.embedding.weight", "lm_head.weight", "lm_head.bias"}
    change_weights(
        folder, lambda w: w.update({name: torch.zeros(vocab_size, *w[name].shape[1:]) for name in sized & w.keys()})
    )


def test_code_in_a_model_s_folder_is_never_run(folder: Path, tmp_path: Path):
    (folder / "configuration_rnn.py").write_text(f"open({str(tmp_path / 'run')!r}, 'w')\n")
    assert type(load_checkpoint(folder).model).__module__.startswith("rnn_models.")
    change_config(folder, model_type="unheard-of")
    assert "config.json" in refusal(folder)
    assert not (tmp_path / "run").exists()


def test_a_missing_folder_is_not_looked_up_on_the_network(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "checkpoints").mkdir()
    for name in (str(tmp_path / "x"), "./x", "checkpoints/x"):
        assert refusal(name) == f"{name}: there is no such folder"


def test_a_name_that_is_neither_a_folder_nor_a_hub_name_is_refused():
    assert "is neither a folder nor a Hub name" in refusal("what? this!")


def test_a_folder_has_no_revision(folder: Path):
    assert "can have the revision v1" in refusal(folder, revision="v1")


def test_every_flipped_byte_is_found(folder: Path):
    write_sums(folder)
    load_checkpoint(folder)
    counted = [line.split("  ")[1] for line in (folder / SUMS).read_text().splitlines()]
    assert set(counted) == {
        path.name for path in folder.glob("*.*") if path.suffix in (".json", ".jsonl", ".safetensors")
    } - {"eval_results.json"}
    for path in (folder / name for name in [*counted, SUMS]):
        original = path.read_bytes()
        middle = len(original) // 2
        path.write_bytes(original[:middle] + bytes([original[middle] ^ 1]) + original[middle + 1 :])
        assert path.name in refusal(folder) or path.name == SUMS
        path.write_bytes(original)
    check_sums(folder)


def test_files_that_people_edit_have_no_checksum(folder: Path):
    (folder / "README.md").write_text("A card.\n", encoding="utf-8")
    (folder / "modeling_rnn.py").write_text("code = 1\n", encoding="utf-8")
    write_sums(folder)
    for name in ("README.md", "modeling_rnn.py", "eval_results.json"):
        (folder / name).write_text("Changed.\r\n", encoding="utf-8")
        assert load_checkpoint(folder).task == "text-generation"
    (folder / "LICENSE").write_text("Added.\n", encoding="utf-8")
    load_checkpoint(folder)


def test_checksums_of_an_earlier_version_that_list_card_and_code_still_work(folder: Path):
    (folder / "README.md").write_text("A card.\n", encoding="utf-8")
    names = sorted(path.name for path in folder.iterdir())
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")
    load_checkpoint(folder)
    (folder / "README.md").write_text("Changed.\n", encoding="utf-8")
    for path in folder.glob("*.py"):
        path.unlink()
    load_checkpoint(folder)
    change_config(folder, hidden_size=8)
    assert "config.json does not match" in refusal(folder)


def clone_with_windows_line_ends(folder: Path, target: Path) -> None:
    """A clone, with the default settings of Git for Windows, of a repository with a folder's files."""
    git = ["git", "-c", "user.name=somebody", "-c", "user.email=somebody@localhost", "-c", "core.autocrlf=false"]
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "Files"]):
        subprocess.run([*git, *words], cwd=folder, check=True, capture_output=True)
    clone = ["git", "-c", "core.autocrlf=true", "clone", "--quiet", folder.as_uri(), str(target)]
    subprocess.run(clone, check=True, capture_output=True)


def test_a_clone_with_windows_line_ends_loads_every_shipped_model(tmp_path: Path):
    project = tmp_path / "project"
    shutil.copytree(ROOT / "checkpoints", project / "checkpoints", ignore=shutil.ignore_patterns("*.py"))
    shutil.copy(ROOT / ".gitattributes", project)
    clone_with_windows_line_ends(project, tmp_path / "clone")
    shipped = sorted(path.name for path in (project / "checkpoints").iterdir())
    assert len(shipped) >= 7
    for name in shipped:
        load_checkpoint(tmp_path / "clone" / "checkpoints" / name)
    for path in project.glob("checkpoints/*/*"):
        assert (tmp_path / "clone" / path.relative_to(project)).read_bytes() == path.read_bytes(), path.name


def test_a_clone_of_a_pushed_model_loads_with_windows_line_ends(folder: Path, tmp_path: Path):
    write_sums(folder)
    clone_with_windows_line_ends(folder, tmp_path / "clone")
    assert b"\r\n" in (tmp_path / "clone" / "config.json").read_bytes()
    assert b"\r\n" in (tmp_path / "clone" / SUMS).read_bytes()
    load_checkpoint(tmp_path / "clone")
    write_sums(tmp_path / "clone")
    assert (tmp_path / "clone" / SUMS).read_bytes() == (folder / SUMS).read_bytes()


def test_a_removed_or_added_file_is_found(folder: Path):
    write_sums(folder)
    (folder / "tokenizer_config.json").rename(folder / "special_tokens_map.json")
    assert "tokenizer_config.json is missing" in refusal(folder)
    shutil.copy(folder / "special_tokens_map.json", folder / "tokenizer_config.json")
    assert "special_tokens_map.json is not listed" in refusal(folder)


def test_checksums_never_refer_to_files_outside_their_folder(folder: Path):
    for name in ("secret", "secret.json"):
        (folder / SUMS).write_text("0" * 64 + f"  ../{name}\n")
        (folder.parent / name).write_text("x")
        assert "is missing" in refusal(folder)


def test_sha256sum_accepts_the_file(folder: Path):
    write_sums(folder)
    if shutil.which("sha256sum") is None:
        pytest.skip("there is no sha256sum here")
    done = subprocess.run(["sha256sum", "--check", "--quiet", SUMS], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
