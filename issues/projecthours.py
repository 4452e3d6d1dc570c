"""What the stored events say of a project's hours: for retention, and for repair.

Hours of a project count what came, by the events' levels, of all its environments and
of each that has hours of its own: an issue that is deleted takes nothing from them,
and one that is merged adds nothing.
"""

from __future__ import annotations

from django.db.backends.utils import CursorWrapper

from issues.environments import KEPT_OF_PROJECT

# The hours that an event counts in. Parameter of its row: project, tag ids.
_PLACES = f"""
LEFT JOIN (
    SELECT p.id AS project_id, ARRAY({KEPT_OF_PROJECT}) AS ids FROM projects_project p
) AS kept USING (project_id)
CROSS JOIN LATERAL (
    SELECT 0 AS environment_id
    UNION ALL SELECT id FROM unnest(kept.ids) AS id WHERE id = ANY(tag_ids)
) AS place
"""

# Retention's part: what is going, and how it is counted off.
# Parameter: the day's table.
EXPIRING = f"""
CREATE TEMP TABLE expiring_project ON COMMIT DROP AS
SELECT project_id, environment_id,
       floor(extract(epoch FROM "timestamp") / 3600)::int4 AS hour, level,
       count(*)::int4 AS events
FROM {{events}} {_PLACES} GROUP BY 1, 2, 3, 4
"""
COUNT_OFF = """
UPDATE issues_projecthour AS h SET expired_count = h.expired_count + e.events
FROM expiring_project AS e
WHERE h.project_id = e.project_id AND h.environment_id = e.environment_id
  AND h.hour = e.hour AND h.level = e.level
"""

# The hours that no overview reaches and no stored event counts in. Parameter: hour.
FORGET = "DELETE FROM issues_projecthour WHERE hour < %s AND count = expired_count"

# Repair's part, out of its own copy of the events: see issues.repair_sql. Rows of
# deleted projects go piece by piece, and are no difference.
_COMPARE = (
    "DROP TABLE IF EXISTS pg_temp.repair_project_hour",
    f"""
    CREATE TEMP TABLE repair_project_hour ON COMMIT DROP AS
    SELECT project_id, environment_id,
           floor(extract(epoch FROM seen_at) / 3600)::int4 AS hour, level,
           count(*)::int4 AS stored
    FROM repair_row JOIN repair_scope USING (issue_id)
    JOIN repair_project USING (project_id) {_PLACES}
    WHERE is_own GROUP BY 1, 2, 3, 4
    """,
    """
    INSERT INTO repair_difference
    SELECT 'project_hour', project_id, 0, concat_ws(' ', hour, level, environment_id),
           count::text,
           (coalesce(expired_count, 0) + coalesce(stored, 0))::text
    FROM (
        SELECT h.* FROM issues_projecthour AS h JOIN repair_project USING (project_id)
    ) AS kept
    FULL JOIN repair_project_hour USING (project_id, environment_id, hour, level)
    WHERE coalesce(count, 0) <> coalesce(expired_count, 0) + coalesce(stored, 0)
    """,
)
_MEND = (
    """
    INSERT INTO issues_projecthour AS h (project_id, environment_id, hour, level, count,
        expired_count)
    SELECT project_id, environment_id, hour, level, stored, 0 FROM repair_project_hour
    ON CONFLICT (project_id, environment_id, hour, level) DO UPDATE
    SET count = h.expired_count + EXCLUDED.count
    WHERE h.count <> h.expired_count + EXCLUDED.count
    """,
    """
    UPDATE issues_projecthour AS h SET count = expired_count
    FROM repair_project AS p
    WHERE h.project_id = p.project_id AND count <> expired_count AND NOT EXISTS (
        SELECT 1 FROM repair_project_hour AS told WHERE told.project_id = h.project_id
        AND told.environment_id = h.environment_id
        AND told.hour = h.hour AND told.level = h.level
    )
    """,
)


def compare(cursor: CursorWrapper) -> None:
    """Adds to repair_difference what differs; repair_row holds the events of the
    projects in repair_project."""
    for statement in _COMPARE:
        cursor.execute(statement)


def mend(cursor: CursorWrapper) -> None:
    """Mends what `compare` has found in this transaction."""
    for statement in _MEND:
        cursor.execute(statement)
