"""What a call costs the database does not grow with what it tells."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from issues.models import Issue
from projects.models import Organization, Project
from tests.factories import (
    make_event,
    make_exception,
    make_payload,
    make_project,
    store,
)
from tests.web.api.client import API

pytestmark = pytest.mark.django_db


def _fill(project: Project, issues: int) -> None:
    """That many issues of two events each, with users and tags."""
    events = []
    for n in range(issues):
        exception = {"values": [make_exception(function=f"task_{n}")]}
        for user in ("ann", "bob"):
            payload = make_payload(exception=exception, user={"id": f"{user}{n}"})
            events.append(make_event(project, payload))
    store(*events)


def _queries(api: API, path: str) -> int:
    # The first call notes that the token was used.
    assert api.get(path).status == 200
    with CaptureQueriesContext(
        connection,
    ) as captured:
        api.get(path)
    return len(captured)


def _costs(api: API, organization: Organization, issues: int) -> dict[str, int]:
    slug = f"with-{issues}"
    project = make_project(slug, organization=organization)
    _fill(project, issues)
    issue = Issue.objects.filter(project=project).first()
    assert issue is not None
    return {
        path: _queries(api, path.format(slug=slug, issue=issue.pk))
        for path in (
            "/organizations/acme/",
            "/organizations/acme/projects/",
            "/organizations/acme/issues/",
            "/projects/acme/{slug}/issues/",
            "/projects/acme/{slug}/events/",
            "/issues/{issue}/",
            "/issues/{issue}/events/",
            "/issues/{issue}/events/latest/",
            "/issues/{issue}/tags/",
        )
    }


def test_it_is_the_same_for_2_and_for_25_issues(
    api: API, organization: Organization
) -> None:
    few = _costs(api, organization, 2)
    many = _costs(api, organization, 25)
    # Beyond a day of events the list of a project's events looks a second time.
    assert many.pop("/projects/acme/{slug}/events/") <= few.pop(
        "/projects/acme/{slug}/events/"
    )
    assert many == few
    assert max(few.values()) <= 13


def test_a_list_of_issues_costs_eight_statements(api: API, project: Project) -> None:
    """Token, project, which issues, their rows, assignees, and comments with the
    subscription, and two for which of them are unhandled."""
    _fill(project, 3)
    assert _queries(api, "/projects/acme/shop/issues/") == 8
