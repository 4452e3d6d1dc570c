"""Makes what an issue counts the sum of what others count, without reading events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

# Users count once, whoever names them. Rows that are right already are not written
# again: adding a small issue to a large one writes what the small one brings.
_STATEMENTS = (
    """
    INSERT INTO issues_hourcount AS kept
        (project_id, issue_id, hour, count, expired_count)
    SELECT %(project)s, %(issue)s, hour, sum(count), sum(expired_count)
    FROM issues_hourcount WHERE issue_id = ANY(%(parts)s::int4[]) {hours}
    GROUP BY hour
    ON CONFLICT (issue_id, hour) DO UPDATE
    SET count = EXCLUDED.count, expired_count = EXCLUDED.expired_count
    WHERE (kept.count, kept.expired_count)
          <> (EXCLUDED.count, EXCLUDED.expired_count)
    """,
    """
    DELETE FROM issues_hourcount AS kept
    WHERE issue_id = %(issue)s {hours} AND hour NOT IN (
        SELECT hour FROM issues_hourcount
        WHERE issue_id = ANY(%(parts)s::int4[]) {hours}
    )
    """,
    """
    INSERT INTO issues_issueuser AS kept (project_id, issue_id, user_id, has_expired)
    SELECT %(project)s, %(issue)s, user_id, bool_or(has_expired)
    FROM issues_issueuser WHERE issue_id = ANY(%(parts)s::int4[]) {users}
    GROUP BY user_id
    ON CONFLICT (issue_id, user_id) DO UPDATE SET has_expired = EXCLUDED.has_expired
    WHERE kept.has_expired <> EXCLUDED.has_expired
    """,
    """
    DELETE FROM issues_issueuser AS kept
    WHERE issue_id = %(issue)s {users} AND user_id NOT IN (
        SELECT user_id FROM issues_issueuser
        WHERE issue_id = ANY(%(parts)s::int4[]) {users}
    )
    """,
    "DELETE FROM issues_issuetags WHERE issue_id = %(issue)s",
    """
    INSERT INTO issues_issuetags
        (issue_id, project_id, tag_ids, counts, expired_counts)
    SELECT %(issue)s, %(project)s, array_agg(tag_id ORDER BY tag_id),
           array_agg(count ORDER BY tag_id), array_agg(expired ORDER BY tag_id)
    FROM (
        SELECT tag_id, sum(count)::int4 AS count,
               coalesce(sum(expired), 0)::int4 AS expired
        FROM issues_issuetags,
             unnest(tag_ids, counts, expired_counts) AS entry (tag_id, count, expired)
        WHERE issue_id = ANY(%(parts)s::int4[]) AND tag_id IS NOT NULL
        GROUP BY tag_id
    ) AS summed
    HAVING count(*) > 0
    """,
    """
    UPDATE issues_issuestate AS s SET
        event_count = parts.event_count, expired_count = parts.expired_count,
        first_seen = parts.first_seen, last_seen = parts.last_seen,
        last_seen_minute = parts.last_seen_minute, level = newest.level,
        user_count = (
            SELECT count(*) FROM issues_issueuser WHERE issue_id = %(issue)s
        )
    FROM (
        SELECT sum(event_count) AS event_count, sum(expired_count) AS expired_count,
               min(first_seen) AS first_seen, max(last_seen) AS last_seen,
               max(last_seen_minute) AS last_seen_minute
        FROM issues_issuestate WHERE issue_id = ANY(%(parts)s::int4[])
    ) AS parts, (
        SELECT level FROM issues_issuestate WHERE issue_id = ANY(%(parts)s::int4[])
        ORDER BY last_seen DESC, issue_id LIMIT 1
    ) AS newest
    WHERE s.issue_id = %(issue)s
    """,
    """
    UPDATE issues_issue AS i SET
        kind = newest.kind, title = newest.title, type = newest.type,
        value = newest.value, culprit = newest.culprit, metadata = newest.metadata
    FROM issues_issue AS newest
    WHERE i.id = %(issue)s AND newest.id = (
        SELECT issue_id FROM issues_issuestate
        WHERE issue_id = ANY(%(parts)s::int4[])
        ORDER BY last_seen DESC, issue_id LIMIT 1
    )
    """,
    """
    UPDATE issues_issue AS i SET first_release_id = (
        SELECT first_release_id
        FROM issues_issue AS part JOIN issues_issuestate AS s ON s.issue_id = part.id
        WHERE part.id = ANY(%(parts)s::int4[])
        ORDER BY s.first_seen, part.id LIMIT 1
    )
    WHERE i.id = %(issue)s
    """,
)


# Where only some parts have joined or left, what they don't have is right already.
_OF_CHANGED = {
    "hours": """AND hour IN (
        SELECT hour FROM issues_hourcount WHERE issue_id = ANY(%(changed)s::int4[])
    )""",
    "users": """AND user_id IN (
        SELECT user_id FROM issues_issueuser WHERE issue_id = ANY(%(changed)s::int4[])
    )""",
}
_OF_ALL = dict.fromkeys(_OF_CHANGED, "")


def recount(
    issue_id: int,
    project_id: int,
    parts: Sequence[int],
    *,
    changed: Sequence[int] | None = None,
) -> None:
    """Gives the issue the counts, times, title and first release of its parts.

    `changed`: those that have joined or left, where the rest is counted already; hours
    and users that they have not are left alone. The caller holds the shard's lock, so
    that none of them moves meanwhile. What it costs depends on the hours, users and
    tags of the parts, not on their events.
    """
    scope = _OF_ALL if changed is None else _OF_CHANGED
    parameters: dict[str, Any] = {
        "issue": issue_id,
        "project": project_id,
        "parts": list(parts),
        "changed": list(changed or ()),
    }
    with connection.cursor() as cursor:
        for statement in _STATEMENTS:
            cursor.execute(statement.format(**scope), parameters)
