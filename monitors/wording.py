"""Schedules in words, in the reader's language."""

from __future__ import annotations

import re

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from monitors.schedules import NICKNAMES, Crontab, Interval, Schedule, Unit

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EVERY = re.compile(r"\*/(\d+)")


def in_words(schedule: Schedule) -> str:
    """What the schedule means; empty for an expression that is clearer by itself."""
    if isinstance(schedule, Interval):
        return _every(schedule.count, schedule.unit)
    return _crontab(schedule)


def _every(count: int, unit: Unit) -> str:
    text = {
        Unit.MINUTE: ngettext("Every minute", "Every %(n)d minutes", count),
        Unit.HOUR: ngettext("Every hour", "Every %(n)d hours", count),
        Unit.DAY: ngettext("Every day", "Every %(n)d days", count),
        Unit.WEEK: ngettext("Every week", "Every %(n)d weeks", count),
        Unit.MONTH: ngettext("Every month", "Every %(n)d months", count),
        Unit.YEAR: ngettext("Every year", "Every %(n)d years", count),
    }[unit]
    return text % {"n": count}


def _crontab(schedule: Crontab) -> str:
    nickname = schedule.expression.lower()
    fields = NICKNAMES.get(nickname, schedule.expression).lower().split()
    minute, hour, day, month, weekday = fields
    if month != "*" or (day != "*" and weekday != "*"):
        return ""
    if (day, weekday) == ("*", "*") and (often := _often(minute, hour)):
        return often
    if not (minute.isdigit() and hour.isdigit()):
        return ""
    time = f"{int(hour):02}:{int(minute):02}"
    if weekday == "*":
        return _on_day(day, time)
    return _on_weekday(weekday, time)


def _often(minute: str, hour: str) -> str:
    """What comes at least once a day, by parts of hours or whole ones."""
    if hour == "*":
        if minute == "*":
            return _every(1, Unit.MINUTE)
        if step := _EVERY.fullmatch(minute):
            return _every(int(step[1]), Unit.MINUTE)
        if minute.isdigit():
            return _("Every hour at minute %(minute)02d") % {"minute": int(minute)}
    if minute.isdigit() and (step := _EVERY.fullmatch(hour)):
        return _("%(every)s at minute %(minute)02d") % {
            "every": _every(int(step[1]), Unit.HOUR),
            "minute": int(minute),
        }
    return ""


def _on_day(day: str, time: str) -> str:
    if day == "*":
        return _("Every day at %(time)s") % {"time": time}
    if day == "l":
        return _("On the last day of each month at %(time)s") % {"time": time}
    if day.isdigit():
        return _("On day %(day)d of each month at %(time)s") % {
            "day": int(day),
            "time": time,
        }
    return ""


def _on_weekday(weekday: str, time: str) -> str:
    if weekday in ("1-5", "mon-fri"):
        return _("Monday to Friday at %(time)s") % {"time": time}
    if weekday in _DAYS:
        number = _DAYS.index(weekday)
    elif weekday.isdigit():
        number = (int(weekday) + 6) % 7
    else:
        return ""
    return _("Every %(weekday)s at %(time)s") % {
        "weekday": WEEKDAYS[number],
        "time": time,
    }
