"""Which issue or event an address names, within the token's organization only."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.http import Http404
from rest_framework.request import Request

from issues import shortid
from issues.listing import IssueRow
from issues.merging.families import survivor_of
from issues.models import (
    VISIBLE_STATUSES,
    Bookmark,
    Event,
    Issue,
    Level,
    Sighting,
    Status,
    Substatus,
)
from projects.access import projects_of
from projects.api.lookup import read_id, user_of
from projects.models import Organization, Project, User
from projects.tokens import organization_of

_EVENT_ID = re.compile(r"[0-9a-fA-F]{32}")


def organization_named(request: Request, org: str | None) -> Organization:
    """The organization; the token's own where the address has none."""
    token: Any = request.auth
    if org is None and token is not None:
        organization: Organization = token.organization
        return organization
    return organization_of(request, org or "")


def row_of(request: Request, org: str | None, issue: str) -> IssueRow:
    """The issue of that id or short id. Raises Http404."""
    organization = organization_named(request, org)
    row = find_row(organization, user_of(request), issue)
    if row is None:
        raise Http404
    return row


def find_row(
    organization: Organization, user: User, id_or_short_id: str
) -> IssueRow | None:
    """The issue as the user sees it, without counts over time."""
    issue_id = read_id(id_or_short_id)
    if issue_id is not None:
        return _first_row(organization, user, Q(pk=issue_id))
    return find_row_by_short_id(organization, user, id_or_short_id)


def find_row_by_short_id(
    organization: Organization, user: User, text: str
) -> IssueRow | None:
    named = shortid.decode(text)
    if named is None:
        return None
    slug, number = named
    return _first_row(organization, user, Q(project__slug=slug, number=number))


def read_event_id(text: str) -> uuid.UUID | None:
    """The event id that the text is, with or without dashes; None for other text."""
    digits = text.strip().replace("-", "")
    return uuid.UUID(digits) if _EVENT_ID.fullmatch(digits) else None


def find_event(projects: Iterable[Project], event_id: uuid.UUID) -> Event | None:
    """The newest event of that id in the projects."""
    ids = [project.pk for project in projects]
    events: QuerySet[Event] = Event.objects.filter(project__in=ids, event_id=event_id)
    events = events.exclude(issue__state__status=Status.DELETED)
    return events.order_by("-received_at").first()


def _first_row(organization: Organization, user: User, which: Q) -> IssueRow | None:
    sighting = Sighting.objects.filter(issue=OuterRef("pk"), user=user)
    issue: Any = (
        Issue.objects.select_related("state", "project")
        .filter(
            which,
            project__in=projects_of(organization),
            state__status__in=(*VISIBLE_STATUSES, Status.MERGED),
        )
        .annotate(
            is_bookmarked=Exists(
                Bookmark.objects.filter(issue=OuterRef("pk"), user=user)
            ),
            seen_at=Subquery(sighting.values("seen_at")),
        )
        .defer("search", "grouping_parts")
        .first()
    )
    if issue is None:
        return None
    if issue.state.status == Status.MERGED:
        survivor = survivor_of(issue.pk)
        return _first_row(organization, user, Q(pk=survivor.pk)) if survivor else None
    issue.project.organization = organization
    return _row(issue)


def _row(issue: Any) -> IssueRow:
    state = issue.state
    return IssueRow(
        issue_id=issue.pk,
        number=issue.number,
        project=issue.project,
        level=Level(state.level),
        kind=issue.kind,
        title=issue.title,
        type=issue.type,
        value=issue.value,
        culprit=issue.culprit,
        metadata=issue.metadata,
        platform=issue.platform,
        logger=issue.logger,
        status=Status(state.status),
        substatus=Substatus(state.substatus),
        first_seen=state.first_seen,
        last_seen=state.last_seen,
        event_count=state.event_count,
        user_count=state.user_count,
        is_bookmarked=issue.is_bookmarked,
        is_unseen=issue.seen_at is None or issue.seen_at < state.last_seen,
    )
