"""Moments as whole numbers, as the addresses of pages name them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros_of(moment: datetime) -> int:
    """Microseconds since 1970, which is as closely as PostgreSQL keeps a moment."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(micros: int) -> datetime:
    """The moment (UTC); 17 digits stay within what a datetime holds.

    >>> moment_of(micros_of(datetime(2026, 11, 23, 8, 0, 0, 7, tzinfo=UTC))).isoformat()
    '2026-11-23T08:00:00.000007+00:00'
    """
    return _EPOCH + micros * _MICROSECOND
