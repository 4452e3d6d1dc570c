"""Until when issues are ignored, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

_HOUR, _DAY, _WEEK = 60, 24 * 60, 7 * 24 * 60
_PASSED = {
    _HOUR: gettext_lazy("an hour has passed"),
    _DAY: gettext_lazy("a day has passed"),
    _WEEK: gettext_lazy("a week has passed"),
}
# By the window within which they must come, in minutes; None: in all.
_EVENTS = {
    None: ngettext_lazy("%(n)d more event", "%(n)d more events", "n"),
    _HOUR: ngettext_lazy(
        "%(n)d event within an hour", "%(n)d events within an hour", "n"
    ),
    _DAY: ngettext_lazy("%(n)d event within a day", "%(n)d events within a day", "n"),
    _WEEK: ngettext_lazy(
        "%(n)d event within a week", "%(n)d events within a week", "n"
    ),
}
_USERS = {
    None: ngettext_lazy("%(n)d more user", "%(n)d more users", "n"),
    _HOUR: ngettext_lazy(
        "%(n)d user within an hour", "%(n)d users within an hour", "n"
    ),
    _DAY: ngettext_lazy("%(n)d user within a day", "%(n)d users within a day", "n"),
    _WEEK: ngettext_lazy("%(n)d user within a week", "%(n)d users within a week", "n"),
}


def until_said(told: Mapping[str, Any]) -> str:
    """What ends the ignoring, joined by "or"; empty where nothing does.

    `told`: by the names of the API's statusDetails, as activities keep it; of what is
    about to be done also "ignoreDuration", in minutes.
    """
    said: list[str] = []
    if minutes := told.get("ignoreDuration"):
        said.append(_passed(minutes))
    if until := told.get("ignoreUntil"):
        at = timezone.localtime(datetime.fromisoformat(until))
        said.append(f"{at:%Y-%m-%d %H:%M}")
    if count := told.get("ignoreCount"):
        said.append(_counted(_EVENTS, _events_in, count, told.get("ignoreWindow")))
    if count := told.get("ignoreUserCount"):
        said.append(_counted(_USERS, _users_in, count, told.get("ignoreUserWindow")))
    if told.get("ignoreUntilEscalating"):
        said.append(_("it escalates"))
    return _(" or ").join(said)


def _passed(minutes: int) -> str:
    if minutes in _PASSED:
        return str(_PASSED[minutes])
    hours = max(minutes // _HOUR, 1)
    return ngettext("%(n)d hour has passed", "%(n)d hours have passed", hours) % {
        "n": hours
    }


def _counted(
    known: Mapping[int | None, Any],
    within: Callable[[int, int], str],
    count: int,
    window: int | None,
) -> str:
    if window in known:
        return str(known[window] % {"n": count})
    return within(count, window or 0)


def _events_in(count: int, minutes: int) -> str:
    text = ngettext(
        "%(n)d event within %(minutes)d minutes",
        "%(n)d events within %(minutes)d minutes",
        count,
    )
    return text % {"n": count, "minutes": minutes}


def _users_in(count: int, minutes: int) -> str:
    text = ngettext(
        "%(n)d user within %(minutes)d minutes",
        "%(n)d users within %(minutes)d minutes",
        count,
    )
    return text % {"n": count, "minutes": minutes}
