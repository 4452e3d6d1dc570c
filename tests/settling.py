"""Settles issues and opens them, as those who triage do."""

from __future__ import annotations

from collections.abc import Iterable

from issues import triage
from issues.models import Issue, Status
from issues.resolutions import FixedIn, fixes_in
from issues.snoozes import Until
from projects.models import User


def resolve(issue_ids: Iterable[int], *, user: User | None) -> list[int]:
    """The ids of the issues that this resolved."""
    return _ids(triage.set_status(issue_ids, Status.RESOLVED, user=user))


def resolve_in(
    issue_ids: Iterable[int], where: FixedIn, *, user: User | None
) -> list[triage.Change]:
    """Resolves the issues until a release that should have the fix brings them back.

    Raises NoSuchRelease, and then changes none.
    """
    ids = sorted(set(issue_ids))
    projects = Issue.objects.filter(pk__in=ids).values_list("project", flat=True)
    fixes = fixes_in(projects, where)
    return triage.set_status(ids, Status.RESOLVED, user=user, fixes=fixes)


def unresolve(issue_ids: Iterable[int], *, user: User | None) -> list[int]:
    """The ids of the issues that this reopened."""
    return _ids(triage.set_status(issue_ids, Status.UNRESOLVED, user=user))


def ignore(issue_ids: Iterable[int], *, user: User | None) -> list[int]:
    """The ids of the issues that this set aside."""
    return _ids(triage.set_status(issue_ids, Status.IGNORED, user=user))


def ignore_until(
    issue_ids: Iterable[int], until: Until, *, user: User | None
) -> list[triage.Change]:
    """Sets the issues aside until what comes first of `until`."""
    return triage.set_status(issue_ids, Status.IGNORED, user=user, until=until)


def _ids(changes: Iterable[triage.Change]) -> list[int]:
    return [change.issue_id for change in changes]
