"""What the API tells of how a release came about: commits and deploys."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from projects.models import Organization
from releases.models.release import ENVIRONMENT_CHARS, Release


class Repository(models.Model):
    """Where commits are from, by the name that they were sent with."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["organization", "name"], name="repository_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ReleaseCommit(models.Model):
    """A commit that is new in a release."""

    release = models.ForeignKey(
        Release, on_delete=models.CASCADE, related_name="commits", db_index=False
    )
    # 0 is the newest.
    place = models.PositiveIntegerField()
    sha = models.CharField(max_length=64)
    repository = models.ForeignKey(
        Repository, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    author_name = models.CharField(max_length=128, blank=True, default="")
    author_email = models.CharField(max_length=254, blank=True, default="")
    message = models.TextField(blank=True, default="")
    committed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # A release's commits in their order.
            models.UniqueConstraint(
                fields=["release", "place"], name="release_commit_once"
            ),
        ]

    def __str__(self) -> str:
        return self.sha

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.strip().partition("\n")[0][:200]


class Deploy(models.Model):
    """A release's arrival in an environment, as the API was told."""

    release = models.ForeignKey(
        Release, on_delete=models.CASCADE, related_name="deploys"
    )
    environment = models.CharField(max_length=ENVIRONMENT_CHARS)
    name = models.CharField(max_length=64, blank=True, default="")
    url = models.CharField(max_length=1024, blank=True, default="")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.environment} at {self.finished_at:%Y-%m-%d %H:%M}"
