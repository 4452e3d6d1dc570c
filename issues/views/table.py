"""All events of an issue as a table that can be searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from issues.eventscan import EventRow, page_of_events, read_place
from issues.eventsearch import EventFilter, NotOfEvents, read_query
from issues.models import EventUser, Level, Tag
from issues.opening import OpenIssue
from issues.presentation.event import tag_chip
from issues.search import SearchError, quote
from issues.tagcounts import TagKey, tags_of_issue
from issues.views.frame import frame
from issues.views.scope import Scope, page

ROWS = 50
# As many values of a tag are offered to choose from.
_CHOICES = 50
# What has a column of its own; of each the first tag that the event has.
_COLUMNS = {
    "release": ("release",),
    "environment": ("environment",),
    "client": ("browser", "runtime", "browser.name", "runtime.name"),
}
_OFFERED = ("environment", "release")
_TAG_KEYS = [key for keys in _COLUMNS.values() for key in keys]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """One event as a line of the table."""

    row: EventRow
    user: str
    user_query: str
    release: str
    environment: str
    client: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks for, as it was written."""

    query: str
    environment: str
    release: str
    level: str
    since: datetime | None
    until: datetime | None

    @property
    def text(self) -> str:
        """All of it but the window of time, as one query."""
        chosen = {
            "environment": self.environment,
            "release": self.release,
            "level": self.level,
        }
        terms = [tag_chip(key, value).query for key, value in chosen.items() if value]
        return " ".join([self.query, *terms]).strip()

    @property
    def is_narrow(self) -> bool:
        return bool(self.text or self.since or self.until)


@require_safe
@page
def table(
    request: HttpRequest, scope: Scope, project: str, number: int
) -> HttpResponse:
    """The issue's stored events, newest first, or those of them that are asked for."""
    found = scope.issue(project, number)
    asked = _asked(request)
    wanted, error = _filter(found, asked)
    place = read_place(request.GET.get("cursor", ""))
    events = page_of_events(found.family, wanted, place=place, limit=ROWS)
    context = frame(request, scope, found, "events")
    context |= _choices(
        tags_of_issue(found.issue.pk, values=_CHOICES, keys=_OFFERED)
    ) | {
        "asked": asked,
        "error": error,
        "events": events,
        "lines": _lines(events.rows),
        "is_first": place is None,
    }
    return render(request, "issues/events.html", context)


def _asked(request: HttpRequest) -> Asked:
    get = request.GET.get
    return Asked(
        query=get("q", "").strip(),
        environment=get("environment", ""),
        release=get("release", ""),
        level=get("level", ""),
        since=_instant(get("from", "")),
        until=_instant(get("to", "")),
    )


def _instant(text: str) -> datetime | None:
    """The moment of an address; UTC where it names no zone."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _filter(found: OpenIssue, asked: Asked) -> tuple[EventFilter, str]:
    """What is asked for, and what is wrong with it; then everything is shown."""
    try:
        wanted = read_query(
            asked.text,
            issue_ids=[found.issue.pk],
            project_id=found.issue.project_id,
            since=asked.since,
            until=asked.until,
            now=timezone.now(),
        )
    except SearchError as error:
        return EventFilter(), error.explain(_(error.template))
    except NotOfEvents:
        return EventFilter(), _(
            "Events are found by tags, has:, level: and user.id:, each also with an "
            "exclamation mark before it. Words and what issues have is searched for in "
            "the list of issues."
        )
    return wanted, ""


def _choices(keys: Sequence[TagKey]) -> dict[str, Any]:
    """The values that the form offers, the most frequent first."""
    values = {key.key: [value for value, _count in key.values if value] for key in keys}
    return {
        "environments": values.get("environment", []),
        "versions_seen": values.get("release", []),
        "levels": [(level.name.lower(), level.label) for level in reversed(Level)],
    }


def _lines(rows: Sequence[EventRow]) -> list[EventLine]:
    """The rows with the names of their users and tags, in two queries."""
    users = dict(
        EventUser.objects.filter(
            pk__in={row.user_id for row in rows if row.user_id is not None}
        ).values_list("pk", "identity")
    )
    ids = {tag_id for row in rows for tag_id in row.tag_ids}
    named = Tag.objects.filter(pk__in=ids, key__in=_TAG_KEYS)
    tags: dict[int, tuple[str, Any]] = {
        pk: (key, value) for pk, key, value in named.values_list("pk", "key", "value")
    }
    lines = []
    for row in rows:
        values = dict(tags[tag_id] for tag_id in row.tag_ids if tag_id in tags)
        identity = users.get(row.user_id or 0, "")
        lines.append(
            EventLine(
                row=row,
                user=identity,
                user_query=f"user:{quote(identity)}" if identity else "",
                **{
                    column: next((values[key] for key in keys if key in values), "")
                    for column, keys in _COLUMNS.items()
                },
            )
        )
    return lines
