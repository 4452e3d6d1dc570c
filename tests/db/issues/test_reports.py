"""What users report is stored once, and finds its event whichever comes first."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from issues import reports
from issues.models import Event, Issue, UserReport
from issues.reports import NewReport
from issues.retention import keep_partitions
from projects.models import Project
from tests import settling
from tests.factories import make_event, make_issue, make_project, store

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


def new_report(project: Project, **fields: Any) -> NewReport:
    values: dict[str, Any] = {
        "project_id": project.pk,
        "received_at": datetime.now(UTC),
        "event_id": uuid.uuid4(),
        "feedback_id": None,
        "name": "Ann",
        "email": "ann@example.com",
        "comments": "It broke",
        **fields,
    }
    return NewReport(**values)


def event_of(issue: Issue) -> uuid.UUID:
    return Event.objects.get(issue_id=issue.pk).event_id


def test_a_report_on_a_stored_event_belongs_to_its_issue(project: Project) -> None:
    issue = make_issue(project)
    report = new_report(project, event_id=event_of(issue))
    assert reports.store([report]) == [True]
    assert reports.of_issue(issue.pk).get().comments == "It broke"
    assert len(reports.of_event(project.pk, event_of(issue))) == 1


def test_a_report_before_its_event_is_linked_when_that_arrives(
    project: Project,
) -> None:
    event, other = make_event(project), make_event(make_project())
    other.event_id = event.event_id
    reports.store([new_report(project, event_id=event.event_id)])
    store(other)
    assert UserReport.objects.get().issue is None
    store(make_event(project), event)
    row = Event.objects.get(project=project, event_id=event.event_id)
    assert UserReport.objects.get().issue_id == row.issue_id


def test_the_same_said_twice_is_one_report(project: Project) -> None:
    event_id = uuid.uuid4()
    same = [new_report(project, event_id=event_id, name=name) for name in "ab"]
    other = new_report(project, event_id=event_id, comments="And again")
    elsewhere = new_report(make_project(), event_id=event_id)
    assert reports.store([*same, other, elsewhere]) == [True, False, True, True]
    assert reports.store(same) == [False, False]
    assert UserReport.objects.count() == 3


def test_feedback_may_be_about_no_event(project: Project) -> None:
    feedback_id = uuid.uuid4()
    new = new_report(project, event_id=None, feedback_id=feedback_id)
    assert reports.store([new]) == [True]
    assert reports.store([new]) == [False]
    row = UserReport.objects.get()
    assert (row.event_id, row.feedback_id, row.issue) == (None, feedback_id, None)


def test_reports_are_as_resolved_as_their_issues(project: Project) -> None:
    open_issue = make_issue(project)
    settled = make_issue(project, exception=None, message="else")
    settling.resolve([settled.pk], user=None)
    texts = {"open": event_of(open_issue), "settled": event_of(settled), "none": None}
    for text, event_id in texts.items():
        reports.store(
            [
                new_report(
                    project,
                    event_id=event_id,
                    feedback_id=uuid.uuid4(),
                    comments=text,
                )
            ]
        )
    everything = reports.of_project(project, unresolved=False)
    unresolved = reports.of_project(project, unresolved=True)
    assert [row.comments for row in everything] == ["none", "settled", "open"]
    assert [row.comments for row in unresolved] == ["none", "open"]
    UserReport.objects.filter(comments="none").update(is_resolved=True)
    assert [row.comments for row in unresolved.all()] == ["open"]


def test_reports_go_when_events_go(project: Project) -> None:
    old = datetime.now(UTC) - timedelta(days=91)
    reports.store([new_report(project), new_report(project, received_at=old)])
    assert keep_partitions().reports == 1
    assert UserReport.objects.get().received_at > old


def test_a_report_on_a_deleted_project_is_let_go(project: Project) -> None:
    gone = new_report(project)
    Project.objects.filter(pk=project.pk).delete()
    assert reports.store([gone]) == [False]
