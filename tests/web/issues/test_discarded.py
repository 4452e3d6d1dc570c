"""Discarded issues: dropped by the digest, listed, and taken in again."""

from __future__ import annotations

import pytest
from django.test import Client

from ingest.ahead import known_of
from ingest.models import OutcomeCount
from ingest.outcomes import Outcome
from ingest.preparation import prepare
from ingest.sampling import Sampler
from ingest.tally import Tally
from issues import operations
from issues.models import Issue
from issues.operations import Selection, deleting
from projects.models import DiscardedIssue, Project
from tests.factories import make_entry, make_issue, make_payload
from tests.people import client_of

PAGE = "/o/acme/p/shop/settings/discarded/"


@pytest.fixture
def discarded(project: Project) -> Issue:
    issue = make_issue(project)
    selection = Selection.of(project.organization, [project], [issue.pk])
    operations.apply(selection, deleting.discard(), user=None)
    return issue


def reasons_of(project: Project, **payload: object) -> list[str]:
    """Why the digest drops such an event; empty where it does not."""
    entry, tally = make_entry(project, make_payload(**payload)), Tally()
    (prepared,) = prepare([entry], Sampler(1000), tally, known_of([entry]))
    tally.write()
    told = OutcomeCount.objects.filter(outcome=Outcome.FILTERED)
    reasons = sorted(told.values_list("reason", flat=True))
    assert bool(prepared.events) != bool(reasons)
    told.delete()
    return reasons


def test_its_events_are_dropped_and_others_are_not(
    project: Project, discarded: Issue
) -> None:
    assert reasons_of(project) == ["discarded"]
    assert reasons_of(project, exception=None, message="no bread") == []


def test_the_settings_list_it_and_take_it_in_again(
    project: Project, discarded: Issue
) -> None:
    admin = client_of(project.organization, "admin")
    html = admin.get(PAGE).content.decode()
    assert "SHOP-1" in html
    assert "bad value" in html
    address = f"{PAGE}{DiscardedIssue.objects.get().pk}/take/"
    assert admin.post(address)["Location"] == PAGE
    assert "Nothing is discarded" in admin.get(PAGE).content.decode()
    assert reasons_of(project) == []
    assert admin.post(address).status_code == 404


def test_only_admins_may(discarded: Issue, member: Client, stranger: Client) -> None:
    address = f"{PAGE}{DiscardedIssue.objects.get().pk}/take/"
    assert member.get(PAGE).status_code == 403
    assert member.post(address).status_code == 403
    assert stranger.post(address).status_code == 404
    assert DiscardedIssue.objects.exists()


def test_quiet_issues_by_the_settings(project: Project) -> None:
    admin = client_of(project.organization, "admin")
    form = {"name": "Shop", "platform": "python", "resolve_age_days": "14"}
    admin.post("/o/acme/p/shop/settings/", form)
    project.refresh_from_db()
    assert project.resolve_age_h == 14 * 24
    assert 'value="14"' in admin.get("/o/acme/p/shop/settings/").content.decode()
    admin.post("/o/acme/p/shop/settings/", form | {"resolve_age_days": ""})
    project.refresh_from_db()
    assert project.resolve_age_h == 0
