"""How long searches and lists of a project with many issues take.

`python -m tests.bench.searches [ISSUES]` makes a database of its own with so many
issues (100,000) and their hours, users, tags and words, and times first pages of 25.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import django

_ROUNDS = 5

# %(n)s issues; numbers that repeat unevenly stand for what is common and what is rare.
_FILL = """
SELECT setseed(0.5);
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
INSERT INTO issues_issuestate (issue_id, project_id, status, substatus, status_at,
    level, first_seen, last_seen, last_seen_minute, event_count, user_count,
    expired_count)
SELECT id, project_id, CASE WHEN number %% 10 < 5 THEN 0 WHEN number %% 10 < 9 THEN 1
    ELSE 2 END, CASE WHEN number %% 10 < 5 THEN 1 + number %% 3 ELSE 0 END, now(),
    CASE number %% 9 WHEN 0 THEN 30 WHEN 1 THEN 50 ELSE 40 END,
    t.seen - random() * interval '60 days', t.seen,
    floor(extract(epoch FROM t.seen) / 60), (1 / (random() + 0.00001))::int,
    least((0.3 / (random() + 0.0001))::int, 500), 0
FROM issues_issue, LATERAL (
    SELECT now() - random() * random() * interval '90 days' AS seen WHERE id > 0) t
ORDER BY random();
INSERT INTO issues_hourcount (project_id, issue_id, hour, count, expired_count)
SELECT project_id, issue_id, last_seen_minute / 60 - h * (1 + issue_id %% 7),
    1 + issue_id %% 5, 0
FROM issues_issuestate, generate_series(0, least(event_count, 60)::int) h;
INSERT INTO issues_tag (project_id, key, value)
SELECT %(project)s, k.key, k.key || '-' || v FROM (VALUES ('environment', 4),
    ('release', 60), ('browser', 300), ('os', 50), ('server_name', 200), ('url', 3000),
    ('region', 6)) k(key, n), generate_series(1, k.n) v;
INSERT INTO issues_issuetags (issue_id, project_id, tag_ids, counts, expired_counts)
SELECT s.issue_id, s.project_id, t.ids, array_fill(1, ARRAY[cardinality(t.ids)]), '{}'
FROM issues_issuestate s, LATERAL (SELECT array_agg(DISTINCT
    (1 + floor(power(random(), 3) * 3620))::int) AS ids
    FROM generate_series(1, 14 + 0 * s.issue_id)) t;
INSERT INTO issues_eventuser (project_id, identity)
SELECT %(project)s, 'id:' || g FROM generate_series(1, 50000) g;
INSERT INTO issues_issueuser (project_id, issue_id, user_id, has_expired)
SELECT project_id, issue_id, 1 + (issue_id * 7919 + u * 104729) %% 50000, false
FROM issues_issuestate, generate_series(1, user_count) u ON CONFLICT DO NOTHING;
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
"""
_QUERIES = (
    "is:unresolved",
    "",
    "is:resolved level:fatal",
    "!is:new is:unresolved",
    "Error42",
    "error",
    "cannot parse",
    "do_42_step",
    "do_2999_step",
    "nowhere",
    '"cannot parse item"',
    "item 4242",
    "stack.function:do_1*",
    "!message:parse is:unresolved",
    "environment:environment-1",
    "url:url-2999",
    "url:url-1* is:unresolved",
    "!environment:environment-1",
    "has:browser !has:region",
    "release:[release-1,release-2] browser:browser-3",
    "user.id:77",
    "!user.id:77",
    "user:id:1*",
    "has:user",
    "firstSeen:-24h",
    "lastSeen:+60d",
    "timestamp:-24h",
    "timestamp:<2020-01-01",
    "timesSeen:>1000",
    "users:>100 platform:javascript",
    "error.type:Error7",
    "error.type:*r77",
    "culprit:shop.cart*",
    "bookmarks:me",
    "issue:SHOP-1A",
    "is:unresolved environment:environment-2 cannot level:error timesSeen:>5",
)


def main() -> None:
    """Makes the database and times what is asked of it."""
    issues = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    data = Path(os.environ.get("BENCH_DATA") or tempfile.mkdtemp(prefix="searches-"))
    from errtrack.embedded import addresses, servers
    from errtrack.embedded.postgres import Postgres

    os.environ["DATABASE_URL"] = addresses.database_url(data)
    os.environ["ERRTRACK_DATA"] = str(data)
    os.environ["DJANGO_SETTINGS_MODULE"] = "errtrack.settings"
    django.setup()
    with servers.running(data, [Postgres]):
        _fill(issues)
        for line in _report():
            print(line, flush=True)  # noqa: T201  # What the command is for.


def _fill(issues: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    from issues.models import Issue
    from projects.models import Organization, Project, User

    call_command("migrate", verbosity=0)
    if Issue.objects.exists():
        return
    organization = Organization.objects.create(slug="acme", name="Acme")
    project = Project.objects.create(
        organization=organization, slug="shop", name="Shop", next_issue_number=issues
    )
    User.objects.create_user("reader@example.com")
    with connection.cursor() as cursor:
        for statement in _FILL.split(";\n"):
            if statement.strip():
                cursor.execute(statement, {"n": issues, "project": project.pk})
        cursor.execute("VACUUM ANALYZE")


def _report() -> Iterator[str]:
    from issues.cursors import Sort

    yield f"{'query':60} {'sort':10} {'min cpu':>7} {'p50 cpu':>7} {'p50 ms':>7} total"
    for query in _QUERIES:
        yield _measured(query, Sort.LAST_SEEN)
    for sort in Sort:
        for query in ("is:unresolved", "", "cannot parse", "environment:environment-1"):
            yield _measured(query, sort)


def _measured(query: str, sort: str) -> str:
    from django.utils import timezone

    from issues.cursors import Sort
    from issues.listing import list_issues
    from issues.search import parse
    from projects.models import Project, User
    from projects.windows import Graph

    took, worked = [], []
    page = None
    for _ in range(_ROUNDS):
        began, busy = time.perf_counter(), _busy_ms()
        page = list_issues(
            projects=list(Project.objects.all()),
            filter=parse(query),
            sort=Sort(sort),
            cursor=None,
            limit=25,
            user=User.objects.get(),
            graph=Graph.DAY,
            now=timezone.now(),
        )
        took.append((time.perf_counter() - began) * 1000)
        worked.append(_busy_ms() - busy)
    assert page is not None
    total = f"{page.total}{'+' if page.total_is_capped else ''}"
    figures = (min(worked), statistics.median(worked), statistics.median(took))
    return f"{query:60} {sort:10}" + "".join(f"{n:8.1f}" for n in figures) + f" {total}"


def _busy_ms() -> float:
    """CPU time that PostgreSQL's process and this one have had: what is measured says
    the same on a busy machine."""
    from django.db import connection

    if connection.connection is None:
        return 0.0
    pid = connection.connection.info.backend_pid
    server_ns = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
    return server_ns / 1e6 + time.process_time() * 1000


if __name__ == "__main__":
    main()
