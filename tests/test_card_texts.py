"""Any prompt, name, label or licence appears unchanged in a card's code and text."""

from __future__ import annotations

import ast
import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rnn_models.publish import card as cards
from rnn_models.publish.card import fenced, model_card, plain, write_card
from rnn_models.publish.card_examples import literal
from rnn_models.signing import is_as_written

few = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
many = settings(max_examples=200, deadline=None)
# Without lone surrogates, which UTF-8 cannot encode; train.py refuses them.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.text("\"'\\\n`{}#:-|<* a", max_size=12)
NAMED = TEXTS.filter(lambda text: text.strip() != "")
# Valid folder names.
FOLDERS = TEXTS.map(lambda text: re.sub(r"[/\x00]", "", text)).filter(lambda text: text.strip(". ") != "")
FOLDERS = FOLDERS.filter(lambda text: len(text.encode()) < 100)
HOSTILE = [
    '"',
    "alpha\nbeta",
    "C:\\new\\table",
    '"); raise SystemExit("',
    "```\n# not mine",
    "{name}",
    "\u2028",
    "' \" \\",
]


def results(**more: Any) -> dict[str, Any]:
    part = {"data_set": "play.txt", "split": "validation", "rows": 3, "loss": 1.5, "perplexity": 4.5}
    return {
        "command": "python train.py recipes/play.yaml",
        "seed": 1, "epochs": 1.0, "train_hours": 0.1, "parameters": 10, "machine": "1 CPU core",
        "torch": "2.13.0", "transformers": "5.24.0", "licenses": {}, "sources": {}, "notes": {},
        "validation": {"data_sets": {"play.txt": part}},
        **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def models(tiny_checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Copies of a language model and a classifier, whose results a test may overwrite."""
    folder = tmp_path_factory.mktemp("models")
    names = {"language-model": "shakespeare-gru", "classification": "sentiment-en"}
    made = {task: folder / task for task in names}
    for task, name in names.items():
        shutil.copytree(tiny_checkpoints / name, made[task])
        (made[task] / "README.md").unlink(missing_ok=True)
    return made


def card_of(folder: Path, found: dict[str, Any], **options: Any) -> ModelCard:
    (folder / "eval_results.json").write_text(json.dumps(found), encoding="utf-8")
    return ModelCard(model_card(folder, **options), ignore_metadata_errors=False)


def blocks(text: str, language: str) -> list[str]:
    """The code blocks in a language. As in CommonMark, a block ends at the first fence of the same length."""
    return [code for _, code in re.findall(rf"^(`{{3,}}){language}\n(.*?)\n\1$", text, re.DOTALL | re.MULTILINE)]


def strings(code: str) -> list[str]:
    """The string constants in Python code."""
    return [node.value for node in ast.walk(ast.parse(code)) if isinstance(getattr(node, "value", None), str)]


@many
@given(text=st.text(max_size=30))
@example("\ud800")
@example("' \" \\' \\\"")
def test_a_literal_is_the_text_in_one_line(text: str):
    assert ast.literal_eval(literal(text)) == text
    assert literal(text).startswith('"') and literal(text).isprintable()


@many
@given(code=TEXTS)
@example("```")
@example("a\n````\nb")
def test_a_block_ends_where_its_code_does(code: str):
    (found,) = blocks(f"before\n\n{fenced('text', code)}\n\n```python\nafter\n```", "text")
    assert found == code.rstrip()


@many
@given(text=TEXTS)
def test_a_text_is_one_line_in_which_every_mark_of_markdown_is_escaped(text: str):
    shown = plain(text)
    assert re.sub(r"\\([\\`*\[\]<>|&$_])", r"\1", shown) == " ".join(text.split())
    assert re.search(r"(?<!\\)(\\\\)*[`*\[\]<>|]", shown) is None
    assert "\n" not in shown


@pytest.mark.parametrize(
    "text",
    ["stanfordnlp/imdb", "held out of train", "https://a.org/b_c?d=e&f=_g_", "tang_poems", "research use; cite"],
)
def test_ordinary_names_stay_as_they_are(text: str):
    assert plain(text) == text


@few
@given(prompt=TEXTS)
@example(HOSTILE[0])
@example(HOSTILE[1])
@example(HOSTILE[2])
@example(HOSTILE[3])
@example(HOSTILE[4])
def test_the_example_contains_the_exact_prompt_and_prints_what_the_card_shows(models: dict[str, Path], prompt: str):
    folder = models["language-model"]
    text = card_of(folder, results(sample_prompt=prompt), repo_id="me/it").text
    (code,), (printed, _) = blocks(text, "python"), blocks(text, "text")
    assert prompt in strings(code) and "me/it" in strings(code)
    assert printed == cards.output_of(code.replace('"me/it"', literal(str(folder)))).rstrip()


@few
@given(name=FOLDERS, absolute=st.booleans())
@example("my model", True)
@example("\x85", False)
@example('"', False)
@example("C:\\new\\table", False)
@example("it's a `model` {name}", True)
def test_a_folder_of_any_name_has_a_card_that_loads_it(
    models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, absolute: bool
):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / name
    shutil.copytree(models["language-model"], folder)
    try:
        (folder / "eval_results.json").write_text(json.dumps(results()), encoding="utf-8")
        path = write_card(folder if absolute else name, prompt="To")
        written = ModelCard.load(path, ignore_metadata_errors=False)
        (code,) = blocks(written.text, "python")
        assert strings(code).count(name) == 2
        assert f"# {plain(name)}\n" in written.text
        assert written.data.model_name == name
        assert is_as_written(path)
    finally:
        shutil.rmtree(folder)


@few
@given(data_set=NAMED, license=TEXTS, source=TEXTS, split=TEXTS, command=st.lists(TEXTS, max_size=4))
@example("a | b", "mit\n---\nlicense: apache-2.0", "```", "x\n---\n", ["a\n```", "'"])
@example("corpora/my play.txt", "cc0-1.0", "", "test", [])
def test_names_terms_and_commands_appear_unchanged_in_the_card(
    models: dict[str, Path], data_set: str, license: str, source: str, split: str, command: list[str]
):
    part = {"data_set": data_set, "split": split, "rows": 3, "loss": 1.5}
    words = ["python", "train.py", *command]
    found = results(
        command=shlex.join(words),
        licenses={data_set: license},
        sources={data_set: source},
        validation={"data_sets": {data_set: part}},
    )
    written = str(card_of(models["language-model"], found, prompt="To"))
    front = yaml.safe_load(written.split("\n---\n", 1)[0].removeprefix("---\n"))
    (row,) = front["model-index"][0]["results"]
    assert (row["dataset"]["name"], row["dataset"]["split"] if split else split) == (data_set, split)
    assert front["license"] == cards.HUB_LICENSES.get(license, "other")
    (commands,) = blocks(written, "sh")
    assert shlex.split(commands) == words
    cells = [line for line in written.splitlines() if line.startswith("| ") and "loss, nats" not in line]
    assert cells == [f"| {plain(data_set)} | {plain(split)} | 3 | 1.5000 |"]
    assert f", terms: {plain(license)}" in written


@few
@given(labels=st.lists(NAMED, min_size=2, max_size=3, unique=True))
@example(["a\nb", '"'])
def test_labels_appear_unchanged_in_card_and_output(models: dict[str, Path], tmp_path: Path, labels: list[str]):
    folder = models["classification"]
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    labels = [*labels, "x" * 30][:3]
    config |= {"id2label": dict(enumerate(labels)), "label2id": {label: index for index, label in enumerate(labels)}}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    text = card_of(folder, results()).text
    (code,), (printed, _) = blocks(text, "python"), blocks(text, "text")
    ast.parse(code)
    for line in printed.split("\n"):
        assert list(ast.literal_eval(line)) == labels
    assert f"classifies texts as one of: {', '.join(map(plain, labels))}." in text


def test_only_valid_hub_names_are_in_the_front_matter(models: dict[str, Path]):
    names = ["stanfordnlp/imdb", "corpora/my play.txt", "corpora/play.txt", "tang_poems", "a/b/c"]
    parts = {name: {"data_set": name, "split": "test", "rows": 3, "loss": 1.5} for name in names}
    written = card_of(models["language-model"], results(validation={"data_sets": parts}), prompt="To")
    assert written.data.datasets == ["stanfordnlp/imdb"]


def test_a_card_never_overwrites_a_user_s_own_text(models: dict[str, Path], capsys: pytest.CaptureFixture[str]):
    from rnn_models.__main__ import main

    folder = models["language-model"]
    (folder / "eval_results.json").write_text(json.dumps(results()), encoding="utf-8")
    path = folder / "README.md"
    for mine in ("# Mine\n", ""):
        path.write_text(mine, encoding="utf-8")
        assert main(["card", str(folder)]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert f"{path} was edited or was not written by rnn_models" in line
        assert path.read_text(encoding="utf-8") == mine
    path.unlink()
    for prompt in ("To", "be"):
        assert main(["card", str(folder), "--prompt", prompt]) == 0
        assert f'tokenizer("{prompt}"' in path.read_text(encoding="utf-8")
