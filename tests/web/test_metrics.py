"""/metrics tells the whole service's figures, to those who may see them."""

from __future__ import annotations

import math
import re
import time

import pytest
import redis
from django.db import connection, transaction
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from alerts import counts
from errtrack import heartbeat, watchers
from ingest import halts, metrics, totals
from ingest.counting import count_request
from ingest.metrics import Stage
from ingest.outcomes import Outcome
from ingest.tally import Place, Tally
from issues.store import Stored, forget_everything
from projects import valkey
from tests import settling
from tests.factories import make_event, make_issue, make_project, store
from tests.telling import claim, follower, happened

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


def test_mails_are_counted_by_what_became_of_them(client: Client) -> None:
    counts.count(counts.Outcome.GIVEN_UP, 2)
    issue = make_issue(make_project())
    follower(issue)
    happened(issue)
    claim()
    found = figures(client)
    assert found["errtrack_mails_total", ("given_up",)] == 2
    assert found["errtrack_mails_total", ("sent",)] == 0
    assert found["errtrack_mails_waiting", ()] == 1


def test_open_streams_are_counted_of_processes_that_still_tell(client: Client) -> None:
    now = time.time()
    for process, told in (("a", f"3 {now}"), ("b", f"4 {now}"), ("c", f"9 {now - 99}")):
        valkey.blocking().hset(watchers.WATCHERS, process, told)
    assert figures(client)["errtrack_live_streams", ()] == 7


def test_batches_are_counted_and_timed(client: Client) -> None:
    event = make_event(make_project())
    stored = Stored(events=[event], duplicates=2, new_issues=[], reopened_issues=[])
    metrics.observe_batch(stored, seconds=0.02, delay_s=0.3)
    metrics.observe_batch(stored, seconds=60.0, delay_s=-2.0)
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
    delay = "errtrack_digest_delay_seconds"
    assert found[f"{delay}_sum", ()] == pytest.approx(0.3)
    assert found[f"{delay}_bucket", ("0.01",)] == 1


def test_the_digests_time_is_told_by_stage(client: Client) -> None:
    with metrics.timed(Stage.STORE):
        time.sleep(0.01)
    found = figures(client)
    assert found["errtrack_digest_stage_seconds_total", ("store",)] >= 0.01
    assert found["errtrack_digest_stage_seconds_total", ("prepare",)] == 0


@pytest.mark.django_db(transaction=True)
def test_records_are_counted_once_they_are_committed(client: Client) -> None:
    place = Place(make_project().pk, 1, 490_000, "error", Outcome.ACCEPTED, "")
    names = [place, place._replace(category="dust"), place._replace(category="mud")]
    tally = Tally()
    for name in names:
        tally.add(name, 2)
    with transaction.atomic():
        tally.write()
        transaction.set_rollback(True)
    with transaction.atomic():
        tally.write()
    found = figures(client)
    assert found["errtrack_items_total", ("error", "accepted")] == 2
    # Whoever sends names categories as he likes.
    assert found["errtrack_items_total", ("unknown", "accepted")] == 4


def test_a_shard_that_halts_is_told(client: Client) -> None:
    assert figures(client)["errtrack_shard_halted", ("0",)] == 0
    halts.note(0)
    assert figures(client)["errtrack_shard_halted", ("0",)] == 1
    halts.clear(0)


def test_names_and_types_are_as_prometheus_wants_them(client: Client) -> None:
    count_request(Outcome.ACCEPTED)
    metrics.count_items("error", Outcome.ACCEPTED, 1)
    text = client.get("/metrics").content.decode()
    families = list(text_string_to_metric_families(text))
    assert len(families) > 15
    for family in families:
        assert re.fullmatch(r"errtrack(_[a-z]+)+", family.name), family.name
        assert family.documentation.endswith("."), family.name
        assert family.type in {"counter", "gauge", "histogram"}, family.name
        # Base units only, and at the end.
        assert not re.search(r"_(ms|minutes|kb|mb|percent)\b", family.name)
        for sample in family.samples:
            if family.type == "counter":
                assert sample.name == f"{family.name}_total"
            assert all(re.fullmatch(r"[a-z]+", label) for label in sample.labels)


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
    settling.resolve([issue.pk], user=None)
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
def test_without_postgresql_the_rest_is_told(client: Client) -> None:
    connection.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(connection.settings_dict, "HOST", "/no/such/folder")
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
