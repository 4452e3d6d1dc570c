"""Counts sessions and their users, each session once whatever is told of it.

A session counts for the release, environment and hour that its first update to
arrive names, and as the worst that any update says. So neither the order of updates
nor their repetition matters.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import NamedTuple

from django.db import transaction

from projects import arrays
from projects.partitions import DailyTables
from projects.postgres import run
from releases import partitions, sql
from releases.environments import Found, resolve
from releases.session import Health, SessionGroups, SessionUpdate

_EPOCH = date(1970, 1, 1)
# An update's clock may be put right by another second, across midnight.
_ASTRAY = timedelta(days=1)
_WORST = max(Health)


class _Bucket(NamedTuple):
    """What sessions are counted in."""

    environment_id: int
    hour: int
    project_id: int

    @property
    def day(self) -> date:
        return day_of(self.hour)


# Project and session id.
_Key = tuple[int, uuid.UUID]


class _Told(NamedTuple):
    """An update of a session that has an id."""

    key: _Key
    bucket: _Bucket
    update: SessionUpdate


@dataclass(slots=True)
class _Session:
    """A session as it stands, and as the batch found it; None where it is new."""

    bucket: _Bucket
    day: date
    health: Health
    user_hash: int | None
    was: tuple[Health, int | None] | None


def store_sessions(records: Iterable[SessionUpdate | SessionGroups]) -> None:
    """Counts the sessions; those of projects that are gone are left out.

    The caller holds the lock of the projects' shard and a transaction, and calls
    this once for each record.
    """
    kept = list(records)
    found = resolve(record.name for record in kept)
    sums = _Sums()
    told: list[_Told] = []
    for record in kept:
        place = found.get(record.name)
        if place is None:
            continue
        if isinstance(record, SessionGroups):
            sums.add_groups(record, place)
            continue
        bucket = _Bucket(place.id, record.hour, record.name.project_id)
        if record.sid is None:
            sums.add(bucket, record.health, record.user_hash)
        else:
            told.append(_Told((bucket.project_id, record.sid), bucket, record))
    if told:
        _apply(told, sums)
    sums.write()


def day_of(hour: int) -> date:
    """The UTC day of an hour since 1970."""
    return _EPOCH + timedelta(days=hour // 24)


def _apply(told: list[_Told], sums: _Sums) -> None:
    """Brings the sessions to where the updates say they are, and counts the change."""
    sessions = _find(told)
    for key, bucket, update in told:
        session = sessions.get(key)
        if session is None:
            sessions[key] = _Session(
                bucket, bucket.day, update.health, update.user_hash, None
            )
            continue
        session.health = max(session.health, update.health)
        if session.user_hash is None:
            session.user_hash = update.user_hash
    changed = {key: one for key, one in sessions.items() if _has_changed(one)}
    for session in changed.values():
        _count(session, sums)
    _put(changed)


def _has_changed(session: _Session) -> bool:
    return session.was != (session.health, session.user_hash)


def _count(session: _Session, sums: _Sums) -> None:
    if session.was is None:
        sums.add(session.bucket, session.health, session.user_hash)
        return
    before, _ = session.was
    sums.move(session.bucket, before, session.health)
    sums.see(session.bucket, session.user_hash, session.health)


def _find(told: list[_Told]) -> dict[_Key, _Session]:
    """Those of the sessions of which something is known already."""
    days = [bucket.day for _, bucket, _ in told]
    rows = run(
        sql.FIND_SESSIONS,
        arrays.of_numbers({project_id for (project_id, _), _, _ in told}),
        arrays.of_hashes({sid.bytes for (_, sid), _, _ in told}),
        min(days) - _ASTRAY,
        max(days) + _ASTRAY,
    )
    known = {}
    for project_id, sid, day, environment_id, hour, health, user_hash in rows:
        known[project_id, uuid.UUID(bytes=sid)] = _Session(
            _Bucket(environment_id, hour, project_id),
            day,
            Health(health),
            user_hash,
            (Health(health), user_hash),
        )
    return known


def _put(sessions: dict[_Key, _Session]) -> None:
    if not sessions:
        return
    rows = sorted(sessions.items())
    _ensure_days(partitions.states, {session.day for _, session in rows})
    run(
        sql.PUT_SESSIONS,
        arrays.of_numbers(project_id for (project_id, _), _ in rows),
        arrays.of_hashes(sid.bytes for (_, sid), _ in rows),
        [session.day for _, session in rows],
        arrays.of_numbers(session.bucket.environment_id for _, session in rows),
        arrays.of_numbers(session.bucket.hour for _, session in rows),
        arrays.of_numbers(session.health for _, session in rows),
        [session.user_hash for _, session in rows],
    )


class _Sums:
    """What a batch adds to hours and to users."""

    def __init__(self) -> None:
        # Sessions in all, then those of each health but the first.
        self._hours: dict[_Bucket, list[int]] = {}
        # Bits of the day's hours: seen, then each health but the first. By release
        # environment, user and day, with the project.
        self._users: dict[tuple[int, int, date, int], list[int]] = {}

    def add_groups(self, record: SessionGroups, place: Found) -> None:
        for group in record.groups:
            bucket = _Bucket(place.id, group.hour, record.name.project_id)
            for health, count in enumerate(group.counts):
                if count:
                    self.add(bucket, Health(health), group.user_hash, count)

    def add(
        self, bucket: _Bucket, health: Health, user_hash: int | None, count: int = 1
    ) -> None:
        """Sessions that had not been counted."""
        added = self._hours.setdefault(bucket, [0] * (_WORST + 1))
        added[0] += count
        if health:
            added[health] += count
        self.see(bucket, user_hash, health)

    def move(self, bucket: _Bucket, before: Health, now: Health) -> None:
        """A session that has got worse."""
        added = self._hours.setdefault(bucket, [0] * (_WORST + 1))
        if before:
            added[before] -= 1
        if now:
            added[now] += 1

    def see(self, bucket: _Bucket, user_hash: int | None, health: Health) -> None:
        """The user of a session of the bucket."""
        if user_hash is None:
            return
        key = (bucket.environment_id, user_hash, bucket.day, bucket.project_id)
        bits = self._users.setdefault(key, [0] * (_WORST + 1))
        hour_bit = 1 << bucket.hour % 24
        bits[0] |= hour_bit
        if health:
            bits[health] |= hour_bit

    def write(self) -> None:
        hours = sorted(item for item in self._hours.items() if any(item[1]))
        if hours:
            run(
                sql.COUNT_SESSIONS,
                *_columns(bucket for bucket, _ in hours),
                *_columns(added for _, added in hours),
            )
        users = sorted(self._users.items())
        if users:
            _ensure_days(partitions.users, {day for (_, _, day, _), _ in users})
            run(
                sql.ADD_USERS,
                arrays.of_numbers(id_ for (id_, _, _, _), _ in users),
                arrays.of_numbers(user for (_, user, _, _), _ in users),
                [day for (_, _, day, _), _ in users],
                arrays.of_numbers(project for (_, _, _, project), _ in users),
                *_columns(bits for _, bits in users),
            )


def _columns(rows: Iterable[Iterable[int]]) -> list[str]:
    return [arrays.of_numbers(column) for column in zip(*rows, strict=True)]


# Days that this process knows to be there, by the tables that have them.
_known_days: dict[DailyTables, set[date]] = {}


def _ensure_days(tables: DailyTables, days: set[date]) -> None:
    known = _known_days.setdefault(tables, set())
    missing = days - known
    if missing:
        tables.ensure(missing)
        transaction.on_commit(partial(known.update, missing))


def forget() -> None:
    """Drops what the process remembers of the database, as a new process does."""
    _known_days.clear()
