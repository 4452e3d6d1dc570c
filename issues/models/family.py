"""Which issues have been merged: whose events count for which survivor."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from issues.models.issue import Issue
from projects.models import Project


class FamilyMember(models.Model):
    """An issue whose events count for a survivor, too.

    An event's row keeps the id of the issue that its fingerprint leads to: its
    source. A survivor is a source of its own family: what its own events count
    stands apart in a share, so that an unmerge can tell it from the others' again.
    """

    source = models.OneToOneField(
        Issue, on_delete=models.CASCADE, primary_key=True, related_name="membership"
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    survivor = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="family")
    # The hidden issue that keeps what the source's events count: the source itself,
    # or the survivor's share, whose number is the survivor's id below zero.
    counter = models.OneToOneField(Issue, on_delete=models.CASCADE, related_name="+")
    merged_at = models.DateTimeField()
    # What the source was when it was hidden: see issues.merging.standing.
    before = models.JSONField(default=dict)
    # Users whose bookmarks of the source the survivor has got.
    lent_bookmarks = ArrayField(models.IntegerField(), default=list)

    def __str__(self) -> str:
        return f"events of issue {self.source_id} count for {self.survivor_id}"
