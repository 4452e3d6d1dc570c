"""Writes a mail about issues: in its reader's language and time zone, as text and HTML.

Names, titles and comments come from anywhere: they stay text, control and direction
marks show, and none reaches a header with a line break.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import strip_tags
from django.utils.translation import ngettext

from alerts import stopping
from alerts.followers import Wanted
from alerts.models import Kind, Notice
from alerts.stories import Story
from issues.models import Activity
from projects.middleware import zone_named
from projects.models import User
from projects.ui import visible

_SUBJECT_MAX = 150
# As many issues are told of in one mail; the rest is a number.
_TOLD_MAX = 30
# Of each, as many happenings, the newest.
_HAPPENINGS_MAX = 20


def letter(
    reader: User, notices: Sequence[Notice], stories: Sequence[Story]
) -> EmailMultiAlternatives:
    """A mail that tells the stories, at least one.

    Of the same notices it has the same Message-ID, by which mail systems know a
    second delivery.
    """
    one = stories[0].issue if len(stories) == 1 else None
    stop = stopping.link(reader, one)
    with _as_read_by(reader):
        context = {
            "stories": [_told(story) for story in stories[:_TOLD_MAX]],
            "more": max(0, len(stories) - _TOLD_MAX),
            "is_one": one is not None,
            "stop": stop,
            "settings": settings.PUBLIC_URL + reverse("alerts:notifications"),
            "zone": timezone.get_current_timezone_name(),
            "language": translation.get_language(),
        }
        message = EmailMultiAlternatives(
            subject=_subject(stories),
            body=render_to_string("alerts/letter.txt", context),
            to=[reader.email],
            headers=_headers(notices, stories, stop),
        )
        message.attach_alternative(
            render_to_string("alerts/letter.html", context), "text/html"
        )
    return message


@contextmanager
def _as_read_by(reader: User) -> Iterator[None]:
    """His language and time zone, or those of his browser; else English and UTC."""
    language = reader.language or reader.seen_language or settings.LANGUAGE_CODE
    zone = zone_named(reader.time_zone or reader.seen_time_zone)
    with translation.override(language), timezone.override(zone):
        yield


def _subject(stories: Sequence[Story]) -> str:
    if len(stories) == 1:
        story = stories[0]
        text = f"{story.short_id} {_line(story.issue.title)}"
    else:
        text = ngettext(
            "%(n)d issue that you follow", "%(n)d issues that you follow", len(stories)
        ) % {"n": len(stories)}
    return text if len(text) <= _SUBJECT_MAX else text[: _SUBJECT_MAX - 1] + "…"


def _line(text: str) -> str:
    return visible(" ".join(text.split()))


def _told(story: Story) -> dict[str, object]:
    return {
        "short_id": story.short_id,
        "project": story.project.name,
        "title": _line(story.issue.title),
        "culprit": _line(story.issue.culprit),
        "link": story.link,
        "earlier": max(0, len(story.happenings) - _HAPPENINGS_MAX),
        "happenings": [_happened(one) for one in story.happenings[-_HAPPENINGS_MAX:]],
    }


def _happened(one: Wanted) -> dict[str, object]:
    activity = one.activity
    sentence = render_to_string(
        "alerts/_told.html", {"a": activity, "is_mentioned": one.kind == Kind.MENTIONED}
    )
    comment = activity if activity.kind == Activity.Kind.NOTE else None
    return {
        "html": sentence,
        # Its markup is our own: what others wrote is escaped in it.
        "text": _line(html.unescape(strip_tags(sentence))),
        "at": activity.created_at,
        "comment": comment,
        "comment_text": _quoted(comment.data["text"]) if comment else "",
    }


def _quoted(text: str) -> str:
    return re.sub("^", "> ", visible(text), flags=re.MULTILINE)


def _headers(
    notices: Sequence[Notice], stories: Sequence[Story], stop: str
) -> dict[str, str]:
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    domain = address.rpartition("@")[2]
    headers = {
        "Message-ID": f"<notice.{_name(notices)}@{domain}>",
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": f"<{stop}>",
        # RFC 8058: the mail program may ask for it by POST, without a page.
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    if len(stories) == 1:
        # Never sent itself: what all mails of an issue answer to is one thread.
        root = f"<issue.{stories[0].issue.pk}@{domain}>"
        headers |= {"In-Reply-To": root, "References": root}
    return headers


def _name(notices: Sequence[Notice]) -> str:
    made = sorted(f"{one.pk}@{one.created_at.isoformat()}" for one in notices)
    return hashlib.sha256(",".join(made).encode()).hexdigest()[:32]
