"""Check-ins on their way through the stream take effect once, and are counted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import transaction

from ingest import digest
from ingest.models import OutcomeCount
from ingest.stream import Entry, ShardStream, encode_head, names
from issues.models import IssueState
from monitors.models import CheckIn
from projects import valkey
from projects.models import Project
from tests.beside import Beside
from tests.factories import make_entry, make_issue, make_project
from tests.monitoring import NOON

pytestmark = pytest.mark.usefixtures("committed_db")

SHARD = 0
CONFIG = {"schedule": {"type": "crontab", "value": "@hourly"}}


class Died(BaseException):
    """What a SIGKILL is to a test."""


@pytest.fixture
def project(committed_db: None) -> Project:
    return make_project("shop")


def send(project: Project, **fields: Any) -> None:
    """Appends a check-in by the latest open run, which no id tells apart."""
    payload = json.dumps({"monitor_slug": "job", **fields})
    body = f'{{}}\n{{"type":"check_in"}}\n{payload}\n'.encode()
    send_entry(make_entry(project, kind="envelope", event_id="", body=body))


def send_entry(entry: Entry) -> None:
    head = {"head": encode_head(entry), "body": entry.body}
    valkey.blocking().xadd(names(SHARD).stream, head)  # type: ignore[arg-type]  # Bytes by name.


def outcomes() -> dict[tuple[str, str], int]:
    rows = OutcomeCount.objects.filter(category="monitor")
    return {
        (outcome, reason): count
        for outcome, reason, count in rows.values_list("outcome", "reason", "count")
    }


def test_a_batch_with_check_ins_waits_for_triage_with_nothing_in_hand(
    project: Project,
) -> None:
    send(project, status="error", monitor_config=CONFIG)
    digest.drain(SHARD)
    monitors_own = IssueState.objects.get()
    other = make_issue(project)
    send(project, status="error")
    send_entry(make_entry(project))
    with transaction.atomic():
        IssueState.objects.select_for_update().get(pk=monitors_own.pk)
        drain = Beside(lambda: digest.drain(SHARD))
        drain.wait_until_it_waits()
        free = IssueState.objects.select_for_update(nowait=True)
        assert free.get(issue=other).event_count == 1
    drain.join()
    counts = IssueState.objects.order_by("pk").values_list("event_count", flat=True)
    assert list(counts) == [2, 2]


def test_check_ins_are_counted_by_what_became_of_them(project: Project) -> None:
    send(project, status="in_progress", monitor_config=CONFIG)
    send(project, status="ok")
    send(project, status="ok", monitor_slug="other")
    send(project, status="gone")
    digest.drain(SHARD)
    assert CheckIn.objects.get().status == "ok"
    assert outcomes() == {
        ("accepted", ""): 2,
        ("invalid", "unknown_monitor"): 1,
        ("invalid", "status"): 1,
    }


def test_redelivery_after_the_commit_changes_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_arguments: object) -> None:
        raise Died

    for status in ("error", "error", "ok", "error"):
        send(project, status=status, monitor_config=CONFIG)
    with monkeypatch.context() as patch:
        patch.setattr(ShardStream, "acknowledge", die)
        with pytest.raises(Died):
            digest.drain(SHARD)
    digest.drain(SHARD)
    assert ShardStream(SHARD).backlog().entries == 0
    assert CheckIn.objects.count() == 4
    assert IssueState.objects.get().event_count == 3
    assert outcomes() == {("accepted", ""): 4}


def test_roll_back_takes_all_of_it_back(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_anything: object) -> None:
        raise Died

    send(project, status="error", monitor_config=CONFIG)
    with monkeypatch.context() as patch:
        patch.setattr("ingest.committed.remember", die)
        with pytest.raises(Died):
            digest.drain(SHARD)
    assert not CheckIn.objects.exists()
    assert not IssueState.objects.exists()
    digest.drain(SHARD)
    assert CheckIn.objects.count() == 1
    assert IssueState.objects.get().event_count == 1


def test_check_in_of_an_hour_ago_is_of_then(project: Project) -> None:
    payload = {"monitor_slug": "job", "status": "ok", "monitor_config": CONFIG}
    body = f'{{}}\n{{"type":"check_in"}}\n{json.dumps(payload)}'.encode()
    entry = make_entry(project, kind="envelope", body=body, received_at=NOON)
    head = {"head": encode_head(entry), "body": entry.body}
    valkey.blocking().xadd(names(SHARD).stream, head)  # type: ignore[arg-type]  # As above.
    digest.drain(SHARD)
    assert CheckIn.objects.get().started_at == NOON
