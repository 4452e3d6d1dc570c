"""Where a page of releases begins, as text that fits a URL."""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

from projects.moments import micros_of, moment_of

_CURSOR = re.compile(r"([np])\.(\d{1,17})\.(\d{1,10})")


class CursorError(ValueError):
    """A cursor that no page gave out."""


class Cursor(NamedTuple):
    """A row's time and id: the page holds what follows it in reading direction."""

    listed_at: datetime
    release_id: int
    is_backward: bool

    def __str__(self) -> str:
        direction = "p" if self.is_backward else "n"
        return f"{direction}.{micros_of(self.listed_at)}.{self.release_id}"


def read_cursor(text: str) -> Cursor:
    """The cursor of a URL. Raises CursorError.

    >>> str(read_cursor("n.1795420800000000.12"))
    'n.1795420800000000.12'
    """
    match = _CURSOR.fullmatch(text)
    if match is None or int(match[3]) > 2**31 - 1:
        raise CursorError(f"expected a cursor of this list, got {text[:80]!r}")
    return Cursor(moment_of(int(match[2])), int(match[3]), match[1] == "p")
