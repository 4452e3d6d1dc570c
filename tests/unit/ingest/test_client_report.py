"""A client report is read leniently and within bounds, whatever it holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from ingest.envelope import Item
from ingest.items.client_report import MAX_BYTES, QUANTITY_MAX, Report, read
from ingest.items.kind import Context, Refusal
from ingest.stream import Entry
from projects.hours import hour_of

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
ENTRY = Entry(
    project_id=3,
    key_id=7,
    received_at=NOW,
    kind="envelope",
    encoding="",
    event_id="",
    client="",
    remote_ip="",
    user_agent="",
    body=b"",
)


def report(tree: Any, *, sent_at: datetime | None = None) -> Report:
    payload = tree if isinstance(tree, bytes) else orjson.dumps(tree)
    item = Item({"type": "client_report"}, memoryview(payload))
    told = read(item, Context(ENTRY, {}, sent_at))
    assert isinstance(told, Report)
    return told


def drops(*told: Any) -> dict[tuple[str, str], int]:
    counted = report({"discarded_events": list(told)}).drops
    return {(drop.category, drop.reason): count for drop, count in counted.items()}


def test_drops_are_summed_by_category_and_reason() -> None:
    one = {"reason": "before_send", "category": "error", "quantity": 2}
    other = {"reason": "sample_rate", "category": "span", "quantity": 5}
    assert drops(one, one, other) == {
        ("error", "before_send"): 4,
        ("span", "sample_rate"): 5,
    }


@pytest.mark.parametrize(
    ("reason", "counted"),
    [
        ("my own reason ✓", "my own reason ✓"),
        ("x" * 1000, "x" * 64),
        ("a\0b\n\u202ec", "abc"),
        ("", "unspecified"),
        (None, "unspecified"),
        (["x"], "unspecified"),
        (7, "7"),
    ],
)
def test_any_reason_is_taken_as_a_short_line(reason: object, counted: str) -> None:
    one = {"reason": reason, "category": "error", "quantity": 1}
    assert drops(one) == {("error", counted): 1}


@pytest.mark.parametrize(
    ("quantity", "counted"),
    [(3.7, 3), ("4", 4), (10**18, QUANTITY_MAX), (1e300, QUANTITY_MAX)],
)
def test_odd_quantities_are_read_within_bounds(quantity: object, counted: int) -> None:
    one = {"reason": "ignored", "category": "error", "quantity": quantity}
    assert drops(one) == {("error", "ignored"): counted}


@pytest.mark.parametrize("quantity", [0, -5, None, True, "many", "nan", [1], {}])
def test_what_has_no_quantity_counts_nothing(quantity: object) -> None:
    one = {"reason": "ignored", "category": "error", "quantity": quantity}
    assert drops(one) == {}


@pytest.mark.parametrize("told", [None, [], {}, "x", 5, [None, "x", [1]]])
def test_a_report_of_nothing_is_no_error(told: object) -> None:
    assert not report({"discarded_events": told}).drops


def test_an_unknown_category_stays_short_text() -> None:
    one = {"reason": "ignored", "category": "c" * 99, "quantity": 1}
    assert drops(one, {"quantity": 2}) == {
        ("c" * 32, "ignored"): 1,
        ("unknown", "unspecified"): 2,
    }


def test_lists_that_only_relays_may_send_are_passed_over() -> None:
    one = {"reason": "x", "category": "error", "quantity": 1}
    assert not report({"rate_limited_events": [one], "filtered_events": [one]}).drops


@pytest.mark.parametrize(
    ("told", "counted"),
    [
        (NOW - timedelta(days=2), NOW - timedelta(days=2)),
        (NOW - timedelta(days=8), NOW),
        (NOW + timedelta(hours=1), NOW),
    ],
)
def test_the_reports_time_decides_the_hour_within_reason(
    told: datetime, counted: datetime
) -> None:
    assert report({"timestamp": told.timestamp()}).spot == (3, hour_of(counted))


@pytest.mark.parametrize("told", [b"null", b'"x"', b"-1", b"1e400", b"[]", b"1e99"])
def test_without_a_time_the_hour_of_receipt_counts(told: bytes) -> None:
    assert report(b'{"timestamp":%b}' % told).spot.hour == hour_of(NOW)


def test_a_clock_that_is_off_is_put_right() -> None:
    theirs = NOW - timedelta(days=300)
    told = report({"timestamp": theirs.isoformat()}, sent_at=theirs)
    assert told.spot.hour == hour_of(NOW)
    earlier = (theirs - timedelta(hours=5)).isoformat()
    told = report({"timestamp": earlier}, sent_at=theirs)
    assert told.spot.hour == hour_of(NOW) - 5


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "json"),
        (b"{", "json"),
        (b"[]", "not_an_object"),
        (b" " * (MAX_BYTES + 1), "client_report"),
    ],
)
def test_what_is_no_report_is_refused(payload: bytes, reason: str) -> None:
    with pytest.raises(Refusal) as refusal:
        report(payload)
    assert refusal.value.reason == reason
