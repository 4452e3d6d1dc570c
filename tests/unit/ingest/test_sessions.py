"""Session items: taken as SDKs send them, refused where they say nothing."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.items.kind import Refusal
from ingest.items.sessions import GROUPS_MAX
from ingest.outcomes import Outcome
from releases.names import Name
from releases.session import Health, SessionGroups, SessionUpdate, hash_of_user
from tests.sessions import NOW, make_groups, make_update, read

HOUR = int(NOW.timestamp()) // 3600


def update(payload: dict[str, Any], **context: Any) -> SessionUpdate:
    record = read(payload, **context)
    assert isinstance(record, SessionUpdate)
    return record


def groups(payload: dict[str, Any], **context: Any) -> SessionGroups:
    record = read(payload, **context)
    assert isinstance(record, SessionGroups)
    return record


def refusal(payload: object, **context: Any) -> tuple[Outcome, str]:
    with pytest.raises(Refusal) as caught:
        read(payload, **context)
    return caught.value.outcome, caught.value.reason


def test_an_update_says_which_session_and_where() -> None:
    sid = uuid.uuid4()
    read = update(make_update(sid=sid.hex, did="jane"), project_id=7)
    assert read == SessionUpdate(
        Name(7, "shop@1.0.0", "production"),
        sid,
        HOUR,
        Health.HEALTHY,
        hash_of_user("jane"),
    )


@pytest.mark.parametrize(
    ("status", "errors", "health"),
    [
        ("ok", 0, Health.HEALTHY),
        ("exited", 0, Health.HEALTHY),
        ("exited", 1, Health.ERRORED),
        ("ok", "2", Health.ERRORED),
        ("errored", 0, Health.ERRORED),
        ("unhandled", 1, Health.UNHANDLED),
        ("abnormal", 1, Health.ABNORMAL),
        ("crashed", 0, Health.CRASHED),
        ("Crashed", 3, Health.CRASHED),
        ("degraded", 0, Health.HEALTHY),
        (None, None, Health.HEALTHY),
        (5, float("nan"), Health.HEALTHY),
    ],
)
def test_status_and_errors_make_the_health(
    status: object, errors: object, health: Health
) -> None:
    assert update(make_update(status=status, errors=errors)).health == health


@pytest.mark.parametrize("did", [None, "", "  ", True, {}, []])
def test_whoever_is_not_named_is_nobody(did: object) -> None:
    assert update(make_update(did=did)).user_hash is None


def test_a_user_is_known_by_a_number_of_63_bits() -> None:
    hashes = {update(make_update(did=did)).user_hash for did in (5, "5", "ü", "\ud800")}
    assert len(hashes) == 3
    assert all(one is not None and 0 <= one < 2**63 for one in hashes)


def test_no_environment_is_an_empty_name() -> None:
    assert update(make_update(environment=None)).name.environment == ""


@pytest.mark.parametrize("release", [None, "", "latest", "a/b", 5 * ["x"]])
def test_without_a_release_nothing_is_known(release: object) -> None:
    payload = make_update(release=release)
    assert refusal(payload) == (Outcome.INVALID, "session_release")


@pytest.mark.parametrize("attrs", [None, [], "shop@1"])
def test_attributes_must_be_an_object(attrs: object) -> None:
    payload = make_update() | {"attrs": attrs}
    assert refusal(payload) == (Outcome.INVALID, "session_release")


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"nul", b'"x"'])
def test_what_is_no_object_is_refused(data: bytes) -> None:
    assert refusal(data)[0] is Outcome.INVALID


def test_a_session_without_an_id_may_end_but_not_go_on() -> None:
    assert update(make_update(sid=None, status="exited")).sid is None
    payload = make_update(sid=None, init=False)
    assert refusal(payload) == (Outcome.INVALID, "session_id")


def test_an_id_that_is_no_uuid_stays_the_same() -> None:
    first, second = (update(make_update(sid="session 5")).sid for _ in range(2))
    assert first == second is not None
    assert update(make_update(sid=str(uuid.UUID(int=0)))).sid is None


def test_a_session_of_six_days_ago_is_refused() -> None:
    old = NOW - timedelta(days=5, minutes=1)
    payload = make_update(started=old.isoformat())
    assert refusal(payload) == (Outcome.INVALID, "session_age")
    recent = old + timedelta(minutes=2)
    assert update(make_update(started=recent.isoformat())).hour == HOUR - 120


@pytest.mark.parametrize("started", [None, "soon", "2030-01-01T00:00:00Z"])
def test_a_start_that_cannot_be_is_the_time_of_receipt(started: object) -> None:
    payload = make_update(started=started, timestamp=None)
    assert update(payload).hour == HOUR


def test_a_clock_that_is_off_by_hours_is_put_right() -> None:
    ahead = NOW + timedelta(hours=3)
    payload = make_update(started=ahead.isoformat())
    assert update(payload, sent_at=ahead).hour == HOUR


def test_a_way_of_half_an_hour_is_no_wrong_clock() -> None:
    at = datetime(2026, 11, 23, 11, 59, tzinfo=UTC)
    payload = make_update(started=at.isoformat())
    assert update(payload, sent_at=at).hour == HOUR - 1


def test_groups_tell_counts_by_health() -> None:
    payload = make_groups(
        {"exited": 5, "errored": 4, "unhandled": 3, "abnormal": 2, "crashed": 1},
        {"did": "jane", "exited": "7", "crashed": -1, "errored": None},
    )
    first, second = groups(payload).groups
    assert first == (HOUR, None, (5, 4, 3, 2, 1))
    assert second == (HOUR, hash_of_user("jane"), (7, 0, 0, 0, 0))


def test_groups_that_are_too_old_are_left_out() -> None:
    old = (NOW - timedelta(days=6)).isoformat()
    payload = make_groups({"exited": 1}, {"started": old, "exited": 9})
    assert [group.counts[0] for group in groups(payload).groups] == [1]
    alone = make_groups({"started": old, "exited": 9})
    assert refusal(alone) == (Outcome.INVALID, "session_age")


def test_odd_groups_are_left_out() -> None:
    payload = make_groups({"exited": 1})
    payload["aggregates"] += [None, 5, "x", []]
    assert len(groups(payload).groups) == 1
    assert groups(payload | {"aggregates": "none"}).groups == ()


def test_no_item_has_thousands_of_groups() -> None:
    payload = make_groups(*[{"exited": 1}] * (GROUPS_MAX + 1))
    assert refusal(payload)[0] is Outcome.TOO_LARGE


def test_a_count_fits_its_column() -> None:
    payload = make_groups({"exited": 10**30, "crashed": 1e300})
    assert groups(payload).groups[0].counts == (2**31 - 1, 0, 0, 0, 2**31 - 1)
