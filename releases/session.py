"""What SDKs tell of sessions, read and ready to be counted."""

from __future__ import annotations

import hashlib
import uuid
from enum import IntEnum
from typing import NamedTuple

from releases.names import Name


class Health(IntEnum):
    """How a session went, from best to worst; the numbers order and are stored."""

    HEALTHY = 0
    ERRORED = 1
    UNHANDLED = 2
    ABNORMAL = 3
    CRASHED = 4


class SessionUpdate(NamedTuple):
    """All that is known of one session so far."""

    name: Name
    # None where the SDK gave none: then nothing more will be told of the session.
    sid: uuid.UUID | None
    # Whole hours since 1970, of its start.
    hour: int
    health: Health
    # See hash_of_user.
    user_hash: int | None


class Group(NamedTuple):
    """Sessions of one hour, of one user if that is known, already counted."""

    hour: int
    user_hash: int | None
    # How many were of each health; the place is the number of the health.
    counts: tuple[int, ...]


class SessionGroups(NamedTuple):
    """Ended sessions of a server, which its SDK has counted."""

    name: Name
    groups: tuple[Group, ...]


def hash_of_user(distinct_id: str) -> int:
    """A number of 63 bits that stands for the user, whose id is not kept."""
    data = distinct_id.encode(errors="surrogatepass")
    digest = hashlib.blake2b(data, digest_size=8).digest()
    return int.from_bytes(digest) >> 1


def last_hash_of(level: int) -> int:
    """The highest hash in a sample of one of 2 ** level users; 0 means all users."""
    return int(2 ** (63 - level)) - 1
