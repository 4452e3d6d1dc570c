"""A release of an organization, the projects that it is of, and where it runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models import Organization, Project
from releases import versions

ENVIRONMENT_CHARS = 64


class ReleaseStatus(models.IntegerChoices):
    OPEN = 0, _("Open")
    ARCHIVED = 1, _("Archived")


class Release(models.Model):
    """A version that events, sessions or the API have named."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="releases", db_index=False
    )
    # As it was sent: see releases.versions for what it says.
    version = models.CharField(max_length=versions.NAME_CHARS)
    package = models.CharField(max_length=versions.NAME_CHARS, blank=True, default="")
    # Text order is the order of a package's versions; empty where they have none.
    sort_key = models.CharField(
        max_length=versions.SORT_KEY_CHARS, blank=True, default="", db_collation="C"
    )
    status = models.SmallIntegerField(
        choices=ReleaseStatus.choices, default=ReleaseStatus.OPEN
    )
    url = models.CharField(max_length=1024, blank=True, default="")
    # The commit that the API named when it made the release.
    ref = models.CharField(max_length=250, blank=True, default="")
    started_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # The digest's look-up, and the last word when two of them race.
            models.UniqueConstraint(
                fields=["organization", "version"], name="release_once"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # The API's list of an organization, newest first.
            models.Index(
                fields=["organization", "-created_at", "-id"], name="release_list"
            ),
        ]

    def __str__(self) -> str:
        return self.version

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Rows made by the digest are given the same columns."""
        if self._state.adding:
            self.package, _, self.sort_key = self.parsed
        super().save(*args, **kwargs)

    @property
    def parsed(self) -> versions.Version:
        return versions.parse(self.version)

    @property
    def dated(self) -> versions.Dated:
        """By what it is before or after others."""
        return versions.Dated(self.parsed, self.effective_at)

    @property
    def effective_at(self) -> datetime:
        """When it was released, as far as anybody has told."""
        return self.released_at or self.created_at


class ReleaseProject(models.Model):
    """A project that a release is of."""

    release = models.ForeignKey(
        Release, on_delete=models.CASCADE, related_name="memberships"
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    # When the release was first heard of in the project: the list's order.
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["project", "release"], name="release_of_project_once"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # The releases page, newest first.
            models.Index(
                fields=["project", "-created_at", "-release"],
                name="release_project_list",
            ),
        ]

    def __str__(self) -> str:
        return f"release {self.release_id} of project {self.project_id}"


class ReleaseEnvironment(models.Model):
    """A release in one environment of one project: what events and sessions count for.

    Figures are of events: those stored, and those that retention has dropped.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    release = models.ForeignKey(
        Release, on_delete=models.CASCADE, related_name="environments"
    )
    # Empty where none was named.
    environment = models.CharField(max_length=ENVIRONMENT_CHARS, blank=True)
    # None where only sessions have named it.
    first_seen = models.DateTimeField(null=True)
    last_seen = models.DateTimeField(null=True)
    event_count = models.BigIntegerField(default=0)
    # Events counted above whose rows retention has dropped.
    expired_count = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # The digest's look-up.
            models.UniqueConstraint(
                fields=["project", "release", "environment"],
                name="release_environment_once",
            ),
        ]

    def __str__(self) -> str:
        return f"release {self.release_id} in {self.environment or 'no environment'}"
