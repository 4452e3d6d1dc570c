"""Client reports: what SDKs dropped themselves, counted by their own reasons."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ingest.envelope import Item
from ingest.items.kind import Context, Kind, Refusal
from ingest.items.payload import object_of
from ingest.normalise.times import clock_shift, instant
from ingest.outcomes import CATEGORIES, UNKNOWN, Outcome
from ingest.tally import Place, Tally
from projects import postgres

MAX_BYTES = 100 * 1024
REASON_MAX_LENGTH = 64
CATEGORY_MAX_LENGTH = 32
QUANTITY_MAX = 10**9
# A device without a network keeps its reports; older ones count for when they came.
PAST_MAX_S = 7 * 24 * 3600

# Pairs of category and reason that a project's reports may bring into an hour, besides
# those that SDKs are known to send: each is a row.
STRANGE_PAIRS_AN_HOUR = 50
OTHER_REASON = "other"
NO_REASON = "unspecified"

# Source: protocol, "Other payloads".
KNOWN_REASONS = frozenset(
    {
        "backpressure",
        "before_send",
        "buffer_overflow",
        "cache_overflow",
        "event_processor",
        "ignored",
        "insufficient_data",
        "internal_sdk_error",
        "invalid",
        "network_error",
        "no_parent_span",
        "queue_overflow",
        "ratelimit_backoff",
        "sample_rate",
        "send_error",
    }
)
# Source: protocol, "Rate limits"; those that no item of ours is counted under.
_FURTHER_CATEGORIES = {
    "attachment_item",
    "log_byte",
    "monitor_seat",
    "profile_duration",
    "profile_duration_ui",
    "span_indexed",
    "trace_metric_byte",
    "transaction_indexed",
    "user_report_v2",
}
KNOWN_CATEGORIES = frozenset({*CATEGORIES, *_FURTHER_CATEGORIES})


class Drop(NamedTuple):
    """What an SDK calls the same."""

    category: str
    reason: str

    @property
    def is_known(self) -> bool:
        return self.category in KNOWN_CATEGORIES and self.reason in KNOWN_REASONS


class Spot(NamedTuple):
    """Where drops are counted."""

    project_id: int
    hour: int


class Report(NamedTuple):
    """What one report says."""

    spot: Spot
    key_id: int
    drops: Counter[Drop]


def read(item: Item, context: Context) -> Report:
    """Entries that say nothing of what was dropped are passed over."""
    if len(item.payload) > MAX_BYTES:
        raise Refusal(Outcome.TOO_LARGE, "client_report")
    tree = object_of(item)
    entry = context.entry
    spot = Spot(entry.project_id, _hour(tree.get("timestamp"), context))
    return Report(spot, entry.key_id, _drops(tree.get("discarded_events")))


def store(reports: Sequence[Report]) -> list[None]:
    """Counts the drops; reasons beyond the bound of an hour count as one."""
    tally = Tally()
    variety = _Variety(reports)
    for report in reports:
        spot = report.spot
        for drop, quantity in report.drops.items():
            counted = variety.admit(spot, drop)
            tally.add(
                Place(
                    project_id=spot.project_id,
                    key_id=report.key_id,
                    hour=spot.hour,
                    category=counted.category,
                    outcome=Outcome.CLIENT_DISCARD,
                    reason=counted.reason,
                ),
                quantity,
            )
    tally.write()
    return [None] * len(reports)


CLIENT_REPORT = Kind(read, store)


def _hour(told: object, context: Context) -> int:
    """The hour of the report by our clock, where that can be believed."""
    received = context.entry.received_at.timestamp()
    happened = instant(told)
    if happened is None:
        return int(received) // 3600
    happened += clock_shift(received, context.sent_at)
    is_believed = received - PAST_MAX_S <= happened <= received
    return int(happened if is_believed else received) // 3600


def _drops(told: object) -> Counter[Drop]:
    drops: Counter[Drop] = Counter()
    for one in told if isinstance(told, list) else [told]:
        if not isinstance(one, dict):
            continue
        quantity = _quantity(one.get("quantity"))
        if quantity:
            category = _name(one.get("category"), CATEGORY_MAX_LENGTH) or UNKNOWN
            reason = _name(one.get("reason"), REASON_MAX_LENGTH) or NO_REASON
            drops[Drop(category, reason)] += quantity
    return drops


def _quantity(told: object) -> int:
    if isinstance(told, bool) or not isinstance(told, str | int | float):
        return 0
    try:
        return max(0, int(min(float(told), QUANTITY_MAX)))
    except (ValueError, OverflowError):
        return 0


def _name(told: object, max_length: int) -> str:
    """Text of one line; numbers are taken for their digits."""
    if isinstance(told, bool) or not isinstance(told, str | int | float):
        return ""
    text = "".join(c for c in str(told)[: 4 * max_length] if c.isprintable())
    return text.strip()[:max_length]


class _Variety:
    """Which pairs that no SDK is known to send are counted by their own names."""

    def __init__(self, reports: Iterable[Report]) -> None:
        spots = {
            report.spot
            for report in reports
            if not all(drop.is_known for drop in report.drops)
        }
        self._strange = _stored_pairs(spots) if spots else defaultdict(set)

    def admit(self, spot: Spot, drop: Drop) -> Drop:
        if drop.is_known:
            return drop
        strange = self._strange[spot]
        if drop not in strange and len(strange) >= STRANGE_PAIRS_AN_HOUR:
            category = drop.category if drop.category in KNOWN_CATEGORIES else UNKNOWN
            return Drop(category, OTHER_REASON)
        strange.add(drop)
        return drop


# Parameters: project ids, hours.
_PAIRS = """
SELECT DISTINCT o.project_id, o.hour, o.category, o.reason
FROM unnest(%s::int4[], %s::int4[]) AS spot(project_id, hour)
JOIN ingest_outcomecount o USING (project_id, hour)
WHERE o.outcome = 'client_discard'
"""


def _stored_pairs(spots: Iterable[Spot]) -> defaultdict[Spot, set[Drop]]:
    """The pairs that are strange and counted already."""
    pairs: defaultdict[Spot, set[Drop]] = defaultdict(set)
    columns: list[Any] = [list(column) for column in zip(*spots, strict=True)]
    for project_id, hour, category, reason in postgres.run(_PAIRS, *columns):
        drop = Drop(category, reason)
        if not drop.is_known and reason != OTHER_REASON:
            pairs[Spot(project_id, hour)].add(drop)
    return pairs
