"""Groups stored events by a run's rules, some at a time, and keeps what it finds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from issues.events import StoredEvent, open_events
from issues.grouping import group
from issues.grouping.rules.compiled import compile_rules
from issues.models import Event, IssueState, Regrouping, Status
from issues.regrouping.plan import Finding
from projects import arrays, postgres

# Of one transaction; grouped in about a quarter of a second.
EVENTS_AT_ONCE = 500

# A preview looks at so many events of so many of the newest issues, at least at so
# many of each and at most at so many.
PREVIEW_EVENTS = 5_000
PREVIEW_ISSUES = 1_000
_PER_ISSUE_MAX = 100
PREVIEW_ISSUES_AT_ONCE = 50

_COLUMNS = [field.attname for field in Event._meta.concrete_fields]

# The newest events of some issues that have their payload, by the index
# event_of_issue. Parameters: the ids of the issues, events of each.
_NEWEST = """
SELECT {columns} FROM unnest(%s::int4[]) AS wanted (id) CROSS JOIN LATERAL (
    SELECT * FROM issues_event
    WHERE issue_id = wanted.id AND payload IS NOT NULL
    ORDER BY received_at DESC LIMIT %s
) AS e
""".format(columns=", ".join(f"e.{name}" for name in _COLUMNS))

# All that some small issues have. Parameter: the ids of the issues.
_OF_ISSUES = """
SELECT {columns} FROM issues_event AS e
WHERE e.issue_id = ANY(%s::int4[]) AND e.payload IS NOT NULL
""".format(columns=", ".join(f"e.{name}" for name in _COLUMNS))

# The next events of one issue. Parameters: its id, after which place, how many.
_OF_ONE = """
SELECT {columns} FROM issues_event AS e
WHERE e.issue_id = %s AND e.payload IS NOT NULL AND e.received_at >= %s
  AND (e.received_at, e.event_id) > (%s, %s)
ORDER BY e.received_at, e.event_id LIMIT %s
""".format(columns=", ".join(f"e.{name}" for name in _COLUMNS))

# The next issues and their stored events at most. Parameters: project id, after which
# issue, the status of those that are gone, how many.
_NEXT_ISSUES = """
SELECT s.issue_id, s.event_count - s.expired_count
FROM issues_issuestate AS s JOIN issues_issue AS i ON i.id = s.issue_id
WHERE s.project_id = %s AND s.issue_id > %s AND i.number > 0 AND s.status <> %s
ORDER BY s.issue_id LIMIT %s
"""

# Parameters: run id, issue ids, hashes, counts, newest times, newest events.
_ADD_FINDINGS = """
INSERT INTO issues_regroupfinding AS kept
    (run_id, issue_id, hash, events, newest_at, newest_event)
SELECT %s, n.* FROM unnest(%s::int4[], %s::uuid[], %s::int4[], %s::timestamptz[],
    %s::uuid[]) AS n(issue_id, hash, events, newest_at, newest_event)
ON CONFLICT (run_id, issue_id, hash) DO UPDATE SET
    events = kept.events + EXCLUDED.events,
    newest_at = greatest(kept.newest_at, EXCLUDED.newest_at),
    newest_event = CASE WHEN EXCLUDED.newest_at >= kept.newest_at
        THEN EXCLUDED.newest_event ELSE kept.newest_event END
"""

_BEGINNING = "0001-01-01 00:00:00+00"


class Read(NamedTuple):
    """What one step has read: the place after it is None at the end."""

    findings: list[Finding]
    # Stored events passed by, with a payload or without; those of a merged issue count
    # for it and for its survivor, as in the run's total.
    passed: int
    place: dict[str, Any] | None


def first_place(run: Regrouping) -> dict[str, Any]:
    """Where the run begins; also reckons its total."""
    issues = IssueState.objects.filter(project=run.project_id, issue__number__gt=0)
    issues = issues.exclude(status=Status.DELETED)
    if run.kind != Regrouping.Kind.PREVIEW:
        counts = issues.values_list("event_count", "expired_count")
        run.total = sum(count - expired for count, expired in counts)
        return {"after": 0}
    newest = issues.order_by("-last_seen").values_list("issue_id", "event_count")
    rows = list(newest[: PREVIEW_ISSUES + 1])
    known = rows[:PREVIEW_ISSUES]
    each = min(_PER_ISSUE_MAX, PREVIEW_EVENTS // max(1, len(known)))
    run.total = sum(min(count, each) for _, count in known)
    is_cut_short = len(rows) > len(known) or any(count > each for _, count in known)
    return {
        "issues": [issue for issue, _ in known],
        "each": each,
        "is_cut_short": is_cut_short,
    }


def read_some(run: Regrouping) -> Read:
    """Groups the events that come next; changes nothing."""
    if run.kind == Regrouping.Kind.PREVIEW:
        return _read_sample(run)
    if "at" in run.place:
        return _read_large(run, run.place)
    return _read_small(run)


def _read_sample(run: Regrouping) -> Read:
    wanted = run.place["issues"][:PREVIEW_ISSUES_AT_ONCE]
    rest = run.place["issues"][PREVIEW_ISSUES_AT_ONCE:]
    rows = _rows(_NEWEST, wanted, run.place["each"])
    place = {**run.place, "issues": rest} if rest else None
    return Read(_findings(run, rows), len(rows), place)


def _read_small(run: Regrouping) -> Read:
    """All events of the next issues, or the first ones of a large issue."""
    after = run.place["after"]
    found = postgres.run(
        _NEXT_ISSUES, run.project_id, after, Status.DELETED.value, EVENTS_AT_ONCE
    )
    if not found:
        return Read([], 0, None)
    first, stored = found[0]
    if stored > EVENTS_AT_ONCE:
        place = {"after": first, "left": stored, **beginning()}
        return _read_large(run, place)
    ids: list[int] = []
    total = 0
    for issue, count in found:
        total += count
        if total > EVENTS_AT_ONCE:
            break
        ids.append(issue)
    rows = _rows(_OF_ISSUES, ids)
    passed = sum(count for issue, count in found[: len(ids)])
    return Read(_findings(run, rows), passed, {"after": ids[-1]})


def _read_large(run: Regrouping, place: Mapping[str, Any]) -> Read:
    rows = events_after(place["after"], place)
    following: dict[str, Any] = {"after": place["after"]}
    passed = len(rows)
    if len(rows) == EVENTS_AT_ONCE:
        following |= place_of(rows[-1]) | {"left": place["left"] - passed}
    else:
        passed = max(0, place["left"])
    return Read(_findings(run, rows), passed, following)


def events_after(
    issue: int, place: Mapping[str, Any], at_once: int = EVENTS_AT_ONCE
) -> list[Event]:
    """The next events of an issue that have their payload, in the order they came."""
    at, event = place["at"], place["event"] or str(UUID(int=0))
    return _rows(_OF_ONE, issue, at, at, event, at_once)


def place_of(row: Event) -> dict[str, str]:
    return {"at": row.received_at.isoformat(), "event": str(row.event_id)}


def beginning() -> dict[str, str | None]:
    """The place before an issue's first event."""
    return {"at": _BEGINNING, "event": None}


def hashes_of(
    run: Regrouping, rows: Sequence[Event]
) -> list[tuple[StoredEvent, bytes]]:
    """The events with what the run groups them to."""
    rules = compile_rules(run.fingerprinting, run.enhancements)
    return [
        (stored, group(stored.payload, rules, run.version).hashes[0])
        for stored in open_events(rows)
        if stored.payload is not None
    ]


def keep(run: Regrouping, findings: Iterable[Finding]) -> None:
    rows = sorted(findings)
    if rows:
        postgres.run(
            _ADD_FINDINGS,
            run.pk,
            arrays.of_numbers(row.issue for row in rows),
            arrays.of_hashes(row.hash for row in rows),
            arrays.of_numbers(row.events for row in rows),
            arrays.of_moments(row.newest_at for row in rows),
            arrays.of_hashes(bytes.fromhex(row.newest_event) for row in rows),
        )


def _findings(run: Regrouping, rows: Sequence[Event]) -> list[Finding]:
    found: dict[tuple[int, bytes], Finding] = {}
    for stored, one in hashes_of(run, rows):
        row = stored.row
        mark = (row.issue_id, one)
        before = found.get(mark)
        count = before.events + 1 if before else 1
        at: datetime = row.timestamp
        if before and before.newest_at > at:
            found[mark] = before._replace(events=count)
        else:
            found[mark] = Finding(*mark, count, at, row.event_id.hex)
    return list(found.values())


def _rows(statement: str, *parameters: Any) -> list[Event]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [Event.from_db(None, _COLUMNS, row) for row in cursor.fetchall()]
