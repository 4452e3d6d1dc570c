"""Removes for good what has been deleted long enough, a piece at a time.

Before the events of a deleted issue go they are counted off, as retention does with a
day's: what is shown of releases stays, and no figure ever differs from the rows.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q

from issues import attachments, retention
from issues.locks import hold_days, hold_shards, lock_states
from issues.merging.families import with_families
from issues.models import Attachment, Issue, IssueState, Status

# As long as the deletion can be undone, and a day more.
KEPT_DAYS = 31

# A run ends after this long, so that the worker's digests get their turn.
_RUN_MAX_S = 2.0
# Of one transaction, while the shard's digest waits.
_EVENTS_AT_ONCE = 5_000
_ISSUES_AT_ONCE = 1_000

# Parameters: issue ids, how many.
_TAKE = """
CREATE TEMP TABLE going ON COMMIT DROP AS
SELECT project_id, issue_id, event_id, received_at, "timestamp", user_id, level,
    tag_ids
FROM issues_event WHERE issue_id = ANY(%s::int4[]) LIMIT %s
"""

_DELETE = """
DELETE FROM issues_event AS e USING going AS g
WHERE e.project_id = g.project_id AND e.event_id = g.event_id
  AND e.received_at = g.received_at
"""


def purge_deleted(now: datetime) -> bool:
    """Removes for a while; gives whether all that was due is gone."""
    ends_at = time.monotonic() + _RUN_MAX_S
    for project_id, issue_id in _due(now):
        while _remove_some_events(project_id, issue_id):
            if time.monotonic() > ends_at:
                return False
        _remove_issue(project_id, issue_id)
        if time.monotonic() > ends_at:
            return not _due(now)
    return True


def _due(now: datetime) -> Sequence[tuple[int, int]]:
    """Project and id of the deleted issues whose time is over, families' heads only."""
    old = IssueState.objects.filter(
        status=Status.DELETED,
        status_at__lt=now - timedelta(days=KEPT_DAYS),
        project__deleted_at__isnull=True,
    )
    is_head = Q(issue__membership__isnull=True) | Q(
        issue__membership__survivor=F("issue")
    )
    heads = old.filter(is_head, issue__number__gt=0).order_by("issue_id")
    return list(heads.values_list("project_id", "issue_id")[:_ISSUES_AT_ONCE])


def _remove_some_events(project_id: int, issue_id: int) -> bool:
    """Counts some events off and deletes them; gives whether there were any."""
    with transaction.atomic(), connection.cursor() as cursor:
        hold_days()
        hold_shards([project_id])
        if not _is_deleted(issue_id):
            return False
        cursor.execute(_TAKE, [with_families([issue_id]), _EVENTS_AT_ONCE])
        cursor.execute("SELECT event_id FROM going")
        event_ids = [row[0] for row in cursor.fetchall()]
        if not event_ids:
            return False
        retention.count_off(cursor, "going")
        cursor.execute(_DELETE)
    files = Attachment.objects.filter(project=project_id, event_id__in=event_ids)
    attachments.delete(project_id, files)
    return True


def _remove_issue(project_id: int, issue_id: int) -> None:
    with transaction.atomic():
        hold_shards([project_id])
        family = with_families([issue_id])
        lock_states(family)
        if _is_deleted(issue_id):
            Issue.objects.filter(pk__in=family).delete()


def _is_deleted(issue_id: int) -> bool:
    """Whether nobody has brought it back meanwhile."""
    return IssueState.objects.filter(issue=issue_id, status=Status.DELETED).exists()
