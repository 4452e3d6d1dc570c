"""Issues are found by the release that began them, and by the latest one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from issues.cursors import Sort
from issues.listing import list_issues
from issues.search import parse
from projects.models import Project
from tests.factories import make_exception, make_issue, make_organization, make_project


@pytest.fixture
def project(db: None) -> Project:
    """Each issue is called after the release of its first event."""
    project = make_project("shop", organization=make_organization("acme"))
    for release in ("shop@1.9", "shop@1.10", "shop@1.10-rc1", None):
        exception = make_exception(str(release), "x", str(release))
        make_issue(project, release=release, exception={"values": [exception]})
    return project


def found(project: Project, query: str) -> set[str]:
    page = list_issues(
        projects=[project],
        filter=parse(query),
        sort=Sort.LAST_SEEN,
        cursor=None,
        limit=25,
        user=None,
        graph=None,
        now=datetime.now(UTC),
    )
    return {row.type for row in page.rows}


@pytest.mark.parametrize(
    ("query", "types"),
    [
        ("firstRelease:shop@1.9", {"shop@1.9"}),
        ("first-release:shop@1.10*", {"shop@1.10", "shop@1.10-rc1"}),
        (r'first_release:"shop@1.10\*"', set()),
        ("firstRelease:[shop@1.9,shop@1.10]", {"shop@1.9", "shop@1.10"}),
        ("!firstRelease:shop@1.*", {"None"}),
        ("firstRelease:latest", {"shop@1.10"}),
        ("release:latest", {"shop@1.10"}),
        ("!release:latest", {"shop@1.9", "shop@1.10-rc1", "None"}),
        ("firstRelease:none", set()),
    ],
)
def test_issues_by_release(project: Project, query: str, types: set[str]) -> None:
    assert found(project, query) == types


def test_releases_of_others_are_not_found(project: Project) -> None:
    other = make_project("other")
    assert found(other, "firstRelease:shop@1.9") == set()
    assert found(other, "release:latest") == set()
    assert found(other, "firstRelease:latest") == set()
