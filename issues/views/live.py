"""What has changed on a list since it was shown, which the page takes in place."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime

from issues.listing import IssueRow
from projects.models import Project, User
from projects.news import ticket_for

# The header that brings a page the ticket for its next stream.
TICKET = "Errtrack-Ticket"

# As many as a page has; whoever sends more gets no more.
MAX_ON_SCREEN = 100
_IDS = re.compile(r"\d{1,9}(?:\.\d{1,9})*")


def ids_on_screen(text: str) -> list[int]:
    """The issues that the page says it shows, from top to bottom.

    >>> ids_on_screen("7.12")
    [7, 12]
    >>> ids_on_screen("7;12")
    []
    """
    if not _IDS.fullmatch(text):
        return []
    return [int(one) for one in text.split(".")[:MAX_ON_SCREEN]]


def ticket(user: User, projects: Sequence[Project]) -> str:
    """Lets the page hear at once when something of the projects changes."""
    return ticket_for(user.pk, [project.pk for project in projects])


def token(rows: Sequence[IssueRow], fresh: int, total: str, now: datetime) -> str:
    """Equal as long as there is nothing to tell; ages change each minute."""
    told = repr((rows, fresh, total, f"{now:%j %H:%M}"))
    return hashlib.blake2s(told.encode(), digest_size=12).hexdigest()


def fresh_rows(shown: Sequence[int], first: Sequence[int], limit: int) -> int:
    """How many of the first page's issues are new to who looks at `shown`.

    Where a full page has lost a row, the next one moves up from below: that is no news.

    >>> fresh_rows([1, 2, 3], [9, 1, 2], limit=3)
    1
    >>> fresh_rows([1, 2, 3], [1, 3, 4], limit=3)
    0
    >>> fresh_rows([1, 2], [1, 2, 9], limit=3)
    1
    """
    new = [issue not in shown for issue in first]
    if len(shown) >= limit and False in new:
        last = len(new) - new[::-1].index(False)
        return sum(new[:last])
    return sum(new)
