"""The statements of repair: each works on one transaction's temporary tables.

What should be stands in repair_issue, repair_hour, repair_user and repair_tag, for
the issues of repair_scope; what differs is gathered in repair_difference.
Rule: a derived figure = what retention counted off + what the stored events say.
"""

# Every issue, or those of %(issue_ids)s.
SCOPE = """
CREATE TEMP TABLE repair_scope ON COMMIT DROP AS
SELECT id AS issue_id, project_id FROM issues_issue
WHERE %(issue_ids)s::int4[] IS NULL OR id = ANY (%(issue_ids)s::int4[])
"""

# Which issue counts the events of which source: mostly the source itself; of merged
# ones what keeps the source's own counts, and the survivor. Each source is own once.
SOURCES = """
CREATE TEMP TABLE repair_source ON COMMIT DROP AS
SELECT issue_id AS source_id, issue_id, true AS is_own
FROM repair_scope WHERE NOT EXISTS (
    SELECT 1 FROM issues_familymember WHERE issue_id IN (source_id, counter_id)
)
UNION ALL
SELECT source_id, counter_id, true
FROM issues_familymember JOIN repair_scope ON issue_id = counter_id
UNION ALL
SELECT source_id, survivor_id, false
FROM issues_familymember JOIN repair_scope ON issue_id = survivor_id
"""

# One pass over the wide event rows; all that follows reads this narrow copy.
ROWS = """
CREATE TEMP TABLE repair_row ON COMMIT DROP AS
SELECT s.issue_id, s.is_own, e."timestamp" AS seen_at, e.received_at, e.user_id,
       e.level, e.tag_ids
FROM issues_event AS e JOIN repair_source AS s ON e.issue_id = s.source_id
"""

HOURS = """
CREATE TEMP TABLE repair_hour ON COMMIT DROP AS
SELECT issue_id, floor(extract(epoch FROM seen_at) / 3600)::int4 AS hour,
       count(*)::int4 AS stored
FROM repair_row GROUP BY 1, 2
"""

USERS = """
CREATE TEMP TABLE repair_user ON COMMIT DROP AS
SELECT DISTINCT issue_id, user_id FROM repair_row WHERE user_id IS NOT NULL
"""

TAGS = """
CREATE TEMP TABLE repair_tag ON COMMIT DROP AS
SELECT issue_id, tag_id, count(*)::int4 AS stored
FROM repair_row, unnest(tag_ids) AS tag_id
GROUP BY 1, 2
"""

# Times can lie beyond those of the stored rows only where rows have been dropped.
ISSUES = """
CREATE TEMP TABLE repair_issue ON COMMIT DROP AS
WITH stored AS (
    SELECT issue_id, count(*) AS events, min(seen_at) AS first_seen,
           max(seen_at) AS last_seen, min(received_at) AS first_received
    FROM repair_row GROUP BY 1
), users AS (
    SELECT issue_id, count(*) AS users
    FROM (
        SELECT issue_id, user_id FROM repair_user
        UNION
        SELECT issue_id, user_id FROM issues_issueuser
        JOIN repair_scope USING (issue_id) WHERE has_expired
    ) AS pairs GROUP BY 1
), times AS (
    SELECT issue_id, project_id, first_received,
           state.issue_id IS NULL AS is_missing,
           coalesce(state.expired_count, 0) + coalesce(events, 0) AS event_count,
           coalesce(users, 0)::int4 AS user_count,
           CASE WHEN state.expired_count > 0 OR stored.issue_id IS NULL
                THEN least(state.first_seen, stored.first_seen)
                ELSE stored.first_seen END AS first_seen,
           CASE WHEN state.expired_count > 0 OR stored.issue_id IS NULL
                THEN greatest(state.last_seen, stored.last_seen)
                ELSE stored.last_seen END AS last_seen
    FROM repair_scope
    LEFT JOIN stored USING (issue_id)
    LEFT JOIN users USING (issue_id)
    LEFT JOIN (
        SELECT issue_id, expired_count, first_seen, last_seen FROM issues_issuestate
    ) AS state USING (issue_id)
)
SELECT *, floor(extract(epoch FROM last_seen) / 60)::int4 AS last_seen_minute
FROM times
"""

# A transaction around this one may have left its own tables.
CLEAR = """
DROP TABLE IF EXISTS pg_temp.repair_scope, pg_temp.repair_source, pg_temp.repair_row,
    pg_temp.repair_hour, pg_temp.repair_user, pg_temp.repair_tag,
    pg_temp.repair_kept_tag, pg_temp.repair_issue, pg_temp.repair_difference;
CREATE TEMP TABLE repair_difference (
    figure text NOT NULL,
    project_id int4 NOT NULL,
    issue_id int4 NOT NULL,
    part text NOT NULL,
    was text,
    should_be text
) ON COMMIT DROP
"""

COMPARE_STATES = """
INSERT INTO repair_difference
SELECT figure, r.project_id, r.issue_id, '', was, should_be
FROM repair_issue AS r JOIN issues_issuestate AS s USING (issue_id),
LATERAL (VALUES
    ('event_count', s.event_count::text, r.event_count::text),
    ('user_count', s.user_count::text, r.user_count::text),
    ('first_seen', s.first_seen::text, r.first_seen::text),
    ('last_seen', s.last_seen::text, r.last_seen::text),
    ('last_seen_minute', s.last_seen_minute::text, r.last_seen_minute::text)
) AS figures (figure, was, should_be)
WHERE (s.event_count, s.user_count, s.first_seen, s.last_seen, s.last_seen_minute)
      IS DISTINCT FROM
      (r.event_count, r.user_count, r.first_seen, r.last_seen, r.last_seen_minute)
  AND was IS DISTINCT FROM should_be
"""

COMPARE_MISSING = """
INSERT INTO repair_difference
SELECT 'state', project_id, issue_id, '', NULL, event_count || ' events'
FROM repair_issue WHERE is_missing
"""

COMPARE_HOURS = """
INSERT INTO repair_difference
SELECT 'hour_count', project_id, issue_id, hour::text, count::text,
       (coalesce(expired_count, 0) + coalesce(stored, 0))::text
FROM (
    SELECT issue_id, hour, count, expired_count
    FROM issues_hourcount JOIN repair_scope USING (issue_id)
) AS kept
FULL JOIN repair_hour USING (issue_id, hour)
JOIN repair_scope USING (issue_id)
WHERE count IS DISTINCT FROM coalesce(expired_count, 0) + coalesce(stored, 0)
"""

COMPARE_USERS = """
INSERT INTO repair_difference
SELECT 'user', scope.project_id, issue_id, user_id::text,
       CASE WHEN has_expired IS NOT NULL THEN 'present' END,
       CASE WHEN stored.issue_id IS NOT NULL THEN 'present' END
FROM (
    SELECT issue_id, user_id, has_expired
    FROM issues_issueuser JOIN repair_scope USING (issue_id)
) AS kept
FULL JOIN (SELECT issue_id, user_id FROM repair_user) AS stored
    USING (issue_id, user_id)
JOIN repair_scope AS scope USING (issue_id)
WHERE has_expired IS NULL OR (stored.issue_id IS NULL AND NOT has_expired)
"""

# What the tag arrays say, entry by entry; an id that stands twice is added up.
# expired_counts may be shorter than tag_ids: what is missing is 0.
KEPT_TAGS = """
CREATE TEMP TABLE repair_kept_tag ON COMMIT DROP AS
SELECT issue_id, tag_id, sum(count)::int4 AS count,
       coalesce(sum(expired), 0)::int4 AS expired, count(*) AS entries
FROM issues_issuetags JOIN repair_scope USING (issue_id),
     unnest(tag_ids, counts, expired_counts) AS entry (tag_id, count, expired)
WHERE tag_id IS NOT NULL
GROUP BY 1, 2
"""

COMPARE_TAGS = """
INSERT INTO repair_difference
SELECT 'tag_count', project_id, issue_id, tag_id::text,
       CASE WHEN entries > 1 THEN count || ' in ' || entries || ' entries'
            ELSE count::text END,
       (coalesce(expired, 0) + coalesce(stored, 0))::text
FROM repair_kept_tag
FULL JOIN repair_tag USING (issue_id, tag_id)
JOIN repair_scope USING (issue_id)
WHERE entries > 1
   OR count IS DISTINCT FROM coalesce(expired, 0) + coalesce(stored, 0)
"""

# A project's differences are told of the issue that shows them.
COMPARE_NUMBERS = """
INSERT INTO repair_difference
SELECT 'next_issue_number', p.id, top.id, '', next_issue_number::text,
       (top.number + 1)::text
FROM projects_project AS p
CROSS JOIN LATERAL (
    SELECT id, number FROM issues_issue
    WHERE project_id = p.id ORDER BY number DESC LIMIT 1
) AS top
WHERE p.id IN (SELECT project_id FROM repair_scope) AND next_issue_number <= top.number
"""

COMPARE_FIRST_EVENTS = """
INSERT INTO repair_difference
SELECT DISTINCT ON (p.id) 'first_event_at', p.id, issue_id, '', NULL,
       coalesce(first_received, first_seen)::text
FROM projects_project AS p JOIN repair_issue ON p.id = project_id
WHERE first_event_at IS NULL AND event_count > 0
ORDER BY p.id, coalesce(first_received, first_seen)
"""

# Rows of issues that are gone. No foreign key of the database forbids them: it
# would cost each insert a look-up.
ORPHANS = """
INSERT INTO repair_difference
SELECT figure, project_id, issue_id, '', count(*)::text, '0'
FROM (
    SELECT 'hours of no issue' AS figure, project_id, issue_id FROM issues_hourcount
    UNION ALL
    SELECT 'users of no issue', project_id, issue_id FROM issues_issueuser
) AS kept
WHERE NOT EXISTS (SELECT 1 FROM issues_issue WHERE id = issue_id)
GROUP BY 1, 2, 3
"""

READ = (SOURCES, "ANALYZE repair_scope, repair_source", ROWS, "ANALYZE repair_row")

GATHER = (
    HOURS,
    USERS,
    TAGS,
    ISSUES,
    KEPT_TAGS,
    "ANALYZE repair_hour, repair_user, repair_tag, repair_issue, repair_kept_tag",
)

COMPARE = (
    COMPARE_STATES,
    COMPARE_MISSING,
    COMPARE_HOURS,
    COMPARE_USERS,
    COMPARE_TAGS,
    COMPARE_NUMBERS,
    COMPARE_FIRST_EVENTS,
)

DETAILS = """
SELECT * FROM repair_difference ORDER BY issue_id, figure, part LIMIT %s
"""

SUSPECTS = """
SELECT DISTINCT project_id, issue_id FROM repair_difference
WHERE EXISTS (SELECT 1 FROM issues_issue WHERE id = issue_id)
ORDER BY 1, 2
"""

# Figures of projects and their releases have no issue.
SUSPECT_PROJECTS = """
SELECT DISTINCT project_id FROM repair_difference
WHERE figure = 'project_hour' OR figure LIKE 'release%' ORDER BY 1
"""

LOCK_STATES = """
SELECT issue_id FROM issues_issuestate
WHERE issue_id = ANY (%s::int4[]) ORDER BY issue_id FOR UPDATE
"""

MEND_STATES = """
UPDATE issues_issuestate AS s SET
    event_count = r.event_count, user_count = r.user_count,
    first_seen = r.first_seen, last_seen = r.last_seen,
    last_seen_minute = r.last_seen_minute
FROM repair_issue AS r
WHERE s.issue_id = r.issue_id AND
      (s.event_count, s.user_count, s.first_seen, s.last_seen, s.last_seen_minute)
      IS DISTINCT FROM
      (r.event_count, r.user_count, r.first_seen, r.last_seen, r.last_seen_minute)
"""

# Unresolved and ongoing; an issue without any event was seen now.
MEND_MISSING = """
INSERT INTO issues_issuestate (issue_id, project_id, status, substatus, status_at,
    level, first_seen, last_seen, last_seen_minute, event_count, user_count,
    expired_count)
SELECT r.issue_id, r.project_id, 0, 2, now(), coalesce(newest.level, 40),
       coalesce(r.first_seen, now()), coalesce(r.last_seen, now()),
       coalesce(r.last_seen_minute, floor(extract(epoch FROM now()) / 60)::int4),
       r.event_count, r.user_count, 0
FROM repair_issue AS r
LEFT JOIN (
    SELECT DISTINCT ON (issue_id) issue_id, level FROM repair_row
    ORDER BY issue_id, seen_at DESC
) AS newest USING (issue_id)
WHERE r.is_missing
"""

MEND_HOURS = """
INSERT INTO issues_hourcount (project_id, issue_id, hour, count, expired_count)
SELECT project_id, issue_id, hour, stored, 0
FROM repair_hour JOIN repair_scope USING (issue_id)
ON CONFLICT (issue_id, hour) DO UPDATE
SET count = issues_hourcount.expired_count + EXCLUDED.count
WHERE issues_hourcount.count <> issues_hourcount.expired_count + EXCLUDED.count
"""

MEND_EMPTY_HOURS = """
UPDATE issues_hourcount AS h SET count = expired_count
FROM repair_scope AS scope
WHERE h.issue_id = scope.issue_id AND count <> expired_count AND NOT EXISTS (
    SELECT 1 FROM repair_hour AS r WHERE r.issue_id = h.issue_id AND r.hour = h.hour
)
"""

MEND_MISSING_USERS = """
INSERT INTO issues_issueuser (project_id, issue_id, user_id, has_expired)
SELECT project_id, issue_id, user_id, false
FROM repair_user JOIN repair_scope USING (issue_id)
ON CONFLICT DO NOTHING
"""

MEND_EXTRA_USERS = """
DELETE FROM issues_issueuser AS u USING repair_scope AS scope
WHERE u.issue_id = scope.issue_id AND NOT has_expired AND NOT EXISTS (
    SELECT 1 FROM repair_user AS r
    WHERE r.issue_id = u.issue_id AND r.user_id = u.user_id
)
"""

MEND_TAGS = """
WITH wrong AS (
    SELECT DISTINCT issue_id FROM repair_difference WHERE figure = 'tag_count'
), entries AS (
    SELECT issue_id, tag_id, coalesce(expired, 0) AS expired,
           coalesce(expired, 0) + coalesce(stored, 0) AS count
    FROM repair_kept_tag FULL JOIN repair_tag USING (issue_id, tag_id)
)
INSERT INTO issues_issuetags (issue_id, project_id, tag_ids, counts, expired_counts)
SELECT scope.issue_id, scope.project_id,
       coalesce(array_agg(tag_id ORDER BY tag_id) FILTER (WHERE count > 0), '{}'),
       coalesce(array_agg(count ORDER BY tag_id) FILTER (WHERE count > 0), '{}'),
       coalesce(array_agg(expired ORDER BY tag_id) FILTER (WHERE count > 0), '{}')
FROM wrong JOIN repair_scope AS scope USING (issue_id) JOIN entries USING (issue_id)
GROUP BY scope.issue_id, scope.project_id
ON CONFLICT (issue_id) DO UPDATE SET tag_ids = EXCLUDED.tag_ids,
    counts = EXCLUDED.counts, expired_counts = EXCLUDED.expired_counts
"""

MEND_PROJECTS = """
UPDATE projects_project AS p SET
    next_issue_number = coalesce(number.should_be::int4, next_issue_number),
    first_event_at = coalesce(first.should_be::timestamptz, first_event_at)
FROM (SELECT DISTINCT project_id FROM repair_difference
      WHERE figure IN ('next_issue_number', 'first_event_at')) AS wrong
LEFT JOIN repair_difference AS number
    ON number.project_id = wrong.project_id AND number.figure = 'next_issue_number'
LEFT JOIN repair_difference AS first
    ON first.project_id = wrong.project_id AND first.figure = 'first_event_at'
WHERE p.id = wrong.project_id
"""

MEND = (
    MEND_STATES,
    MEND_MISSING,
    MEND_HOURS,
    MEND_EMPTY_HOURS,
    MEND_MISSING_USERS,
    MEND_EXTRA_USERS,
    MEND_TAGS,
    MEND_PROJECTS,
)

# An issue's id is never given again, so that no digest can make these rows anew.
MEND_ORPHANS = (
    """
    DELETE FROM issues_hourcount AS kept
    WHERE NOT EXISTS (SELECT 1 FROM issues_issue WHERE id = kept.issue_id)
    """,
    """
    DELETE FROM issues_issueuser AS kept
    WHERE NOT EXISTS (SELECT 1 FROM issues_issue WHERE id = kept.issue_id)
    """,
)
