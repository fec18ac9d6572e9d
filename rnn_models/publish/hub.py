"""Pushing models and Spaces to the Hub.

python -m rnn_models stage FOLDER OUTPUT
python -m rnn_models push FOLDER REPO_ID
python -m rnn_models space FOLDER_OR_REPO...
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, ModelCard, get_session, metadata_load, set_client_factory
from huggingface_hub.errors import HfHubHTTPError, HFValidationError
from huggingface_hub.utils import validate_repo_id

from ..checkpoint import CONFIG, SECONDS, TRAINING_LOG, LoadError, load_checkpoint, one_line, write_sums
from ..modeling.heads import READS, auto_map
from .card import CARD, front_matter, name_in_card

PACKAGE = Path(__file__).parents[1]
# The files of a folder that go into a model repository: never a pickle, a corpus or a training run's own files.
TEXTS = (
    "config.json", "generation_config.json", "tokenizer_config.json", "special_tokens_map.json", "eval_results.json",
    "run.json", "model.safetensors.index.json", "README.md",
)  # fmt: skip
PUSHED = (*TEXTS, "tokenizer.json", "*.safetensors", TRAINING_LOG)
# Labelled sentences that the app asks units about, by language.
EVERYDAY = {"en": "everyday/en.tsv", "zh": "everyday/zh.tsv"}
SPACE_FILES = ("app.py", "requirements.txt", *EVERYDAY.values())
# The file beside a Space's app with the models that it shows, one per line.
MODELS = "models.txt"
# An absolute path with at least two parts, such as "/home/somebody" or "C:\\Users", and not part of a URL.
PATH = re.compile(r"(?<![\w.:/<>~)\]-])(?:file://)?/(?P<top>[\w.-]+)(?:/[\w.-]+)+|\b[A-Za-z]:[\\/]+\w[\w.-]+")
# Folders for the files of people and runs; "/r/MachineLearning" and "/usr/bin/env" are not in such folders.
PERSONAL = {"home", "root", "Users", "mnt", "media", "tmp", "private", "scratch", "content", "kaggle", "workspace"}
PUBLIC = {"bin", "dev", "etc", "lib", "proc", "sbin", "sys", "usr"}


class HubError(Exception):
    """The Hub failed or refused; the message is one sentence.

    Attributes:
        refused: whether it refused the request, and will again with the same name and token.
    """

    def __init__(self, sentence: str, refused: bool = False) -> None:
        super().__init__(sentence)
        self.refused = refused


def limit_waiting() -> None:
    """Set a timeout for all requests to the Hub: most of those of `huggingface_hub` have none. For commands."""

    usual = get_session()
    hooks = usual.event_hooks
    set_client_factory(lambda: type(usual)(event_hooks=hooks, follow_redirects=True, timeout=SECONDS))


def create_repository(repo_id: str, *, kind: str = "model", private: bool = False) -> str:
    """Create a repository if it does not exist, and return its full name. Raises `HubError`."""
    with _as_hub_error(repo_id):
        sdk = "gradio" if kind == "space" else None
        # private=None leaves it to the owner's default.
        made = HfApi().create_repo(repo_id, repo_type=kind, private=private or None, exist_ok=True, space_sdk=sdk)
        return made.repo_id


def push(folder: Path, repo_id: str, *, private: bool = False, create_pr: bool = False) -> str:
    """Push a trained model together with the installed version of the model code. Returns the URL of the commit.

    Args:
        folder: a folder written by `train.py`.
        repo_id: `owner/name`, or a name under your own account; created if it does not exist.
        private: create it as a private repository.
        create_pr: open a pull request instead of committing to the main branch.

    Raises:
        LoadError: the folder does not hold a complete model, or contains a path of one machine.
        HubError: the Hub refused or could not be reached. The folder is not changed.
    """
    check(folder)
    repo_id = create_repository(repo_id, private=private)
    with tempfile.TemporaryDirectory() as staging:
        copy(folder, Path(staging), repo_id)
        return _upload(Path(staging), repo_id, "model", create_pr)


def stage(folder: Path, output: Path) -> None:
    """Write what `push` would upload into a new folder, to look at or to load without this package.

    Raises:
        LoadError: as `push`.
        FileExistsError: `output` is not empty.
    """
    check(folder)
    with new_folder(output) as target:
        copy(folder, target, name_in_card(output))


def check(folder: Path) -> None:
    """Raise `LoadError` if a folder does not hold a complete model, or contains a path of one machine."""
    load_checkpoint(folder)
    for name in TEXTS:
        if not (folder / name).is_file():
            continue
        text = (folder / name).read_text(encoding="utf-8")
        # Decode JSON first: in its raw form a line break after "Q:" looks like the beginning of "Q:\\notes".
        plain = "\n".join(_strings(json.loads(text))) if name.endswith(".json") else text
        for found in PATH.finditer(plain):
            top = found["top"]
            if top is None or top in PERSONAL or (top not in PUBLIC and Path("/", top).is_dir()):
                raise LoadError(f"{folder / name} contains {found[0]}, a path of one machine: remove it first")


def _strings(value: Any) -> Iterator[str]:
    """All strings in a JSON value, including keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for part in [*value, *value.values()] if isinstance(value, dict) else value:
            yield from _strings(part)


def copy(folder: Path, target: Path, name: str) -> None:
    """Copy the files of a model repository, with the installed model code and a card whose example loads `name`."""
    for pattern in PUSHED:
        for path in folder.glob(pattern):
            shutil.copyfile(path, target / path.name)
    _add_code(target)
    if (target / CARD).is_file():
        _rename_in_card(target / CARD, name)
    write_sums(target)


def code_of(reads: str) -> list[Path]:
    """The modules of the models that read `"tokens"` or `"numbers"`, with all that they import beside them."""
    found: list[Path] = []
    wanted = sorted({name.split(".")[0] for name in auto_map(reads).values()})
    while wanted:
        path = PACKAGE / "modeling" / f"{wanted.pop()}.py"
        if path not in found:
            found.append(path)
            wanted += re.findall(r"^\s*from \.(\w+) import", path.read_text(encoding="utf-8"), re.MULTILINE)
    return sorted(found)


def _add_code(target: Path) -> None:
    """Add the model code and its class names in `auto_map`; models of transformers itself get neither."""
    reads = READS.get(json.loads((target / CONFIG).read_text(encoding="utf-8")).get("model_type"))
    if reads:
        for path in code_of(reads):
            shutil.copyfile(path, target / path.name)
    for name, wanted in ((CONFIG, auto_map(reads) if reads else None), ("tokenizer_config.json", None)):
        path = target / name
        values = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        if values.get("auto_map") != wanted:
            values = {key: value for key, value in values.items() if key != "auto_map" or wanted}
            values |= {"auto_map": wanted} if wanted else {}
            path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder that is renamed to `folder` when it is complete; if writing fails, it is removed.

    Raises `FileExistsError` if `folder` is not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} is not empty")
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".rnn-models-") as beside:
        written = Path(beside, folder.name)
        written.mkdir()
        yield written
        if folder.exists():
            folder.rmdir()
        written.rename(folder)


def _rename_in_card(path: Path, repo_id: str) -> None:
    """Make the card's example load the model by its new name."""
    card = ModelCard.load(path)
    loads = r'(from_pretrained\(|pipeline\("[\w-]+", )"[^"]+"'
    card.text = re.sub(loads, lambda found: f'{found[1]}"{repo_id}"', card.text)
    card.save(path)


def names_in(text: str, separators: str = "\n") -> list[str]:
    """The folders and Hub names in a list. Names may contain spaces, but surrounding whitespace is stripped."""
    return [name for part in re.split(f"[{separators}]", text) if (name := part.strip())]


def write_space(sources: Sequence[str], folder: Path) -> None:
    """Write a Space that shows the given models: the app, the package, the requirements, the models or their names.

    Args:
        sources: folders, which are copied into the Space, and Hub names, which the Space downloads when it starts.
        folder: the output folder; must be new or empty.

    Raises:
        LoadError: a folder does not hold a complete model, or a name is not a valid Hub name.
        FileExistsError: `folder` is not empty.
    """
    names = []
    for source in sources:
        if Path(source).is_dir():
            check(Path(source))
            names.append(f"checkpoints/{Path(source).resolve().name}")
        else:
            try:
                validate_repo_id(source)
            except HFValidationError:
                raise LoadError(f"{source} is neither a folder nor a Hub name") from None
            names.append(source)
    if len(set(names)) < len(names):
        raise LoadError(f"two of the models have the same name: {', '.join(names)}")
    if names_in("\n".join(names)) != names:
        raise LoadError(f"a folder's name ends in a space or contains a line break: {', '.join(map(repr, names))}")
    files = project_files()
    with new_folder(folder) as target:
        for source, name in zip(sources, names, strict=True):
            if Path(source).is_dir():
                (target / name).mkdir(parents=True)
                copy(Path(source), target / name, name)
        for file in SPACE_FILES:
            (target / file).parent.mkdir(exist_ok=True)
            shutil.copyfile(files / file, target / file)
        shutil.copytree(PACKAGE, target / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
        (target / MODELS).write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
        front = metadata_load(files / CARD) or {}
        on_hub = [name for name in names if not name.startswith("checkpoints/")]
        front |= {"models": on_hub} if on_hub else {}
        (target / "README.md").write_text(f"---\n{front_matter(front)}---\n{_space_text(names)}", encoding="utf-8")


def project_files() -> Path:
    """The folder with the project's files next to the package: the project itself, or where a wheel installs them.

    Raises `FileNotFoundError` if they are in neither place.
    """
    for folder in (PACKAGE.parent, *(parent / "share" / "rnn_models" for parent in PACKAGE.parents)):
        if all((folder / name).is_file() for name in (*SPACE_FILES, CARD)):
            return folder
    raise FileNotFoundError(f"{', '.join((*SPACE_FILES, CARD))} were not installed with this package")


def _space_text(names: Sequence[str]) -> str:
    listed = "\n".join(f"- {name}" for name in names)
    return (
        "\nRecurrent networks that generate and classify text, in the browser. The models, from `models.txt`:\n\n"
        f"{listed}\n"
    )


def push_space(folder: Path, repo_id: str, *, private: bool = False) -> str:
    """Upload a folder written by `write_space`. Returns the URL of the commit. Raises `HubError`."""
    repo_id = create_repository(repo_id, kind="space", private=private)
    return _upload(folder, repo_id, "space", False)


def _upload(folder: Path, repo_id: str, kind: str, create_pr: bool) -> str:
    with _as_hub_error(repo_id):
        done = HfApi().upload_folder(
            repo_id=repo_id,
            repo_type=kind,
            folder_path=folder,
            create_pr=create_pr,
            commit_message=f"Upload the {kind}",
        )
        return done.pr_url or done.commit_url


@contextmanager
def _as_hub_error(repo_id: str) -> Iterator[None]:
    """Turn errors from the Hub and from the connection to it into a `HubError`."""
    try:
        yield
    except HFValidationError as error:
        raise HubError(f"{repo_id} is not a valid repository name: {one_line(error)}", refused=True) from error
    except HfHubHTTPError as error:
        status = error.response.status_code
        reasons = {
            401: "you are not logged in to the Hub: run `hf auth login`, or set HF_TOKEN",
            403: f"your token may not write to {repo_id}",
            404: f"there is no {repo_id}, or your token cannot access it",
            409: f"{repo_id} was changed by somebody else at the same time",
        }
        sentence = reasons.get(status, f"the Hub answered {one_line(error)}")
        raise HubError(sentence, refused=status in (400, 401, 403, 404)) from error
    except Exception as error:  # each HTTP library has its own exceptions for a failed connection
        raise HubError(f"the Hub cannot be reached: {type(error).__name__}: {one_line(error)}") from error
