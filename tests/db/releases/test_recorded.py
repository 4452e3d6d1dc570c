"""The sessions of recorded requests are all taken, and count as they were."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum

from ingest.envelope import Envelope, Item, parse_envelope
from ingest.items.kind import Context
from ingest.items.sessions import SESSIONS
from ingest.normalise.times import instant
from projects.models import Project
from releases.models import ReleaseHour, SessionState
from releases.session import Health
from tests.corpus import Recorded, recorded
from tests.factories import make_entry
from tests.replay import decoded_body

# How bad a session is that an update calls so; what has errors is errored at least.
_BADNESS = {
    "ok": Health.HEALTHY,
    "exited": Health.HEALTHY,
    "unhandled": Health.UNHANDLED,
    "abnormal": Health.ABNORMAL,
    "crashed": Health.CRASHED,
}
_COUNTS = ("exited", "errored", "unhandled", "abnormal", "crashed")


def requests() -> list[Recorded]:
    """Those with sessions in them."""
    kinds = {"session", "sessions"}
    return [
        request
        for request in recorded()
        if any(item["type"] in kinds for item in request.expected.get("items") or ())
    ]


def items_of(request: Recorded) -> Iterator[tuple[Envelope, Item]]:
    envelope = parse_envelope(decoded_body(request))
    for item in envelope.items:
        if item.type in {"session", "sessions"}:
            yield envelope, item


@pytest.fixture
def counted(project: Project) -> dict[str, int]:
    """Sessions in all and by health, after every request was digested twice."""
    for _ in range(2):
        for request in requests():
            records = [
                SESSIONS.read(item, _context(project, envelope))
                for envelope, item in items_of(request)
                if item.type == "session"
            ]
            with transaction.atomic():
                SESSIONS.store(records)
    names = ("sessions", "errored", "unhandled", "abnormal", "crashed")
    return ReleaseHour.objects.aggregate(**{name: Sum(name) for name in names})


def _context(project: Project, envelope: Envelope) -> Context:
    """Received when it was sent."""
    seconds = instant(envelope.headers.get("sent_at"))
    at = datetime.fromtimestamp(seconds or 1_795_410_000, UTC)
    return Context(make_entry(project, received_at=at), envelope.headers, at)


def test_sessions_count_once_and_as_their_worst(counted: dict[str, int]) -> None:
    worst: dict[str, Health] = {}
    for request in requests():
        for told in request.expected["items"]:
            if told["type"] == "session":
                health = _BADNESS[told["status"]]
                health = max(health, Health(bool(told["errors"])))
                sid = told["sid"].replace("-", "")
                worst[sid] = max(worst.get(sid, Health.HEALTHY), health)
    assert counted["sessions"] == len(worst) == SessionState.objects.count()
    expected = Counter(health.name.lower() for health in worst.values())
    for name in ("errored", "unhandled", "abnormal", "crashed"):
        assert counted[name] == expected[name], name


def test_groups_of_sessions_are_all_read(project: Project) -> None:
    read = 0
    for request in requests():
        for envelope, item in items_of(request):
            if item.type != "sessions":
                continue
            record = SESSIONS.read(item, _context(project, envelope))
            told = _groups_in(item)
            assert len(record.groups) == len(told)
            for group, counts in zip(record.groups, told, strict=True):
                assert group.counts == tuple(counts.get(name) or 0 for name in _COUNTS)
                assert sum(group.counts) > 0
            read += 1
    assert read > 0


def _groups_in(item: Item) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = json.loads(bytes(item.payload))["aggregates"]
    return groups
