"""The folder of a model: a local one, or a snapshot of a repository on the Hub."""

from __future__ import annotations

import os
from pathlib import Path

from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from .verify import COUNTED, SUMS, LoadError, one_line

# Weights in other formats, code, images and subfolders are not downloaded.
DOWNLOADED = [*COUNTED, "*.md", SUMS]
# How long to wait for the Hub's answers; the environment variable that limits downloads overrides the default.
SECONDS = float(os.environ.get("HF_HUB_DOWNLOAD_TIMEOUT") or 30)


def find_folder(name: str, revision: str | None = None) -> Path:
    """The folder with a model's files; they are downloaded if `name` is not a folder. Raises `LoadError`."""
    path = Path(name)
    if path.is_dir():
        if revision is not None:
            raise LoadError(f"{name} is a folder; only a repository on the Hub can have the revision {revision}")
        return path
    if revision is None and "@" in name:
        name, _, revision = name.partition("@")
    if path.is_absolute() or name.startswith((".", "~")) or (len(path.parts) > 1 and Path(path.parts[0]).is_dir()):
        raise LoadError(f"{name}: there is no such folder")
    wanted = {"revision": revision, "allow_patterns": DOWNLOADED, "ignore_patterns": ["*/*"]}
    try:
        # This request comes first because it can have a time limit.
        HfApi().repo_info(name, revision=revision, timeout=SECONDS)
        return Path(snapshot_download(name, **wanted))
    except HFValidationError:
        raise LoadError(f"{name} is neither a folder nor a Hub name such as owner/model") from None
    except GatedRepoError:
        raise LoadError(f"{name} is gated: ask for access on its page, then log in with `hf auth login`") from None
    except RepositoryNotFoundError:
        raise LoadError(f"{name} is neither a folder nor a model on the Hub that you can access") from None
    except RevisionNotFoundError:
        raise LoadError(f"{name} has no revision {revision}") from None
    except Exception as error:  # each HTTP library has its own exceptions for a failed connection
        reason = one_line(error)
    try:
        return Path(snapshot_download(name, **wanted, local_files_only=True))
    except LocalEntryNotFoundError:
        raise LoadError(
            f"{name} is not a folder, cannot be downloaded from the Hub ({reason}), and is not in the local cache"
        ) from None
