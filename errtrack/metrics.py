"""The service's figures for Prometheus, gathered when they are asked for.

Counters come from Valkey, where every edge and worker adds to them (ingest.totals), so
that each web process tells the same: scrape the service once, not every process.
"""

from __future__ import annotations

import logging
import platform
import time
from collections.abc import Iterator
from importlib.metadata import version

import redis
from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count
from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from alerts import counts, courier
from errtrack import heartbeat, watchers
from errtrack.health import ask_valkey
from ingest import halts, spoolfolder, totals
from ingest.counting import REQUESTS
from ingest.limits import LIMITS_OPEN
from ingest.metrics import BATCH, DELAY, ITEMS, STAGE, Histogram, Stage
from ingest.models import PoisonEntry
from ingest.outcomes import Outcome
from ingest.spool import DAMAGED, SPOOLED
from ingest.stream import ShardStream
from issues.models import VISIBLE_STATUSES, IssueState

_log = logging.getLogger(__name__)


def render(accept: str) -> tuple[bytes, str]:
    """Everything, in the format that an Accept header prefers, and its content type.

    The figures of a server that is away are left out.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Service())
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class _Service(Collector):
    def collect(self) -> Iterator[Metric]:
        build = GaugeMetricFamily(
            "errtrack_build_info", "This version.", labels=["version", "python"]
        )
        build.add_metric([version("errtrack"), platform.python_version()], 1)
        yield build
        up = GaugeMetricFamily(
            "errtrack_server_up", "Whether a server answers.", labels=["server"]
        )
        for server, gather in (("valkey", _of_valkey), ("postgresql", _of_postgresql)):
            found = gather()
            up.add_metric([server], int(found is not None))
            yield from found or ()
        yield up
        yield from _of_spool()


def _of_valkey() -> list[Metric] | None:
    try:
        ask_valkey()
        figures = [*_of_totals(totals.read()), _of_mails()]
        return [*figures, *_of_streams(), _of_watchers(), _heartbeat_age()]
    except redis.RedisError as error:
        _log.warning("no figures from Valkey: %s", error)
        return None


def _of_totals(sums: dict[str, float]) -> Iterator[Metric]:
    requests = CounterMetricFamily(
        "errtrack_edge_requests", "Requests at the ingest edge.", labels=["outcome"]
    )
    for outcome in Outcome:
        requests.add_metric([outcome], sums.get(f"{REQUESTS}{outcome}", 0))
    yield requests
    for name, total, text in (
        ("errtrack_digested_events", "digested", "Events stored."),
        ("errtrack_duplicate_events", "duplicates", "Events stored already before."),
        ("errtrack_poison_entries", "poison", "Stream entries set aside as poison."),
        ("errtrack_spooled_entries", SPOOLED, "Requests kept in a spool."),
        ("errtrack_limits_open_events", LIMITS_OPEN, "Events taken without limits."),
        ("errtrack_spool_damaged", DAMAGED, "Places of spools that were damaged."),
    ):
        yield CounterMetricFamily(name, text, value=sums.get(total, 0))
    yield _of_items(sums)
    yield from _of_digest(sums)


def _histogram(
    name: str, text: str, of: Histogram, sums: dict[str, float]
) -> HistogramMetricFamily:
    count = 0.0
    buckets = []
    for place, bound in enumerate((*map(str, of.bounds), "+Inf")):
        count += sums.get(f"{of.buckets}{place}", 0)
        buckets.append((bound, count))
    family = HistogramMetricFamily(name, text)
    family.add_metric([], buckets, sums.get(of.seconds, 0))
    return family


def _of_digest(sums: dict[str, float]) -> Iterator[Metric]:
    yield _histogram(
        "errtrack_digest_batch_seconds",
        "Storing a prepared batch and acknowledging it.",
        BATCH,
        sums,
    )
    yield _histogram(
        "errtrack_digest_delay_seconds",
        "From the receipt of a batch's first request until it is stored.",
        DELAY,
        sums,
    )
    stages = CounterMetricFamily(
        "errtrack_digest_stage_seconds",
        "Time that the digest has spent, by what it did.",
        labels=["stage"],
    )
    for stage in Stage:
        stages.add_metric([stage], sums.get(f"{STAGE}{stage}", 0))
    yield stages


def _of_items(sums: dict[str, float]) -> Metric:
    items = CounterMetricFamily(
        "errtrack_items",
        "Records of known projects by what became of them.",
        labels=["category", "outcome"],
    )
    for name in sorted(sums):
        if name.startswith(ITEMS):
            items.add_metric(name.removeprefix(ITEMS).split(":"), sums[name])
    return items


def _of_mails() -> Metric:
    mails = CounterMetricFamily(
        "errtrack_mails",
        "Tries to mail people what happens to issues, by what became of them.",
        labels=["outcome"],
    )
    for outcome, count in counts.read().items():
        mails.add_metric([outcome], count)
    return mails


def _of_streams() -> Iterator[Metric]:
    entries = _gauge("stream_entries", "Accepted requests that wait.", "shard")
    held = _gauge("stream_bytes", "What they weigh.", "shard")
    oldest = _gauge("stream_oldest_seconds", "How long the oldest waits.", "shard")
    halted = _gauge("shard_halted", "Whether the shard's digest halts.", "shard")
    for shard in range(settings.SHARDS):
        backlog = ShardStream(shard).backlog()
        halted.add_metric([str(shard)], int(halts.halted_since(shard) is not None))
        entries.add_metric([str(shard)], backlog.entries)
        held.add_metric([str(shard)], backlog.bytes)
        oldest.add_metric([str(shard)], backlog.oldest_age_s)
    yield from (entries, held, oldest, halted)
    yield GaugeMetricFamily(
        "errtrack_stream_max_bytes",
        "Where the edge begins to spool, of all shards together.",
        value=settings.STREAM_MAX_BYTES,
    )


def _of_watchers() -> Metric:
    return GaugeMetricFamily(
        "errtrack_live_streams",
        "Open pages that are told of changes at once.",
        value=watchers.count(),
    )


def _gauge(name: str, text: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"errtrack_{name}", text, labels=[label])


def _of_spool() -> Iterator[Metric]:
    """Of the machine that answers: each has its own."""
    root = settings.SPOOL_DIR
    try:
        waiting, entries = spoolfolder.survey(root), spoolfolder.count_entries(root)
    except OSError as error:
        _log.warning("no figures of the spool: %s", error)
        return
    age_s = max(0.0, time.time() - waiting.since) if waiting.bytes else 0.0
    for name, text, value in (
        ("entries", "Requests in this machine's spool.", entries),
        ("bytes", "What they take.", waiting.bytes),
        ("oldest_seconds", "How long the oldest waits.", age_s),
        ("max_bytes", "From where on they are refused.", settings.SPOOL_MAX_BYTES),
    ):
        yield GaugeMetricFamily(f"errtrack_spool_{name}", text, value=value)


def _heartbeat_age() -> Metric:
    age_s = heartbeat.age_s("worker")
    return GaugeMetricFamily(
        "errtrack_worker_heartbeat_age_seconds",
        "Since any worker's last sign of life; infinite when there is none.",
        value=float("inf") if age_s is None else age_s,
    )


def _of_postgresql() -> list[Metric] | None:
    issues = _gauge("issues", "Issues by status.", "status")
    try:
        counted = IssueState.objects.values_list("status").annotate(Count("pk"))
        of_status = dict(counted.order_by())
        set_aside = PoisonEntry.objects.count()
        mails = courier.waiting()
    except DatabaseError as error:
        _log.warning("no figures from PostgreSQL: %s", error)
        return None
    for status in VISIBLE_STATUSES:
        issues.add_metric([status.name.lower()], of_status.get(status, 0))
    return [
        issues,
        GaugeMetricFamily(
            "errtrack_poison_waiting",
            "Entries set aside that wait for an operator.",
            value=set_aside,
        ),
        GaugeMetricFamily(
            "errtrack_mails_waiting", "Mails that have not left yet.", value=mails
        ),
    ]
