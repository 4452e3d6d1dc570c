"""A project with a member looking at it."""

from __future__ import annotations

import pytest
from django.test import Client

from projects.models import Project, Role
from tests.factories import make_organization, make_project
from tests.people import client_of


@pytest.fixture
def project(db: None) -> Project:
    return make_project("shop", organization=make_organization("acme"))


@pytest.fixture
def member(project: Project) -> Client:
    return client_of(project.organization, Role.MEMBER)


@pytest.fixture
def viewer(project: Project) -> Client:
    return client_of(project.organization, Role.VIEWER)


@pytest.fixture
def stranger(project: Project) -> Client:
    """The owner of another organization."""
    return client_of(make_organization("other"), Role.OWNER)
