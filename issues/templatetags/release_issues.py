"""Gives the pages of releases, of another room, the issues that a release began."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django import template
from django.db.models import Count
from django.utils import timezone

from issues.cursors import Sort
from issues.listing import Page, list_issues
from issues.models import Resolution, Status
from issues.search import FirstReleaseTerm, IssueFilter, literal, quote
from projects.models import Project
from projects.windows import Graph
from releases.models import Release

register = template.Library()

_ROWS = 10


@register.simple_tag
def new_issues(project: Project, release: Release) -> Page:
    """Those whose first event was of the release, with most events first."""
    term = FirstReleaseTerm(versions=(literal(release.version),))
    return list_issues(
        projects=[project],
        filter=IssueFilter(terms=(term,)),
        sort=Sort.EVENTS,
        cursor=None,
        limit=_ROWS,
        user=None,
        graph=Graph.FORTNIGHT,
        now=timezone.now(),
    )


@register.simple_tag
def resolved_in(project: Project, versions: Sequence[str]) -> dict[str, int]:
    """How many issues are resolved in each of the releases; others are left out."""
    found = Resolution.objects.filter(
        project=project,
        version__in=versions,
        is_after=False,
        issue__state__status=Status.RESOLVED,
    )
    return dict(found.values_list("version").annotate(Count("pk")).order_by())


@register.filter
def of_version(counts: Mapping[str, int], version: str) -> int:
    return counts.get(version, 0)


@register.filter
def term(version: str, key: str) -> str:
    """The query that asks for the version under that key."""
    return f"{key}:{quote(version)}"
