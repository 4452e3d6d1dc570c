"""One service for all clients."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e import service
from tests.e2e.clients.web import Web
from tests.e2e.service import EMAIL, PASSWORD, Service


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """`errtrack up`, for all tests of the folder."""
    env = {"ERRTRACK_OWNER_EMAIL": EMAIL, "ERRTRACK_OWNER_PASSWORD": PASSWORD}
    data = tmp_path_factory.mktemp("clients") / "data"
    with service.started(data, env=env) as started:
        yield started


@pytest.fixture(scope="package")
def web(running: Service) -> Web:
    return Web(running)
