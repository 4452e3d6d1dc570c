"""The time that a list looks at: from an instant to another, as people write them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.http import QueryDict
from django.utils import timezone

from issues.search import checked_span

_NAMES = ("start", "end")
# As long as a date alone.
_DAY_CHARS = len("2026-01-31")
_ISO = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Span:
    """Bounds of a time as the address says them; empty where it leaves one open."""

    start_text: str
    end_text: str

    @classmethod
    def of(cls, parameters: QueryDict) -> Span:
        start, end = (parameters.get(name, "").strip()[:64] for name in _NAMES)
        return cls(start, end)

    def __bool__(self) -> bool:
        return bool(self.start_text or self.end_text)

    @property
    def start(self) -> datetime | None:
        """None also for what is no time."""
        return _instant(self.start_text)

    @property
    def end(self) -> datetime | None:
        """As `start`; a day ends with its last moment."""
        return _instant(self.end_text, is_end=True)

    def bounds(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Raises SearchError for what is no time, or no span of it."""
        return checked_span(
            self.start or self.start_text, self.end or self.end_text, now
        )


def said_exactly(parameters: QueryDict) -> QueryDict | None:
    """The parameters with times that mean the same to everybody; None if they do.

    Forms send times without a zone, which is then the reader's.
    """
    if not any(_is_naive(parameters.get(name, "")) for name in _NAMES):
        return None
    exact = parameters.copy()
    span = Span.of(parameters)
    for name, moment in zip(_NAMES, (span.start, span.end), strict=True):
        if moment is not None:
            exact[name] = f"{moment:{_ISO}}"
    for name in (*_NAMES, "period"):
        if not exact.get(name):
            exact.pop(name, None)
    return exact


def _instant(text: str, *, is_end: bool = False) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
        if is_end and len(text) <= _DAY_CHARS:
            moment += timedelta(days=1)
        return timezone.make_aware(moment).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _is_naive(text: str) -> bool:
    try:
        return datetime.fromisoformat(text.strip()).tzinfo is None
    except ValueError:
        return False
