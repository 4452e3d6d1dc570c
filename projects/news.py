"""News that something of a project has changed, and who may hear it.

News says nothing but whose it is: who wants to know more asks as before.

Redis channel:
    errtrack:changed   the ids of the projects, with blanks between them
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Iterable
from typing import NamedTuple

import redis
from django.core import signing

from projects import valkey

CHANNEL = "errtrack:changed"

# Whoever loses the right to see a project may hear of it for as long.
TICKET_S = 300
# More ids would make an address longer than servers take.
MAX_PROJECTS = 500

_signer = signing.Signer(salt="projects.news")


class Ticket(NamedTuple):
    """Lets one user hear of these projects, until a Unix time."""

    until: float
    user_id: int
    project_ids: Collection[int]

    @property
    def is_over(self) -> bool:
        return time.time() >= self.until


def ticket_for(user_id: int, project_ids: Collection[int]) -> str:
    """A signed ticket; empty where there are too many projects."""
    if len(project_ids) > MAX_PROJECTS:
        return ""
    until = int(time.time()) + TICKET_S
    ticket = Ticket(until, user_id, sorted(project_ids))
    return _signer.sign_object(list(ticket), compress=True)


def read_ticket(text: str) -> Ticket | None:
    """What a ticket says; None for what is no ticket of ours, or is over."""
    try:
        ticket = Ticket(*_signer.unsign_object(text))
    except signing.BadSignature:
        return None
    return None if ticket.is_over else ticket


def announcement(project_ids: Iterable[int]) -> str:
    """What is published when these projects have changed."""
    return " ".join(map(str, project_ids))


def projects_in(announced: bytes) -> list[int]:
    return [int(one) for one in announced.split()]


def announce(project_ids: Iterable[int]) -> None:
    """Tells who listens, to be called after the commit; nobody while Valkey is away."""
    with contextlib.suppress(redis.RedisError):
        valkey.blocking().publish(CHANNEL, announcement(project_ids))
