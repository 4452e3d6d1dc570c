"""Sessions, one by one and in groups. Source: protocol, "Other payloads"."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings

from ingest.envelope import Item
from ingest.items.kind import Context, Kind, Refusal
from ingest.items.payload import object_of
from ingest.normalise import attributes
from ingest.normalise.fields import Notes
from ingest.normalise.times import FUTURE_MAX_S, clock_shift, instant
from ingest.outcomes import Outcome
from releases.names import Name
from releases.session import (
    Group,
    Health,
    SessionGroups,
    SessionUpdate,
    hash_of_user,
)
from releases.sessions import store_sessions

# Updates of sessions that started earlier are refused: what is known of a session is
# kept for little longer, so that they could count twice.
PAST_MAX_S = timedelta(days=5).total_seconds()

# SDKs send a hundred at most.
GROUPS_MAX = 1000
# Of one group and health; more are nobody's sessions of one minute.
_COUNT_MAX = 2**31 - 1

_STATUSES = {
    "ok": Health.HEALTHY,
    "exited": Health.HEALTHY,
    "errored": Health.ERRORED,
    "unhandled": Health.UNHANDLED,
    "abnormal": Health.ABNORMAL,
    "crashed": Health.CRASHED,
}
# The counts of a group, in the order of the healths.
_COUNTS = ("exited", "errored", "unhandled", "abnormal", "crashed")

_Record = SessionUpdate | SessionGroups


def read_session(item: Item, context: Context) -> SessionUpdate:
    """What a `session` item says. Raises Refusal."""
    tree = _decode(item)
    name = _name(tree, context)
    started = tree.get("started")
    told = started if instant(started) is not None else tree.get("timestamp")
    hour = _hour(told, context)
    if hour is None:
        raise Refusal(Outcome.INVALID, "session_age")
    sid = _session_id(tree.get("sid"))
    if sid is None and tree.get("init") is False:
        # Nobody can tell which session this goes on with.
        raise Refusal(Outcome.INVALID, "session_id")
    return SessionUpdate(name, sid, hour, _health(tree), _user(tree))


def read_groups(item: Item, context: Context) -> SessionGroups:
    """What a `sessions` item says; groups that are too old are left out.

    Raises Refusal, also when all of them are.
    """
    tree = _decode(item)
    name = _name(tree, context)
    told = tree.get("aggregates")
    listed = told if isinstance(told, list) else []
    groups = [one for one in listed if isinstance(one, dict)]
    if len(groups) > GROUPS_MAX:
        raise Refusal(Outcome.TOO_LARGE, "session_groups")
    read = [group for one in groups if (group := _group(one, context)) is not None]
    if groups and not read:
        raise Refusal(Outcome.INVALID, "session_age")
    return SessionGroups(name, tuple(read))


def _read(item: Item, context: Context) -> _Record:
    read = read_groups if item.type == "sessions" else read_session
    return read(item, context)


def _store(records: Sequence[_Record]) -> list[None]:
    store_sessions(records)
    return [None] * len(records)


# One kind, so that a batch of both costs the statements of one.
SESSIONS = Kind(_read, _store)


def _decode(item: Item) -> dict[str, Any]:
    if len(item.payload) > settings.MAX_EVENT_BYTES:
        raise Refusal(Outcome.TOO_LARGE, "session")
    return object_of(item)


def _name(tree: dict[str, Any], context: Context) -> Name:
    told = tree.get("attrs")
    attrs = told if isinstance(told, dict) else {}
    notes = Notes()
    version = attributes.release(attrs.get("release"), notes)
    if version is None:
        raise Refusal(Outcome.INVALID, "session_release")
    environment = attributes.environment(attrs.get("environment"), notes)
    return Name(context.entry.project_id, version, environment or "")


def _hour(started: object, context: Context) -> int | None:
    """The hour in which a session started, by our clock; None when that is too old.

    What is missing, or lies in the future, is the time of receipt.
    """
    received = context.entry.received_at.timestamp()
    moment = instant(started)
    if moment is None:
        moment = received
    else:
        moment += clock_shift(received, context.sent_at)
    if moment < received - PAST_MAX_S:
        return None
    if moment > received + FUTURE_MAX_S:
        moment = received
    return int(moment) // 3600


def _session_id(value: object) -> uuid.UUID | None:
    """The id; one that is no UUID is given one, the same each time."""
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        sid = uuid.UUID(value.strip())
    except ValueError:
        return uuid.uuid5(uuid.NAMESPACE_OID, value)
    return sid if sid.int else None


def _health(tree: dict[str, Any]) -> Health:
    told = tree.get("status")
    health = _STATUSES.get(told.lower() if isinstance(told, str) else "")
    return max(health or Health.HEALTHY, Health(_count(tree.get("errors")) > 0))


def _user(tree: dict[str, Any]) -> int | None:
    told = tree.get("did")
    if isinstance(told, bool) or not isinstance(told, str | int | float):
        return None
    distinct_id = str(told).strip()
    return hash_of_user(distinct_id) if distinct_id else None


def _group(tree: dict[str, Any], context: Context) -> Group | None:
    hour = _hour(tree.get("started"), context)
    if hour is None:
        return None
    return Group(hour, _user(tree), tuple(_count(tree.get(name)) for name in _COUNTS))


def _count(value: object) -> int:
    """A number of things; 0 for what is none."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value[:20])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    # Written so that a number that is none, NaN, is 0 too.
    return int(min(value, _COUNT_MAX)) if value > 0 else 0
