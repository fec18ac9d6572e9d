# ruff: noqa: SIM905  options read better as a line than as a list
"""Round trips to the Hub: pushed models load without this package, and a Hub corpus is trained on by its name."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from transformers import DistilBertConfig, DistilBertForSequenceClassification

from rnn_models.__main__ import main
from rnn_models.checkpoint import LoadError, load_checkpoint, write_sums
from rnn_models.publish.hub import code_of, new_folder, stage
from rnn_models.tokenization import train_tokenizer
from tests.hub_server import HubServer
from tests.publish.round_trips import NAMES, ROOT, run

TEXT = "the play was good and the play was bad"
# A user's calls of a model, with and without this package: the numbers must be equal.
USE = """
import json, sys
if sys.argv[1] == "elsewhere":
    sys.modules["rnn_models"] = None  # so that importing it fails, installed or not
else:
    sys.path.insert(0, sys.argv[1])
    import rnn_models
import torch, transformers
trust = {"trust_remote_code": True} if sys.argv[1] == "elsewhere" else {}
heads = {"writer": "AutoModelForCausalLM", "judge": "AutoModelForSequenceClassification"}
text, found = sys.argv[2], {}
for name in sys.argv[3:]:
    head = name.rpartition("/")[2].partition("-")[0]
    tokenizer = transformers.AutoTokenizer.from_pretrained(name, **trust)
    model = getattr(transformers, heads[head]).from_pretrained(name, **trust)
    backbone = transformers.AutoModel.from_pretrained(name, **trust)
    inputs = tokenizer(text, return_tensors="pt")
    here = type(model).__module__.startswith("transformers_modules.")
    assert here == (sys.argv[1] == "elsewhere"), type(model)
    task = {"writer": "text-generation", "judge": "text-classification"}[head]
    pipe = transformers.pipeline(task, name, **trust)
    options = {"writer": {"max_new_tokens": 9, "do_sample": False}, "judge": {"top_k": None}}[head]
    beams = {"max_new_tokens": 9, "num_beams": 3, "do_sample": False}
    found[name.rpartition("/")[2]] = [
        model(**inputs).logits.tolist(), backbone(**inputs).last_hidden_state.tolist(), pipe([text], **options),
        model.generate(**inputs, **beams).tolist() if head == "writer" else None,
    ]
json.dump(found, open("used.json", "w"))
"""
PUSH = """
import sys
sys.path.insert(0, sys.argv[1])
from rnn_models.__main__ import main
for name in sys.argv[3:]:
    print(f"<{name}>", file=sys.stderr)
    print(main(["push", sys.argv[2], name]))
"""
LOAD = """
import sys
sys.path.insert(0, sys.argv[1])
from rnn_models.publish.hub import limit_waiting
from rnn_models.checkpoint import LoadError, load_checkpoint
limit_waiting()
for name in sys.argv[2:]:
    try:
        print("loaded", load_checkpoint(name).folder.name)
    except LoadError as error:
        print(error)
"""


def test_every_head_and_cell_comes_back_from_the_hub_with_equal_numbers_where_this_package_is_not(
    hub: HubServer, trained: Path, tmp_path: Path
):
    run(hub, trained, "-c", USE, str(ROOT), TEXT, *NAMES)
    run(hub, tmp_path, "-I", "-c", USE, "elsewhere", TEXT, *(f"somebody/{name}" for name in NAMES))
    here = json.loads((trained / "used.json").read_text(encoding="utf-8"))
    there = json.loads((tmp_path / "used.json").read_text(encoding="utf-8"))
    assert here.keys() == set(NAMES) and there == here


@pytest.mark.parametrize("name", NAMES)
def test_a_pushed_repository_has_the_model_its_code_and_its_card_and_nothing_of_the_run(
    hub: HubServer, trained: Path, name: str
):
    files = hub.files(f"somebody/{name}")
    code = {path.name for path in (trained / name).glob("*.py")}  # copied by transformers
    assert "modeling_rnn.py" in code
    about = {"README.md", "SHA256SUMS", "config.json", "eval_results.json", "model.safetensors"}
    about |= {"tokenizer.json", "tokenizer_config.json", "training_log.jsonl", "run.json"} | code
    assert set(files) == about | ({"generation_config.json"} if name.startswith("writer") else set())
    for path, content in files.items():
        if path != "model.safetensors":
            assert str(trained) not in content.decode("utf-8")  # a pickle would not be text
    assert f'from_pretrained("somebody/{name}", trust_remote_code=True)' in files["README.md"].decode()
    assert hub.repositories["models", f"somebody/{name}"].private


def test_a_pushed_model_passes_the_checks_and_an_older_revision_still_loads(
    hub: HubServer, trained: Path, tmp_path: Path
):
    before = hub.repositories["models", "somebody/judge-gru"].main
    hub.repositories["models", "somebody/judge-gru"].commit({"README.md": b"emptied"})
    load = "from rnn_models import checkpoint as c; print(c.load_checkpoint('somebody/judge-gru', revision=%r).task)"
    run(hub, tmp_path, "-c", load % before, PYTHONPATH=str(ROOT))
    failed = run(hub, tmp_path, "-c", load % "main", PYTHONPATH=str(ROOT), status=1)
    assert "model.safetensors is missing" in failed.stderr
    hub.repositories["models", "somebody/judge-gru"].main = before


def test_a_corpus_on_the_hub_is_trained_on_by_its_name(trained: Path):
    config = json.loads((trained / "judge-lstm" / "config.json").read_text(encoding="utf-8"))
    assert config["id2label"] == {"0": "bad", "1": "good"}
    found = json.loads((trained / "judge-lstm" / "eval_results.json").read_text(encoding="utf-8"))
    assert (found["steps"], found["test"]["data_set"], found["test"]["rows"]) == (1, "somebody/plays", 4)
    assert "push_to_hub" not in found["command"] and "somebody/judge" not in found["command"]


def test_a_pull_request_leaves_the_main_branch_unchanged(hub: HubServer, trained: Path, tmp_path: Path):
    repository = hub.repositories["models", "somebody/writer-rnn"]
    before = repository.main
    words = ["-m", "rnn_models", "push", str(trained / "writer-gru"), "somebody/writer-rnn", "--create-pr"]
    done = run(hub, tmp_path, *words, PYTHONPATH=str(ROOT))
    assert done.stdout.strip() == f"{hub.url}/somebody/writer-rnn/discussions/1"
    assert repository.main == before
    pushed = repository.pull_requests["refs/pr/1"]["model.safetensors"]
    assert pushed == (trained / "writer-gru" / "model.safetensors").read_bytes()


TROUBLES = {
    "401": (401, "you are not logged in to the Hub"),
    "403": (403, "your token may not write to somebody/trouble-403"),
    "404": (404, "there is no somebody/trouble-404"),
    "409": (409, "somebody/trouble-409 was changed by somebody else"),
    "500": (500, "the Hub answered"),
    "hanging": ("hang", "the Hub cannot be reached"),
    "cut": ("cut", "the Hub cannot be reached"),
}


def test_a_push_that_fails_says_why_in_one_line_and_how_to_try_again(hub: HubServer, trained: Path, tmp_path: Path):
    folder = trained / "judge-rnn"
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    hub.trouble = {f"trouble-{name}\\b": what for name, (what, _) in TROUBLES.items() if name != "409"}
    hub.trouble["trouble-409/commit"] = 409
    names = [f"somebody/trouble-{name}" for name in TROUBLES]
    try:
        words = ["-c", PUSH, str(ROOT), str(folder), *names, "no name at all"]
        done = run(hub, tmp_path, *words, HF_HUB_DOWNLOAD_TIMEOUT="1")
    finally:
        hub.trouble = {}
    said = re.split(r"<(.+)>\n", done.stderr)
    sentences = dict(zip(said[1::2], said[2::2], strict=True))
    assert "Traceback" not in done.stderr
    assert done.stdout.split() == ["1"] * (len(names) + 1)
    for name, (_, reason) in TROUBLES.items():
        failure, again = sentences[f"somebody/trouble-{name}"].splitlines()[-2:]  # after the client's progress bars
        assert failure.startswith(f"rnn_models: error: {reason}")
        assert again == f"To try again: python -m rnn_models push {folder} somebody/trouble-{name}"
    assert "no name at all is not a valid repository name" in sentences["no name at all"]
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_a_load_that_fails_says_why_in_one_sentence(hub: HubServer, trained: Path, tmp_path: Path):
    whole = hub.repositories["models", "somebody/judge-lstm"]
    for name in TROUBLES:
        hub.repositories["models", f"somebody/trouble-{name}"] = whole
    hub.trouble = {f"trouble-{name}\\b": what for name, (what, _) in TROUBLES.items()}
    # Answers about the repository are complete, but the connection breaks while the weights are downloaded.
    hub.trouble = {k: v for k, v in hub.trouble.items() if v != "cut"} | {r"trouble-cut/.*model\.safetensors": "cut"}
    try:
        words = ["-c", LOAD, str(ROOT), *(f"somebody/trouble-{name}" for name in TROUBLES), "somebody/nothing"]
        limits = {"HF_HUB_DOWNLOAD_TIMEOUT": "1", "HF_HUB_ETAG_TIMEOUT": "1"}
        done = run(hub, tmp_path, *words, **limits)
    finally:
        hub.trouble = {}
    sentences = dict(zip([*TROUBLES, "nothing"], done.stdout.splitlines(), strict=True))
    for name, sentence in sentences.items():
        where = "nothing" if name == "nothing" else f"trouble-{name}"
        assert sentence.startswith(f"somebody/{where} "), sentence
    assert "neither a folder nor a model on the Hub" in sentences["nothing"]
    for name in ("403", "500"):
        assert "cannot be downloaded from the Hub (" in sentences[name] and name in sentences[name]
    for name in ("cut", "hanging"):
        assert "cannot be downloaded from the Hub" in sentences[name]
        assert "is not in the local cache" in sentences[name]


def test_a_cached_model_loads_while_the_hub_is_unreachable(hub: HubServer, trained: Path, tmp_path: Path):
    first = run(hub, tmp_path, "-c", LOAD, str(ROOT), "somebody/judge-lstm").stdout
    away = run(hub, tmp_path, "-c", LOAD, str(ROOT), "somebody/judge-lstm", HF_ENDPOINT="http://127.0.0.1:9").stdout
    assert first == away == f"loaded {hub.repositories['models', 'somebody/judge-lstm'].main}\n"


OPTIONS = """
--task language-model --datasets corpus.txt --tokenizer character --embedding_size 4 --hidden_size 4 --max_steps 1
--use_cpu --sample_length 0 --per_device_train_batch_size 1 --sequence_length 8 --output_dir away --push_to_hub
--hub_model_id somebody/away
""".split()


def test_if_the_hub_is_unreachable_the_trained_model_is_kept_and_the_command_to_try_again_is_printed(
    hub: HubServer, tmp_path: Path
):
    (tmp_path / "corpus.txt").write_text("to be or not to be\n" * 20, encoding="utf-8")
    words = [str(ROOT / "train.py"), *OPTIONS]
    done = run(hub, tmp_path, *words, status=1, HF_ENDPOINT="http://127.0.0.1:9")
    assert "Traceback" not in done.stderr
    assert "To try again: python -m rnn_models push away somebody/away" in done.stderr
    assert ("models", "somebody/away") not in hub.repositories
    again = run(hub, tmp_path, "-m", "rnn_models", "push", "away", "somebody/away", PYTHONPATH=str(ROOT))
    assert again.stdout.startswith(f"{hub.url}/somebody/away/commit/")


def test_if_the_hub_refuses_nothing_is_trained(hub: HubServer, tmp_path: Path):
    (tmp_path / "corpus.txt").write_text("to be or not to be\n" * 20, encoding="utf-8")
    words = [*OPTIONS[:-1], "somebody/refused"]
    done = run(hub, tmp_path, str(ROOT / "train.py"), *words, status=2, HF_TOKEN="hf_wrong")
    assert done.stderr.splitlines()[-1].startswith(
        "train.py: error: option push_to_hub: you are not logged in to the Hub"
    )
    assert not (tmp_path / "away" / "model.safetensors").exists()


@pytest.mark.parametrize(
    ("filename", "content"),
    [
        ("eval_results.json", "/home/somebody/data"),
        ("eval_results.json", "file:///Users/somebody/data"),
        ("config.json", "C:\\\\Users"),
        ("config.json", "D:/data/texts"),
        ("README.md", "see /tmp/runs/1."),
        ("README.md", "see C:\\Users\\somebody."),
        ("README.md", f"see {ROOT}."),
    ],
)
def test_a_path_of_one_machine_is_not_pushed(trained: Path, tmp_path: Path, filename: str, content: str):
    folder = Path(shutil.copytree(trained / "judge-rnn", tmp_path / "copy"))
    stage(folder, tmp_path / "clean")
    text = (folder / filename).read_text(encoding="utf-8")
    if filename.endswith(".json"):
        text = text.rstrip().removesuffix("}") + f', "where": "{content}"}}'
    (folder / filename).write_text(text + content * (filename == "README.md"), encoding="utf-8")
    write_sums(folder)
    with pytest.raises(LoadError, match="a path of one machine"):
        stage(folder, tmp_path / "dirty")
    assert not (tmp_path / "dirty").exists()


def test_staged_files_have_the_current_code_and_class_names_whatever_the_folder_has(trained: Path, tmp_path: Path):
    folder = Path(shutil.copytree(trained / "judge-rnn", tmp_path / "old"))
    (folder / "modeling_rnn.py").write_text("from .gone import Gone\n", encoding="utf-8")
    (folder / "cells.py").unlink()
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["auto_map"] = {"AutoModel": "gone.Gone"}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    write_sums(folder)
    assert main(["stage", str(folder), str(tmp_path / "new")]) == 0
    code = {path.name: path.read_bytes() for path in code_of("tokens")}
    assert {path.name: path.read_bytes() for path in (tmp_path / "new").glob("*.py")} == code
    staged = json.loads((tmp_path / "new" / "config.json").read_text(encoding="utf-8"))
    assert staged == json.loads((trained / "judge-rnn" / "config.json").read_text(encoding="utf-8"))
    load_checkpoint(tmp_path / "new")


def test_a_model_of_transformers_is_staged_without_code_and_class_names(trained: Path, tmp_path: Path):
    folder = tmp_path / "foreign"
    config = DistilBertConfig(vocab_size=40, dim=8, n_layers=1, n_heads=1, hidden_dim=8, num_labels=2)
    DistilBertForSequenceClassification(config).save_pretrained(folder)
    tokenizer = train_tokenizer("character", ["".join(map(chr, range(97, 97 + 36)))])
    tokenizer.save_pretrained(folder)
    for name in ("config.json", "tokenizer_config.json"):
        values = json.loads((folder / name).read_text(encoding="utf-8"))
        values["auto_map"] = {"AutoConfig": "own.Config"}
        (folder / name).write_text(json.dumps(values), encoding="utf-8")
    assert main(["stage", str(folder), str(tmp_path / "new")]) == 0
    assert not list((tmp_path / "new").glob("*.py"))
    assert not any("auto_map" in path.read_text(encoding="utf-8") for path in (tmp_path / "new").glob("*.json"))
    load_checkpoint(tmp_path / "new")


def test_a_folder_that_cannot_be_staged_leaves_nothing_behind(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    assert main(["stage", "nothing", "new"]) == 2
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine", encoding="utf-8")
    assert main(["stage", str(trained / "judge-rnn"), "full"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2 and "nothing" in said[0] and "full is not empty" in said[1]
    with pytest.raises(KeyboardInterrupt), new_folder(Path("new/inside")) as written:
        (written / "half").write_text("half", encoding="utf-8")
        raise KeyboardInterrupt
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["full", "mine.txt", "new"]


@pytest.mark.parametrize("filename", ["README.md", "eval_results.json", "config.json"])
def test_text_that_only_looks_like_a_path_is_pushed(trained: Path, tmp_path: Path, filename: str):
    folder = Path(shutil.copytree(trained / "judge-rnn", tmp_path / "copy"))
    text = "From /r/MachineLearning and /u/somebody. Q:\nA:\tRun #!/usr/bin/env or see /wiki/Long_short-term_memory, "
    text += "https://example.org/home/page, and/or/not, 9/10/2020, e:\nf."
    path = folder / filename
    if filename.endswith(".json"):
        values = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**values, "about": {"it": [text]}}), encoding="utf-8")
    else:
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    write_sums(folder)
    stage(folder, tmp_path / "staged")
    assert "/r/MachineLearning" in (tmp_path / "staged" / filename).read_text(encoding="utf-8")
