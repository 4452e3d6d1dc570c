"""Turns what happened into notices, each activity exactly once.

A claim and the notices that come of it are one transaction: who is killed before it
commits has claimed nothing, and of two who claim at once each gets rows of his own.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from alerts.followers import Wanted, wanted
from issues.models import CALLING_KINDS, Activity
from projects import arrays, postgres

# What happens to an issue within this time of the first becomes one mail.
GATHERED_S = 60
# What nobody was told of for so long, because no worker ran, is no news any more.
FORGOTTEN_AFTER = timedelta(days=1)
_AT_ONCE = 500


def claim(now: datetime, *, until: float) -> bool:
    """Claims until that monotonic time; gives whether nothing is left."""
    while _claim_some(now):
        if time.monotonic() > until:
            return False
    return True


def _claim_some(now: datetime) -> bool:
    """Claims the oldest; gives whether there may be more."""
    with transaction.atomic():
        activities = list(
            Activity.objects.filter(
                is_claimed=False,
                kind__in=CALLING_KINDS,
                created_at__gt=now - FORGOTTEN_AFTER,
            )
            .order_by("created_at")
            .select_for_update(skip_locked=True, of=("self",))[:_AT_ONCE]
        )
        if not activities:
            return False
        ids = [activity.pk for activity in activities]
        Activity.objects.filter(pk__in=ids).update(is_claimed=True)
        _write(wanted(activities))
    return len(activities) == _AT_ONCE


# Parameters: when they are made, user ids, issue ids, activity ids of each as text,
# when they are due.
_ADD = """
INSERT INTO alerts_notice
    (user_id, issue_id, activity_ids, is_taken, tries, created_at, due_at)
SELECT n.user_id, n.issue_id, n.activities::int4[], false, 0, %s, n.due_at
FROM unnest(%s::int4[], %s::int4[], %s::text[], %s::timestamptz[])
    AS n(user_id, issue_id, activities, due_at)
ON CONFLICT (user_id, issue_id) WHERE NOT is_taken DO UPDATE
SET activity_ids = alerts_notice.activity_ids || EXCLUDED.activity_ids
"""


def _write(found: Iterable[Wanted]) -> None:
    """A notice for each user and issue, in an order that all writers keep."""
    told: dict[tuple[int, int], list[Activity]] = {}
    for one in found:
        key = (one.user_id, one.activity.issue_id)
        told.setdefault(key, []).append(one.activity)
    if not told:
        return
    keys = sorted(told)
    postgres.run(
        _ADD,
        timezone.now(),
        arrays.of_numbers(user for user, _ in keys),
        arrays.of_numbers(issue for _, issue in keys),
        arrays.of_texts(arrays.of_numbers(_ids(told[key])) for key in keys),
        arrays.of_moments(_due_at(told[key]) for key in keys),
    )


def _ids(activities: Sequence[Activity]) -> list[int]:
    return [activity.pk for activity in activities]


def _due_at(activities: Sequence[Activity]) -> datetime:
    return activities[0].created_at + timedelta(seconds=GATHERED_S)
