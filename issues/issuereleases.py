"""The releases in which an issue began and was seen last."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from issues.models import Issue
from projects.postgres import run_planned
from releases.models import Release

# The release that the newest event names. Parameter: ids of the issue's family.
_LAST_VERSION = """
SELECT t.value FROM (
    SELECT e.tag_ids FROM unnest((SELECT %s::int4[])) AS one (issue_id)
    CROSS JOIN LATERAL (
        SELECT received_at, tag_ids FROM issues_event
        WHERE issue_id = one.issue_id ORDER BY received_at DESC LIMIT 1
    ) AS e
    ORDER BY e.received_at DESC LIMIT 1
) AS newest
JOIN issues_tag t ON t.id = ANY(newest.tag_ids) AND t.key = 'release'
"""


class IssueReleases(NamedTuple):
    """None where the event named no release."""

    first: Release | None
    last: Release | None


def releases_of(
    issue: Issue, known: Iterable[Release] = (), family: Iterable[int] = ()
) -> IssueReleases:
    """The releases of the issue; `first_release` and the project must be loaded.

    `known`: releases that are at hand; if the last one is among them, it costs nothing.
    `family`: the ids that its events carry; without it, its own.
    """
    first = issue.first_release
    rows = run_planned(_LAST_VERSION, (list(family) or [issue.pk],))
    if not rows:
        return IssueReleases(first, None)
    version = rows[0][0]
    for release in (first, *known):
        if release is not None and release.version == version:
            return IssueReleases(first, release)
    last = Release.objects.filter(
        organization=issue.project.organization_id, version=version
    ).first()
    return IssueReleases(first, last)
