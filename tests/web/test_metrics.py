"""/metrics tells the whole service's figures, to those who may see them."""

from __future__ import annotations

import math

import pytest
import redis
from django.db import connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from errtrack import heartbeat
from ingest import metrics, totals
from ingest.counting import count_request
from ingest.outcomes import Outcome
from issues import triage
from issues.store import Stored, forget_everything
from projects import valkey
from tests.factories import make_event, make_issue, make_project, store

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty_valkey() -> redis.Redis:
    totals.send()
    client = valkey.blocking()
    client.flushdb()
    forget_everything()
    return client


Samples = dict[tuple[str, tuple[str, ...]], float]


def figures(client: Client) -> Samples:
    """Values by name and the values of its labels."""
    totals.send()
    text = client.get("/metrics").content.decode()
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_are_counted_by_outcome(client: Client) -> None:
    for outcome in (Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.TOO_LARGE):
        count_request(outcome)
    found = figures(client)
    assert found["errtrack_edge_requests_total", ("accepted",)] == 2
    assert found["errtrack_edge_requests_total", ("too_large",)] == 1
    assert found["errtrack_edge_requests_total", ("invalid",)] == 0


def test_batches_are_counted_and_timed(client: Client) -> None:
    event = make_event(make_project())
    stored = Stored(events=[event], duplicates=2, new_issues=[], reopened_issues=[])
    metrics.observe_batch(stored, 0.02)
    metrics.observe_batch(stored, 60.0)
    metrics.count_poison()
    found = figures(client)
    assert found["errtrack_digested_events_total", ()] == 2
    assert found["errtrack_duplicate_events_total", ()] == 4
    assert found["errtrack_poison_entries_total", ()] == 1
    name = "errtrack_digest_batch_seconds"
    assert found[f"{name}_count", ()] == 2
    assert found[f"{name}_sum", ()] == pytest.approx(60.02)
    assert found[f"{name}_bucket", ("0.01",)] == 0
    assert found[f"{name}_bucket", ("0.025",)] == 1
    assert found[f"{name}_bucket", ("+Inf",)] == 2


def test_what_waits_and_who_works_is_told(client: Client) -> None:
    found = figures(client)
    assert found["errtrack_stream_entries", ("0",)] == 0
    assert math.isinf(found["errtrack_worker_heartbeat_age_seconds", ()])
    heartbeat.give("worker")
    assert figures(client)["errtrack_worker_heartbeat_age_seconds", ()] < 5


def test_issues_are_told_by_status(client: Client) -> None:
    project = make_project()
    issue = make_issue(project)
    store(make_event(project))
    triage.resolve([issue.pk], user=None)
    found = figures(client)
    assert found["errtrack_issues", ("resolved",)] == 1
    assert found["errtrack_issues", ("unresolved",)] == 0


def test_without_valkey_the_rest_is_told(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    found = figures(client)
    assert found["errtrack_server_up", ("valkey",)] == 0
    assert found["errtrack_server_up", ("postgresql",)] == 1
    assert ("errtrack_issues", ("unresolved",)) in found


@pytest.mark.django_db(transaction=True)
def test_without_postgresql_the_rest_is_told(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/no/such/folder")
    found = figures(client)
    assert found["errtrack_server_up", ("postgresql",)] == 0
    assert ("errtrack_digested_events_total", ()) in found


def test_the_public_sees_no_metrics(client: Client) -> None:
    assert client.get("/metrics", REMOTE_ADDR="8.8.8.8").status_code == 403
    assert client.get("/metrics", REMOTE_ADDR="").status_code == 403


def test_a_proxy_in_between_tells_nobody(client: Client) -> None:
    forwarded = {"X-Forwarded-For": "8.8.8.8"}
    assert client.get("/metrics", headers=forwarded).status_code == 403


def test_a_token_opens_metrics_to_its_bearer_alone(
    client: Client, settings: Settings
) -> None:
    settings.METRICS_TOKEN = "s3cret"
    assert client.get("/metrics").status_code == 403
    for sent, status in [("Bearer s3cret", 200), ("Bearer s3cre", 403)]:
        answer = client.get(
            "/metrics", headers={"Authorization": sent}, REMOTE_ADDR="8.8.8.8"
        )
        assert answer.status_code == status


def test_totals_that_valkey_missed_are_sent_later(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = redis.Redis.from_url("redis://127.0.0.1:1/0", retry=None)
    with monkeypatch.context() as patch:
        patch.setattr(valkey, "blocking", lambda: away)
        count_request(Outcome.ACCEPTED)
        totals.send()
    assert figures(client)["errtrack_edge_requests_total", ("accepted",)] == 1
