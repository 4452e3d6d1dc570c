"""What tests of pages and API share: a project, and who looks at it."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from projects.models import Organization, Project, Role
from tests.factories import make_organization, make_project
from tests.people import client_of


@pytest.fixture(autouse=True)
def _spare_time(settings: Settings) -> None:
    # Each test client would look at every static file, which takes 0.2 s.
    settings.WHITENOISE_AUTOREFRESH = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def organization(db: None) -> Organization:
    return make_organization("acme")


@pytest.fixture
def project(organization: Organization) -> Project:
    return make_project("shop", organization=organization)


@pytest.fixture
def admin(project: Project) -> Client:
    return client_of(project.organization, Role.ADMIN)


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
