"""The transaction of the digest: a batch of events becomes rows and exact counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from issues import (
    dictionaries,
    eventrows,
    names,
    partitions,
    reports,
    sql,
)
from issues import environments as hourly
from issues.beginning import as_json, find_or_begin_issues, title_columns
from issues.environments import KEY
from issues.merging.counting import Counted, count_for
from issues.models import Activity
from issues.newevent import NewEvent
from issues.reopening import Locked, Reopening, reopenings
from issues.tagcounts import TagTally
from projects import arrays
from projects.hours import hour_of
from releases import environments, sessions
from releases.counting import count_events

# A resend comes within this time of the first delivery, also past midnight.
_RESEND_WITHIN = timedelta(days=1)

# From this size on a batch leaves an issue's title alone within one minute of its
# last change: rewriting the wide row for each new value in a message costs more
# than all counters together, and nobody reads it that often.
_BUSY_BATCH = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What became of a batch."""

    # Those that were really new, in their order.
    events: list[NewEvent]
    duplicates: int
    # Ids of issues that this batch began and reopened.
    new_issues: list[int]
    reopened_issues: list[int]


@dataclass(slots=True)
class _Sum:
    """What a batch adds to one issue."""

    project_id: int
    events: int
    newest: NewEvent
    first_seen: datetime
    received_at: datetime


def store_batch(events: Sequence[NewEvent], *, beside: Collection[int] = ()) -> Stored:
    """Writes the events that are new and counts each of them once.

    The caller holds the lock of the events' shard and a transaction: until it
    commits nothing has happened, and a second delivery changes nothing. `beside`:
    issues that the caller changes afterwards, locked together with the events' ones.
    """
    if not events:
        return Stored(events=[], duplicates=0, new_issues=[], reopened_issues=[])
    now = timezone.now()
    sql.run_often(sql.USE_INDEXES)
    _ensure_partitions(event.received_at for event in events)
    fresh = _without_duplicates(events)
    if not fresh:
        return Stored(
            events=[], duplicates=len(events), new_issues=[], reopened_issues=[]
        )
    release_of = count_events(fresh)
    found = find_or_begin_issues(fresh, release_of, now)
    counted = count_for(found.issue_of, found.kin)
    pairs, issues = counted.spread(fresh), counted.issues
    sums = _sum_up(pairs, issues)
    locked, tally = _lock_issues(sums, beside)
    user_of = _name_users(fresh)
    tag_ids = _name_tags(fresh)
    tags_of = _count_tags(fresh, counted, tally, tag_ids)
    eventrows.insert_parts(fresh)
    eventrows.insert_events(fresh, found.issue_of, user_of, tags_of)
    reports.link(fresh, found.issue_of)
    kept = hourly.kept(_environments(tag_ids))
    _add_hours(_hours_of_projects(fresh, tags_of, kept), pairs, issues)
    new_users = _add_users(pairs, issues, counted.spread(user_of))
    tally.write()
    reopened = reopenings(pairs, issues, locked, new_users)
    _add_to_states(sums, new_users, reopened, now)
    _retitle(sums, locked, is_busy=len(fresh) >= _BUSY_BATCH)
    _write_activity(sums, found.new_issues, reopened, now)
    _mark_first_events({event.project_id for event in fresh}, now)
    return Stored(
        events=fresh,
        duplicates=len(events) - len(fresh),
        new_issues=found.new_issues,
        reopened_issues=sorted(reopened),
    )


# Days that this process knows to have a partition.
_known_days: set[date] = set()


def _ensure_partitions(moments: Iterable[datetime]) -> None:
    missing = {moment.astimezone(UTC).date() for moment in moments} - _known_days
    if missing:
        partitions.ensure(missing)
        transaction.on_commit(partial(_known_days.update, missing))


def _without_duplicates(events: Sequence[NewEvent]) -> list[NewEvent]:
    """The first of each (project, event id) that is not stored yet."""
    first: dict[tuple[int, bytes], NewEvent] = {}
    for event in events:
        first.setdefault((event.project_id, event.event_id.bytes), event)
    received = [event.received_at for event in events]
    stored = sql.run(
        sql.PROBE_DUPLICATES,
        arrays.of_numbers({project_id for project_id, _ in first}),
        arrays.of_hashes(event_id for _, event_id in first),
        _midnight(min(received)) - _RESEND_WITHIN,
        _midnight(max(received)) + timedelta(days=1) + _RESEND_WITHIN,
    )
    for row in stored:
        first.pop((row[0], row[1]), None)
    return list(first.values())


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(UTC).date(), time.min, UTC)


def _sum_up(events: list[NewEvent], issue_of: list[int]) -> dict[int, _Sum]:
    """What each issue gains, in the order of issue ids."""
    sums: dict[int, _Sum] = {}
    for event, issue in zip(events, issue_of, strict=True):
        added = sums.get(issue)
        if added is None:
            sums[issue] = _Sum(
                event.project_id, 1, event, event.timestamp, event.received_at
            )
            continue
        added.events += 1
        added.first_seen = min(added.first_seen, event.timestamp)
        added.received_at = max(added.received_at, event.received_at)
        if event.timestamp >= added.newest.timestamp:
            added.newest = event
    return dict(sorted(sums.items()))


def _lock_issues(
    sums: dict[int, _Sum], beside: Collection[int]
) -> tuple[dict[int, Locked], TagTally]:
    """The issues as they are, safe from triage until the batch is committed."""
    locked: dict[int, Locked] = {}
    tally = TagTally({issue: added.project_id for issue, added in sums.items()})
    for row in sql.run_often(sql.LOCK_ISSUES, arrays.of_numbers({*sums, *beside})):
        issue_id, status, substatus, at, last_seen, *title, tag_ids, counts = row
        if issue_id not in sums:
            continue
        called = (title[0], title[1], title[2], title[3])
        locked[issue_id] = Locked(status, substatus, at, last_seen, called)
        if tag_ids is not None:
            tally.start_from(issue_id, tag_ids, counts)
    return locked, tally


def _name_tags(events: list[NewEvent]) -> names.Ids[names.Tag]:
    """The id of each tag of the events."""
    wanted: defaultdict[int, set[names.Tag]] = defaultdict(set)
    for event in events:
        wanted[event.project_id].update(event.tags)
    return names.tags.resolve(wanted)


def _environments(tag_ids: names.Ids[names.Tag]) -> dict[int, set[int]]:
    """Those tags of each project that name environments."""
    return {
        project_id: {tag_id for (key, _), tag_id in ids.items() if key == KEY}
        for project_id, ids in tag_ids.items()
    }


def _count_tags(
    events: list[NewEvent],
    counted: Counted,
    tally: TagTally,
    tag_ids: names.Ids[names.Tag],
) -> list[list[int]]:
    """The tag ids of each event, counted for its issue.

    A survivor counts those of its sources, also where it has more values of a key
    then than one issue may have: else it were not their sum.
    """
    tags_of = [
        tally.add(issue, event.tags, tag_ids[event.project_id])
        for event, issue in zip(events, counted.own, strict=True)
    ]
    for place, survivor in zip(counted.again, counted.survivors, strict=True):
        tally.repeat(survivor, tags_of[place])
    return tags_of


def _name_users(events: list[NewEvent]) -> list[int | None]:
    """The user id of each event that names one."""
    wanted: defaultdict[int, set[names.User]] = defaultdict(set)
    for event in events:
        if event.user:
            wanted[event.project_id].add((event.user,))
    ids = names.users.resolve(wanted)
    return [
        ids[event.project_id][event.user,] if event.user else None for event in events
    ]


# Project, environment (0: all of them), hour and level.
_ProjectHours = Counter[tuple[int, int, int, int]]


def _hours_of_projects(
    events: list[NewEvent], tags_of: list[list[int]], kept: dict[int, frozenset[int]]
) -> _ProjectHours:
    """Events of the projects, and of each environment that has hours of its own."""
    counts: _ProjectHours = Counter()
    for event, tag_ids in zip(events, tags_of, strict=True):
        project_id, hour = event.project_id, hour_of(event.timestamp)
        counts[project_id, 0, hour, event.level] += 1
        for environment in kept[project_id].intersection(tag_ids):
            counts[project_id, environment, hour, event.level] += 1
    return counts


def _add_hours(
    of_projects: _ProjectHours, events: list[NewEvent], issue_of: list[int]
) -> None:
    """Counts events for their projects, and `events` for their issues."""
    projects = sorted(of_projects)
    counts = Counter(
        (issue, event.project_id, hour_of(event.timestamp))
        for event, issue in zip(events, issue_of, strict=True)
    )
    rows = sorted((issue, hour, p, n) for (issue, p, hour), n in counts.items())
    sql.run_often(
        sql.ADD_HOURS,
        *(
            arrays.of_numbers(place[column] for place in projects)
            for column in range(4)
        ),
        arrays.of_numbers(of_projects[place] for place in projects),
        arrays.of_numbers(project_id for _, _, project_id, _ in rows),
        arrays.of_numbers(issue for issue, _, _, _ in rows),
        arrays.of_numbers(hour for _, hour, _, _ in rows),
        arrays.of_numbers(count for _, _, _, count in rows),
    )


def _add_users(
    events: list[NewEvent], issue_of: list[int], user_of: list[int | None]
) -> dict[int, int]:
    """How many users each issue had not affected before."""
    pairs = sorted(
        {
            (issue, user, event.project_id)
            for event, issue, user in zip(events, issue_of, user_of, strict=True)
            if user is not None
        }
    )
    if not pairs:
        return {}
    new = sql.run_often(
        sql.ADD_USERS,
        arrays.of_numbers(project_id for _, _, project_id in pairs),
        arrays.of_numbers(issue for issue, _, _ in pairs),
        arrays.of_numbers(user for _, user, _ in pairs),
    )
    added: dict[int, int] = defaultdict(int)
    for (issue,) in new:
        added[issue] += 1
    return added


def _add_to_states(
    sums: dict[int, _Sum],
    new_users: dict[int, int],
    reopened: dict[int, Reopening],
    now: datetime,
) -> None:
    sql.run_often(
        sql.ADD_TO_STATES,
        now,
        arrays.of_numbers(sums),
        arrays.of_numbers(added.events for added in sums.values()),
        arrays.of_numbers(new_users.get(issue, 0) for issue in sums),
        arrays.of_numbers(added.newest.level for added in sums.values()),
        arrays.of_moments(added.first_seen for added in sums.values()),
        arrays.of_moments(added.newest.timestamp for added in sums.values()),
        arrays.of_numbers(
            reopened[issue].substatus if issue in reopened else 0 for issue in sums
        ),
    )


def _retitle(
    sums: dict[int, _Sum], locked: dict[int, Locked], *, is_busy: bool
) -> None:
    """Issues are called after their newest event."""
    changed = []
    for issue, added in sums.items():
        before, newest = locked[issue], added.newest
        one = newest.description
        if (one.title, one.type, one.value, one.culprit) == before.title:
            continue
        is_newer = newest.timestamp >= before.last_seen
        is_due = newest.timestamp - before.last_seen >= timedelta(minutes=1)
        if is_newer and (is_due or not is_busy):
            changed.append((issue, newest))
    if changed:
        sql.run(
            sql.RETITLE_ISSUES,
            arrays.of_numbers(issue for issue, _ in changed),
            *map(arrays.of_texts, title_columns([newest for _, newest in changed])),
        )


def _write_activity(
    sums: dict[int, _Sum],
    began: list[int],
    reopened: dict[int, Reopening],
    now: datetime,
) -> None:
    first = Activity.Kind.FIRST_SEEN
    rows: list[tuple[int, Activity.Kind, NewEvent, Mapping[str, Any]]] = [
        (issue, first, sums[issue].newest, {}) for issue in sorted(began)
    ]
    rows += [(i, one.kind, one.event, one.told) for i, one in sorted(reopened.items())]
    if rows:
        sql.run(
            sql.INSERT_ACTIVITY,
            [event.project_id for _, _, event, _ in rows],
            [issue for issue, _, _, _ in rows],
            [kind.value for _, kind, _, _ in rows],
            [as_json({**_said_of(event), **told}) for _, _, event, told in rows],
            [now] * len(rows),
        )


def _said_of(event: NewEvent) -> dict[str, str]:
    """What the activity tells of the event that caused it."""
    release = next((value for key, value in event.tags if key == "release"), "")
    return {"event_id": event.event_id.hex, "release": release}


# Projects that this process knows to have events.
_begun_projects: set[int] = set()


def _mark_first_events(project_ids: set[int], now: datetime) -> None:
    waiting = project_ids - _begun_projects
    if waiting:
        sql.run(sql.MARK_FIRST_EVENT, now, sorted(waiting))
        transaction.on_commit(partial(_begun_projects.update, waiting))


def forget_everything() -> None:
    """Drops what the process remembers of the database, as a new process does."""
    _known_days.clear()
    _begun_projects.clear()
    eventrows.forget()
    dictionaries.forget()
    environments.forget()
    hourly.forget()
    sessions.forget()
    names.users.forget()
    names.tags.forget()
