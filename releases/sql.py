"""The statements by which the digest counts releases and sessions.

Each takes whole columns as arrays, so that a batch costs the same few statements
whatever its size. They touch rows of one shard's projects only, under the shard's
lock, but for releases themselves, which are taken in the order of their names.
"""

from __future__ import annotations

# What the names stand for, where they are known: project id, version, environment,
# id, release id. Parameters: project ids, versions, environments.
FIND_ENVIRONMENTS = """
SELECT n.project_id, n.version, n.environment, e.id, e.release_id
FROM unnest(%s::int4[], %s::text[], %s::text[]) AS n (project_id, version, environment)
JOIN projects_project p ON p.id = n.project_id
JOIN releases_release r
    ON r.organization_id = p.organization_id AND r.version = n.version
JOIN releases_releaseenvironment e ON e.project_id = n.project_id
    AND e.release_id = r.id AND e.environment = n.environment
"""

# Parameters: time, project ids, versions, packages, sort keys.
INSERT_RELEASES = """
INSERT INTO releases_release (organization_id, version, package, sort_key, status, url,
    ref, created_at)
SELECT DISTINCT p.organization_id, n.version, n.package, n.sort_key, 0, '', '',
    %s::timestamptz
FROM unnest(%s::int4[], %s::text[], %s::text[], %s::text[])
    AS n (project_id, version, package, sort_key)
JOIN projects_project p ON p.id = n.project_id
ORDER BY 1, 2
ON CONFLICT (organization_id, version) DO NOTHING
"""

# Parameters: time, project ids, versions.
INSERT_MEMBERSHIPS = """
INSERT INTO releases_releaseproject (project_id, release_id, created_at)
SELECT DISTINCT n.project_id, r.id, %s::timestamptz
FROM unnest(%s::int4[], %s::text[]) AS n (project_id, version)
JOIN projects_project p ON p.id = n.project_id
JOIN releases_release r
    ON r.organization_id = p.organization_id AND r.version = n.version
ON CONFLICT (project_id, release_id) DO NOTHING
"""

# Parameters: project ids, versions, environments.
INSERT_ENVIRONMENTS = """
INSERT INTO releases_releaseenvironment (project_id, release_id, environment,
    event_count, expired_count)
SELECT n.project_id, r.id, n.environment, 0, 0
FROM unnest(%s::int4[], %s::text[], %s::text[]) AS n (project_id, version, environment)
JOIN projects_project p ON p.id = n.project_id
JOIN releases_release r
    ON r.organization_id = p.organization_id AND r.version = n.version
ON CONFLICT (project_id, release_id, environment) DO NOTHING
"""

# Parameters: release environments, project ids, hours, events, first seen, last seen
# (sorted by release environment and hour).
COUNT_EVENTS = """
WITH added AS (
    SELECT * FROM unnest(%s::int4[], %s::int4[], %s::int4[], %s::int4[],
        %s::timestamptz[], %s::timestamptz[])
        AS n (id, project_id, hour, events, first_seen, last_seen)
), totals AS (
    UPDATE releases_releaseenvironment e SET
        event_count = e.event_count + t.events,
        first_seen = least(e.first_seen, t.first_seen),
        last_seen = greatest(e.last_seen, t.last_seen)
    FROM (
        SELECT id, sum(events) AS events, min(first_seen) AS first_seen,
               max(last_seen) AS last_seen
        FROM added GROUP BY id
    ) AS t
    WHERE e.id = t.id
    RETURNING e.id
)
INSERT INTO releases_releasehour (project_id, release_environment_id, hour, events,
    expired_events, sessions, errored, unhandled, abnormal, crashed)
SELECT a.project_id, a.id, a.hour, a.events, 0, 0, 0, 0, 0, 0
FROM added a JOIN totals ON totals.id = a.id
ON CONFLICT (release_environment_id, hour)
DO UPDATE SET events = releases_releasehour.events + EXCLUDED.events
"""

# The states of sessions: project id, sid as bytes, day, release environment, hour,
# health, user hash. Parameters: project ids, sids, first and last day.
FIND_SESSIONS = """
SELECT project_id, uuid_send(sid), day, release_environment_id, hour, health, user_hash
FROM releases_sessionstate
WHERE project_id = ANY(%s::int4[]) AND sid = ANY(%s::uuid[])
  AND day BETWEEN %s::date AND %s::date
"""

# Parameters: project ids, sids, days, release environments, hours, healths, user
# hashes.
PUT_SESSIONS = """
INSERT INTO releases_sessionstate (project_id, sid, day, release_environment_id, hour,
    health, user_hash)
SELECT * FROM unnest(%s::int4[], %s::uuid[], %s::date[], %s::int4[], %s::int4[],
    %s::int2[], %s::int8[])
ON CONFLICT (project_id, sid, day)
DO UPDATE SET health = EXCLUDED.health, user_hash = EXCLUDED.user_hash
"""

# Parameters: release environments, hours, project ids, then what is added: sessions,
# errored, unhandled, abnormal, crashed (sorted by release environment and hour).
COUNT_SESSIONS = """
INSERT INTO releases_releasehour (project_id, release_environment_id, hour, events,
    expired_events, sessions, errored, unhandled, abnormal, crashed)
SELECT n.project_id, n.id, n.hour, 0, 0, n.sessions, n.errored, n.unhandled,
    n.abnormal, n.crashed
FROM unnest(%s::int4[], %s::int4[], %s::int4[], %s::int8[], %s::int8[], %s::int8[],
    %s::int8[], %s::int8[])
    AS n (id, hour, project_id, sessions, errored, unhandled, abnormal, crashed)
JOIN releases_releaseenvironment e ON e.id = n.id
ON CONFLICT (release_environment_id, hour) DO UPDATE SET
    sessions = releases_releasehour.sessions + EXCLUDED.sessions,
    errored = releases_releasehour.errored + EXCLUDED.errored,
    unhandled = releases_releasehour.unhandled + EXCLUDED.unhandled,
    abnormal = releases_releasehour.abnormal + EXCLUDED.abnormal,
    crashed = releases_releasehour.crashed + EXCLUDED.crashed
"""

# Users who are known with all their bits are left alone: writing them anew would cost
# each of their sessions a row. Parameters: release environments, user hashes, days,
# project ids, then bits: seen, errored, unhandled, abnormal, crashed.
ADD_USERS = """
INSERT INTO releases_releaseuser AS u (release_environment_id, user_hash, day,
    project_id, seen, errored, unhandled, abnormal, crashed)
SELECT * FROM unnest(%s::int4[], %s::int8[], %s::date[], %s::int4[], %s::int4[],
    %s::int4[], %s::int4[], %s::int4[], %s::int4[])
ON CONFLICT (release_environment_id, user_hash, day) DO UPDATE SET
    seen = u.seen | EXCLUDED.seen,
    errored = u.errored | EXCLUDED.errored,
    unhandled = u.unhandled | EXCLUDED.unhandled,
    abnormal = u.abnormal | EXCLUDED.abnormal,
    crashed = u.crashed | EXCLUDED.crashed
WHERE (u.seen, u.errored, u.unhandled, u.abnormal, u.crashed) IS DISTINCT FROM (
    u.seen | EXCLUDED.seen, u.errored | EXCLUDED.errored,
    u.unhandled | EXCLUDED.unhandled, u.abnormal | EXCLUDED.abnormal,
    u.crashed | EXCLUDED.crashed)
"""

# Days whose kept users are too many: release environment, day, project id, users,
# level. Parameters: first day, how many there may be.
CROWDED_DAYS = """
SELECT u.release_environment_id, u.day, u.project_id, count(*), coalesce(s.level, 0)
FROM releases_releaseuser u
LEFT JOIN releases_usersample s USING (release_environment_id, day)
WHERE u.day >= %s::date
  AND (s.level IS NULL OR u.user_hash < 1::int8 << (63 - s.level))
GROUP BY 1, 2, 3, 5
HAVING count(*) > %s
"""

# Parameters: release environment, day, the last hash of the sample.
COUNT_SAMPLE = """
SELECT count(*) FROM releases_releaseuser
WHERE release_environment_id = %s AND day = %s::date AND user_hash <= %s::int8
"""

# Parameters: project id, release environment, day, level.
PUT_SAMPLE = """
INSERT INTO releases_usersample (project_id, release_environment_id, day, level)
VALUES (%s, %s, %s, %s)
ON CONFLICT (release_environment_id, day) DO UPDATE SET level = EXCLUDED.level
"""

# Parameter: first day.
DELETE_BEYOND_SAMPLES = """
DELETE FROM releases_releaseuser u USING releases_usersample s
WHERE s.release_environment_id = u.release_environment_id AND s.day = u.day
  AND u.user_hash >= 1::int8 << (63 - s.level) AND u.day >= %s::date
"""
