"""A project with members looking at its monitors."""

from __future__ import annotations

import pytest
from django.test import Client

from issues.store import forget_everything
from projects.models import Project, Role
from tests.factories import make_organization, make_project
from tests.people import client_of


@pytest.fixture
def project(db: None) -> Project:
    forget_everything()
    return make_project("shop", organization=make_organization("acme"))


@pytest.fixture
def admin(project: Project) -> Client:
    return client_of(project.organization, Role.ADMIN)


@pytest.fixture
def member(project: Project) -> Client:
    return client_of(project.organization, Role.MEMBER)


@pytest.fixture
def viewer(project: Project) -> Client:
    return client_of(project.organization, Role.VIEWER)
