"""Every code block in the READMEs runs and prints the output that they show."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import socket
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from rnn_models.data.recipes import read_recipe
from rnn_models.training.options import TASKS, tasks_with
from tests.hub_server import HubServer
from tests.printed import difference
from tests.running import RUN_BLOCKS, RUN_LINES, run_all

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh.md")
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
SHOWN = re.compile(r"```python\n((?:(?!```).)*)```\s*<!-- output:(\w+) -->\n(.*?)<!-- end -->", re.DOTALL)
TABLE = re.compile(r"<!-- table:(\w+) -->\n(.*?)<!-- end -->", re.DOTALL)
# One step of a tiny model instead of half an hour of training.
TINY = {"max_steps": 1, "embedding_size": 8, "hidden_size": 8, "sequence_length": 8, "per_device_train_batch_size": 2}
TINY |= {"sample_length": 0, "min_frequency": 1, "use_cpu": "true"}


def text_of(readme: str) -> str:
    return (ROOT / readme).read_text(encoding="utf-8")


def blocks(readme: str, *languages: str) -> list[str]:
    """The code blocks of a README in these languages, in order and dedented."""
    found = BLOCK.findall(text_of(readme))
    return [textwrap.dedent(code) for _, language, code in found if language in languages]


def lines(readme: str) -> list[list[str]]:
    """The words of each command in the README's shell blocks."""
    commands = [shlex.split(line, comments=True) for code in blocks(readme, "sh") for line in code.splitlines()]
    return [words for words in commands if words]


PYTHON_BLOCKS = blocks("README.md", "python")
MAKE_LINES = [words for words in lines("README.md") if words[0] == "make"]
PYTHON_LINES = [words[1:] for words in lines("README.md") if words[0] == "python"]


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


@pytest.fixture(scope="module")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app as `python app.py` starts it, on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    printed = tmp_path_factory.mktemp("app") / "printed.txt"
    environment = {**os.environ, "GRADIO_SERVER_PORT": port, "GRADIO_SERVER_NAME": "127.0.0.1"}
    with printed.open("w") as out:
        process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=out, stderr=out)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url, process, printed)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def wait_for(url: str, process: subprocess.Popen[bytes], printed: Path, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=10).close()
            return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"the app does not answer:\n{printed.read_text(encoding='utf-8')}")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reader's folder: a copy of the project's files that runs may write to."""
    folder = tmp_path_factory.mktemp("reader")
    for name in ("checkpoints", "recipes", "train.py"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.fixture(scope="module")
def block_reports(reader: Path, hub: HubServer, app_url: str) -> list[dict[str, str]]:
    """The result of each Python block, with a local Hub and a running app."""
    work = [code.replace("http://127.0.0.1:7860", app_url) for code in PYTHON_BLOCKS]
    return run_all(RUN_BLOCKS, work, reader, hub.environment(reader / "home"))


@pytest.fixture(scope="module")
def line_reports(reader: Path, hub: HubServer) -> list[dict[str, str]]:
    """The result of each Python command line; trainings run with tiny models on tiny corpora."""
    (reader / "my-text.txt").write_text("A text of mine, and not a long one.\n" * 20, encoding="utf-8")
    (reader / "my.csv").write_text("text,label\n" + "so good,good\nso bad,bad\n" * 9, encoding="utf-8")
    hours = (f"2026-01-{hour // 24 + 1:02} {hour % 24:02}:00,{hour % 24},{hour % 7}" for hour in range(600))
    (reader / "station.csv").write_text("\n".join(["date,load,oil", *hours]) + "\n", encoding="utf-8")
    data = reader / "data"
    save_corpus(data / "tiny_shakespeare", "To be, or not to be, that is the question.\n" * 9)
    save_corpus(data / "tang_poems", *["床前明月光，疑是地上霜。\n举头望明月，低头思故乡。"] * 30)
    environment = {**hub.environment(reader / "home"), "RNN_MODELS_DATA": str(data)}
    return run_all(RUN_LINES, [tiny(number) for number in range(len(PYTHON_LINES))], reader, environment)


def save_corpus(folder: Path, *texts: str) -> None:
    """A corpus in the Hub's layout, which `datasets` recognises by the file names."""
    import pyarrow
    from pyarrow import parquet

    (folder / "data").mkdir(parents=True)
    for split in ("train", "validation"):
        table = pyarrow.table({"text": list(texts)})
        parquet.write_table(table, folder / "data" / f"{split}-00000-of-00001.parquet")


def tiny(number: int) -> list[str]:
    """The words of a Python command line; options are appended to a training to make it tiny."""
    words = PYTHON_LINES[number]
    if words[0] == "train.py" and "--help" not in words:
        recipe = {} if "--task" in words else read_recipe(str(ROOT / words[1]))
        task = words[words.index("--task") + 1] if "--task" in words else recipe["task"]
        own = {name: value for name, value in TINY.items() if task in (tasks_with(name) or TASKS)}
        if "pretrained_model" in recipe or "--pretrained_model" in words:  # which brings its sizes
            own = {name: value for name, value in own.items() if name not in ("embedding_size", "hidden_size")}
        words = [*words, *(word for name, value in own.items() for word in (f"--{name}", str(value)))]
        words += [] if "--output_dir" in words else ["--output_dir", f"models/{number}"]
    return words


def load_docs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_readme", ROOT / "docs" / "readme.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_both_readmes_hold_the_same_code_in_the_same_order():
    assert blocks("README.md", "python", "sh") == blocks("README.zh.md", "python", "sh")
    assert len(PYTHON_BLOCKS) >= 4 and len(PYTHON_LINES) >= 8
    assert {language for _, language, _ in BLOCK.findall(text_of("README.md"))} <= {"python", "sh", "text"}
    assert {words[0] for words in lines("README.md")} == {"make", "python"}


@pytest.mark.parametrize("number", range(len(PYTHON_BLOCKS)))
def test_every_python_block_runs(block_reports: list[dict[str, str]], number: int):
    assert block_reports[number]["error"] == "", PYTHON_BLOCKS[number]


def test_the_line_that_pushes_pushes_a_complete_model(line_reports: list[dict[str, str]], hub: HubServer):
    (name,) = {words[-1] for words in PYTHON_LINES if words[:3] == ["-m", "rnn_models", "push"]}
    wanted = {"config.json", "model.safetensors", "modeling_rnn.py", "tokenizer.json", "README.md", "SHA256SUMS"}
    assert wanted <= set(hub.files(name))
    (space,) = {words[-1] for words in PYTHON_LINES if words[:3] == ["-m", "rnn_models", "space"]}
    assert name in hub.files(space, "spaces")["models.txt"].decode()


@pytest.mark.parametrize("number", range(len(PYTHON_LINES)), ids=[" ".join(words) for words in PYTHON_LINES])
def test_every_line_for_python_runs(line_reports: list[dict[str, str]], reader: Path, number: int):
    report, words = line_reports[number], PYTHON_LINES[number]
    assert report["error"] == "", report["printed"]
    assert report["printed"].strip()
    if words[0] == "train.py" and "--help" not in words:
        output = words[words.index("--output_dir") + 1] if "--output_dir" in words else f"models/{number}"
        assert (reader / output / "model.safetensors").is_file()


@pytest.mark.parametrize("words", MAKE_LINES, ids=" ".join)
def test_every_line_for_make_has_a_rule(words: list[str]):
    environment = {**os.environ, "LC_ALL": "C"}
    command = [words[0], "-n", *words[1:]]
    finished = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    # make's message for a file or folder of that name without a rule
    assert finished.stdout.strip() and "Nothing to be done" not in finished.stdout


@pytest.mark.parametrize("readme", READMES)
def test_the_blocks_print_what_is_shown_below_them(readme: str, block_reports: list[dict[str, str]]):
    shown = SHOWN.findall(text_of(readme))
    assert [name for _, name, _ in shown] == re.findall(r"<!-- output:(\w+) -->", text_of(readme))
    for code, name, block in shown:
        fence = re.fullmatch(r"```text\n(.*)\n```\n", block, re.DOTALL)
        assert fence, f"block {name} of {readme} is empty: run python docs/readme.py"
        assert difference(block_reports[PYTHON_BLOCKS.index(code)]["printed"], fence[1]) is None


@pytest.mark.parametrize(
    ("page", "names"),
    [
        *(
            (readme, ["checkpoints", "everyday", "speed", "few_labels", "features", "look_backs"])
            for readme in READMES
        ),
        ("docs/speed.md", ["limits", "speed_avx2", "limits_avx2", "memory", "large_corpus", "inside", "gpu"]),
    ],
)
def test_the_tables_show_what_was_measured(page: str, names: list[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    shown = dict(TABLE.findall(text_of(page)))
    assert list(shown) == names
    for name, made in shown.items():
        assert made.rstrip("\n") == load_docs().TABLES[name](page), "run python docs/readme.py"


@pytest.mark.parametrize("readme", READMES)
def test_the_table_of_speeds_has_every_comparison(readme: str):
    docs, shown = load_docs(), dict(TABLE.findall(text_of(readme)))["speed"]
    elsewhere = dict(TABLE.findall(text_of("docs/speed.md")))["speed_avx2"]
    for file, group, _, _, _, *names in docs.SPEED:
        groups = [row["group"] for row in docs.measured(ROOT / docs.RESULTS, file)]
        here = any(measured.startswith(group.format(cell="lstm")) for measured in groups)
        # what was measured on the other processor alone stands in the table of that one
        table, name = (shown, names[READMES.index(readme)]) if here else (elsewhere, names[0])
        row = f"| {name.format(cell='LSTM')} |"
        assert row in table, f"{file} has no such row, or python docs/readme.py was not run"


@pytest.mark.parametrize("readme", READMES)
def test_the_table_of_models_has_them_all(readme: str):
    shown = dict(TABLE.findall(text_of(readme)))["checkpoints"]
    for config in (ROOT / "checkpoints").glob("*/config.json"):
        assert f"[{config.parent.name}](checkpoints/{config.parent.name})" in shown


def test_the_chinese_table_of_models_is_in_chinese():
    shown = dict(TABLE.findall(text_of("README.zh.md")))["checkpoints"]
    words = set(re.findall(r"[a-z]+", re.sub(r"\[[^\]]*\]\([^)]*\)", "", shown)))
    assert words.isdisjoint({"validation", "test", "perplexity", "macro", "recall", "tweets", "rows", "min", "core"})


@pytest.mark.parametrize("readme", READMES)
def test_every_link_to_a_file_finds_it(readme: str):
    targets = re.findall(r"\]\(([^)#]+)\)", text_of(readme))
    missing = [target for target in targets if "://" not in target and not (ROOT / target).exists()]
    assert missing == []


@pytest.mark.parametrize("readme", READMES)
def test_every_linked_test_is_in_the_linked_file(readme: str):
    named = re.findall(r"\[([^\]]+)\]\((tests/[^)]+\.py)\)", text_of(readme))
    assert len(named) > 20
    for words, path in named:
        name = f"test_{words.replace(' ', '_')}"
        assert name == Path(path).stem or f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), words


def test_the_front_matter_makes_this_folder_a_space():
    front = yaml.safe_load(text_of("README.md").split("---\n")[1])
    requirements = map(Requirement, re.findall(r"^\w.*$", text_of("requirements.txt"), re.MULTILINE))
    gradio = next(requirement for requirement in requirements if requirement.name == "gradio")
    assert front["sdk"] == "gradio"
    assert front["sdk_version"] in gradio.specifier
    pythons = re.search(r'^requires-python = "(.+)"$', text_of("pyproject.toml"), re.MULTILINE)
    assert pythons and front["python_version"] in SpecifierSet(pythons[1])
    assert (ROOT / front["app_file"]).is_file()
    assert len(front["short_description"]) <= 60  # the Hub refuses longer ones
