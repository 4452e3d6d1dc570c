"""Deleted issues are removed in the end, and nothing of the others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from issues import operations, purging
from issues.merging.changes import merge
from issues.models import (
    Attachment,
    Event,
    HourCount,
    Issue,
    IssueUser,
    Operation,
    UserReport,
)
from issues.operations import Selection, deleting
from issues.repair import repair
from projects.models import Project
from releases.models import ReleaseEnvironment
from tests.factories import make_event, make_issue, make_payload, make_project, store
from tests.files import attach
from tests.reports import say

pytestmark = pytest.mark.usefixtures("committed_db", "data_folder")


@pytest.fixture
def project() -> Project:
    return make_project("shop")


def delete(issue: Issue) -> Operation:
    project = issue.project
    selection = Selection.of(project.organization, [project], [issue.pk])
    return operations.apply(selection, deleting.delete(), user=None)


def later() -> datetime:
    return datetime.now(UTC) + timedelta(days=purging.KEPT_DAYS, minutes=1)


def test_all_of_it_goes_and_no_figure_differs(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "_EVENTS_AT_ONCE", 2)
    issue = make_issue(project, release="shop@1.0")
    store(*(make_event(project, make_payload(release="shop@1.0")) for _ in range(4)))
    attach(issue, b"line", "app.log")
    say(project, "It broke", about=issue)
    other = make_issue(project, exception=None, message="else", release="shop@1.0")
    delete(issue)
    purging.purge_deleted(datetime.now(UTC) + timedelta(days=purging.KEPT_DAYS - 1))
    assert Event.objects.count() == 6
    assert purging.purge_deleted(later())
    assert [row.issue_id for row in Event.objects.all()] == [other.pk]
    for model in (HourCount, IssueUser):
        assert {row.issue_id for row in model.objects.all()} == {other.pk}
    assert not Attachment.objects.exists()
    assert not UserReport.objects.exists()
    assert list(Issue.objects.all()) == [other]
    # What the release had is still told.
    assert ReleaseEnvironment.objects.get().event_count == 6
    assert repair(dry_run=True).differences == 0


def test_at_no_moment_does_a_figure_differ(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue = make_issue(project, release="shop@1.0")
    store(*(make_event(project, make_payload(release="shop@1.0")) for _ in range(4)))
    delete(issue)
    monkeypatch.setattr(purging, "_EVENTS_AT_ONCE", 2)
    monkeypatch.setattr(purging, "_RUN_MAX_S", 0.0)
    assert not purging.purge_deleted(later())
    assert Event.objects.count() == 3
    assert repair(dry_run=True).differences == 0


def test_families_go_together(project: Project) -> None:
    issue = make_issue(project)
    other = make_issue(project, exception=None, message="no bread")
    merge(project, [issue.pk, other.pk], into=issue.pk, user=None)
    delete(issue)
    assert purging.purge_deleted(later())
    assert not Event.objects.exists()
    assert not Issue.objects.exists()
    assert repair(dry_run=True).differences == 0


def test_what_was_brought_back_stays(project: Project) -> None:
    issue = make_issue(project)
    operations.undo(delete(issue), None)
    assert purging.purge_deleted(later())
    assert list(Issue.objects.all()) == [issue]
