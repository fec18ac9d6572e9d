# ruff: noqa: SIM905  options read better as a line than as a list
"""Round trips to the Hub: pushed models load without this package, and a Hub corpus is trained on by its name."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import metadata_load
from hypothesis import given
from hypothesis import strategies as st
from transformers import DistilBertConfig, DistilBertForSequenceClassification

from rnn_models.__main__ import main
from rnn_models.checkpoint import LoadError, load_checkpoint, write_sums
from rnn_models.publish import hub as hub_module
from rnn_models.publish.hub import code_of, names_in, new_folder, stage
from rnn_models.tokenization import train_tokenizer
from tests.hub_server import HubServer

ROOT = Path(__file__).parents[2]
CELLS = ("rnn", "gru", "lstm")
NAMES = [f"{head}-{cell}" for cell in CELLS for head in ("writer", "judge")]
TEXT = "the play was good and the play was bad"

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


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


@pytest.fixture(scope="module")
def trained(hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a process that trained each head with each cell on a corpus from the Hub and pushed the models."""
    folder = tmp_path_factory.mktemp("trained")
    run(hub, folder, "-c", CORPUS)
    run(hub, folder, "-c", TRAIN, str(ROOT), *NAMES)
    return folder


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


@pytest.fixture(scope="module")
def space(hub: HubServer, trained: Path) -> Path:
    """A Space with a model from a folder and one from the Hub, written and uploaded."""
    shutil.copytree(trained / "judge-gru", trained / "my judge")
    words = ["space", "my judge", "somebody/writer-lstm", "--output", "space", "--push", "somebody/show"]
    done = run(hub, trained, "-m", "rnn_models", *words, PYTHONPATH=str(ROOT))
    assert done.stdout.startswith(f"wrote space\n{hub.url}/spaces/somebody/show/commit/")
    return trained / "space"


def test_a_space_is_complete_and_uploaded_unchanged(hub: HubServer, space: Path):
    uploaded = hub.files("somebody/show", "spaces")
    written = {path.relative_to(space).as_posix(): path.read_bytes() for path in space.rglob("*") if path.is_file()}
    assert uploaded == written
    assert {"README.md", "app.py", "requirements.txt", "models.txt", "rnn_models/ui/page.py"} <= set(written)
    assert not any("__pycache__" in name for name in written)
    assert written["models.txt"].decode() == "checkpoints/my judge\nsomebody/writer-lstm\n"
    front, own = metadata_load(space / "README.md"), metadata_load(ROOT / "README.md")
    assert front == {**own, "models": ["somebody/writer-lstm"]}
    _, header, body = written["README.md"].decode().split("---\n")
    assert "emoji: 🔁" in header and body.startswith("\nRecurrent networks") and "- checkpoints/my judge\n" in body


def test_the_app_of_a_space_shows_the_listed_models(hub: HubServer, space: Path, tmp_path: Path):
    code = "import rnn_models; from rnn_models import ui; from pathlib import Path\n"
    code += "models, failures = ui.load_models(ui.find_models(Path('.')))\n"
    code += "print(rnn_models.__file__, [model.name for model in models], failures)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=space, env=hub.environment(tmp_path), capture_output=True, text=True
    )
    assert done.stdout.split(maxsplit=1)[1].strip() == "['my judge', 'somebody/writer-lstm'] []", done.stderr
    assert Path(done.stdout.split()[0]).is_relative_to(space)


@pytest.mark.parametrize(
    ("models", "said"),
    [
        (["what? this!"], "what? this! is neither a folder nor a Hub name"),
        (["judge-rnn", "judge-rnn"], "two of the models have the same name: checkpoints/judge-rnn, checkpoints/"),
        (["home"], "is missing"),
    ],
    ids=["no name", "twice", "no model"],
)
def test_a_space_of_models_that_cannot_be_shown_is_not_written(
    trained: Path, tmp_path: Path, models: list[str], said: str, capsys: pytest.CaptureFixture, monkeypatch
):
    monkeypatch.chdir(trained)
    assert main(["space", *models, "--output", str(tmp_path / "space")]) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert said in sentence
    assert not (tmp_path / "space").exists()


@pytest.mark.parametrize("name", ["model ", "mo\ndel"], ids=repr)
def test_a_folder_name_that_no_list_can_contain_is_refused_before_anything_is_written(
    trained: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture
):
    shutil.copytree(trained / "judge-rnn", tmp_path / name)
    assert main(["space", str(tmp_path / name), "--output", str(tmp_path / "space")]) == 2
    assert "ends in a space or contains a line break" in capsys.readouterr().err
    assert not (tmp_path / "space").exists()


@given(st.lists(st.text(min_size=1).filter(lambda name: name == name.strip() and "\n" not in name), max_size=5))
def test_a_written_list_of_models_is_read_back(names: list[str]):
    assert names_in("".join(f"{name}\n" for name in names)) == names
    assert names_in("\r\n".join(names)) == names
    simple = [name for name in names if "," not in name]
    assert names_in(", ".join(simple), ",\n") == names_in(",\n".join(simple), ",\n") == simple


def test_a_space_that_cannot_be_completed_leaves_nothing_behind(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    words = ["space", str(trained / "judge-rnn"), "--output", str(tmp_path / "new" / "space")]
    monkeypatch.setattr(hub_module, "PACKAGE", tmp_path / "nowhere" / "rnn_models")
    assert main(words) == 2
    assert "were not installed with this package" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    monkeypatch.undo()
    assert main(words) == 0


def test_a_space_overwrites_nothing(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture):
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["space", str(trained / "judge-rnn"), "--output", str(tmp_path)]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_project_itself_is_a_space():
    front = metadata_load(ROOT / "README.md")
    assert (front["sdk"], front["app_file"]) == ("gradio", "app.py")
    assert re.fullmatch(r"3\.1[0-2]", front["python_version"]) and re.fullmatch(r"6\.\d+\.\d+", front["sdk_version"])
    assert {front["colorFrom"], front["colorTo"]} <= set("red yellow green blue indigo purple pink gray".split())
    assert len(front["short_description"]) <= 60
    assert all((ROOT / name).is_file() for name in ("app.py", "requirements.txt"))
