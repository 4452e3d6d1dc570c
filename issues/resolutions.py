"""In which release an issue is resolved, and which events say that it is back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from issues.models import Resolution
from issues.newevent import NewEvent
from projects.models import Project
from releases import versions
from releases.latest import latest_release
from releases.models import Release, ReleaseCommit
from releases.versions import Dated, is_later

LATEST = "latest"
# What was released when is not known of a version that no release has yet.
_Releases = Mapping[tuple[int, str], Dated]


class NoSuchRelease(Exception):
    """The release that was named is none of the project's; the text says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedIn:
    """Where whoever resolves says that the fix is: exactly one of these."""

    is_next: bool = False
    # A release's name, or LATEST.
    release: str = ""
    # A release that may be yet to come.
    future: str = ""
    commit: str = ""
    repository: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """What is kept of it for an issue; see Resolution."""

    version: str
    is_after: bool
    commit: dict[str, str] = field(default_factory=dict)
    user_id: int | None = None

    @property
    def told(self) -> dict[str, Any]:
        """As activities and the API's statusDetails tell it."""
        if self.commit:
            return {"inCommit": self.commit}
        return {"inNextRelease": True} if self.is_after else {"inRelease": self.version}


def fixes_in(project_ids: Iterable[int], where: FixedIn) -> dict[int, Fix]:
    """The fix for each of the projects. Raises NoSuchRelease."""
    projects = Project.objects.filter(pk__in=set(project_ids))
    return {
        project.pk: _fix(project, where)
        for project in projects.select_related("organization")
    }


def kept(issue_ids: Iterable[int]) -> dict[int, Fix]:
    """The fixes that are waited for, by issue."""
    rows = Resolution.objects.filter(issue__in=list(issue_ids))
    return {
        row.issue_id: Fix(
            version=row.version,
            is_after=row.is_after,
            commit=row.commit,
            user_id=row.user_id,
        )
        for row in rows
    }


def replace(project_of: Mapping[int, int], fixes: Mapping[int, Fix]) -> None:
    """Keeps these fixes for issues, and no others for any of `project_of`.

    The caller holds the locks of the issues' states.
    """
    Resolution.objects.filter(issue__in=list(project_of)).delete()
    Resolution.objects.bulk_create(
        Resolution(issue_id=issue, project_id=project_of[issue], **asdict(fix))
        for issue, fix in fixes.items()
    )


def came_back(
    events_of: Mapping[int, Sequence[NewEvent]],
) -> dict[int, NewEvent]:
    """The first event of each issue whose release should have had the fix.

    An event that names no release, or an older one, proves nothing.
    """
    rows = Resolution.objects.filter(issue__in=list(events_of)).select_related(
        "project"
    )
    waiting = {row.issue_id: row for row in rows}
    _learn_of_commits(waiting.values())
    releases = _releases(waiting, events_of)
    back: dict[int, NewEvent] = {}
    for issue, resolution in waiting.items():
        for event in events_of[issue]:
            if _has_fix(_release_of(event), resolution, releases):
                back[issue] = event
                break
    Resolution.objects.filter(issue__in=list(back)).delete()
    return back


def _fix(project: Project, where: FixedIn) -> Fix:
    if where.is_next:
        return _next(project)
    if where.commit:
        commit = {"repository": where.repository, "commit": where.commit}
        version = _version_with(project, where)
        following = _next(project) if version is None else None
        return Fix(
            version=following.version if following else version or "",
            is_after=following is not None,
            commit=commit,
        )
    if where.future:
        return Fix(version=where.future, is_after=False)
    if where.release == LATEST:
        latest = latest_release(project)
        if latest is None:
            raise NoSuchRelease(_("%s has no release yet.") % project.name)
        return Fix(version=latest.version, is_after=False)
    known = Release.objects.filter(memberships__project=project, version=where.release)
    if not known.exists():
        raise NoSuchRelease(
            _("%(project)s has no release %(version)s.")
            % {"project": project.name, "version": where.release}
        )
    return Fix(version=where.release, is_after=False)


def _next(project: Project) -> Fix:
    latest = latest_release(project)
    return Fix(version=latest.version if latest else "", is_after=True)


def _version_with(project: Project, where: FixedIn) -> str | None:
    """The first release that is known to bring the commit."""
    commits = ReleaseCommit.objects.filter(
        release__memberships__project=project, sha=where.commit
    )
    if where.repository:
        commits = commits.filter(repository__name=where.repository)
    found = commits.order_by("release__created_at", "release").select_related("release")
    first = found.first()
    return None if first is None else first.release.version


def _learn_of_commits(waiting: Iterable[Resolution]) -> None:
    """Has those that wait for a commit wait for the release that it came with.

    Which is known once somebody told a release's commits: often after the issue was
    resolved, and after other releases.
    """
    unknown = [row for row in waiting if row.commit and row.is_after]
    if not unknown:
        return
    brought = ReleaseCommit.objects.filter(
        sha__in={row.commit["commit"] for row in unknown},
        release__memberships__project__in={row.project_id for row in unknown},
    ).values_list(
        "release__memberships__project", "sha", "repository__name", "release__version"
    )
    first: dict[tuple[int, str, str], str] = {}
    for project, sha, repository, version in brought.order_by(
        "release__created_at", "release"
    ):
        first.setdefault((project, sha, repository or ""), version)
        first.setdefault((project, sha, ""), version)
    for row in unknown:
        commit = row.commit
        key = (row.project_id, commit["commit"], commit.get("repository", ""))
        if key in first:
            row.version, row.is_after = first[key], False


def _has_fix(name: str, resolution: Resolution, releases: _Releases) -> bool:
    organization = resolution.project.organization_id
    release = releases.get((organization, name))
    if release is None:
        return False
    if not resolution.version:
        return True
    if name == resolution.version:
        return not resolution.is_after
    fixed = releases.get((organization, resolution.version))
    if fixed is None:
        # Nobody has released it yet: only what its name says can tell.
        return is_later(release, Dated(versions.parse(resolution.version), release[1]))
    return is_later(release, fixed)


def _releases(
    waiting: Mapping[int, Resolution], events_of: Mapping[int, Sequence[NewEvent]]
) -> _Releases:
    """The releases that events and resolutions name, by organization and name."""
    names: defaultdict[int, set[str]] = defaultdict(set)
    for issue, resolution in waiting.items():
        of_events = {_release_of(event) for event in events_of[issue]}
        names[resolution.project.organization_id] |= {resolution.version, *of_events}
    return {
        (organization, release.version): release.dated
        for organization, wanted in names.items()
        for release in Release.objects.filter(
            organization=organization, version__in=wanted
        )
    }


def _release_of(event: NewEvent) -> str:
    return next((value for key, value in event.tags if key == "release"), "")
