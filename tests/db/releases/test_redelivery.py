"""What has no id of its own, such as counted sessions, takes effect exactly once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db.models import Sum

from ingest import committed, digest
from ingest.models import OutcomeCount
from ingest.stream import Entry, ShardStream
from projects.models import Project
from releases.models import ReleaseEnvironment, ReleaseHour, ReleaseUser
from tests.appending import append
from tests.factories import make_entry, make_organization, make_payload, make_project
from tests.sessions import make_groups, make_update

pytestmark = pytest.mark.usefixtures("committed_db")

SHARD = 0


class Died(BaseException):
    """The process was killed."""


@pytest.fixture
def project(committed_db: None) -> Project:
    return make_project("shop", organization=make_organization("acme"))


def envelope(project: Project, *items: tuple[str, dict[str, Any]]) -> Entry:
    lines: list[dict[str, Any]] = [{}]
    for type_, payload in items:
        lines += [{"type": type_}, payload]
    body = "\n".join(json.dumps(line) for line in lines).encode()
    event_id = dict(items).get("event", {}).get("event_id", "")
    return make_entry(project, kind="envelope", event_id=event_id, body=body)


def told(project: Project) -> list[Entry]:
    """An event, a session that crashes, and seven sessions of a server."""
    now = datetime.now(UTC).isoformat()
    update = make_update(started=now, did="jane")
    event = make_payload(release="shop@1.0.0", environment="production")
    return [
        envelope(project, ("session", update), ("event", event)),
        envelope(project, ("session", {**update, "init": False, "status": "crashed"})),
        envelope(project, ("sessions", make_groups({"started": now, "exited": 7}))),
    ]


def counts() -> dict[str, int]:
    names = ("events", "sessions", "crashed")
    return ReleaseHour.objects.aggregate(**{name: Sum(name) for name in names})


@pytest.mark.parametrize("step", ["acknowledge", "before the commit"])
def test_a_killed_digest_counts_sessions_once(
    project: Project, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def die(*_arguments: object) -> None:
        raise Died

    append(*told(project))
    with monkeypatch.context() as patch:
        if step == "acknowledge":
            patch.setattr(ShardStream, "acknowledge", die)
        else:
            patch.setattr(committed, "remember", die)
        with pytest.raises(Died):
            digest.drain(SHARD)
    digest.drain(SHARD)
    digest.drain(SHARD)
    assert counts() == {"events": 1, "sessions": 8, "crashed": 1}
    assert ReleaseEnvironment.objects.get().event_count == 1
    assert ReleaseUser.objects.get().crashed > 0
    outcomes = OutcomeCount.objects.filter(category="session")
    assert dict(outcomes.values_list("outcome", "count")) == {"accepted": 3}


def test_a_broken_session_harms_nothing_beside_it(project: Project) -> None:
    append(
        *told(project),
        envelope(project, ("session", {"sid": "x"})),
        envelope(project, ("sessions", {"aggregates": 5})),
    )
    digest.drain(SHARD)
    assert counts() == {"events": 1, "sessions": 8, "crashed": 1}
    refused = OutcomeCount.objects.filter(category="session", outcome="invalid")
    assert dict(refused.values_list("reason", "count")) == {"session_release": 2}
