"""Every derived figure follows from the stored events, and is mended if it does not."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from issues.locks import shard_lock
from issues.models import (
    HourCount,
    Issue,
    IssueState,
    IssueTags,
    IssueUser,
    Level,
    ProjectHour,
)
from issues.repair import repair
from issues.tagcounts import tags_of_issue
from projects.models import Project
from tests.factories import (
    make_event,
    make_exception,
    make_payload,
    make_project,
    store,
)

pytestmark = pytest.mark.django_db

YESTERDAY = datetime.now(UTC) - timedelta(days=1)
NOON = YESTERDAY.replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def project() -> Project:
    """Two issues; one has two users, several hours and a tag of two values."""
    project = make_project("shop")
    store(
        *[
            make_event(
                project,
                make_payload(
                    timestamp=(NOON - timedelta(minutes=40 * number)).timestamp(),
                    user={"id": str(number % 2)},
                    tags={"region": ["eu", "us"][number % 2]},
                ),
                received_at=NOON,
            )
            for number in range(4)
        ],
        make_event(
            project,
            make_payload(exception={"values": [make_exception("KeyError", "x", "f")]}),
        ),
    )
    return project


def busy_issue(project: Project) -> Issue:
    return Issue.objects.get(project=project, state__event_count=4)


def figures_of(issue: Issue) -> dict[str, Any]:
    """All that is derived of an issue, as pages show it."""
    hours = HourCount.objects.filter(issue=issue).order_by("hour")
    return {
        "state": IssueState.objects.values().get(issue=issue),
        "hours": list(hours.values_list("hour", "count")),
        "users": set(IssueUser.objects.filter(issue=issue).values_list("user_id")),
        "tags": tags_of_issue(issue.pk),
    }


def test_what_the_digest_stored_needs_no_repair(project: Project) -> None:
    report = repair()
    assert (report.differences, report.details) == (0, ())


def test_an_empty_installation_needs_no_repair() -> None:
    assert repair().differences == 0


def falsify_count(issue: Issue) -> None:
    IssueState.objects.filter(issue=issue).update(event_count=7)


def falsify_users(issue: Issue) -> None:
    IssueState.objects.filter(issue=issue).update(user_count=0)


def falsify_times(issue: Issue) -> None:
    IssueState.objects.filter(issue=issue).update(
        first_seen=NOON - timedelta(days=5),
        last_seen=NOON + timedelta(days=5),
        last_seen_minute=1,
    )


def lose_an_hour(issue: Issue) -> None:
    HourCount.objects.filter(issue=issue).earliest("hour").delete()


def falsify_an_hour(issue: Issue) -> None:
    HourCount.objects.filter(issue=issue).update(count=9)


def lose_a_user(issue: Issue) -> None:
    IssueUser.objects.filter(issue=issue).order_by("user_id")[:1].get().delete()


def invent_a_user(issue: Issue) -> None:
    IssueUser.objects.create(project_id=issue.project_id, issue=issue, user_id=999_999)


def falsify_tags(issue: Issue) -> None:
    tags = IssueTags.objects.get(issue=issue)
    tags.counts[0] += 3
    tags.save()


def double_a_tag(issue: Issue) -> None:
    tags = IssueTags.objects.get(issue=issue)
    tags.tag_ids.append(tags.tag_ids[0])
    tags.counts.append(0)
    tags.save()


def invent_a_tag(issue: Issue) -> None:
    tags = IssueTags.objects.get(issue=issue)
    tags.tag_ids.append(999_999)
    tags.counts.append(1)
    tags.save()


def lose_all_tags(issue: Issue) -> None:
    IssueTags.objects.filter(issue=issue).delete()


@pytest.mark.parametrize(
    "damage",
    [
        falsify_count,
        falsify_users,
        falsify_times,
        lose_an_hour,
        falsify_an_hour,
        lose_a_user,
        invent_a_user,
        falsify_tags,
        double_a_tag,
        invent_a_tag,
        lose_all_tags,
    ],
)
def test_damage_is_told_and_mended(
    project: Project, damage: Callable[[Issue], None]
) -> None:
    issue = busy_issue(project)
    sound = figures_of(issue)
    damage(issue)
    report = repair()
    assert report.differences == report.mended > 0
    assert {difference.issue_id for difference in report.details} == {issue.pk}
    assert figures_of(issue) == sound
    assert repair().differences == 0


def lose_project_hours(project: Project) -> None:
    ProjectHour.objects.filter(project=project).delete()


def falsify_project_hours(project: Project) -> None:
    ProjectHour.objects.filter(project=project).update(count=9)


def invent_a_project_hour(project: Project) -> None:
    ProjectHour.objects.create(project=project, hour=1, level=Level.FATAL, count=2)


@pytest.mark.parametrize(
    "damage", [lose_project_hours, falsify_project_hours, invent_a_project_hour]
)
def test_damage_to_a_projects_hours_is_told_and_mended(
    project: Project, damage: Callable[[Project], None]
) -> None:
    hours = ProjectHour.objects.filter(project=project, count__gt=0)
    sound = sorted(hours.values_list("hour", "level", "count"))
    damage(project)
    report = repair()
    assert report.differences == report.mended > 0
    assert {difference.figure for difference in report.details} == {"project_hour"}
    assert sorted(hours.values_list("hour", "level", "count")) == sound
    assert repair().differences == 0


def test_a_difference_says_what_was_and_what_should_be(project: Project) -> None:
    issue = busy_issue(project)
    falsify_count(issue)
    (difference,) = repair(dry_run=True).details
    assert difference.figure == "event_count"
    assert (difference.was, difference.should_be) == ("7", "4")
    assert (difference.project_id, difference.issue_id) == (project.pk, issue.pk)


def test_a_dry_run_changes_nothing(project: Project) -> None:
    issue = busy_issue(project)
    falsify_count(issue)
    report = repair(dry_run=True)
    assert (report.differences, report.mended) == (1, 0)
    assert IssueState.objects.get(issue=issue).event_count == 7


def test_a_lost_state_is_made_anew(project: Project) -> None:
    issue = busy_issue(project)
    IssueState.objects.filter(issue=issue).delete()
    assert repair().mended == 1
    state = IssueState.objects.get(issue=issue)
    assert (state.event_count, state.user_count) == (4, 2)
    assert (state.first_seen, state.last_seen) == (NOON - timedelta(hours=2), NOON)
    assert state.level == Level.ERROR
    assert repair().differences == 0


def test_an_issue_without_events_counts_none(project: Project) -> None:
    issue = busy_issue(project)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM issues_event WHERE issue_id = %s", [issue.pk])
    repair()
    state = IssueState.objects.get(issue=issue)
    assert (state.event_count, state.user_count) == (0, 0)
    assert tags_of_issue(issue.pk) == []
    assert repair().differences == 0


def test_numbers_of_issues_are_never_given_twice(project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(next_issue_number=2)
    repair()
    project.refresh_from_db()
    assert project.next_issue_number == 3


def test_a_project_with_events_had_a_first_one(project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(first_event_at=None)
    repair()
    project.refresh_from_db()
    assert project.first_event_at == NOON


def test_rows_of_no_issue_are_removed(project: Project) -> None:
    IssueUser.objects.create(project=project, issue_id=999_999, user_id=1)
    HourCount.objects.create(project=project, issue_id=999_999, hour=1, count=1)
    assert repair().mended == 2
    assert not IssueUser.objects.filter(issue_id=999_999).exists()
    assert not HourCount.objects.filter(issue_id=999_999).exists()


def test_what_has_expired_stays_counted(project: Project) -> None:
    issue = busy_issue(project)
    long_ago = NOON - timedelta(days=100)
    IssueState.objects.filter(issue=issue).update(
        event_count=104, expired_count=100, first_seen=long_ago
    )
    assert repair().differences == 0
    IssueState.objects.filter(issue=issue).update(event_count=4)
    repair()
    state = IssueState.objects.get(issue=issue)
    assert (state.event_count, state.first_seen) == (104, long_ago)


def test_an_expired_user_stays_counted(project: Project) -> None:
    issue = busy_issue(project)
    IssueUser.objects.create(project=project, issue=issue, user_id=7, has_expired=True)
    repair()
    assert IssueState.objects.get(issue=issue).user_count == 3


def test_expired_tags_and_hours_stay_counted(project: Project) -> None:
    issue = busy_issue(project)
    tags = IssueTags.objects.get(issue=issue)
    # Shorter than the ids: the digest appended since.
    tags.expired_counts = [5]
    tags.counts[0] = 0
    tags.save()
    hour = HourCount.objects.filter(issue=issue).latest("hour")
    stored = hour.count
    hour.expired_count, hour.count = 10, 0
    hour.save()
    repair()
    hour.refresh_from_db()
    assert hour.count == 10 + stored
    tags.refresh_from_db()
    place = tags.expired_counts.index(5)
    assert tags.counts[place] > 5
    assert len(tags.expired_counts) == len(tags.tag_ids)
    assert repair().differences == 0


def test_issues_of_others_are_left_alone(project: Project) -> None:
    other = make_project("other")
    store(make_event(other))
    before = IssueState.objects.values().get(project=other)
    falsify_count(busy_issue(project))
    repair()
    assert IssueState.objects.values().get(project=other) == before


def test_the_command_prints_json_and_tells_by_its_exit_code(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    falsify_count(busy_issue(project))
    with pytest.raises(SystemExit) as ended:
        call_command("repair", "--dry-run", "--json")
    assert ended.value.code == 1
    assert json.loads(capsys.readouterr().out)["differences"] == 1
    call_command("repair", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["differences"], told["mended"]) == (1, 1)
    call_command("repair", "--dry-run")
    assert "agrees" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_mending_waits_for_the_digest(project: Project) -> None:
    falsify_count(busy_issue(project))
    reports = []

    def mend_beside() -> None:
        reports.append(repair())
        connection.close()

    with shard_lock(0, wait=True):
        thread = threading.Thread(target=mend_beside)
        thread.start()
        thread.join(0.5)
        assert IssueState.objects.filter(event_count=7).exists()
    thread.join(10)
    assert [report.mended for report in reports] == [1]


@pytest.mark.django_db(transaction=True)
def test_a_digest_at_work_is_no_difference(project: Project) -> None:
    batches = [[make_event(project) for _ in range(5)] for _ in range(20)]

    def digest_beside() -> None:
        for batch in batches:
            with shard_lock(0, wait=True):
                store(*batch)
        connection.close()

    thread = threading.Thread(target=digest_beside)
    thread.start()
    found = []
    while thread.is_alive():
        found.append(repair().details)
    thread.join()
    assert found
    assert set(found) == {()}
