"""What the API does to releases: announces them, tells commits and deploys of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from projects.models import Organization, Project
from releases.errors import ReleaseInUse
from releases.models import (
    Deploy,
    Release,
    ReleaseCommit,
    ReleaseEnvironment,
    ReleaseProject,
    Repository,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit as a client tells it; empty what it leaves out."""

    sha: str
    repository: str = ""
    author_name: str = ""
    author_email: str = ""
    message: str = ""
    committed_at: datetime | None = None


def announce(
    organization: Organization,
    version: str,
    projects: Iterable[Project],
    changes: Mapping[str, Any],
) -> tuple[Release, bool]:
    """The release, made where there was none, and whether it was; with the changes.

    `changes` are columns of Release with their values.
    """
    with transaction.atomic():
        release, is_new = Release.objects.get_or_create(
            organization=organization, version=version, defaults=changes
        )
        if not is_new:
            change(release, changes)
        join(release, projects)
    return release, is_new


def change(release: Release, changes: Mapping[str, Any]) -> None:
    """Sets columns of the release."""
    for name, value in changes.items():
        setattr(release, name, value)
    if changes:
        release.save(update_fields=list(changes))


def join(release: Release, projects: Iterable[Project]) -> None:
    """Makes the release one of these projects, too."""
    ReleaseProject.objects.bulk_create(
        [ReleaseProject(release=release, project=project) for project in projects],
        ignore_conflicts=True,
    )


def set_commits(release: Release, commits: Sequence[Commit]) -> None:
    """Replaces the release's commits; newest first, where all tell their time."""
    if all(commit.committed_at for commit in commits):
        # Sorting is stable: of the same time, as they were told.
        commits = sorted(
            commits,
            key=lambda commit: commit.committed_at or timezone.now(),
            reverse=True,
        )
    with transaction.atomic():
        repositories = _repositories(
            release.organization, {commit.repository for commit in commits}
        )
        release.commits.all().delete()
        ReleaseCommit.objects.bulk_create(
            ReleaseCommit(
                release=release,
                place=place,
                sha=commit.sha,
                repository=repositories.get(commit.repository),
                author_name=commit.author_name,
                author_email=commit.author_email,
                message=commit.message,
                committed_at=commit.committed_at,
            )
            for place, commit in enumerate(commits)
        )


def add_deploy(release: Release, **fields: Any) -> Deploy:
    """Tells that the release has arrived in an environment."""
    return Deploy.objects.create(release=release, **fields)


def remove(release: Release) -> None:
    """Deletes a release that nothing has named yet. Raises ReleaseInUse."""
    with transaction.atomic():
        # Locked: an environment made meanwhile refers to the row, and so waits.
        held = Release.objects.select_for_update().get(pk=release.pk)
        if ReleaseEnvironment.objects.filter(release=held).exists():
            raise ReleaseInUse(held.version)
        held.delete()


def _repositories(organization: Organization, names: set[str]) -> dict[str, Repository]:
    wanted = {name for name in names if name}
    Repository.objects.bulk_create(
        [Repository(organization=organization, name=name) for name in sorted(wanted)],
        ignore_conflicts=True,
    )
    found = Repository.objects.filter(organization=organization, name__in=wanted)
    return {repository.name: repository for repository in found}
