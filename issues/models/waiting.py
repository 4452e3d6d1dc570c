"""What the state of an issue waits for; without such a row it waits for nothing."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from issues.models.issue import Issue
from projects.models import Project, User
from releases.versions import NAME_CHARS


class Resolution(models.Model):
    """The release that an issue was resolved in; older ones may still have it."""

    issue = models.OneToOneField(
        Issue, on_delete=models.CASCADE, primary_key=True, related_name="resolution"
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    # Empty: there was none, and the first one to come has the fix.
    version = models.CharField(max_length=NAME_CHARS, blank=True)
    # Only releases after that version have the fix, not it itself.
    is_after = models.BooleanField()
    # The commit that was named: {"repository", "commit"}; else empty.
    commit = models.JSONField(default=dict)
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            # The list of releases counts what is resolved in each.
            models.Index(fields=["project", "version"], name="resolution_release"),
        ]

    def __str__(self) -> str:
        return (
            f"issue {self.issue_id} {'after' if self.is_after else 'in'} {self.version}"
        )


class Snooze(models.Model):
    """Until when an issue is ignored: whichever of these comes first."""

    issue = models.OneToOneField(
        Issue, on_delete=models.CASCADE, primary_key=True, related_name="snooze"
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    until = models.DateTimeField(null=True)
    # That many more events, or users, within so many minutes of each other.
    events = models.IntegerField(null=True)
    event_window = models.IntegerField(null=True)
    users = models.IntegerField(null=True)
    user_window = models.IntegerField(null=True)
    # More events than that in an hour of the clock; see issues.escalation.
    hour_limit = models.IntegerField(null=True)
    # The issue's counts when it was ignored.
    event_base = models.BigIntegerField()
    user_base = models.IntegerField()
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            # Those whose time has come, each minute.
            models.Index(
                fields=["until"],
                name="snooze_until",
                condition=models.Q(until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"issue {self.issue_id} is ignored"
