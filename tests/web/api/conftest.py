"""One organization with one project, and its owner's token."""

from __future__ import annotations

import pytest

from projects.models import Organization, Project
from tests.factories import make_organization, make_project
from tests.web.api.client import API, api_of


@pytest.fixture
def organization(db: None) -> Organization:
    return make_organization("acme")


@pytest.fixture
def project(organization: Organization) -> Project:
    return make_project("shop", organization=organization)


@pytest.fixture
def api(organization: Organization) -> API:
    return api_of(organization)
