"""What users want to be mailed, and the mails that wait to leave."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from issues.models import Issue
from projects.models import Project, User


class Kind(models.TextChoices):
    """What may happen to an issue that somebody follows."""

    ASSIGNED = "assigned", _("It is assigned to me or a team of mine")
    MENTIONED = "mentioned", _("I or a team of mine is mentioned")
    COMMENTED = "commented", _("Somebody comments")
    REGRESSED = "regressed", _("It comes back after it was resolved")
    ESCALATING = "escalating", _("It escalates")
    STATUS = "status", _("It is resolved, ignored or reopened")


class Wishes(models.Model):
    """What a user wants to be mailed; without a row, everything but his own doing."""

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, primary_key=True, related_name="wishes"
    )
    # Kinds of which he wants no mail: of one that is new, everybody hears.
    unwanted = ArrayField(models.CharField(max_length=16), default=list)
    wants_own = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"wishes of {self.user}"


class MutedProject(models.Model):
    """A project of which a user wants no mail at all."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "project"], name="muted_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} hears nothing of {self.project}"


class Notice(models.Model):
    """What a user is to be mailed of an issue: it goes once the mail has left.

    Until it is taken for the first time more of the issue may be added to it.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="+")
    # Activities of the issue, in the order in which they were claimed.
    activity_ids = ArrayField(models.IntegerField())
    is_taken = models.BooleanField(default=False)
    tries = models.PositiveSmallIntegerField(default=0)
    # When it is to be taken next: taking it puts this off, so that what a killed
    # process had taken is taken again.
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # What happens next is added to it.
            models.UniqueConstraint(
                fields=["user", "issue"],
                condition=models.Q(is_taken=False),
                name="notice_open_once",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # Who sends takes those that are due, the oldest first.
            models.Index(fields=["due_at"], name="notice_due"),
        ]

    def __str__(self) -> str:
        return f"{self.user} is to hear of {self.issue_id}"
