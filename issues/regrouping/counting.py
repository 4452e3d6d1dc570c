"""Moves stored events to another issue, with all that they count, in one transaction.

What an event's row counts is taken off its source and added to its target; sums of
survivors are then made anew from those of their members. The caller holds the shard's
lock, so that no digest, retention or repair works meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import F

from issues.merging.recount import recount
from issues.models import FamilyMember, IssueState, Snooze

# Parameters are named: project, source and target (of the rows), lost and won (the
# issues that count for these), events, and from and to when they were received.
_TAKE = """
CREATE TEMP TABLE regroup_moved ON COMMIT DROP AS
SELECT event_id, received_at, "timestamp" AS seen_at, user_id, level, tag_ids
FROM issues_event
WHERE project_id = %(project)s AND issue_id = %(source)s
  AND event_id = ANY(%(events)s::uuid[])
  AND received_at BETWEEN %(from)s AND %(to)s
"""

_COUNT = """
SELECT count(*), min(received_at), max(received_at),
       array_agg(event_id ORDER BY event_id)
FROM regroup_moved
"""

_MOVE = """
UPDATE issues_event AS e SET issue_id = %(target)s
FROM regroup_moved AS m
WHERE e.project_id = %(project)s AND e.event_id = m.event_id
  AND e.received_at = m.received_at
  AND e.received_at BETWEEN %(from)s AND %(to)s
"""

_HOURS = (
    """
    INSERT INTO issues_hourcount AS kept
        (project_id, issue_id, hour, count, expired_count)
    SELECT %(project)s, %(won)s, floor(extract(epoch FROM seen_at) / 3600)::int4,
           count(*), 0
    FROM regroup_moved GROUP BY 3
    ON CONFLICT (issue_id, hour) DO UPDATE SET count = kept.count + EXCLUDED.count
    """,
    """
    UPDATE issues_hourcount AS h SET count = h.count - m.events
    FROM (
        SELECT floor(extract(epoch FROM seen_at) / 3600)::int4 AS hour,
               count(*) AS events
        FROM regroup_moved GROUP BY 1
    ) AS m
    WHERE h.issue_id = %(lost)s AND h.hour = m.hour
    """,
    "DELETE FROM issues_hourcount WHERE issue_id = %(lost)s AND count = 0",
)

_TAGS = (
    """
    CREATE TEMP TABLE regroup_tags ON COMMIT DROP AS
    SELECT issue_id, tag_id, sum(count)::int4 AS count, sum(expired)::int4 AS expired
    FROM (
        SELECT issue_id, tag_id, count, coalesce(expired, 0) AS expired
        FROM issues_issuetags,
             unnest(tag_ids, counts, expired_counts) AS entry (tag_id, count, expired)
        WHERE issue_id IN (%(lost)s, %(won)s) AND tag_id IS NOT NULL
        UNION ALL
        SELECT issue_id, tag_id, sign * count(*), 0
        FROM regroup_moved, unnest(tag_ids) AS tag_id,
             (VALUES (%(lost)s, -1), (%(won)s, 1)) AS side (issue_id, sign)
        GROUP BY issue_id, tag_id, sign
    ) AS entries
    GROUP BY 1, 2
    """,
    "DELETE FROM issues_issuetags WHERE issue_id IN (%(lost)s, %(won)s)",
    """
    INSERT INTO issues_issuetags
        (issue_id, project_id, tag_ids, counts, expired_counts)
    SELECT issue_id, %(project)s, array_agg(tag_id ORDER BY tag_id),
           array_agg(count ORDER BY tag_id), array_agg(expired ORDER BY tag_id)
    FROM regroup_tags WHERE count > 0 GROUP BY issue_id
    """,
)

# Who is left is asked in one pass over the source's events, not once for each user.
_USERS = (
    """
    INSERT INTO issues_issueuser (project_id, issue_id, user_id, has_expired)
    SELECT DISTINCT %(project)s, %(won)s, user_id, false
    FROM regroup_moved WHERE user_id IS NOT NULL
    ON CONFLICT DO NOTHING
    """,
    """
    WITH gone AS MATERIALIZED (
        SELECT user_id FROM regroup_moved WHERE user_id IS NOT NULL
        EXCEPT
        SELECT user_id FROM issues_event WHERE issue_id = %(source)s
    )
    DELETE FROM issues_issueuser AS u USING gone
    WHERE u.issue_id = %(lost)s AND u.user_id = gone.user_id AND NOT u.has_expired
    """,
)

# Where retention has dropped events of the source its times may be theirs, and stay.
_STATES = (
    """
    UPDATE issues_issuestate AS s SET
        event_count = s.event_count + m.events,
        first_seen = least(s.first_seen, m.first_seen),
        last_seen = greatest(s.last_seen, m.last_seen),
        level = CASE WHEN m.last_seen >= s.last_seen THEN m.level ELSE s.level END
    FROM (
        SELECT count(*) AS events, min(seen_at) AS first_seen,
               max(seen_at) AS last_seen,
               (array_agg(level ORDER BY seen_at DESC))[1] AS level
        FROM regroup_moved
    ) AS m
    WHERE s.issue_id = %(won)s
    """,
    """
    UPDATE issues_issuestate SET
        event_count = event_count - (SELECT count(*) FROM regroup_moved)
    WHERE issue_id = %(lost)s
    """,
    """
    UPDATE issues_issuestate AS s SET
        first_seen = rest.first_seen, last_seen = rest.last_seen
    FROM (
        SELECT min("timestamp") AS first_seen, max("timestamp") AS last_seen
        FROM issues_event WHERE issue_id = %(source)s
    ) AS rest
    WHERE s.issue_id = %(lost)s AND s.expired_count = 0
      AND rest.first_seen IS NOT NULL
    """,
    """
    UPDATE issues_issuestate AS s SET
        last_seen_minute = floor(extract(epoch FROM s.last_seen) / 60)::int4,
        user_count = (
            SELECT count(*) FROM issues_issueuser AS u WHERE u.issue_id = s.issue_id
        )
    WHERE s.issue_id IN (%(lost)s, %(won)s)
    """,
)

_REPORTS = """
UPDATE issues_userreport AS r SET issue_id = %(target)s
FROM regroup_moved AS m
WHERE r.project_id = %(project)s AND r.event_id = m.event_id
  AND r.issue_id = %(source)s
"""

_CHANGE = (_MOVE, *_HOURS, *_TAGS, *_USERS, *_STATES, _REPORTS)

# A transaction may move events several times.
_CLEAR = "DROP TABLE IF EXISTS pg_temp.regroup_moved, pg_temp.regroup_tags"


class Moved(NamedTuple):
    """The events that really moved, and when they were received."""

    events: list[UUID]
    received_from: datetime
    received_to: datetime


class Base(NamedTuple):
    """What a condition counts from: see Snooze."""

    events: int
    users: int


def move_events(
    project_id: int,
    events: Sequence[UUID],
    *,
    source: int,
    target: int,
    received_from: datetime,
    received_to: datetime,
) -> Moved | None:
    """Moves those of the events that are the source's; None if there are none.

    The states of both families must be locked.
    """
    counters = _counters([source, target])
    named: dict[str, Any] = {
        "project": project_id,
        "source": source,
        "target": target,
        "lost": counters[source],
        "won": counters[target],
        "events": list(events),
        "from": received_from,
        "to": received_to,
    }
    families = _families([source, target])
    touched = [*counters.values(), *families]
    before = _bases(touched)
    with connection.cursor() as cursor:
        cursor.execute(_CLEAR)
        cursor.execute(_TAKE, named)
        cursor.execute(_COUNT)
        count, first, last, moved = cursor.fetchone()
        if not count:
            return None
        for statement in _CHANGE:
            cursor.execute(statement, named)
    for survivor, members in families.items():
        recount(survivor, project_id, members)
    _shift_snoozes(before, _bases(touched))
    return Moved(moved, first, last)


def sum_up_families(project_id: int, sources: Collection[int]) -> None:
    """Makes the sums of the survivors of these issues anew."""
    for survivor, members in _families(sources).items():
        recount(survivor, project_id, members)


def counters_of(sources: Collection[int]) -> dict[int, int]:
    """The issue that keeps what each of these counts: itself, or its share."""
    return _counters(sources)


def _counters(sources: Collection[int]) -> dict[int, int]:
    rows = FamilyMember.objects.filter(source__in=sources)
    of_members = dict(rows.values_list("source_id", "counter_id"))
    return {source: of_members.get(source, source) for source in sources}


def _families(sources: Collection[int]) -> dict[int, list[int]]:
    """The counters of all members by their survivor, of these issues' families."""
    survivors = FamilyMember.objects.filter(source__in=sources).values("survivor")
    found: dict[int, list[int]] = {}
    rows = FamilyMember.objects.filter(survivor__in=survivors).order_by("pk")
    for survivor, counter in rows.values_list("survivor_id", "counter_id"):
        found.setdefault(survivor, []).append(counter)
    return found


def _bases(issue_ids: Collection[int]) -> dict[int, Base]:
    rows = IssueState.objects.filter(issue__in=issue_ids)
    columns = rows.values_list("issue_id", "event_count", "user_count")
    return {issue: Base(events, users) for issue, events, users in columns}


def _shift_snoozes(before: Mapping[int, Base], after: Mapping[int, Base]) -> None:
    """Has what issues wait for count only what really comes."""
    for issue, base in after.items():
        old = before[issue]
        Snooze.objects.filter(issue=issue).update(
            event_base=F("event_base") + base.events - old.events,
            user_base=F("user_base") + base.users - old.users,
        )
