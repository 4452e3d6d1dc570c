"""What a query may go on with: keys, tags and their values, people and teams.

Values are counted over the issues that were seen last: an answer takes some 20 ms at
100,000 issues, which a count over all would not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from issues.models import EventUser, Tag
from issues.search.completion import (
    Spot,
    fixed_values,
    keys_like,
    spot,
    starting,
    written,
)
from issues.search.keys import KEYS, Key, Kind
from projects.models import Membership, Project, Team

MAX_ROWS = 10
# So many issues, those seen last, tell how often a value comes.
_RECENT = 500
_TAG_KEY_CHARS = re.compile(r"[\w.\-]+")
_KNOWN = {name.lower() for key in KEYS for name in (key.name, *key.others)}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A row: what it puts into the query, what it shows, and how often it comes."""

    insert: str
    shown: str
    about: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Suggestions:
    """The rows for a spot of the query."""

    spot: Spot
    rows: list[Suggestion]


_VALUES = """
WITH recent AS MATERIALIZED (
    SELECT s.issue_id FROM issues_issuestate s
    WHERE s.project_id = ANY(%(projects)s::int4[]) AND s.status = 0
    ORDER BY s.last_seen_minute DESC LIMIT %(recent)s
), counted AS MATERIALIZED (
    SELECT u.id, sum(u.n) AS n FROM recent
    JOIN issues_issuetags it ON it.issue_id = recent.issue_id,
    LATERAL unnest(it.tag_ids, it.counts) AS u(id, n) GROUP BY u.id
)
SELECT t.value, sum(c.n)::int8 AS n FROM counted c JOIN issues_tag t ON t.id = c.id
WHERE t.key = %(key)s AND t.value <> '' AND t.value ILIKE %(like)s
GROUP BY t.value ORDER BY n DESC, t.value LIMIT %(rows)s
"""
# One step from key to key along the index, however many values each has.
_KEYS = """
WITH RECURSIVE one AS (
    (SELECT key FROM issues_tag WHERE project_id = %(project)s ORDER BY key LIMIT 1)
    UNION ALL
    SELECT (SELECT t.key FROM issues_tag t
        WHERE t.project_id = %(project)s AND t.key > one.key ORDER BY t.key LIMIT 1)
    FROM one WHERE one.key IS NOT NULL
)
SELECT key FROM one WHERE key ILIKE %(like)s LIMIT 200
"""


def suggest(projects: Sequence[Project], query: str, at: int) -> Suggestions:
    """At most ten rows for the place in the query."""
    here = spot(query, at)
    rows = _of_keys(projects, here) if here.key is None else _of_values(projects, here)
    return Suggestions(here, list(rows)[:MAX_ROWS])


def _of_keys(projects: Sequence[Project], here: Spot) -> Iterable[Suggestion]:
    known = keys_like(here.typed)[:MAX_ROWS]
    yield from (Suggestion(f"{k.name}:", k.name, _(k.about)) for k in known)
    if len(known) < MAX_ROWS and here.typed:
        for name in _tag_keys(projects, here.typed):
            yield Suggestion(f"{name}:", name, _("Tag"))


def _of_values(projects: Sequence[Project], here: Spot) -> Iterable[Suggestion]:
    key = here.key
    assert key is not None, "asked for a value of no key"
    for value in fixed_values(key, here.typed):
        yield Suggestion(f"{value} ", value)
    if key.kind is Kind.TAG:
        for value, count in _tag_values(projects, key, here.typed):
            yield Suggestion(f"{written(value, key)} ", value, count=count)
    else:
        for value in _named(projects, key, here.typed):
            yield Suggestion(f"{written(value, key)} ", value)


def _tag_keys(projects: Sequence[Project], typed: str) -> list[str]:
    found: dict[str, None] = {}
    with connection.cursor() as cursor:
        for project in projects[:MAX_ROWS]:
            cursor.execute(_KEYS, {"project": project.pk, "like": f"{_like(typed)}%"})
            found |= dict.fromkeys(row[0] for row in cursor.fetchall())
    return [
        key
        for key in sorted(found)
        if _TAG_KEY_CHARS.fullmatch(key) and key.lower() not in _KNOWN
    ]


def _tag_values(
    projects: Sequence[Project], key: Key, typed: str
) -> list[tuple[str, int | None]]:
    """Values with the number of events, and then others that begin so."""
    ids = [project.pk for project in projects]
    like = f"{_like(typed)}%"
    parameters: dict[str, Any] = {
        "projects": ids,
        "recent": _RECENT,
        "key": key.of,
        "like": like,
        "rows": MAX_ROWS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_VALUES, parameters)
        found: list[tuple[str, int | None]] = list(cursor.fetchall())
    if key.of == "release" and "latest".startswith(typed.lower()):
        found.insert(0, ("latest", None))
    if len(found) < MAX_ROWS:
        others = Tag.objects.filter(
            project__in=ids, key=key.of, value__istartswith=typed
        ).exclude(value__in=["", *(value for value, _ in found)])
        more = others.order_by("-pk").values_list("value", flat=True)[:MAX_ROWS]
        found += [(value, None) for value in dict.fromkeys(more)]
    return found


def _named(projects: Sequence[Project], key: Key, typed: str) -> list[str]:
    """Values of keys that are no tags."""
    if key.kind is Kind.PROJECT:
        return starting((project.slug for project in projects), typed)
    if key.kind is Kind.HAS:
        return _tag_keys(projects, typed)
    if key.kind is Kind.ASSIGNED:
        return _assignees(projects, typed)
    if key.kind is Kind.USER:
        return _users(projects, key, typed)
    if key.kind is Kind.FIRST_RELEASE:
        release = Key("release", Kind.TAG, "", "release")
        return [value for value, _ in _tag_values(projects, release, typed)]
    return []


def _assignees(projects: Sequence[Project], typed: str) -> list[str]:
    organizations = {project.organization_id for project in projects}
    teams = Team.objects.filter(
        organization__in=organizations, slug__istartswith=typed.removeprefix("#")
    ).values_list("slug", flat=True)
    people = Membership.objects.filter(
        organization__in=organizations, user__email__istartswith=typed
    ).values_list("user__email", flat=True)
    return [
        *starting(("me", "none", "my_teams"), typed),
        *(f"#{slug}" for slug in teams.order_by("slug")[:MAX_ROWS]),
        *people.order_by("user__email")[:MAX_ROWS],
    ]


def _users(projects: Sequence[Project], key: Key, typed: str) -> list[str]:
    prefix = f"{key.of}:" if key.of else ""
    found = EventUser.objects.filter(
        project__in=[project.pk for project in projects],
        identity__startswith=f"{prefix}{typed}",
    ).values_list("identity", flat=True)
    return [identity.removeprefix(prefix) for identity in found[:MAX_ROWS]]


def _like(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)
