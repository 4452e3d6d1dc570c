"""The token of the organization's owner."""

from __future__ import annotations

import pytest

from projects.models import Organization
from tests.web.api.client import API, api_of


@pytest.fixture
def api(organization: Organization) -> API:
    return api_of(organization)
