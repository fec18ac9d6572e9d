"""Pushing to the Hub: what a model repository and a Space hold, and nothing else.

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

import yaml
from huggingface_hub import HfApi, ModelCard, get_session, metadata_load, set_client_factory
from huggingface_hub.errors import HfHubHTTPError, HFValidationError
from huggingface_hub.utils import validate_repo_id

from ..checkpoint import CONFIG, SECONDS, LoadError, load_checkpoint, one_line, write_sums
from ..modeling import RNNConfig
from ..modeling.heads import auto_map
from .card import CARD, name_in_card

PACKAGE = Path(__file__).parents[1]
# A model repository holds these of a folder: never a pickle, a corpus, or what a training run keeps for itself.
TEXTS = (
    "config.json", "generation_config.json", "tokenizer_config.json", "special_tokens_map.json", "eval_results.json",
    "model.safetensors.index.json", "README.md",
)  # fmt: skip
HELD = (*TEXTS, "tokenizer.json", "*.safetensors")
SPACE_FILES = ("app.py", "requirements.txt")
# What `space` writes beside the app: the models that it shows, one per line.
MODELS = "models.txt"
# Two parts at least, and no address of a page: "/home/somebody", "C:\\Users".
PATH = re.compile(r"(?<![\w.:/<>~)\]-])(?:file://)?/(?P<top>[\w.-]+)(?:/[\w.-]+)+|\b[A-Za-z]:[\\/]+\w[\w.-]+")
# Where files of people and runs lie; "/r/MachineLearning" and "/usr/bin/env" are no such places.
PERSONAL = {"home", "root", "Users", "mnt", "media", "tmp", "private", "scratch", "content", "kaggle", "workspace"}
PUBLIC = {"bin", "dev", "etc", "lib", "proc", "sbin", "sys", "usr"}


class HubError(Exception):
    """The Hub did not do what it was asked; the message is one sentence.

    Attributes:
        refused: whether it answered and will answer so again, until the name or the token is another.
    """

    def __init__(self, sentence: str, refused: bool = False) -> None:
        super().__init__(sentence)
        self.refused = refused


def limit_waiting() -> None:
    """Have no request to the Hub wait for ever: `huggingface_hub` sets no limit for most of them. For commands."""

    usual = get_session()
    hooks = usual.event_hooks
    set_client_factory(lambda: type(usual)(event_hooks=hooks, follow_redirects=True, timeout=SECONDS))


def create_repository(repo_id: str, *, kind: str = "model", private: bool = False) -> str:
    """Create a repository where there is none yet, and return its full name. Raises `HubError`."""
    with _hub(repo_id):
        sdk = "gradio" if kind == "space" else None
        # None is what the owner has set as the default
        made = HfApi().create_repo(repo_id, repo_type=kind, private=private or None, exist_ok=True, space_sdk=sdk)
        return made.repo_id


def push(folder: Path, repo_id: str, *, private: bool = False, create_pr: bool = False) -> str:
    """Push a trained model, with the network's code as it is today. Returns the address of the commit.

    Args:
        folder: what `train.py` wrote.
        repo_id: `owner/name`, or a name under your own account. It is created where it is not there.
        private: create it so that only you see it.
        create_pr: open a pull request in place of a commit to the main branch.

    Raises:
        LoadError: the folder does not hold a whole model, or something that belongs to one machine.
        HubError: the Hub refused or could not be reached. Nothing of the folder is changed.
    """
    check(folder)
    repo_id = create_repository(repo_id, private=private)
    with tempfile.TemporaryDirectory() as staging:
        copy(folder, Path(staging), repo_id)
        return _upload(Path(staging), repo_id, "model", create_pr)


def stage(folder: Path, output: Path) -> None:
    """Write into a new folder what `push` would upload, to look at or to load where this package is not.

    Raises:
        LoadError: as `push`.
        FileExistsError: there is something in `output`.
    """
    check(folder)
    with new_folder(output) as target:
        copy(folder, target, name_in_card(output))


def check(folder: Path) -> None:
    """Raise `LoadError` if a folder does not hold a complete model, or holds what belongs to one machine."""
    load_checkpoint(folder)
    for name in TEXTS:
        if not (folder / name).is_file():
            continue
        text = (folder / name).read_text(encoding="utf-8")
        # as a reader sees it: in JSON a line break after "Q:" is written like the beginning of "Q:\\notes"
        plain = "\n".join(_strings(json.loads(text))) if name.endswith(".json") else text
        for found in PATH.finditer(plain):
            top = found["top"]
            if top is None or top in PERSONAL or (top not in PUBLIC and Path("/", top).is_dir()):
                raise LoadError(f"{folder / name} names {found[0]}, a path of one machine; take it out, then push")


def _strings(value: Any) -> Iterator[str]:
    """All texts in what JSON holds, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for part in [*value, *value.values()] if isinstance(value, dict) else value:
            yield from _strings(part)


def copy(folder: Path, target: Path, name: str) -> None:
    """Copy what a model repository holds, with today's code of the network and a card whose examples load `name`."""
    for pattern in HELD:
        for path in folder.glob(pattern):
            shutil.copyfile(path, target / path.name)
    _bring_code(target)
    if (target / CARD).is_file():
        _rename_in_card(target / CARD, name)
    write_sums(target)


def _bring_code(target: Path) -> None:
    """The code and the names of its classes belong together; models of transformers itself have neither."""
    ours = json.loads((target / CONFIG).read_text(encoding="utf-8")).get("model_type") == RNNConfig.model_type
    if ours:
        for path in (PACKAGE / "modeling").glob("[!_]*.py"):
            shutil.copyfile(path, target / path.name)
    for name, wanted in ((CONFIG, auto_map() if ours else None), ("tokenizer_config.json", None)):
        path = target / name
        values = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        if values.get("auto_map") != wanted:
            values = {key: value for key, value in values.items() if key != "auto_map"}
            values |= {"auto_map": wanted} if wanted else {}
            path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into that gets its name when it is complete; if writing fails, nothing is left of it.

    Raises `FileExistsError` if there is something in `folder`.
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
    """The examples of a card load the model by the name that it has now."""
    card = ModelCard.load(path)
    loads = r'(from_pretrained\(|pipeline\("[\w-]+", )"[^"]+"'
    card.text = re.sub(loads, lambda found: f'{found[1]}"{repo_id}"', card.text)
    card.save(path)


def names_in(text: str, separators: str = "\n") -> list[str]:
    """The models that a list names, folders or Hub names; blanks belong to a name, those around it do not."""
    return [name for part in re.split(f"[{separators}]", text) if (name := part.strip())]


def write_space(sources: Sequence[str], folder: Path) -> None:
    """Write a Space that shows the given models: the app, the package, its requirements, the models or their names.

    Args:
        sources: folders, which are copied into the Space, and names on the Hub, which it downloads when it starts.
        folder: where to; it must be new or empty.

    Raises:
        LoadError: a folder does not hold a whole model, or a name is none that the Hub could have.
        FileExistsError: there is something in `folder`.
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
                raise LoadError(f"{source} is neither a folder nor a name on the Hub") from None
            names.append(source)
    if len(set(names)) < len(names):
        raise LoadError(f"two of the models have one name: {', '.join(names)}")
    if names_in("\n".join(names)) != names:
        raise LoadError(f"a folder's name ends in a blank or holds a line break: {', '.join(map(repr, names))}")
    files = project_files()
    with new_folder(folder) as target:
        for source, name in zip(sources, names, strict=True):
            if Path(source).is_dir():
                (target / name).mkdir(parents=True)
                copy(Path(source), target / name, name)
        for file in SPACE_FILES:
            shutil.copyfile(files / file, target / file)
        shutil.copytree(PACKAGE, target / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
        (target / MODELS).write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
        front = metadata_load(files / CARD) or {}
        on_hub = [name for name in names if not name.startswith("checkpoints/")]
        front |= {"models": on_hub} if on_hub else {}
        metadata = yaml.safe_dump(front, sort_keys=False, allow_unicode=True)
        (target / "README.md").write_text(f"---\n{metadata}---\n{_space_text(names)}", encoding="utf-8")


def project_files() -> Path:
    """Where the files are that stand beside the package in the project: there, or where a wheel puts them.

    Raises `FileNotFoundError` if they are in neither place.
    """
    for folder in (PACKAGE.parent, *(parent / "share" / "rnn_models" for parent in PACKAGE.parents)):
        if all((folder / name).is_file() for name in (*SPACE_FILES, CARD)):
            return folder
    raise FileNotFoundError(f"{', '.join((*SPACE_FILES, CARD))} of this package are not where it was installed")


def _space_text(names: Sequence[str]) -> str:
    listed = "\n".join(f"- {name}" for name in names)
    return (
        "\nRecurrent networks that write and judge text, in the browser. The models, one per line of `models.txt`:\n\n"
        f"{listed}\n"
    )


def push_space(folder: Path, repo_id: str, *, private: bool = False) -> str:
    """Upload what `write_space` wrote. Returns the address of the commit. Raises `HubError`."""
    repo_id = create_repository(repo_id, kind="space", private=private)
    return _upload(folder, repo_id, "space", False)


def _upload(folder: Path, repo_id: str, kind: str, create_pr: bool) -> str:
    with _hub(repo_id):
        done = HfApi().upload_folder(
            repo_id=repo_id,
            repo_type=kind,
            folder_path=folder,
            create_pr=create_pr,
            commit_message=f"Upload the {kind}",
        )
        return done.pr_url or done.commit_url


@contextmanager
def _hub(repo_id: str) -> Iterator[None]:
    """What the Hub and the way to it answer, as one sentence."""
    try:
        yield
    except HFValidationError as error:
        raise HubError(f"{repo_id} is no name for a repository: {one_line(error)}", refused=True) from error
    except HfHubHTTPError as error:
        status = error.response.status_code
        reasons = {
            401: "the Hub does not know who asks; log in with `hf auth login`, or set HF_TOKEN",
            403: f"your token may not write to {repo_id}",
            404: f"there is no {repo_id}, or it is hidden from your token",
            409: f"{repo_id} was changed by somebody else at the same time",
        }
        sentence = reasons.get(status, f"the Hub answered {one_line(error)}")
        raise HubError(sentence, refused=status in (400, 401, 403, 404)) from error
    except Exception as error:  # a connection that fails has as many names as there are HTTP libraries
        raise HubError(f"the Hub cannot be reached: {type(error).__name__}: {one_line(error)}") from error
