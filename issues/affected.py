"""The users whom an issue affected: all of them, and how often those seen lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from issues.models import EventUser, IssueUser

# Who was affected how often is no count of its own: it would cost each event another
# row. It is counted in so many of the newest events, which takes 15 ms (one core of
# two, events of 1.5 KB in memory).
LOOKED_AT = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """A user; how often is known of those among the newest events only."""

    user_id: int
    identity: str
    count: int | None = None
    last_seen: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lately:
    """Who is named how often by the newest events, the most often first."""

    users: list[Affected]
    # Events looked at; fewer than LOOKED_AT are all that are stored.
    events: int
    since: datetime | None

    @property
    def is_all(self) -> bool:
        return self.events < LOOKED_AT


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersPage:
    """Users in the order in which the project came to know them, the latest first."""

    users: list[Affected]
    # What the next page begins after; None: this is the last one.
    after: int | None


# Why the planner must not know how many each issue offers: see issues.events.
_LATELY = """
WITH newest AS MATERIALIZED (
    SELECT e.* FROM unnest(%(issues)s::int4[]) AS one(issue_id)
    CROSS JOIN LATERAL (
        SELECT user_id, "timestamp", received_at FROM issues_event
        WHERE issue_id = one.issue_id
        ORDER BY received_at DESC LIMIT (SELECT %(depth)s)
    ) e
    ORDER BY received_at DESC LIMIT %(depth)s
)
(SELECT user_id, count(*) AS times, max("timestamp") AS last FROM newest
 WHERE user_id IS NOT NULL GROUP BY user_id
 ORDER BY times DESC, last DESC, user_id LIMIT %(limit)s)
UNION ALL
SELECT NULL, count(*), min(received_at) FROM newest
"""


def lately(issue_ids: Sequence[int], *, limit: int) -> Lately:
    parameters: dict[str, Any] = {
        "issues": list(issue_ids),
        "depth": LOOKED_AT,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LATELY, parameters)
        rows = cursor.fetchall()
    _, events, since = rows.pop()
    names = _identities([user_id for user_id, _, _ in rows])
    return Lately(
        users=[
            Affected(
                user_id=user_id, identity=names[user_id], count=times, last_seen=last
            )
            for user_id, times, last in rows
            if user_id in names
        ],
        events=events,
        since=since,
    )


def page_of_users(issue_id: int, *, after: int | None, limit: int) -> UsersPage:
    """A page of all users of the issue; 100,000 of them cost no more than 100."""
    rows = IssueUser.objects.filter(issue=issue_id).order_by("-user_id")
    if after is not None:
        rows = rows.filter(user_id__lt=after)
    ids = list(rows.values_list("user_id", flat=True)[: limit + 1])
    names = _identities(ids[:limit])
    users = [
        Affected(user_id=user_id, identity=names[user_id])
        for user_id in ids[:limit]
        if user_id in names
    ]
    return UsersPage(users=users, after=ids[limit - 1] if len(ids) > limit else None)


def find_users(issue_id: int, project_id: int, text: str) -> list[Affected]:
    """The issue's users of that id, email, name or address."""
    text = text.strip()
    wanted = [text, *(f"{kind}:{text}" for kind in ("id", "email", "username", "ip"))]
    known = EventUser.objects.filter(project=project_id, identity__in=wanted)
    named = dict(known.values_list("pk", "identity"))
    found = IssueUser.objects.filter(issue=issue_id, user_id__in=named)
    return [
        Affected(user_id=user_id, identity=named[user_id])
        for user_id in found.values_list("user_id", flat=True)
    ]


def _identities(user_ids: Sequence[int]) -> dict[int, str]:
    known = EventUser.objects.filter(pk__in=user_ids)
    return dict(known.values_list("pk", "identity"))
