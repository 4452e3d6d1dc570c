"""Users are counted once in whatever time is asked for, and bounded where many."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from projects.hours import hour_of
from projects.models import Project
from releases import retention, users
from releases.health import Counts
from releases.models import ReleaseEnvironment
from releases.users import Asked, count_users
from tests.sessions import NOW, make_groups, make_update, store

HOUR = hour_of(NOW)
TODAY = range(HOUR - HOUR % 24, HOUR + 1)
WEEK = range(HOUR - 7 * 24, HOUR + 1)


def ago(**span: float) -> str:
    return (NOW - timedelta(**span)).isoformat()


def asked(**where: Any) -> Asked:
    places = ReleaseEnvironment.objects.filter(**where)
    return Asked([place.pk for place in places], 10**6)


def count(hours: range, **where: Any) -> Counts:
    (counts,) = count_users({7: asked(**where)}, hours)[7]
    return counts


def test_a_user_of_many_days_and_releases_is_one(project: Project) -> None:
    for days, release in [(0, "1.0"), (1, "1.0"), (2, "1.1")]:
        update = make_update(did="jane", release=release, started=ago(days=days))
        store(project, update, make_update(release=release))
    assert count(WEEK).total == 4
    assert count(WEEK, release__version="1.1").total == 2


def test_a_user_counts_as_the_worst_of_his_sessions(project: Project) -> None:
    for did, *statuses in [
        ("jane", "ok", "crashed", "errored"),
        ("joe", "errored", "unhandled"),
        ("jack", "abnormal", "unhandled"),
        ("jill", "errored"),
        ("jim", "exited"),
    ]:
        store(project, *[make_update(did=did, status=status) for status in statuses])
    counts = count(WEEK)
    assert counts == Counts(5, errored=1, unhandled=1, abnormal=1, crashed=1)
    assert (counts.healthy, counts.crash_free) == (1, 0.8)


def test_hours_that_are_not_asked_for_do_not_count(project: Project) -> None:
    store(project, make_update(did="jane"))
    store(project, make_update(did="jane", status="crashed", started=ago(hours=3)))
    store(project, make_update(did="joe", started=ago(hours=25)))
    assert count(range(HOUR, HOUR + 1)) == Counts(1)
    assert count(range(HOUR - 3, HOUR + 1)) == Counts(1, crashed=1)
    assert count(range(HOUR - 24, HOUR)) == Counts(1, crashed=1)
    assert count(range(HOUR - 25, HOUR - 3)) == Counts(1)
    assert count(WEEK).total == 2


def test_users_of_each_bucket(project: Project) -> None:
    store(project, make_update(did="jane"), make_update(did="joe", status="crashed"))
    store(project, make_update(did="jane", started=ago(hours=5)))
    counts = count_users({7: asked()}, range(HOUR - 11, HOUR + 1), bucket_hours=6)[7]
    assert counts == [Counts(0), Counts(2, crashed=1)]
    hourly = count_users({7: asked()}, range(HOUR - 5, HOUR + 1), bucket_hours=1)[7]
    assert [one.total for one in hourly] == [1, 0, 0, 0, 0, 2]


def test_crowds_are_counted_apart(project: Project) -> None:
    store(project, make_update(did="jane"), make_update(did="jane", release="2.0"))
    store(project, make_update(did="joe", release="2.0"))
    crowds = {
        1: asked(release__version="shop@1.0.0"),
        2: asked(release__version="2.0"),
        3: Asked([], 0),
    }
    counts = count_users(crowds, WEEK)
    assert {key: one[0].total for key, one in counts.items()} == {1: 1, 2: 2, 3: 0}


def crowd(project: Project, size: int, at: datetime = NOW) -> None:
    """That many users, of whom every tenth had a crash."""
    groups = [
        {
            "did": f"user {number}",
            "started": at.isoformat(),
            "crashed" if number % 10 == 0 else "exited": 1,
        }
        for number in range(size)
    ]
    store(project, make_groups(*groups))


def test_a_thinned_out_day_gives_an_estimate(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(project, 900)
    assert count(WEEK) == Counts(900, crashed=90)
    monkeypatch.setattr(retention, "USERS_A_DAY", 300)
    retention.keep(NOW)
    counts = count(WEEK)
    assert counts.is_estimate
    assert counts.total == pytest.approx(900, rel=0.25)
    assert counts.crashed == pytest.approx(90, rel=0.6)


def test_no_more_is_read_than_needed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(project, 900)
    monkeypatch.setattr(users, "READ_MAX", 300)
    counts = count(WEEK)
    assert counts.is_estimate
    assert counts.total == pytest.approx(900, rel=0.4)


def test_few_users_of_many_sessions_are_counted_exactly(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(project, 20)
    monkeypatch.setattr(users, "READ_MAX", 600)
    assert count(WEEK) == Counts(20, crashed=2)
