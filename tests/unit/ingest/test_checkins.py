"""A check-in is read however a client writes it, or refused with the reason."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.envelope import Item
from ingest.items.checkins import read
from ingest.items.kind import Context, Refusal
from ingest.outcomes import Outcome
from ingest.stream import Entry
from monitors.reports import MonitorSettings, Report
from monitors.schedules import Crontab, Interval, Unit

GUID = "2f25034242404b6c841ccdc3eff5fdd9"
DAILY = {"schedule": {"type": "crontab", "value": "0 3 * * *"}}
ENTRY = Entry(
    project_id=7,
    key_id=1,
    received_at=datetime(2026, 11, 23, 3, tzinfo=UTC),
    kind="envelope",
    encoding="",
    event_id="",
    client="",
    remote_ip="",
    user_agent="",
    body=b"",
)


def read_body(body: bytes) -> Report:
    item = Item({"type": "check_in"}, memoryview(body))
    return read(item, Context(ENTRY, {}, None))


def read_fields(**fields: Any) -> Report:
    sent = {"check_in_id": GUID, "monitor_slug": "job", "status": "ok", **fields}
    return read_body(json.dumps(sent).encode())


def refusal_of(**fields: Any) -> tuple[Outcome, str]:
    with pytest.raises(Refusal) as caught:
        read_fields(**fields)
    return caught.value.outcome, caught.value.reason


def settings_of(**config: Any) -> MonitorSettings | None:
    return read_fields(monitor_config={**DAILY, **config}).settings


def test_all_that_is_told_is_read() -> None:
    report = read_fields(
        monitor_slug="Nightly Import",
        status="error",
        duration=12.5,
        environment="staging",
        release="shop@1.2.3",
        contexts={"trace": {"trace_id": "F" * 32, "span_id": "1"}},
        monitor_config={
            "schedule": {"type": "interval", "value": 2, "unit": "hour"},
            "checkin_margin": 5,
            "max_runtime": 30,
            "timezone": "Europe/Amsterdam",
            "failure_issue_threshold": 2,
            "recovery_threshold": 3,
            "owner": "team:3",
        },
    )
    assert report == Report(
        project_id=7,
        received_at=ENTRY.received_at,
        slug="nightly-import",
        name="Nightly Import",
        guid=uuid.UUID(GUID),
        status="error",
        duration_ms=12_500,
        environment="staging",
        release="shop@1.2.3",
        trace_id="f" * 32,
        settings=MonitorSettings(
            schedule=Interval(2, Unit.HOUR),
            timezone="Europe/Amsterdam",
            checkin_margin=5,
            max_runtime=30,
            failure_issue_threshold=2,
            recovery_threshold=3,
            owner="team:3",
        ),
    )


def test_little_is_enough() -> None:
    report = read_body(b'{"monitor_slug": "job", "status": "in_progress"}')
    assert (report.guid, report.environment, report.settings) == (
        None,
        "production",
        None,
    )


@pytest.mark.parametrize(
    "guid", [None, "", "0" * 32, "00000000-0000-0000-0000-000000000000"]
)
def test_zeros_mean_the_latest_run(guid: str | None) -> None:
    assert read_fields(check_in_id=guid).guid is None


@pytest.mark.parametrize("guid", [GUID.upper(), str(uuid.UUID(GUID))])
def test_ids_come_in_several_spellings(guid: str) -> None:
    assert read_fields(check_in_id=guid).guid == uuid.UUID(GUID)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"monitor_slug": None}, "monitor_slug"),
        ({"monitor_slug": "//"}, "monitor_slug"),
        ({"monitor_slug": ["job"]}, "monitor_slug"),
        ({"status": "missed"}, "status"),
        ({"status": "timeout"}, "status"),
        ({"status": None}, "status"),
        ({"status": 1}, "status"),
        ({"check_in_id": "abc"}, "check_in_id"),
        ({"check_in_id": 5}, "check_in_id"),
    ],
)
def test_what_names_no_run_is_refused(fields: dict[str, Any], reason: str) -> None:
    assert refusal_of(**fields) == (Outcome.INVALID, reason)


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b"{", Outcome.INVALID),
        (b"[]", Outcome.INVALID),
        (b" " * 200_000, Outcome.TOO_LARGE),
    ],
)
def test_what_is_no_check_in_is_refused(body: bytes, outcome: Outcome) -> None:
    with pytest.raises(Refusal) as caught:
        read_body(body)
    assert caught.value.outcome is outcome


@pytest.mark.parametrize(
    ("sent", "milliseconds"),
    [
        (12.5, 12_500),
        (0, 0),
        ("3", 3_000),
        (0.0002, 0),
        (None, None),
        (-1, None),
        ("long", None),
        (True, None),
        (1e300, 366 * 86_400_000),
        ([], None),
    ],
)
def test_durations_are_read_leniently(sent: object, milliseconds: int | None) -> None:
    assert read_fields(duration=sent).duration_ms == milliseconds


@pytest.mark.parametrize("name", [None, "", "none", "a\nb", {}])
def test_odd_environments_are_the_usual_one(name: object) -> None:
    assert read_fields(environment=name).environment == "production"


@pytest.mark.parametrize(
    "config",
    [
        {"schedule": None},
        {"schedule": "0 3 * * *"},
        {"schedule": {"type": "crontab", "value": "61 * * * *"}},
        {"schedule": {"type": "interval", "value": 0, "unit": "hour"}},
        {"schedule": {"type": "interval", "value": 5}},
        {"timezone": "Mars/Olympus"},
    ],
)
def test_settings_that_mean_nothing_leave_the_check_in(config: dict[str, Any]) -> None:
    report = read_fields(monitor_config={**DAILY, **config})
    assert (report.settings, report.has_bad_settings) == (None, True)


def test_numbers_of_settings_are_brought_within_their_bounds() -> None:
    settings = settings_of(
        checkin_margin=0, max_runtime="45", failure_issue_threshold=2.5
    )
    assert settings is not None
    assert settings.schedule == Crontab("0 3 * * *")
    assert (settings.checkin_margin, settings.max_runtime) == (1, 45)
    assert settings.failure_issue_threshold == 3
    far = settings_of(checkin_margin=10**9, recovery_threshold=10**9, max_runtime="x")
    assert far is not None
    assert (far.checkin_margin, far.recovery_threshold) == (40_320, 720)
    assert far.max_runtime is None


def test_units_may_be_plural() -> None:
    settings = settings_of(
        schedule={"type": "interval", "value": "10", "unit": "minutes"}
    )
    assert settings is not None
    assert settings.schedule == Interval(10, Unit.MINUTE)
