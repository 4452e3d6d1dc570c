"""What is counted of an issue: hours, users and tags."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from issues.models.issue import Issue, Level
from projects.models import Project


class HourCount(models.Model):
    """Events of an issue in one hour (UTC) of their own time."""

    project = models.ForeignKey(
        Project,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    issue = models.ForeignKey(
        Issue,
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    # Whole hours since 1970.
    hour = models.IntegerField()
    count = models.IntegerField()
    # Those counted above whose rows retention has dropped.
    expired_count = models.IntegerField(default=0)

    pk = models.CompositePrimaryKey("issue_id", "hour")

    def __str__(self) -> str:
        return f"{self.count} in hour {self.hour}"


class ProjectHour(models.Model):
    """Events of a project in one hour (UTC) of their own time, by their level.

    Of all its environments, and of each that has hours of its own: see
    issues.environments.
    """

    project = models.ForeignKey(
        Project,
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    # The id of the tag that names it; 0: all of them.
    environment_id = models.IntegerField(default=0)
    # Whole hours since 1970.
    hour = models.IntegerField()
    level = models.SmallIntegerField(choices=Level.choices)
    count = models.IntegerField()
    # Those counted above whose rows retention has dropped.
    expired_count = models.IntegerField(default=0)

    # The overview reads a range of hours of a project or of one of its environments.
    pk = models.CompositePrimaryKey("project_id", "environment_id", "hour", "level")

    def __str__(self) -> str:
        return f"{self.count} of level {self.level} in hour {self.hour}"


class EventUser(models.Model):
    """Somebody whom events of a project named."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    # "id:5", "email:…", "username:…" or "ip:…".
    identity = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["project", "identity"], name="event_user_once"
            ),
        ]

    def __str__(self) -> str:
        return self.identity


class IssueUser(models.Model):
    """A user whom an issue has affected."""

    project = models.ForeignKey(
        Project,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    issue = models.ForeignKey(
        Issue,
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    user_id = models.IntegerField()
    # Retention has dropped an event that said so.
    has_expired = models.BooleanField(default=False)

    pk = models.CompositePrimaryKey("issue_id", "user_id")

    def __str__(self) -> str:
        return f"user {self.user_id} of issue {self.issue_id}"


class Tag(models.Model):
    """A pair of key and value that events of a project carry."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    key = models.CharField(max_length=200)
    value = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["project", "key", "value"], name="tag_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}:{self.value}"


class IssueTags(models.Model):
    """The tags of an issue's events with their counts, as parallel arrays."""

    issue = models.OneToOneField(
        Issue, on_delete=models.CASCADE, primary_key=True, related_name="tags"
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    tag_ids = ArrayField(models.IntegerField())
    counts = ArrayField(models.IntegerField())
    # Those counted above whose rows retention has dropped; where the array is
    # shorter than tag_ids, what is missing is 0 (the digest only appends ids).
    expired_counts = ArrayField(models.IntegerField(), default=list)

    def __str__(self) -> str:
        return f"tags of issue {self.issue_id}"
