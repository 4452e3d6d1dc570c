"""An issue that somebody follows."""

from __future__ import annotations

import pytest

from issues.models import Issue
from projects.models import Project, User
from tests.factories import make_issue, make_organization, make_project
from tests.telling import follower


@pytest.fixture
def project(db: None) -> Project:
    return make_project("shop", organization=make_organization("acme"))


@pytest.fixture
def issue(project: Project) -> Issue:
    return make_issue(project)


@pytest.fixture
def ann(issue: Issue) -> User:
    return follower(issue, "ann@acme.example")
