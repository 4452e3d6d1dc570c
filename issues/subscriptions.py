"""Who wants to hear of an issue: whoever had to do with it, until he says no."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from issues.models import Subscription
from projects.models import User

Reason = Subscription.Reason

# What somebody has decided stays, and so does the first reason.
_SUBSCRIBE = """
INSERT INTO issues_subscription (issue_id, user_id, reason, is_active, created_at)
SELECT i.id, u.id, %s, true, %s
FROM unnest(%s::int4[]) AS i(id) CROSS JOIN unnest(%s::int4[]) AS u(id)
ON CONFLICT (issue_id, user_id) DO NOTHING
"""

_DECIDE = """
INSERT INTO issues_subscription (issue_id, user_id, reason, is_active, created_at)
SELECT i.id, %s, %s, %s, %s FROM unnest(%s::int4[]) AS i(id)
ON CONFLICT (issue_id, user_id) DO UPDATE SET is_active = EXCLUDED.is_active,
    reason = EXCLUDED.reason, created_at = EXCLUDED.created_at
WHERE issues_subscription.is_active <> EXCLUDED.is_active
"""


def subscribe(
    issue_ids: Iterable[int], user_ids: Iterable[int], reason: Reason
) -> None:
    """Subscribes users because of what happened; never those who unsubscribed."""
    issues, users = sorted(set(issue_ids)), sorted(set(user_ids))
    if not issues or not users:
        return
    with connection.cursor() as cursor:
        cursor.execute(_SUBSCRIBE, [reason.value, timezone.now(), issues, users])


def set_subscribed(issue_ids: Iterable[int], user: User, is_on: bool) -> None:
    """What the user decides himself: it holds whatever happens."""
    now, reason = timezone.now(), Reason.SUBSCRIBED.value
    with connection.cursor() as cursor:
        cursor.execute(_DECIDE, [user.pk, reason, is_on, now, sorted(set(issue_ids))])


@dataclass(frozen=True, slots=True)
class Standing:
    """What is said of an issue, and whether the reader hears of it."""

    comments: int
    # Null: he does not.
    reason: Reason | None


# An issue's own row speaks before those of what was merged into it.
_STANDINGS = """
SELECT i.id, n.count, s.reason
FROM unnest(%s::int4[]) AS i(id)
CROSS JOIN LATERAL (
    SELECT ARRAY(SELECT source_id FROM issues_familymember WHERE survivor_id = i.id)
        || i.id AS ids
) AS f
CROSS JOIN LATERAL (
    SELECT count(*) FROM issues_activity
    WHERE issue_id = ANY(f.ids) AND kind = 'note'
) AS n
LEFT JOIN LATERAL (
    SELECT CASE WHEN is_active THEN reason END AS reason FROM issues_subscription
    WHERE issue_id = ANY(f.ids) AND user_id = %s
    ORDER BY issue_id = i.id DESC, id LIMIT 1
) AS s ON true
"""


def standings(issue_ids: Collection[int], reader: User) -> dict[int, Standing]:
    """By the id of each issue; with what was merged into it."""
    if not issue_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, [list(issue_ids), reader.pk])
        return {
            issue: Standing(count, Reason(reason) if reason else None)
            for issue, count, reason in cursor.fetchall()
        }
