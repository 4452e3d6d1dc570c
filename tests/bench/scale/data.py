"""A project with very many issues and events, made in the database itself.

What is counted of issues agrees with the stored events, as after a month of digesting.
"""

from __future__ import annotations

import gzip
import json
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from issues import partitions
from issues.eventrows import insert_parts
from issues.models import Issue
from issues.newevent import NewEvent
from projects.models import Membership, Organization, Project, Role, Team, User
from releases.models import Release, ReleaseProject
from tests.bench.events import Sent, Small, Typical
from tests.factories import make_entry, make_prepared

DAYS = 30
READER = "reader@example.com"
_RELEASES = 60
_USERS = 300_000

# Numbers that repeat unevenly stand for what is common and what is rare. Three issues
# have a third of the events, the first of them half of its own within the last hour;
# the others follow a power law.
_ISSUES = """
SELECT setseed(0.5);
CREATE UNLOGGED TABLE bench_issue AS
SELECT i.id AS issue_id, number, events, seen AS last_seen, CASE WHEN events = 1
    THEN seen ELSE greatest(seen - random() * interval '30 days', %(from)s) END
    AS first_seen
FROM issues_issue i, LATERAL (SELECT
    CASE number WHEN 1 THEN %(events)s * 14 / 100 WHEN 2 THEN %(events)s * 12 / 100
        WHEN 3 THEN %(events)s * 10 / 100
        ELSE 1 + ((%(events)s * 0.64 / %(n)s - 1) / 11.5 / (random() + 0.00001))::int
    END AS events,
    CASE WHEN number <= 3 THEN %(to)s ELSE %(to)s
        - random() * random() * interval '29 days' END AS seen WHERE i.id > 0) t;
UPDATE bench_issue SET first_seen = %(from)s WHERE number <= 3;
"""

_WORDS = """
INSERT INTO issues_issue (project_id, number, kind, title, type, value, culprit,
    metadata, platform, logger, grouping_version, grouping_parts)
SELECT %(project)s, g, 'error',
    'Error' || g %% 200 || ': cannot ' || w.verb || ' item ' || g,
    'Error' || g %% 200, 'cannot ' || w.verb || ' item ' || g,
    'shop.' || w.place || '.handle' || g %% 700, '{}',
    CASE g %% 5 WHEN 0 THEN 'javascript' ELSE 'python' END, '', 'v1', '[]'
FROM generate_series(1, %(n)s) g, LATERAL (SELECT
    (ARRAY['open','read','parse','send','lock','resolve','connect','render'])
        [1 + g %% 8] AS verb,
    (ARRAY['cart','checkout','search','account','admin','mail'])[1 + g %% 6] AS place
) w;
INSERT INTO issues_fingerprint (project_id, hash, issue_id)
SELECT project_id, md5(id::text)::uuid, id FROM issues_issue;
INSERT INTO issues_issuetext (issue_id, project_id, search)
SELECT i.id, i.project_id, setweight(issues_search_text(t.functions, '', ''), 'A')
    || setweight(issues_search_text(t.modules, '', ''), 'B')
    || setweight(issues_search_text(t.files, '', ''), 'C')
    || issues_search_text(i.title, i.value, i.culprit)
FROM issues_issue i, LATERAL (SELECT
    string_agg('do_' || f || '_step', ' ') AS functions,
    string_agg('shop.part' || f %% 90, ' ') AS modules,
    string_agg('shop/part' || f %% 90 || '.py', ' ') AS files
    FROM (SELECT floor(power(random(), 2) * 3000)::int AS f
        FROM generate_series(1, 20 + 0 * i.id)) frames) t;
INSERT INTO issues_tag (project_id, key, value)
SELECT %(project)s, k.key, CASE WHEN k.n = 2 THEN (ARRAY['yes', 'no'])[v]
    ELSE k.key || '-' || v END
FROM (VALUES ('environment', 4), ('release', 60), ('browser', 300), ('os', 50),
    ('server_name', 200), ('url', 3000), ('region', 6), ('handled', 2)) k(key, n),
    generate_series(1, k.n) v;
INSERT INTO issues_eventuser (project_id, identity)
SELECT %(project)s, 'id:' || g FROM generate_series(1, %(users)s) g;
"""

# Rows lie in the order in which events came. An issue has few values of each key. Of
# the three only what comes first in an hour keeps its payload.
_EVENTS = """
CREATE UNLOGGED TABLE bench_event AS
SELECT b.issue_id, t.at, g = b.events AS is_last,
    b.number > 3 OR extract(minute FROM t.at) < 6 AS is_kept
FROM bench_issue b, generate_series(1, b.events) g, LATERAL (SELECT
    CASE WHEN b.number = 1 AND g * 2 > b.events
        THEN b.last_seen - interval '1 hour' * (2 - 2 * g::float8 / b.events)
        ELSE b.first_seen + (b.last_seen - b.first_seen)
            * ((g - 1)::float8 / greatest(b.events - 1, 1)) END AS at) t ORDER BY 2;
INSERT INTO issues_event (received_at, "timestamp", project_id, issue_id, user_id,
    dictionary_id, level, event_id, stack_part, modules_part, tag_ids, payload)
SELECT e.at, e.at, %(project)s, e.issue_id,
    CASE WHEN random() < 0.8 THEN 1 + floor(power(random(), 2) * %(users)s)::int END,
    0, CASE e.issue_id %% 9 WHEN 0 THEN 30 WHEN 1 THEN 50 ELSE 40 END,
    gen_random_uuid(),
    CASE WHEN e.is_last THEN %(large_stack)s::uuid ELSE %(small_stack)s::uuid END,
    CASE WHEN e.is_last THEN %(large_modules)s::uuid END,
    ARRAY[1 + (e.issue_id + floor(random() * 2)::int) %% 4,
        5 + least(floor(extract(epoch FROM e.at - %(from)s) / 43200)::int, 59),
        65 + (e.issue_id * 7 + floor(power(random(), 2) * 8)::int) %% 300,
        365 + (e.issue_id * 3 + floor(power(random(), 2) * 5)::int) %% 50,
        415 + (e.issue_id * 11 + floor(random() * 20)::int) %% 200,
        615 + (e.issue_id * 13 + floor(power(random(), 3) * 300)::int) %% 3000,
        3615 + (e.issue_id + floor(power(random(), 2) * 4)::int) %% 6,
        3621 + e.issue_id %% 2],
    CASE WHEN NOT e.is_kept THEN NULL WHEN e.is_last THEN %(large)s::bytea
        ELSE %(small)s::bytea END
FROM bench_event e ORDER BY e.at;
"""

_COUNTS = """
INSERT INTO issues_hourcount (project_id, issue_id, hour, count, expired_count)
SELECT %(project)s, issue_id, floor(extract(epoch FROM at) / 3600)::int, count(*), 0
FROM bench_event GROUP BY 2, 3 ORDER BY 3;
INSERT INTO issues_projecthour (project_id, environment_id, hour, level, count,
    expired_count)
SELECT %(project)s, environment, floor(extract(epoch FROM "timestamp") / 3600)::int,
    level, count(*), 0
FROM issues_event, unnest(ARRAY[0, tag_ids[1]]) environment GROUP BY 2, 3, 4;
INSERT INTO issues_issueuser (project_id, issue_id, user_id, has_expired)
SELECT DISTINCT %(project)s, issue_id, user_id, false FROM issues_event
WHERE user_id IS NOT NULL ORDER BY 2, 3;
INSERT INTO issues_issuetags (issue_id, project_id, tag_ids, counts, expired_counts)
SELECT issue_id, %(project)s, array_agg(tag_id), array_agg(count), '{}'
FROM (SELECT issue_id, tag_id, count(*)::int AS count
    FROM issues_event, unnest(tag_ids) tag_id GROUP BY 1, 2) t GROUP BY 1;
INSERT INTO issues_issuestate (issue_id, project_id, status, substatus, status_at,
    level, first_seen, last_seen, last_seen_minute, event_count, user_count,
    expired_count)
SELECT issue_id, %(project)s, CASE WHEN number %% 10 < 5 THEN 0
    WHEN number %% 10 < 9 THEN 1 ELSE 2 END,
    CASE WHEN number %% 10 < 5 THEN 1 + number %% 3 ELSE 0 END, now(),
    CASE issue_id %% 9 WHEN 0 THEN 30 WHEN 1 THEN 50 ELSE 40 END,
    first_seen, last_seen, floor(extract(epoch FROM last_seen) / 60), events,
    coalesce(users, 0), 0
FROM bench_issue LEFT JOIN (SELECT issue_id, count(*) AS users FROM issues_issueuser
    GROUP BY 1) u USING (issue_id) ORDER BY random();
INSERT INTO issues_activity (project_id, issue_id, kind, data, created_at)
SELECT %(project)s, issue_id, 'first_seen', '{}', first_seen FROM bench_issue;
INSERT INTO issues_activity (project_id, issue_id, kind, data, created_at)
SELECT %(project)s, issue_id, 'set_resolved', '{}', last_seen FROM bench_issue
WHERE number %% 10 BETWEEN 5 AND 8;
INSERT INTO releases_releaseenvironment (project_id, release_id, environment,
    first_seen, last_seen, event_count, expired_count)
SELECT %(project)s, r.id, 'environment-' || e, r.created_at,
    r.created_at + interval '12 hours', 0, 0
FROM releases_release r, generate_series(1, 4) e;
INSERT INTO releases_releasehour (project_id, release_environment_id, hour, events,
    expired_events, sessions, errored, unhandled, abnormal, crashed)
SELECT %(project)s, e.id, floor(extract(epoch FROM e.first_seen) / 3600)::int + h, 40,
    0, 900, 10, 0, 0, 3
FROM releases_releaseenvironment e, generate_series(0, 12) h;
DROP TABLE bench_event, bench_issue;
"""

# What the reader has to do with issues: few bookmarks, more assignments, very many
# subscriptions.
_PEOPLE = """
INSERT INTO issues_bookmark (user_id, issue_id)
SELECT %(reader)s, id FROM issues_issue WHERE number %% 331 = 0;
INSERT INTO issues_assignment (issue_id, project_id, member_id, team_id, assigned_at)
SELECT id, project_id, CASE WHEN number %% 3 > 0 THEN %(member)s END,
    CASE WHEN number %% 3 = 0 THEN %(team)s END, now()
FROM issues_issue WHERE number %% 37 = 0;
INSERT INTO issues_subscription (user_id, issue_id, reason, is_active, created_at)
SELECT %(reader)s, id, 'subscribed', number %% 5 > 0, now()
FROM issues_issue WHERE number %% 19 = 0;
ANALYZE issues_bookmark, issues_assignment, issues_subscription;
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is of what."""

    issues: int
    events: int


def fill(size: Size) -> None:
    """Makes organization, project and reader with all that events and people leave.

    What an earlier run has made stays as it is.
    """
    call_command("migrate", verbosity=0)
    if not Issue.objects.exists():
        _fill_events(size)
    if not Team.objects.exists():
        _fill_people()


def _fill_people() -> None:
    member = Membership.objects.get(user__email=READER)
    team = Team.objects.create(
        organization=member.organization, slug="core", name="Core"
    )
    parameters = {"reader": member.user_id, "member": member.pk, "team": team.pk}
    with connection.cursor() as cursor:
        for statement in filter(str.strip, _PEOPLE.split(";\n")):
            cursor.execute(statement, parameters)


def _fill_events(size: Size) -> None:
    now = timezone.now()
    began = now - timedelta(days=DAYS)
    organization = Organization.objects.create(slug="acme", name="Acme")
    project = Project.objects.create(
        organization=organization,
        slug="shop",
        name="Shop",
        next_issue_number=size.issues + 1,
        first_event_at=began,
    )
    reader = User.objects.create_user(READER)
    Membership.objects.create(organization=organization, user=reader, role=Role.OWNER)
    _make_releases(organization, project, began)
    days = [(began + timedelta(days=ahead)).date() for ahead in range(DAYS + 2)]
    partitions.ensure(days)
    small, large = _packed(project, Small(seed=1)), _packed(project, Typical(seed=1))
    for day in days:
        at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        insert_parts([_moved(one, at) for one in (small, large)])
    parameters: dict[str, Any] = {
        "n": size.issues,
        "events": size.events,
        "users": _USERS,
        "project": project.pk,
        "from": began,
        "to": now,
        **_parts_of("small", small),
        **_parts_of("large", large),
    }
    with connection.cursor() as cursor:
        cursor.execute("SET work_mem = '512MB'; SET synchronous_commit = off")
        for script in (_WORDS, _ISSUES, _EVENTS, _COUNTS):
            for statement in filter(str.strip, script.split(";\n")):
                cursor.execute(statement, parameters)
        cursor.execute("RESET work_mem; RESET synchronous_commit")
        cursor.execute("VACUUM ANALYZE")


def _make_releases(
    organization: Organization, project: Project, began: datetime
) -> None:
    """One each half day, as the events' tags name them."""
    for number in range(_RELEASES):
        at = began + timedelta(hours=12 * number)
        release = Release.objects.create(
            organization=organization, version=f"release-{number + 1}", created_at=at
        )
        ReleaseProject.objects.create(release=release, project=project, created_at=at)


def _packed(project: Project, kind: Small | Typical) -> NewEvent:
    """An event as the digest would store it."""
    (sent,) = kind.make(1)
    (event,) = make_prepared(make_entry(project, _payload(sent))).events
    return event


def _payload(sent: Sent) -> dict[str, object]:
    """The event's JSON: the third line of the envelope."""
    payload: dict[str, object] = json.loads(gzip.decompress(sent.body).split(b"\n")[2])
    return payload


def _moved(event: NewEvent, at: datetime) -> NewEvent:
    return replace(event, received_at=at)


def _parts_of(name: str, event: NewEvent) -> dict[str, object]:
    packed = event.packed
    assert packed is not None
    return {
        name: packed.payload,
        f"{name}_stack": uuid.UUID(bytes=packed.stack.hash) if packed.stack else None,
        f"{name}_modules": (
            uuid.UUID(bytes=packed.modules.hash) if packed.modules else None
        ),
    }
