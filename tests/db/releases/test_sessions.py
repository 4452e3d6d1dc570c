"""Each session counts once and as its worst, whatever order its updates come in."""

from __future__ import annotations

import itertools
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Sum

from projects.models import Project
from releases import sql
from releases.models import Release, ReleaseHour, ReleaseUser, SessionState
from tests.factories import make_event, make_payload, make_project
from tests.factories import store as store_events
from tests.sessions import NOW, make_groups, make_update, store
from tests.statements import recorded

HOUR = int(NOW.timestamp()) // 3600
COLUMNS = ("sessions", "errored", "unhandled", "abnormal", "crashed")


def counts(**where: Any) -> dict[str, int]:
    """Sessions in all, and those that went wrong; what is zero is left out."""
    sums = ReleaseHour.objects.filter(**where).aggregate(
        **{name: Sum(name) for name in COLUMNS}
    )
    return {name: count for name, count in sums.items() if count}


def users() -> dict[str, int]:
    """Users in all, and those of whom some session went wrong."""
    rows = ReleaseUser.objects.all()
    kinds = {name: name for name in COLUMNS[1:]} | {"sessions": "seen"}
    found = {
        name: sum(getattr(row, column) != 0 for row in rows)
        for name, column in kinds.items()
    }
    return {name: count for name, count in found.items() if count}


def updates(*statuses: str, **fields: Any) -> list[dict[str, Any]]:
    """The updates of one session, the first with `init`."""
    fields = {"sid": uuid.uuid4().hex, "did": "jane", **fields}
    return [
        make_update(status=status, init=place == 0, **fields)
        for place, status in enumerate(statuses)
    ]


def test_a_session_counts_in_the_hour_of_its_start(project: Project) -> None:
    started = NOW - timedelta(hours=2)
    store(project, make_update(started=started.isoformat(), release="shop@2.0"))
    row = ReleaseHour.objects.get()
    assert (row.hour, row.sessions, row.events) == (HOUR - 2, 1, 0)
    assert row.release_environment.environment == "production"
    assert Release.objects.get().version == "shop@2.0"


def test_a_session_that_ends_well_stays_healthy(project: Project) -> None:
    store(project, *updates("ok", "exited"))
    assert counts() == {"sessions": 1}
    assert users() == {"sessions": 1}


@pytest.mark.parametrize("status", ["errored", "unhandled", "abnormal", "crashed"])
def test_a_session_that_goes_wrong_counts_there(project: Project, status: str) -> None:
    first, second = updates("ok", status)
    store(project, first)
    store(project, second)
    assert counts() == {"sessions": 1, status: 1}
    assert users() == {"sessions": 1, status: 1}


def test_a_session_counts_as_its_worst_only(project: Project) -> None:
    for update in updates("ok", "errored", "crashed", "exited"):
        store(project, update)
    assert counts() == {"sessions": 1, "crashed": 1}


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
@pytest.mark.parametrize("is_one_batch", [False, True])
def test_the_order_of_updates_does_not_matter(
    project: Project, order: tuple[int, ...], is_one_batch: bool
) -> None:
    told = updates("ok", "errored", "crashed")
    shuffled = [told[place] for place in order]
    for batch in [shuffled] if is_one_batch else [[one] for one in shuffled]:
        store(project, *batch)
    assert counts() == {"sessions": 1, "crashed": 1}
    assert users()["crashed"] == 1


def test_what_is_told_twice_counts_once(project: Project) -> None:
    told = updates("ok", "crashed")
    store(project, *told)
    store(project, *told)
    assert counts() == {"sessions": 1, "crashed": 1}


def test_sessions_of_two_projects_may_share_an_id(project: Project) -> None:
    sibling = make_project("api", organization=project.organization)
    update = make_update()
    store(project, update)
    store(sibling, update)
    assert counts() == {"sessions": 2}


def test_a_crash_alone_is_a_session(project: Project) -> None:
    store(project, *updates("ok", "crashed")[1:])
    assert counts() == {"sessions": 1, "crashed": 1}


def test_an_update_counts_where_the_session_began(project: Project) -> None:
    sid = uuid.uuid4().hex
    store(project, make_update(sid=sid, release="1.0"))
    store(project, make_update(sid=sid, release="1.1", init=False, status="crashed"))
    assert counts(release_environment__release__version="1.0") == {
        "sessions": 1,
        "crashed": 1,
    }
    assert counts(release_environment__release__version="1.1") == {}


def test_a_corrected_clock_may_move_a_session_across_midnight(
    project: Project,
) -> None:
    midnight = NOW.replace(hour=0, minute=0)
    sid = uuid.uuid4().hex
    for seconds in (-0.5, 0.5):
        started = midnight + timedelta(seconds=seconds)
        store(project, make_update(sid=sid, started=started.isoformat()))
    assert counts() == {"sessions": 1}
    assert SessionState.objects.count() == 1


def test_sessions_without_an_id_count_each(project: Project) -> None:
    ended = make_update(sid=None, status="exited")
    store(project, ended, ended)
    store(project, ended)
    assert counts() == {"sessions": 3}
    assert not SessionState.objects.exists()


def test_a_user_named_late_is_counted(project: Project) -> None:
    first, second = updates("ok", "crashed", did=None)
    store(project, first)
    assert users() == {}
    store(project, second | {"did": "jane"})
    assert users() == {"sessions": 1, "crashed": 1}


def test_a_user_counts_once_a_day(project: Project) -> None:
    earlier = (NOW - timedelta(hours=3)).isoformat()
    store(project, make_update(did="jane"), make_update(did="jane", started=earlier))
    store(project, make_update(did="jane", status="crashed"), make_update(did="joe"))
    assert counts() == {"sessions": 4, "crashed": 1}
    assert users() == {"sessions": 2, "crashed": 1}
    jane = ReleaseUser.objects.get(crashed__gt=0)
    assert (jane.seen, jane.crashed) == (1 << 12 | 1 << 9, 1 << 12)


def test_groups_are_added_up(project: Project) -> None:
    store(project, make_groups({"exited": 5, "errored": 2}, {"crashed": 1}))
    store(project, make_groups({"exited": 5, "did": "jane"}))
    assert counts() == {"sessions": 13, "errored": 2, "crashed": 1}
    assert users() == {"sessions": 1}


def test_large_counts_have_room(project: Project) -> None:
    store(project, *[make_groups({"exited": 10**12})] * 3)
    assert counts() == {"sessions": 3 * (2**31 - 1)}


def test_events_and_sessions_share_their_release(project: Project) -> None:
    store(project, make_update(release="shop@1.0.0"))
    payload = make_payload(
        release="shop@1.0.0", environment="production", timestamp=NOW.timestamp()
    )
    store_events(make_event(project, payload, received_at=NOW))
    row = ReleaseHour.objects.get()
    assert (row.events, row.sessions) == (1, 1)


def test_nothing_is_kept_of_a_project_that_is_gone(project: Project) -> None:
    store(project, make_update())
    gone = Project(pk=project.pk + 1000)
    store(gone, make_update())
    assert counts() == {"sessions": 1}


@pytest.mark.parametrize("size", [1, 100])
def test_a_batch_costs_four_statements(
    project: Project, size: int, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        store(project, make_update())
    batch = [make_update() for _ in range(size)] + [make_groups({"exited": 1})]
    with recorded() as statements:
        store(project, *batch)
    assert [one for one in statements if "releases_" in one] == [
        sql.FIND_SESSIONS,
        sql.PUT_SESSIONS,
        sql.COUNT_SESSIONS,
        sql.ADD_USERS,
    ]
