"""In which other browsers a user is signed in.

Sessions do not say whose they are but in their data, which is read here: there are as
many as people have browsers.
"""

from __future__ import annotations

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone

from projects.models import User


def others(user: User, current: str | None) -> list[str]:
    """The keys of the user's sessions but the current one's."""
    wanted = str(user.pk)
    living = Session.objects.filter(expire_date__gt=timezone.now())
    return [
        session.session_key
        for session in living.exclude(session_key=current).iterator()
        if session.get_decoded().get(SESSION_KEY) == wanted
    ]


def end_others(user: User, current: str | None) -> int:
    """Ends them; gives how many there were."""
    keys = others(user, current)
    Session.objects.filter(session_key__in=keys).delete()
    return len(keys)
