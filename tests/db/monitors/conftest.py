"""A project whose digest has the shard to itself."""

from __future__ import annotations

import pytest

from issues.store import forget_everything
from projects.models import Project
from tests.factories import make_project


@pytest.fixture(autouse=True)
def _fresh_process(db: None) -> None:
    # What a process remembers of rows that a roll-back has taken away.
    forget_everything()


@pytest.fixture
def project(db: None) -> Project:
    return make_project("shop")
