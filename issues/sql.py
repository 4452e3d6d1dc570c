"""The statements of the digest's transaction, in the order in which it runs them.

Each takes whole columns as arrays, so that a batch costs the same few statements
whatever its size; lists stand for arrays where rows are few. Lock order: issue states
by issue id, then everything else by the issue that holds it; triage and repair lock
issue states in the same order.
"""

from __future__ import annotations

# Statements are run as `sql.run(sql.STATEMENT, …)`.
from projects.postgres import Row, run_planned
from projects.postgres import raw_cursor as raw_cursor
from projects.postgres import run as run


def run_often(statement: str, *parameters: object) -> list[Row]:
    """One of those that every batch runs: planned once a connection, for what they
    do is sooner done than planned anew.

    Not one that reads tables of days: to run a plan of all days locks all of them.
    """
    return run_planned(statement, parameters)


# Until the transaction ends. A plan is kept while its tables grow: one made while they
# were small would read them from end to end.
USE_INDEXES = "SELECT set_config('enable_seqscan', 'off', true)"

# Ids already stored, as bytes. Parameters: project ids, event ids, from, to
# (received_at).
PROBE_DUPLICATES = """
SELECT project_id, uuid_send(event_id) FROM issues_event
WHERE project_id = ANY(%s::int4[]) AND event_id = ANY(%s::uuid[])
  AND received_at >= %s AND received_at < %s
"""

# Issues that fingerprints lead to: project id, hash as bytes, issue id; of merged ones
# also where their events count: see FamilyMember. Parameters: project ids, hashes.
FIND_FINGERPRINTS = """
SELECT f.project_id, uuid_send(f.hash), f.issue_id, m.counter_id, m.survivor_id
FROM issues_fingerprint f
LEFT JOIN issues_familymember m ON m.source_id = f.issue_id
WHERE f.project_id = ANY(%s::int4[]) AND f.hash = ANY(%s::uuid[])
"""

# What the batch changes, locked in issue order. Parameter: issue ids.
LOCK_ISSUES = """
SELECT s.issue_id, s.status, s.substatus, s.status_at, s.last_seen,
       i.title, i.type, i.value, i.culprit, t.tag_ids, t.counts
FROM issues_issuestate s
JOIN issues_issue i ON i.id = s.issue_id
LEFT JOIN issues_issuetags t ON t.issue_id = s.issue_id
WHERE s.issue_id = ANY(%s::int4[])
ORDER BY s.issue_id
FOR UPDATE OF s
"""

# The next issue numbers of projects. Parameters: project ids (sorted), how many.
# Gives (project id, first number of those taken).
TAKE_NUMBERS = """
UPDATE projects_project p SET next_issue_number = p.next_issue_number + n.taken
FROM unnest(%s::int4[], %s::int4[]) AS n(project_id, taken)
WHERE p.id = n.project_id
RETURNING p.id, p.next_issue_number - n.taken
"""

# New issues. Gives (project id, number, id).
INSERT_ISSUES = """
INSERT INTO issues_issue (project_id, number, kind, title, type, value, culprit,
    metadata, platform, logger, grouping_version, grouping_parts, first_release_id)
SELECT * FROM unnest(%s::int4[], %s::int4[], %s::text[], %s::text[], %s::text[],
    %s::text[], %s::text[], %s::jsonb[], %s::text[], %s::text[], %s::text[],
    %s::jsonb[], %s::int4[])
RETURNING project_id, number, id
"""

# Parameters: issue ids, project ids, levels, first seen, status_at.
INSERT_STATES = """
INSERT INTO issues_issuestate (issue_id, project_id, status, substatus, status_at,
    level, first_seen, last_seen, last_seen_minute, event_count, user_count,
    expired_count)
SELECT n.issue_id, n.project_id, 0, 1, %s, n.level, n.seen, n.seen, 0, 0, 0, 0
FROM unnest(%s::int4[], %s::int4[], %s::int2[], %s::timestamptz[])
    AS n(issue_id, project_id, level, seen)
"""

# The words of new issues. Parameters: issue ids, project ids, names of functions, of
# modules and of files, what the exceptions say, titles, values, culprits.
INSERT_TEXTS = """
INSERT INTO issues_issuetext (issue_id, project_id, search)
SELECT n.issue_id, n.project_id,
    setweight(issues_search_text(n.functions, '', ''), 'A')
    || setweight(issues_search_text(n.modules, '', ''), 'B')
    || setweight(issues_search_text(n.files, '', ''), 'C')
    || issues_search_text(n.chain, '', '')
    || issues_search_text(n.title, n.value, n.culprit)
FROM unnest(%s::int4[], %s::int4[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::text[], %s::text[], %s::text[])
    AS n(issue_id, project_id, functions, modules, files, chain, title, value, culprit)
"""

# Parameters: project ids, hashes, issue ids.
INSERT_FINGERPRINTS = """
INSERT INTO issues_fingerprint (project_id, hash, issue_id)
SELECT * FROM unnest(%s::int4[], %s::uuid[], %s::int4[])
ON CONFLICT (project_id, hash) DO NOTHING
"""

# The dictionary of users: adds the unknown, gives (project id, identity, id) of all.
# The update changes nothing; without it a known row would not be returned.
NAME_USERS = """
INSERT INTO issues_eventuser (project_id, identity)
SELECT * FROM unnest(%s::int4[], %s::text[])
ON CONFLICT (project_id, identity) DO UPDATE SET identity = EXCLUDED.identity
RETURNING project_id, identity, id
"""

# The dictionary of tags, likewise: (project id, key, value, id).
NAME_TAGS = """
INSERT INTO issues_tag (project_id, key, value)
SELECT * FROM unnest(%s::int4[], %s::text[], %s::text[])
ON CONFLICT (project_id, key, value) DO UPDATE SET value = EXCLUDED.value
RETURNING project_id, key, value, id
"""

# The keys of tags. Parameter: tag ids.
TAG_KEYS = "SELECT id, key FROM issues_tag WHERE id = ANY(%s::int4[])"

# Parameters: days, project ids, hashes, data.
INSERT_PARTS = """
INSERT INTO issues_eventpart (day, project_id, hash, data)
SELECT * FROM unnest(%s::date[], %s::int4[], %s::uuid[], %s::bytea[])
ON CONFLICT DO NOTHING
"""

# Ids, hashes and arrays are handed over as the bytes that the server reads.
COPY_EVENTS = """
COPY issues_event (received_at, "timestamp", project_id, issue_id, user_id,
    dictionary_id, level, event_id, stack_part, modules_part, tag_ids, payload)
FROM STDIN (FORMAT BINARY)
"""
EVENT_COLUMN_TYPES = (
    "timestamptz",
    "timestamptz",
    "int4",
    "int4",
    "int4",
    "int4",
    "int2",
    "bytea",
    "bytea",
    "bytea",
    "bytea",
    "bytea",
)

# Events by hour, of projects, environments and levels and of issues. Parameters:
# project ids, environments, hours, levels, counts (sorted); project ids, issue ids,
# hours, counts (sorted by issue and hour).
ADD_HOURS = """
WITH of_projects AS (
    INSERT INTO issues_projecthour (project_id, environment_id, hour, level, count,
        expired_count)
    SELECT n.*, 0 FROM unnest(%s::int4[], %s::int4[], %s::int4[], %s::int2[],
        %s::int4[]) AS n
    ON CONFLICT (project_id, environment_id, hour, level)
    DO UPDATE SET count = issues_projecthour.count + EXCLUDED.count
)
INSERT INTO issues_hourcount (project_id, issue_id, hour, count, expired_count)
SELECT n.*, 0 FROM unnest(%s::int4[], %s::int4[], %s::int4[], %s::int4[]) AS n
ON CONFLICT (issue_id, hour)
DO UPDATE SET count = issues_hourcount.count + EXCLUDED.count
"""

# Parameters: project ids, issue ids, user ids (sorted). Gives the issue of each
# pair that is new.
ADD_USERS = """
INSERT INTO issues_issueuser (project_id, issue_id, user_id, has_expired)
SELECT n.*, false FROM unnest(%s::int4[], %s::int4[], %s::int4[]) AS n
ON CONFLICT DO NOTHING
RETURNING issue_id
"""

# Parameters: issue ids, project ids, arrays of tag ids and of counts, as text.
PUT_TAGS = """
INSERT INTO issues_issuetags (issue_id, project_id, tag_ids, counts, expired_counts)
SELECT n.issue_id, n.project_id, n.tag_ids::int4[], n.counts::int4[], '{}'
FROM unnest(%s::int4[], %s::int4[], %s::text[], %s::text[])
    AS n(issue_id, project_id, tag_ids, counts)
ON CONFLICT (issue_id)
DO UPDATE SET tag_ids = EXCLUDED.tag_ids, counts = EXCLUDED.counts
"""

# Parameters: the time, for those that are reopened; issue ids (sorted), events,
# users, levels, first seen, last seen, the substatus with which the issue is reopened,
# or 0.
ADD_TO_STATES = """
UPDATE issues_issuestate s SET
    event_count = s.event_count + n.events,
    user_count = s.user_count + n.users,
    level = CASE WHEN n.last_seen >= s.last_seen THEN n.level ELSE s.level END,
    first_seen = least(s.first_seen, n.first_seen),
    last_seen = greatest(s.last_seen, n.last_seen),
    last_seen_minute =
        floor(extract(epoch FROM greatest(s.last_seen, n.last_seen)) / 60)::int4,
    status = CASE WHEN n.reopened > 0 THEN 0 ELSE s.status END,
    substatus = CASE WHEN n.reopened > 0 THEN n.reopened ELSE s.substatus END,
    status_at = CASE WHEN n.reopened > 0 THEN %s ELSE s.status_at END
FROM unnest(%s::int4[], %s::int4[], %s::int4[], %s::int2[], %s::timestamptz[],
    %s::timestamptz[], %s::int2[])
    AS n(issue_id, events, users, level, first_seen, last_seen, reopened)
WHERE s.issue_id = n.issue_id
"""

# Parameters: issue ids, kinds, titles, types, values, culprits, metadata.
RETITLE_ISSUES = """
UPDATE issues_issue i SET kind = n.kind, title = n.title, type = n.type,
    value = n.value, culprit = n.culprit, metadata = n.metadata
FROM unnest(%s::int4[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::jsonb[]) AS n(issue_id, kind, title, type, value, culprit, metadata)
WHERE i.id = n.issue_id
"""

# Parameters: project ids, issue ids, kinds, data, times.
INSERT_ACTIVITY = """
INSERT INTO issues_activity (project_id, issue_id, kind, data, created_at)
SELECT * FROM unnest(%s::int4[], %s::int4[], %s::text[], %s::jsonb[],
    %s::timestamptz[])
"""

# Parameters: time, project ids.
MARK_FIRST_EVENT = """
UPDATE projects_project SET first_event_at = %s
WHERE id = ANY(%s::int4[]) AND first_event_at IS NULL
"""
