"""The newest event that can be shown is found however many only counted after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from issues import events
from issues.events import latest_event
from issues.models import Issue
from issues.newevent import NewEvent
from projects.models import Project
from tests.factories import make_event, make_project, store

pytestmark = pytest.mark.django_db

HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def event(project: Project, minute: int, *, is_kept: bool = True) -> NewEvent:
    made = make_event(project, received_at=HOUR + timedelta(minutes=minute))
    if not is_kept:
        made.packed = None
    return made


def minute_of_latest() -> int:
    found = latest_event(Issue.objects.get().pk)
    assert found is not None
    return found.received_at.minute


def test_the_newest_is_shown_where_it_is_kept() -> None:
    project = make_project()
    store(event(project, 1), event(project, 2))
    assert minute_of_latest() == 2


@pytest.mark.parametrize(("looked_at", "minute"), [(1000, 3), (2, 2)])
def test_of_a_flood_one_of_the_first_of_its_hour_is_shown(
    looked_at: int, minute: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_LOOKED_AT", looked_at)
    project = make_project()
    store(
        *(event(project, at) for at in (1, 2, 3)),
        *(event(project, at, is_kept=False) for at in (30, 31, 32)),
    )
    assert minute_of_latest() == minute


def test_where_none_is_kept_it_is_the_newest() -> None:
    project = make_project()
    store(*(event(project, at, is_kept=False) for at in (1, 2)))
    assert minute_of_latest() == 2
