"""What users said when something went wrong for them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from issues.models.issue import Issue
from projects.models import Project


class UserReport(models.Model):
    """One message of a user, about an event that may arrive later, or about none."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    # Made of the event's id and the text: the same said twice is one report.
    key = models.UUIDField()
    # What it is about.
    event_id = models.UUIDField(null=True)
    # Its own id, where it was sent as feedback: its screenshots hang on it.
    feedback_id = models.UUIDField(null=True)
    # The event's issue, once there is one.
    issue = models.ForeignKey(
        Issue,
        on_delete=models.CASCADE,
        related_name="reports",
        null=True,
        db_index=False,
    )
    received_at = models.DateTimeField()
    name = models.CharField(max_length=128, blank=True, default="")
    email = models.CharField(max_length=254, blank=True, default="")
    comments = models.TextField()
    # The page from which feedback was sent.
    url = models.CharField(max_length=1000, blank=True, default="")
    # Marked by somebody; else it is as resolved as its issue.
    is_resolved = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["project", "key"], name="report_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # The project's page, newest first, and retention.
            models.Index(fields=["project", "-received_at", "-id"], name="report_list"),
            # The issue's tab.
            models.Index(fields=["issue", "-received_at", "-id"], name="report_issue"),
            # The event's page.
            models.Index(fields=["project", "event_id"], name="report_event"),
            # What the digest looks at when events arrive: almost always nothing.
            models.Index(
                fields=["project", "event_id"],
                name="report_waiting",
                condition=models.Q(issue__isnull=True, event_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.email}: {self.comments[:80]}"

    @property
    def issue_seen(self) -> Issue | None:
        """The issue that people see: the survivor of one that is merged.

        To be read with issue__membership__survivor.
        """
        # Loaded already, also where there is none.
        member = getattr(self.issue, "membership", None)
        return member.survivor if member else self.issue
