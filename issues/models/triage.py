"""What people do with issues."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from issues.models.issue import Issue
from projects.models import Project, User


class Bookmark(models.Model):
    """An issue that a user keeps in sight."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="bookmarks")
    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="bookmarks")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "issue"], name="bookmark_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ★ {self.issue_id}"


class Sighting(models.Model):
    """When a user last looked at an issue: newer events make it bold again."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sightings")
    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="sightings")
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "issue"], name="sighting_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} saw {self.issue_id}"


class Activity(models.Model):
    """What happened to an issue, newest last."""

    class Kind(models.TextChoices):
        FIRST_SEEN = "first_seen", _("First seen")
        RESOLVED = "set_resolved", _("Resolved")
        UNRESOLVED = "set_unresolved", _("Reopened")
        IGNORED = "set_ignored", _("Ignored")
        REGRESSION = "set_regression", _("Regressed")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="activity")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    # None: the service itself.
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            # The issue page, newest first.
            models.Index(fields=["issue", "-created_at"], name="activity_of_issue"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of issue {self.issue_id}"
