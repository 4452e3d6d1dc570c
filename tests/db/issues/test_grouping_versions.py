"""A project stays on its version of grouping, and an upgrade splits no issue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ingest import rulebook
from issues import dictionaries, grouping
from issues.models import Event, Fingerprint
from issues.repair import repair
from projects import groupings, rules
from projects.models import Project
from tests.factories import (
    make_entry,
    make_exception,
    make_payload,
    make_prepared,
    make_project,
    store,
)
from tests.groupings import SECOND, second_version

__all__ = ["second_version"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _asked_anew() -> None:
    rulebook.forget()


def send(project: Project, **fields: Any) -> int:
    """Has the digest's own steps store an event; the id of its issue."""
    rulebook.forget()
    entry = make_entry(project, make_payload(**fields))
    known = rulebook.rules_of([project.pk])[project.pk]
    dictionary = dictionaries.current(project.pk)
    prepared = make_prepared(entry, dictionary=dictionary, rules=known)
    store(*prepared.events)
    event = Event.objects.get(event_id=prepared.events[0].event_id)
    return event.issue_id


def error(kind: str) -> dict[str, Any]:
    return {"values": [make_exception(kind)]}


def test_what_is_released_is_what_projects_can_be_on() -> None:
    assert list(grouping.VERSIONS) == rules.GROUPING_VERSIONS


def test_a_project_is_on_the_newest_version_of_its_day(second_version: str) -> None:
    assert make_project().grouping_version == second_version


def test_a_project_stays_on_its_version(second_version: str) -> None:
    project = make_project(grouping_version="v1")
    first = send(project, server_name="a")
    assert send(project, server_name="b") == first
    assert send(project, server_name="a", exception=error("KeyError")) != first


def test_the_version_decides_after_an_upgrade(second_version: str) -> None:
    project = make_project(grouping_version="v1")
    assert groupings.upgrade(project, SECOND, by=None)
    first = send(project, server_name="a")
    assert send(project, server_name="a", exception=error("KeyError")) == first
    assert send(project, server_name="b") != first


def test_an_upgrade_leaves_events_in_their_issues(second_version: str) -> None:
    project = make_project(grouping_version="v1")
    first = send(project, server_name="a")
    other = send(project, server_name="a", exception=error("KeyError"))
    groupings.upgrade(project, SECOND, by=None)
    assert send(project, server_name="b") == first
    assert send(project, server_name="c", exception=error("KeyError")) == other
    assert repair().differences == 0


def test_an_issue_is_known_by_its_new_hash_once_it_was_found(
    second_version: str,
) -> None:
    project = make_project(grouping_version="v1")
    first = send(project, server_name="a")
    groupings.upgrade(project, SECOND, by=None)
    send(project, server_name="a")
    Project.objects.update(former_grouping_until=timezone.now() - timedelta(days=1))
    assert send(project, server_name="a") == first
    assert Fingerprint.objects.filter(issue=first).count() == 2


def test_old_hashes_lead_nowhere_when_the_grace_is_over(second_version: str) -> None:
    project = make_project(grouping_version="v1")
    first = send(project, server_name="a")
    groupings.upgrade(project, SECOND, by=None)
    Project.objects.update(former_grouping_until=timezone.now() - timedelta(days=1))
    assert send(project, server_name="a") != first


def test_an_issue_begun_after_an_upgrade_has_no_old_hash(second_version: str) -> None:
    project = make_project(grouping_version="v1")
    groupings.upgrade(project, SECOND, by=None)
    assert Fingerprint.objects.filter(issue=send(project)).count() == 1


def test_an_upgrade_tells_who_and_when(second_version: str) -> None:
    project = make_project(grouping_version="v1")
    groupings.upgrade(project, SECOND, by=None)
    (told,) = project.grouping_upgrades.all()
    assert (told.before, told.after, told.changed_by) == ("v1", SECOND, None)


def test_nothing_is_upgraded_to_what_it_is_on(second_version: str) -> None:
    project = make_project()
    assert not groupings.upgrade(project, second_version, by=None)
    assert not groupings.upgrade(project, "v1", by=None)
    assert not groupings.upgrade(project, "v0", by=None)
