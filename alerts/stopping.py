"""Links by which a mail's reader stops mails without signing in."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.urls import reverse

from alerts import wishes
from issues import subscriptions
from issues.merging.families import family_of
from issues.models import Issue
from projects.models import User

_SALT = "alerts.stopping"


@dataclass(frozen=True, slots=True)
class Stop:
    """Who is to hear no more; of one issue, or of all where there is none."""

    user: User
    issue: Issue | None


def link(user: User, issue: Issue | None) -> str:
    """An address for that user only; it never grows old."""
    token = signing.dumps([user.pk, issue.pk if issue else None], salt=_SALT)
    return settings.PUBLIC_URL + reverse("alerts:stop", args=[token])


def read(token: str) -> Stop | None:
    """What the link stops; None where it is not ours, or all of it is gone."""
    try:
        user_id, issue_id = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        return None
    if issue_id is None:
        return Stop(user, None)
    issue = Issue.objects.select_related("project").filter(pk=issue_id).first()
    return Stop(user, issue) if issue else None


def carry_out(stop: Stop) -> None:
    """Stops it; a second time changes nothing."""
    if stop.issue is None:
        wishes.stop_everything(stop.user)
    else:
        family = family_of(stop.issue.pk)
        subscriptions.set_subscribed(family, stop.user, False)
