"""Instants as SDKs write them, and clocks that go wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ingest.normalise.fields import Notes

DRIFT_MIN_S = 55 * 60
"""A smaller difference between the clocks is taken for the way of the request."""

FUTURE_MAX_S = 60
PAST_MAX_S = 30 * 24 * 3600

_LATEST_S = 1e11  # The year 5138; larger numbers are in smaller units.


def instant(value: object) -> float | None:
    """Seconds since 1970 UTC out of a number or an ISO 8601 text, else None.

    A text without a zone is UTC. Numbers too large for seconds are milliseconds,
    microseconds or nanoseconds.
    """
    if isinstance(value, str):
        return _parsed(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        seconds = float(value)
    except OverflowError:  # An integer of hundreds of digits.
        return None
    while seconds >= _LATEST_S and seconds < 1e21:
        seconds /= 1000
    return seconds if 0 <= seconds < _LATEST_S else None


def instants(values: list[Any]) -> list[float | None]:
    """What ``instant`` makes of each, by calls that run in C where all are alike."""
    try:
        moments = list(map(datetime.fromisoformat, values))
        if None not in [moment.tzinfo for moment in moments]:
            return [moment.timestamp() for moment in moments]
    except (TypeError, ValueError, OverflowError):
        pass
    return [instant(value) for value in values]


def _parsed(value: str) -> float | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return _number(value)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return moment.timestamp()
    except OverflowError:  # The first and the last day of the calendar.
        return None


def _number(value: str) -> float | None:
    bare = value.strip().removesuffix(" UTC")
    if bare != value:
        return _parsed(bare)
    try:
        return instant(float(value))
    except ValueError:
        return None


def clock_shift(received: float, sent_at: datetime | None) -> float:
    """Seconds to add to what the sender's clock says; 0 below DRIFT_MIN_S."""
    if sent_at is None:
        return 0.0
    drift = received - sent_at.timestamp()
    return drift if abs(drift) >= DRIFT_MIN_S else 0.0


def corrected(
    value: object, *, received: float, sent_at: datetime | None, notes: Notes
) -> tuple[float, float]:
    """When the event happened by our clock, and the shift of its other instants.

    A sender's clock that is off by DRIFT_MIN_S or more is put right; an event more
    than a minute in the future or older than 30 days is moved to its reception.
    """
    shift = clock_shift(received, sent_at)
    happened = instant(value)
    if happened is None:
        if value is not None:
            notes.wrong("timestamp", value)
        return received, shift
    happened += shift
    if received - PAST_MAX_S <= happened <= received + FUTURE_MAX_S:
        return happened, shift
    is_future = happened > received
    kind = "future_timestamp" if is_future else "past_timestamp"
    notes.wrong("timestamp", value, kind)
    return received, shift + received - happened
