"""A Hub of its own, and models that were trained on a corpus from it and pushed to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub_server import HubServer
from tests.publish.round_trips import CORPUS, NAMES, ROOT, TRAIN, run


@pytest.fixture(scope="session")
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


@pytest.fixture(scope="session")
def trained(hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a process that trained each head with each cell on a corpus from the Hub and pushed the models."""
    folder = tmp_path_factory.mktemp("trained")
    run(hub, folder, "-c", CORPUS)
    run(hub, folder, "-c", TRAIN, str(ROOT), *NAMES)
    return folder
