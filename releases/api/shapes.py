"""Releases as the API tells them. Source: protocol.md, section 7.2 and 7.3."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from django.db.models import Count, Max, Min, QuerySet

from projects.access import projects_of
from projects.models import Organization, Project
from releases.listing import SHOWN_STATUSES
from releases.models import (
    Deploy,
    Release,
    ReleaseCommit,
    ReleaseEnvironment,
    ReleaseHour,
    ReleaseProject,
    ReleaseStatus,
)


class AuthorShape(TypedDict):
    name: str
    email: str


class ProviderShape(TypedDict):
    id: str
    name: str


class RepositoryShape(TypedDict):
    id: str
    name: str
    provider: ProviderShape
    status: str
    dateCreated: datetime
    url: str | None


class CommitShape(TypedDict):
    id: str
    message: str | None
    dateCreated: datetime | None
    repository: RepositoryShape | None
    author: AuthorShape | None


class DeployShape(TypedDict):
    id: str
    environment: str
    name: str | None
    url: str | None
    dateStarted: datetime | None
    dateFinished: datetime


class VersionShape(TypedDict):
    raw: str


class VersionInfoShape(TypedDict):
    package: str | None
    version: VersionShape
    description: str
    buildHash: str | None


class ReleaseProjectShape(TypedDict):
    id: int
    slug: str
    name: str
    platform: str | None
    platforms: list[str]
    hasHealthData: bool
    newGroups: int


class ReleaseShape(TypedDict):
    id: int
    version: str
    shortVersion: str
    versionInfo: VersionInfoShape
    status: str
    ref: str | None
    url: str | None
    dateCreated: datetime
    dateStarted: datetime | None
    dateReleased: datetime | None
    firstEvent: datetime | None
    lastEvent: datetime | None
    # Issues that began with it.
    newGroups: int
    commitCount: int
    deployCount: int
    lastCommit: CommitShape | None
    lastDeploy: DeployShape | None
    authors: list[AuthorShape]
    projects: list[ReleaseProjectShape]
    owner: dict[str, Any] | None
    data: dict[str, Any]


class PreviousShape(TypedDict):
    """The release before with commits; nothing where there is none."""

    version: NotRequired[str]
    dateCreated: NotRequired[datetime]
    dateReleased: NotRequired[datetime | None]
    lastCommit: NotRequired[CommitShape | None]


_STATUS = {ReleaseStatus.OPEN: "open", ReleaseStatus.ARCHIVED: "archived"}


def releases_json(
    releases: Sequence[Release], organization: Organization
) -> list[ReleaseShape]:
    """The releases with all that is told of them; the same queries for any number."""
    known = _Known(releases, organization)
    return [known.json(release) for release in releases]


def release_json(release: Release, organization: Organization) -> ReleaseShape:
    (shape,) = releases_json([release], organization)
    return shape


def commit_json(commit: ReleaseCommit) -> CommitShape:
    """The commit; its repository must be loaded."""
    repository = commit.repository
    return {
        "id": commit.sha,
        "message": commit.message or None,
        "dateCreated": commit.committed_at,
        "repository": None if repository is None else repository_json(repository),
        "author": _author(commit),
    }


def repository_json(repository: Any) -> RepositoryShape:
    return {
        "id": str(repository.pk),
        "name": repository.name,
        "provider": {"id": "unknown", "name": "Unknown"},
        "status": "active",
        "dateCreated": repository.created_at,
        "url": None,
    }


def deploy_json(deploy: Deploy) -> DeployShape:
    return {
        "id": str(deploy.pk),
        "environment": deploy.environment,
        "name": deploy.name or None,
        "url": deploy.url or None,
        "dateStarted": deploy.started_at,
        "dateFinished": deploy.finished_at,
    }


def _author(commit: ReleaseCommit) -> AuthorShape | None:
    if not (commit.author_name or commit.author_email):
        return None
    return {"name": commit.author_name, "email": commit.author_email}


class _Known:
    """What is stored beside some releases, by their ids."""

    def __init__(self, releases: Sequence[Release], organization: Organization) -> None:
        ids = [release.pk for release in releases]
        projects = list(projects_of(organization))
        self._projects = _memberships(ids, projects)
        self._new_issues = _new_issues(ids)
        self._with_sessions = _with_sessions(ids)
        seen = (
            ReleaseEnvironment.objects.filter(release__in=ids, project__in=projects)
            .values_list("release")
            .annotate(Min("first_seen"), Max("last_seen"))
        )
        self._seen = {release: times for release, *times in seen}
        commits = ReleaseCommit.objects.filter(release__in=ids)
        self._commit_counts = _counts(commits)
        newest = commits.filter(place=0).select_related("repository")
        self._last_commits = {commit.release_id: commit for commit in newest}
        self._authors = _authors(commits)
        deploys = Deploy.objects.filter(release__in=ids)
        self._deploy_counts = _counts(deploys)
        newest_first = deploys.order_by("release", "-finished_at", "-pk")
        self._last_deploys = {
            deploy.release_id: deploy for deploy in newest_first.distinct("release")
        }

    def json(self, release: Release) -> ReleaseShape:
        commit = self._last_commits.get(release.pk)
        deploy = self._last_deploys.get(release.pk)
        first_seen, last_seen = self._seen.get(release.pk, (None, None))
        projects = [
            self._project_json(release, project)
            for project in self._projects[release.pk]
        ]
        return {
            "id": release.pk,
            "version": release.version,
            "shortVersion": release.parsed.shown,
            "versionInfo": _version_info(release),
            "status": _STATUS[ReleaseStatus(release.status)],
            "ref": release.ref or None,
            "url": release.url or None,
            "dateCreated": release.created_at,
            "dateStarted": release.started_at,
            "dateReleased": release.released_at,
            "firstEvent": first_seen,
            "lastEvent": last_seen,
            "newGroups": sum(one["newGroups"] for one in projects),
            "commitCount": self._commit_counts.get(release.pk, 0),
            "deployCount": self._deploy_counts.get(release.pk, 0),
            "lastCommit": None if commit is None else commit_json(commit),
            "lastDeploy": None if deploy is None else deploy_json(deploy),
            "authors": self._authors[release.pk],
            "projects": projects,
            "owner": None,
            "data": {},
        }

    def _project_json(self, release: Release, project: Project) -> ReleaseProjectShape:
        place = (release.pk, project.pk)
        return {
            "id": project.pk,
            "slug": project.slug,
            "name": project.name,
            "platform": project.platform or None,
            "platforms": [project.platform] if project.platform else [],
            "hasHealthData": place in self._with_sessions,
            "newGroups": self._new_issues.get(place, 0),
        }


def _memberships(ids: list[int], projects: list[Project]) -> dict[int, list[Project]]:
    by_id = {project.pk: project for project in projects}
    found: defaultdict[int, list[Project]] = defaultdict(list)
    rows = ReleaseProject.objects.filter(release__in=ids, project__in=projects)
    for release_id, project_id in rows.order_by("pk").values_list("release", "project"):
        found[release_id].append(by_id[project_id])
    return found


def _new_issues(ids: list[int]) -> dict[tuple[int, int], int]:
    """By release and project."""
    counted = Release.objects.filter(
        pk__in=ids, new_issues__state__status__in=SHOWN_STATUSES
    )
    rows = counted.values_list("pk", "new_issues__project").annotate(Count("pk"))
    return {(release, project): count for release, project, count in rows}


def _with_sessions(ids: list[int]) -> set[tuple[int, int]]:
    """Releases and projects of which some session told."""
    places = ReleaseEnvironment.objects.filter(
        pk__in=ReleaseHour.objects.filter(
            release_environment__release__in=ids, sessions__gt=0
        ).values("release_environment")
    )
    return set(places.values_list("release", "project"))


def _counts(rows: QuerySet[Any]) -> dict[int, int]:
    """How many there are of each release."""
    counted = rows.order_by().values_list("release").annotate(Count("pk"))
    return dict(counted)


def _authors(commits: QuerySet[ReleaseCommit]) -> defaultdict[int, list[AuthorShape]]:
    """Each author of each release once."""
    names = commits.order_by("release", "author_email", "author_name").values_list(
        "release", "author_name", "author_email"
    )
    found: defaultdict[int, list[AuthorShape]] = defaultdict(list)
    for release_id, name, email in names.distinct():
        if name or email:
            found[release_id].append({"name": name, "email": email})
    return found


def _version_info(release: Release) -> VersionInfoShape:
    parsed = release.parsed
    return {
        "package": parsed.package or None,
        "version": {"raw": parsed.number},
        "description": parsed.shown,
        "buildHash": None if parsed.sort_key else parsed.number,
    }
