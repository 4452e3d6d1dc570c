"""Answers each request in the language and time zone of who asks."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from projects.models import User

# Set by the page's script from what the browser knows.
TIME_ZONE_COOKIE = "tz"


class Preferences:
    """The profile's language and time zone, where the profile has some.

    Without a language in the profile the cookie or the browser's header decides
    (LocaleMiddleware, which stands before this one); without a time zone the
    browser's, else UTC.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user if isinstance(request.user, User) else None
        if user is not None and user.language:
            translation.activate(user.language)
            request.LANGUAGE_CODE = translation.get_language()
        name = user.time_zone if user is not None else ""
        told = request.COOKIES.get(TIME_ZONE_COOKIE, "")
        zone = zone_named(name or told)
        if user is not None:
            _remember(user, translation.get_language(), told)
        if zone is None:
            timezone.deactivate()
        else:
            timezone.activate(zone)
        return self._get_response(request)


def _remember(user: User, language: str, time_zone: str) -> None:
    """Keeps what the browser asks for and the profile has not chosen, where it is new.

    A browser without script tells no time zone.
    """
    seen = {}
    if not user.language:
        seen["seen_language"] = "" if language == settings.LANGUAGE_CODE else language
    if not user.time_zone and zone_named(time_zone):
        seen["seen_time_zone"] = time_zone
    if any(getattr(user, name) != value for name, value in seen.items()):
        User.objects.filter(pk=user.pk).update(**seen)


@lru_cache(maxsize=128)
def zone_named(name: str) -> ZoneInfo | None:
    """The time zone; None where there is none of that name."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # OSError: the name is that of a folder of the time zone database.
        return None
