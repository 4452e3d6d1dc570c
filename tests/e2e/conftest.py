"""Whole services for a module or a test, each with a data folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import launched
from tests.e2e import service
from tests.e2e.apart import Apart, apart
from tests.e2e.service import EMAIL, PASSWORD, Service


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """`errtrack up`, for all tests of a module."""
    env = {
        "ERRTRACK_OWNER_EMAIL": EMAIL,
        "ERRTRACK_OWNER_PASSWORD": PASSWORD,
        # Every payload is kept, however often an issue repeats.
        "ERRTRACK_SAMPLE_PER_HOUR": "100000",
    }
    data = tmp_path_factory.mktemp("service") / "data"
    with service.started(data, env=env) as started:
        yield started


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Apart]:
    """PostgreSQL and Valkey of one test, which starts the other processes itself."""
    with apart(tmp_path / "data") as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser
