"""What calls say of releases: shapes of their bodies, and what they amount to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from projects.api.fields import InstantField
from projects.api.lookup import named_projects
from projects.models import Organization, Project
from releases.models import ReleaseStatus
from releases.services import Commit
from releases.versions import is_name

_SHA_CHARS = 64
_STATUSES = {"open": ReleaseStatus.OPEN, "archived": ReleaseStatus.ARCHIVED}
# Columns of a release by the names of the API.
_COLUMNS = {
    "url": "url",
    "ref": "ref",
    "dateStarted": "started_at",
    "dateReleased": "released_at",
}


def _text(limit: int, **options: Any) -> serializers.CharField:
    """Text that may be left out, empty or null."""
    return serializers.CharField(
        required=False, allow_blank=True, allow_null=True, max_length=limit, **options
    )


class CommitInput(serializers.Serializer[Any]):
    id = serializers.CharField(max_length=_SHA_CHARS)
    repository = _text(200)
    message = _text(65_536)
    author_name = _text(128)
    author_email = _text(254)
    timestamp = InstantField(required=False, allow_null=True)


class RefInput(serializers.Serializer[Any]):
    """The newest commit of a repository; may be a range, `from..to`."""

    repository = serializers.CharField(max_length=200)
    commit = serializers.CharField(max_length=2 * _SHA_CHARS + 2)
    previousCommit = _text(_SHA_CHARS)


class ReleaseUpdate(serializers.Serializer[Any]):
    """What may be changed of a release; what is left out stays as it is."""

    url = _text(1024)
    ref = _text(250)
    dateStarted = InstantField(required=False, allow_null=True)
    dateReleased = InstantField(required=False, allow_null=True)
    status = serializers.ChoiceField(choices=tuple(_STATUSES), required=False)
    commits = CommitInput(many=True, required=False, allow_null=True)
    refs = RefInput(many=True, required=False, allow_null=True)


class ProjectReleaseInput(ReleaseUpdate):
    version = serializers.CharField(max_length=200)

    def validate_version(self, version: str) -> str:
        if not is_name(version):
            raise serializers.ValidationError(
                "Expected a name without slashes and line breaks, other than latest."
            )
        return version


class ReleaseInput(ProjectReleaseInput):
    projects = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        default=list,
        help_text="Slugs or ids.",
    )


class DeployInput(serializers.Serializer[Any]):
    environment = serializers.CharField(max_length=64)
    name = _text(64)
    url = _text(1024)
    dateStarted = InstantField(required=False, allow_null=True)
    dateFinished = InstantField(required=False, allow_null=True)
    projects = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        allow_null=True,
        help_text="Of the release's projects; all where none is named.",
    )


def columns_of(update: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a release that the update sets; null clears one."""
    columns = {}
    for name, column in _COLUMNS.items():
        if name in update:
            is_text = column in {"url", "ref"}
            columns[column] = update[name] or "" if is_text else update[name]
    if "status" in update:
        columns["status"] = _STATUSES[update["status"]]
    return columns


def commits_of(update: Mapping[str, Any]) -> list[Commit] | None:
    """The commits told, or those that refs name; None where neither is."""
    if update.get("commits") is not None:
        return [
            Commit(
                sha=told["id"],
                repository=told.get("repository") or "",
                author_name=told.get("author_name") or "",
                author_email=told.get("author_email") or "",
                message=told.get("message") or "",
                committed_at=told.get("timestamp"),
            )
            for told in update["commits"]
        ]
    if update.get("refs"):
        return [
            Commit(
                sha=told["commit"].rpartition("..")[2][:_SHA_CHARS],
                repository=told["repository"],
            )
            for told in update["refs"]
        ]
    return None


def projects_named(organization: Organization, names: list[str]) -> list[Project]:
    """The projects of these slugs or ids. Raises ValidationError for others."""
    found = list(named_projects(organization, names))
    known = {name for one in found for name in (one.slug, str(one.pk))}
    if unknown := [name for name in names if name not in known]:
        raise serializers.ValidationError(
            {"projects": f"This organization has no project {unknown[0]!r}."}
        )
    return found
