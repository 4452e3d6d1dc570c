"""What the stored events say of releases: for retention, and for repair.

The digest counts an event for the release and environment that its tags name. These
statements read the same out of the tags of rows.
"""

from __future__ import annotations

from django.db.backends.utils import CursorWrapper

from releases.environments import resolve
from releases.names import Name

# Events by release, environment and hour. `{events}` gives project_id, seen_at and
# tag_ids, and has a ctid to tell its rows by.
_NAMED = """
SELECT project_id, version, environment,
       floor(extract(epoch FROM seen_at) / 3600)::int4 AS hour,
       count(*)::int4 AS stored, min(seen_at) AS first_seen, max(seen_at) AS last_seen
FROM (
    SELECT e.project_id, e.seen_at,
           max(t.value) FILTER (WHERE t.key = 'release') AS version,
           coalesce(max(t.value) FILTER (WHERE t.key = 'environment'), '')
               AS environment
    FROM {events} AS e, unnest(e.tag_ids) AS tag_id
    JOIN issues_tag AS t ON t.id = tag_id AND t.key IN ('release', 'environment')
    GROUP BY e.ctid, e.project_id, e.seen_at
) AS named
WHERE version IS NOT NULL
GROUP BY 1, 2, 3, 4
"""

# A day's events by release environment. Parameter: the day's table.
EXPIRING = """
CREATE TEMP TABLE expiring_release ON COMMIT DROP AS
SELECT e.id, named.hour, named.stored AS events
FROM ({named}) AS named
JOIN projects_project AS p ON p.id = named.project_id
JOIN releases_release AS r
    ON r.organization_id = p.organization_id AND r.version = named.version
JOIN releases_releaseenvironment AS e ON e.project_id = p.id AND e.release_id = r.id
    AND e.environment = named.environment
""".format(
    named=_NAMED.format(
        events="""(
            SELECT project_id, "timestamp" AS seen_at, tag_ids, ctid FROM {events}
        )"""
    )
)

COUNT_OFF = (
    """
    UPDATE releases_releasehour AS h SET expired_events = h.expired_events + e.events
    FROM expiring_release AS e
    WHERE h.release_environment_id = e.id AND h.hour = e.hour
    """,
    """
    UPDATE releases_releaseenvironment AS r
    SET expired_count = r.expired_count + e.events
    FROM (
        SELECT id, sum(events) AS events FROM expiring_release GROUP BY 1
    ) AS e
    WHERE r.id = e.id
    """,
)

# What should be, out of repair's own copy of the events; see issues.repair_sql.
GATHER = (
    """
    DROP TABLE IF EXISTS pg_temp.repair_project, pg_temp.repair_release,
        pg_temp.repair_release_total
    """,
    # Rows of a deleted project go piece by piece, and are no difference.
    """
    CREATE TEMP TABLE repair_project ON COMMIT DROP AS
    SELECT id AS project_id FROM projects_project
    WHERE deleted_at IS NULL
      AND (%(project_ids)s::int4[] IS NULL OR id = ANY (%(project_ids)s::int4[]))
    """,
    "CREATE TEMP TABLE repair_release ON COMMIT DROP AS "
    + _NAMED.format(
        events="""(
            SELECT project_id, seen_at, tag_ids, repair_row.ctid
            FROM repair_row JOIN repair_scope USING (issue_id)
            JOIN repair_project USING (project_id) WHERE is_own
        )"""
    ),
    """
    CREATE TEMP TABLE repair_release_total ON COMMIT DROP AS
    SELECT project_id, version, environment, sum(stored) AS stored,
           min(first_seen) AS first_seen, max(last_seen) AS last_seen
    FROM repair_release GROUP BY 1, 2, 3
    """,
    "ANALYZE repair_project, repair_release, repair_release_total",
)

# Times can lie beyond those of the stored rows only where rows have been dropped.
COMPARE = (
    """
    INSERT INTO repair_difference
    SELECT 'release_hour', project_id, 0, concat_ws(' ', version, environment, hour),
           events::text, (coalesce(expired_events, 0) + coalesce(stored, 0))::text
    FROM (
        SELECT project_id, version, environment, hour, events, expired_events
        FROM releases_releasehour AS h
        JOIN repair_project USING (project_id)
        JOIN releases_releaseenvironment AS e USING (project_id)
        JOIN releases_release AS r ON r.id = e.release_id
        WHERE e.id = h.release_environment_id
    ) AS kept
    FULL JOIN repair_release USING (project_id, version, environment, hour)
    WHERE coalesce(events, 0) <> coalesce(expired_events, 0) + coalesce(stored, 0)
    """,
    """
    INSERT INTO repair_difference
    SELECT figure, project_id, 0, concat_ws(' ', version, environment), was, should_be
    FROM (
        SELECT project_id, version, environment, event_count, expired_count,
               e.first_seen AS was_first, e.last_seen AS was_last
        FROM releases_releaseenvironment AS e
        JOIN repair_project USING (project_id)
        JOIN releases_release AS r ON r.id = e.release_id
    ) AS kept
    FULL JOIN repair_release_total AS total USING (project_id, version, environment),
    LATERAL (VALUES
        ('release_events', event_count::text,
         (coalesce(expired_count, 0) + coalesce(stored, 0))::text),
        ('release_first_seen', was_first::text,
         (CASE WHEN expired_count > 0 THEN least(was_first, total.first_seen)
               ELSE total.first_seen END)::text),
        ('release_last_seen', was_last::text,
         (CASE WHEN expired_count > 0 THEN greatest(was_last, total.last_seen)
               ELSE total.last_seen END)::text)
    ) AS figures (figure, was, should_be)
    WHERE was IS DISTINCT FROM should_be
    """,
)

_MISSING = """
SELECT project_id, version, environment FROM repair_release_total
EXCEPT
SELECT e.project_id, r.version, e.environment
FROM releases_releaseenvironment AS e JOIN releases_release AS r ON r.id = e.release_id
"""

_PLACED = """
FROM {table} AS told
JOIN projects_project AS p ON p.id = told.project_id
JOIN releases_release AS r
    ON r.organization_id = p.organization_id AND r.version = told.version
JOIN releases_releaseenvironment AS e ON e.project_id = p.id AND e.release_id = r.id
    AND e.environment = told.environment
"""

_MEND = (
    "CREATE TEMP TABLE repair_release_hour ON COMMIT DROP AS "
    "SELECT told.project_id, e.id, told.hour, told.stored"
    + _PLACED.format(table="repair_release"),
    """
    INSERT INTO releases_releasehour (project_id, release_environment_id, hour, events,
        expired_events, sessions, errored, unhandled, abnormal, crashed)
    SELECT project_id, id, hour, stored, 0, 0, 0, 0, 0, 0 FROM repair_release_hour
    ON CONFLICT (release_environment_id, hour) DO UPDATE
    SET events = releases_releasehour.expired_events + EXCLUDED.events
    WHERE releases_releasehour.events
          <> releases_releasehour.expired_events + EXCLUDED.events
    """,
    """
    UPDATE releases_releasehour AS h SET events = expired_events
    FROM repair_project AS p
    WHERE h.project_id = p.project_id AND events <> expired_events AND NOT EXISTS (
        SELECT 1 FROM repair_release_hour AS told
        WHERE told.id = h.release_environment_id AND told.hour = h.hour
    )
    """,
    """
    UPDATE releases_releaseenvironment AS e SET
        event_count = e.expired_count + coalesce(told.stored, 0),
        first_seen = CASE WHEN e.expired_count > 0
            THEN least(e.first_seen, told.first_seen) ELSE told.first_seen END,
        last_seen = CASE WHEN e.expired_count > 0
            THEN greatest(e.last_seen, told.last_seen) ELSE told.last_seen END
    FROM releases_releaseenvironment AS kept
    JOIN repair_project USING (project_id)
    JOIN releases_release AS r ON r.id = kept.release_id
    LEFT JOIN repair_release_total AS told ON told.project_id = kept.project_id
        AND told.version = r.version AND told.environment = kept.environment
    WHERE e.id = kept.id
    """,
)


def compare(cursor: CursorWrapper, *, project_ids: list[int] | None) -> None:
    """Adds to repair_difference what differs; repair_row holds the projects' events."""
    for statement in GATHER:
        cursor.execute(statement, {"project_ids": project_ids})
    for statement in COMPARE:
        cursor.execute(statement)


def mend(cursor: CursorWrapper) -> None:
    """Mends what `compare` has found in this transaction."""
    cursor.execute(_MISSING)
    resolve(Name(*row) for row in cursor.fetchall())
    cursor.execute("DROP TABLE IF EXISTS pg_temp.repair_release_hour")
    for statement in _MEND:
        cursor.execute(statement)
