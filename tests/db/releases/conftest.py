"""Each test begins as a new process does, with one project."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from issues.store import forget_everything
from projects.models import Project
from tests.factories import make_organization, make_project


@pytest.fixture(autouse=True)
def _new_process() -> Iterator[None]:
    """Each test's transaction is rolled back: nothing may be remembered of it."""
    forget_everything()
    yield
    forget_everything()


@pytest.fixture
def project(db: None) -> Project:
    return make_project("shop", organization=make_organization("acme"))
