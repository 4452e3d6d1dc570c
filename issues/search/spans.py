"""Whether two instants bound a time in which something can have happened."""

from __future__ import annotations

from datetime import datetime, timedelta

from issues.search.errors import Reason, SearchError

# Clocks differ; and who means "until today" says tomorrow, or the end of the year.
_AHEAD = timedelta(minutes=5)
_FAR_AHEAD = timedelta(days=366)

Bound = datetime | str


def checked_span(
    start: Bound, end: Bound, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """(since, until); None for a bound that is empty.

    A text is what could not be read as a time. Raises SearchError.
    """
    since, until = _read(start), _read(end)
    if since and since > now + _AHEAD:
        raise _error(Reason.FUTURE, since.isoformat())
    if until and until > now + _FAR_AHEAD:
        raise _error(Reason.FUTURE, until.isoformat())
    if since and until and until <= since:
        raise _error(Reason.BACKWARDS, until.isoformat())
    return since, until


def _read(bound: Bound) -> datetime | None:
    if isinstance(bound, datetime):
        return bound
    if bound:
        raise _error(Reason.NO_TIME, bound)
    return None


def _error(reason: Reason, term: str) -> SearchError:
    return SearchError(reason, term, at=None)
