"""What the state of an issue waits for; without such a row it waits for nothing."""

from __future__ import annotations

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

    def __str__(self) -> str:
        return (
            f"issue {self.issue_id} {'after' if self.is_after else 'in'} {self.version}"
        )
