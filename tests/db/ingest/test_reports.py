"""Reports of browsers on their way from the stream to their issues."""

from __future__ import annotations

import uuid

import pytest

from issues.models import Issue
from issues.store import forget_everything
from projects.models import Project
from tests.db.ingest.test_items import digested, envelope, item
from tests.factories import make_project

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store")]

CSP = {
    "csp-report": {
        "document-uri": "https://shop.example.com/cart",
        "effective-directive": "img-src",
        "blocked-uri": "https://tracker.example.net/p.gif",
    }
}
NETWORK_ERROR = {
    "type": "network-error",
    "url": "https://shop.example.com/cart",
    "body": {"type": "dns.name_not_resolved"},
}


@pytest.fixture
def project() -> Project:
    forget_everything()
    return make_project("shop")


def test_reports_become_issues_of_their_kind(project: Project) -> None:
    counts = digested(
        *[
            envelope(project, uuid.uuid4().hex, item(kind, report))
            for kind, report in (
                ("raw_security", CSP),
                ("raw_security", CSP),
                ("nel", NETWORK_ERROR),
                ("security", {"csp": CSP["csp-report"]}),
            )
        ]
    )
    assert counts == {"security accepted": 4}
    assert {issue.title for issue in Issue.objects.all()} == {
        "Blocked 'img' from 'tracker.example.net'",
        "Network error 'dns.name_not_resolved' at 'shop.example.com'",
    }


def test_a_report_that_says_nothing_is_counted_as_invalid(project: Project) -> None:
    one = envelope(project, uuid.uuid4().hex, item("raw_security", {"a": 1}))
    assert digested(one) == {"security invalid report": 1}
    assert not Issue.objects.exists()
