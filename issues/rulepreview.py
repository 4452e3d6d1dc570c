"""What rules for grouping would make of the events that are stored."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection

from issues.events import open_events
from issues.grouping import group
from issues.grouping.rules.compiled import compile_rules
from issues.models import Event, Issue, IssueState
from projects.models import Project
from projects.rules import GroupingTexts
from projects.rulesets import grouping_of

ISSUES_MAX = 1000
EVENTS_PER_ISSUE = 5
RUN_MAX_S = 5.0
SHOWN = 10
ISSUES_SHOWN = 5

_ISSUES_AT_ONCE = 50

# The newest events of some issues that have their payload, by the index
# event_of_issue. Parameters: the ids of the issues, events of each.
_NEWEST = """
SELECT {columns} FROM unnest(%s::int4[]) AS wanted (id) CROSS JOIN LATERAL (
    SELECT * FROM issues_event
    WHERE issue_id = wanted.id AND payload IS NOT NULL
    ORDER BY received_at DESC LIMIT %s
) AS e
"""

# Where an event would be: in an issue that there is, or in one by its hash.
Place = int | bytes


class Join(NamedTuple):
    """Issues that would be one: how many, and the newest of them."""

    issue_count: int
    issues: list[Issue]


class Split(NamedTuple):
    """An issue that would be several, and an event (hex id) of each of them."""

    issue: Issue
    events: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The counts are of the issues that were looked at, the newest ones."""

    events: int
    # Not all issues of the project were looked at.
    is_cut_short: bool
    issues_now: int
    issues_then: int
    join_count: int
    joins: list[Join]
    split_count: int
    splits: list[Split]


class _Seen(NamedTuple):
    issue_id: int
    event_id: str
    now: bytes
    then: bytes


def preview(project: Project, texts: GroupingTexts) -> Preview:
    """Groups stored events by the rules that hold and by these; takes some seconds."""
    ids = _newest_issues(project)
    known = ids[:ISSUES_MAX]
    seen: list[_Seen] = []
    ends_at = time.monotonic() + RUN_MAX_S
    is_cut_short = len(ids) > ISSUES_MAX
    for start in range(0, len(known), _ISSUES_AT_ONCE):
        if time.monotonic() > ends_at:
            is_cut_short = True
            break
        wanted = known[start : start + _ISSUES_AT_ONCE]
        seen += _grouped(wanted, grouping_of(project), texts)
    return _summary(seen, is_cut_short=is_cut_short)


def _newest_issues(project: Project) -> list[int]:
    newest = IssueState.objects.filter(project=project).order_by("-last_seen")
    return list(newest.values_list("issue_id", flat=True)[: ISSUES_MAX + 1])


def _grouped(
    issue_ids: Sequence[int], now: GroupingTexts, then: GroupingTexts
) -> Iterator[_Seen]:
    rules_now = compile_rules(now.fingerprinting, now.enhancements)
    rules_then = compile_rules(then.fingerprinting, then.enhancements)
    for stored in open_events(_newest_events(issue_ids)):
        if stored.payload is not None:
            yield _Seen(
                stored.row.issue_id,
                stored.row.event_id.hex,
                group(stored.payload, rules_now).hashes[0],
                group(stored.payload, rules_then).hashes[0],
            )


def _newest_events(issue_ids: Sequence[int]) -> list[Event]:
    columns = [field.attname for field in Event._meta.concrete_fields]
    statement = _NEWEST.format(columns=", ".join(f"e.{name}" for name in columns))
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(issue_ids), EVENTS_PER_ISSUE])
        return [Event.from_db(None, columns, row) for row in cursor.fetchall()]


def _summary(seen: Sequence[_Seen], *, is_cut_short: bool) -> Preview:
    """What changes: an event whose hash stays the same stays in its issue."""
    owners = {each.now: each.issue_id for each in seen}
    issues_at: dict[Place, dict[int, None]] = defaultdict(dict)
    events_of: dict[int, dict[Place, str]] = defaultdict(dict)
    for each in seen:
        is_same = each.then == each.now
        place: Place = each.issue_id if is_same else owners.get(each.then, each.then)
        issues_at[place][each.issue_id] = None
        events_of[each.issue_id].setdefault(place, each.event_id)
    joined = [list(ids) for ids in issues_at.values() if len(ids) > 1]
    joined.sort(key=len, reverse=True)
    split = [(pk, found) for pk, found in events_of.items() if len(found) > 1]
    shown = {pk for ids in joined[:SHOWN] for pk in ids[:ISSUES_SHOWN]}
    issues = Issue.objects.in_bulk(shown | {pk for pk, _ in split[:SHOWN]})
    return Preview(
        events=len(seen),
        is_cut_short=is_cut_short,
        issues_now=len(events_of),
        issues_then=len(issues_at),
        join_count=len({pk for ids in joined for pk in ids}),
        joins=[
            Join(len(ids), [issues[pk] for pk in ids[:ISSUES_SHOWN] if pk in issues])
            for ids in joined[:SHOWN]
        ],
        split_count=len(split),
        splits=[
            Split(issues[pk], list(found.values())[:ISSUES_SHOWN])
            for pk, found in split[:SHOWN]
            if pk in issues
        ],
    )
