"""The periods that overview pages show, each beside the one before it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from projects.hours import hour_of
from projects.windows import Graph, Window

_QUARTER_DAY_HOURS = 6
_FORTNIGHT_BARS = 14 * 24 // _QUARTER_DAY_HOURS


class Period(StrEnum):
    """How far back an overview looks."""

    DAY = "24h"
    FORTNIGHT = "14d"
    MONTH = "30d"
    QUARTER = "90d"

    @property
    def before(self) -> str:
        """What figures are compared with, in words."""
        return str(_BEFORE[self])

    @property
    def heading(self) -> str:
        """What a bar of the chart stands for."""
        return str(_HEADINGS[self])

    def window(self, now: datetime) -> Window:
        """The period that ends with the running hour, quarter of a day or day."""
        if self is Period.DAY:
            return Window.ending(now, Graph.DAY)
        if self is Period.FORTNIGHT:
            # Bars end at 0, 6, 12 and 18 o'clock UTC.
            end = (hour_of(now) // _QUARTER_DAY_HOURS + 1) * _QUARTER_DAY_HOURS
            return Window(
                first_hour=end - _FORTNIGHT_BARS * _QUARTER_DAY_HOURS,
                bucket_hours=_QUARTER_DAY_HOURS,
                buckets=_FORTNIGHT_BARS,
            )
        month = Window.ending(now, Graph.MONTH)
        if self is Period.MONTH:
            return month
        days = 90 - month.buckets
        return Window(
            first_hour=month.first_hour - 24 * days,
            bucket_hours=24,
            buckets=month.buckets + days,
        )


_BEFORE: dict[Period, Promise] = {
    Period.DAY: _("the 24 hours before"),
    Period.FORTNIGHT: _("the 14 days before"),
    Period.MONTH: _("the 30 days before"),
    Period.QUARTER: _("the 90 days before"),
}
_HEADINGS: dict[Period, Promise] = {
    Period.DAY: _("Events per hour, by level"),
    Period.FORTNIGHT: _("Events per 6 hours, by level"),
    Period.MONTH: _("Events per day, by level"),
    Period.QUARTER: _("Events per day, by level"),
}
