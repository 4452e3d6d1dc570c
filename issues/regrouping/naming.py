"""Issues that regrouping begins, and what those that it changes are called."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection
from django.utils import timezone

from issues.beginning import begin_issues
from issues.events import StoredEvent, open_event
from issues.grouping import group
from issues.grouping.rules.compiled import compile_rules
from issues.models import (
    Activity,
    Event,
    Issue,
    IssueState,
    Regrouping,
    Status,
    Substatus,
)
from issues.newevent import Grouped, NewEvent
from issues.payloads import NO_DICTIONARY, pack, pieces_of
from issues.regrouping.counting import counters_of
from issues.titles import describe_as

# What was settled stays settled; what waits for something is open in its new place.
_SETTLED = {
    (Status.RESOLVED, substatus)
    for substatus in (Substatus.NONE, Substatus.BY_AGE, Substatus.IN_RELEASE)
} | {(Status.IGNORED, Substatus.NONE)}

# The release of the first event to arrive, unless that may have expired.
_FIRST_RELEASE = """
UPDATE issues_issue AS i SET first_release_id = (
    SELECT r.id
    FROM (
        SELECT tag_ids FROM issues_event
        WHERE issue_id = %(source)s ORDER BY received_at LIMIT 1
    ) AS first, unnest(first.tag_ids) AS tag_id
    JOIN issues_tag AS t ON t.id = tag_id AND t.key = 'release'
    JOIN projects_project AS p ON p.id = t.project_id
    JOIN releases_release AS r
        ON r.organization_id = p.organization_id AND r.version = t.value
    LIMIT 1
)
FROM issues_issuestate AS s
WHERE i.id = %(counter)s AND s.issue_id = i.id AND s.expired_count = 0
"""


def begin_issue(run: Regrouping, stored: StoredEvent, source: int) -> int:
    """An issue called after the event, which still has to move there; its id.

    It is as settled as the source. The caller holds the shard's lock.
    """
    now = timezone.now()
    (issue,) = begin_issues([_as_new(run, stored)], [None], now)
    before = IssueState.objects.get(issue=source)
    if (before.status, before.substatus) in _SETTLED:
        status, substatus = before.status, Substatus.NONE
    else:
        status, substatus = Status.UNRESOLVED, Substatus.ONGOING
    IssueState.objects.filter(issue=issue).update(status=status, substatus=substatus)
    Activity.objects.create(
        project_id=run.project_id,
        issue_id=issue,
        kind=Activity.Kind.FIRST_SEEN,
        data={"event_id": stored.row.event_id.hex, "release": ""},
        created_at=now,
    )
    return issue


def name_anew(run: Regrouping, sources: Collection[int]) -> None:
    """Calls issues after their newest stored events, and gives them their releases.

    The caller holds the shard's lock, and sums up families afterwards.
    """
    for source, counter in counters_of(sources).items():
        own = Event.objects.filter(issue_id=source, payload__isnull=False)
        newest = own.order_by("-received_at", "-event_id").first()
        if newest is None:
            continue
        new = _as_new(run, open_event(newest))
        one = new.description
        Issue.objects.filter(pk=counter).update(
            kind=one.kind,
            title=one.title,
            type=one.type,
            value=one.value,
            culprit=one.culprit,
            metadata=one.metadata,
            grouping_version=new.grouping.version,
            grouping_parts=new.grouping.parts_as_json(),
        )
        with connection.cursor() as cursor:
            cursor.execute(_FIRST_RELEASE, {"source": source, "counter": counter})


def _as_new(run: Regrouping, stored: StoredEvent) -> NewEvent:
    """The stored event as the digest would hand it to the store."""
    row, event = stored.row, stored.payload
    if event is None:
        raise ValueError(f"event {row.event_id} has no payload")
    rules = compile_rules(run.fingerprinting, run.enhancements)
    grouping = group(event, rules, run.version)
    description = describe_as(event, grouping.title)
    return NewEvent(
        project_id=row.project_id,
        event_id=row.event_id,
        received_at=row.received_at,
        timestamp=row.timestamp,
        level=row.level,
        grouping=Grouped.of(grouping),
        description=description,
        platform=event["platform"],
        logger=event.get("logger", ""),
        user=None,
        tags=[],
        packed=pack(pieces_of(event), NO_DICTIONARY),
    )
