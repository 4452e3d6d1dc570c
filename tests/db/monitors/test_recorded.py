"""Check-ins of real clients, as they were recorded, become the runs they tell of."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from ingest.envelope import parse_envelope
from ingest.items import KINDS
from ingest.items.kind import Refusal
from ingest.outcomes import Outcome
from monitors.models import CheckIn, Monitor
from projects.models import Project
from tests.corpus import Recorded, recorded
from tests.factories import make_entry, make_prepared
from tests.monitoring import NOON, make_monitor
from tests.replay import decoded_body

_CHECK_INS = [
    one for one in recorded() if "check_in" in one.expected.get("item_types", ())
]
_BY_CLIENT = {
    client: list(requests)
    for client, requests in itertools.groupby(
        _CHECK_INS, key=lambda one: one.file.partition("/")[0]
    )
}


def told(requests: Sequence[Recorded]) -> list[dict[str, Any]]:
    """The payloads, in the order in which they came."""
    return [
        json.loads(bytes(parse_envelope(decoded_body(one)).items[0].payload))
        for one in requests
    ]


def replay(project: Project, requests: Sequence[Recorded]) -> list[Refusal | None]:
    """Takes each request through the digest, a batch by itself."""
    answers: list[Refusal | None] = []
    for number, request in enumerate(requests):
        entry = make_entry(
            project,
            kind="envelope",
            body=decoded_body(request),
            received_at=NOON + timedelta(seconds=number),
        )
        (filed,) = make_prepared(entry, sample_per_hour=1).filed
        with transaction.atomic():
            answers += KINDS[filed.type].store([filed.record])
    return answers


@pytest.mark.parametrize("client", _BY_CLIENT)
def test_runs_are_what_the_client_told(client: str, project: Project) -> None:
    payloads = told(_BY_CLIENT[client])
    for slug in {payload["monitor_slug"] for payload in payloads}:
        make_monitor(project, slug)
    replay(project, _BY_CLIENT[client])
    ends = {
        uuid.UUID(payload["check_in_id"]): payload["status"]
        for payload in sorted(payloads, key=lambda p: p["status"] != "in_progress")
    }
    runs = {run.guid: run for run in CheckIn.objects.all()}
    assert {guid: run.status for guid, run in runs.items()} == ends
    for payload in payloads:
        run = runs[uuid.UUID(payload["check_in_id"])]
        assert run.monitor.slug == payload["monitor_slug"]
        assert run.environment.name == payload["environment"]
        assert run.release == payload.get("release", "")
        trace = payload.get("contexts", {}).get("trace", {})
        assert run.trace_id == trace.get("trace_id", "")
        if payload.get("duration") is not None:
            assert run.duration_ms == round(payload["duration"] * 1000)


@pytest.mark.parametrize("client", _BY_CLIENT)
def test_client_makes_its_monitor(client: str, project: Project) -> None:
    """In some recordings the end of the first run came before its beginning."""
    requests = _BY_CLIENT[client]
    replay(project, requests)
    assert not CheckIn.objects.filter(status="in_progress").exists()
    for payload in told(requests):
        if config := payload.get("monitor_config"):
            monitor = Monitor.objects.get(slug=payload["monitor_slug"])
            assert monitor.crontab == config["schedule"]["value"]
            assert monitor.timezone == config["timezone"]
            assert monitor.checkin_margin == config["checkin_margin"]
            assert monitor.max_runtime == config["max_runtime"]


@pytest.mark.parametrize("client", _BY_CLIENT)
def test_nothing_is_refused_but_what_is_of_no_monitor(
    client: str, project: Project
) -> None:
    for refusal in replay(project, _BY_CLIENT[client]):
        if refusal is not None:
            assert refusal.outcome is Outcome.INVALID
            assert refusal.reason == "unknown_monitor"
