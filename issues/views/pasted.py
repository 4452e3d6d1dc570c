"""What is pasted into the search box: an id or an address leads straight there."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse

from issues import shortid
from issues.merging.families import seen_instead
from issues.models import Event, Issue
from issues.views.scope import Scope
from projects.models import Project

_EVENT_ID = re.compile(r"[0-9a-fA-F]{32}")
# What the addresses of an issue's pages name: ours, and those of Sentry's shape.
_ISSUE_NAMES = {"number", "issue"}


def direct_hit(
    request: HttpRequest, scope: Scope, projects: Sequence[Project], query: str
) -> str | None:
    """The address that is all that the query says: of an issue or an event by its id,
    or of a page of this service about an issue, which itself finds whether there is
    such an issue and who may see it."""
    query = query.strip().removeprefix("#")
    if "://" in query:
        return _own_address(request, query)
    named = shortid.decode(query)
    if named:
        slug, number = named
        for project in projects:
            if project.slug.lower() == slug:
                found = Issue.objects.filter(project=project, number=number)
                return _address(scope, found.first())
    if not is_event_id(query):
        return None
    event = Event.objects.filter(
        project__in=[p.pk for p in projects], event_id=uuid.UUID(query)
    ).first()
    if event is None:
        return None
    address = _address(scope, seen_instead([event.issue_id]).get(event.issue_id))
    return address and f"{address}events/{event.event_id.hex}/"


def is_event_id(query: str) -> bool:
    return _EVENT_ID.fullmatch(query.replace("-", "")) is not None


def _own_address(request: HttpRequest, url: str) -> str | None:
    """The path of a page about an issue, where the address is of this service."""
    try:
        parts = urlsplit(url)
        # Two slashes would name another host.
        path = "/" + parts.path.strip("/") + "/"
        found = resolve(path)
    except (ValueError, Resolver404):
        return None
    hosts = {request.get_host(), urlsplit(settings.PUBLIC_URL).netloc}
    if path.startswith("/api/") or not found.kwargs.keys() & _ISSUE_NAMES:
        return None
    if parts.netloc not in hosts:
        return None
    return f"{path}?{parts.query}" if parts.query else path


def _address(scope: Scope, issue: Issue | None) -> str | None:
    if issue is None:
        return None
    where = [scope.organization.slug, issue.project.slug, issue.number]
    return reverse("issues:detail", args=where)
