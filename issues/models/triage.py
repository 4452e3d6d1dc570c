"""What people do with issues."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from issues.models.issue import Issue
from issues.models.operation import Operation
from projects.models import Membership, Project, Team, User


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


class Subscription(models.Model):
    """That a user hears of an issue; or, kept as his word, that he does not."""

    class Reason(models.TextChoices):
        """Why; Sentry's names, and one for who just asked for it."""

        COMMENTED = "commented", _("Commented")
        ASSIGNED = "assigned", _("Assigned")
        MENTIONED = "mentioned", _("Mentioned")
        BOOKMARKED = "bookmarked", _("Bookmarked")
        CHANGED_STATUS = "changed_status", _("Changed the status")
        SUBSCRIBED = "subscribed", _("Subscribed")

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="subscriptions"
    )
    # The constraint's index begins with it.
    issue = models.ForeignKey(
        Issue, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=20, choices=Reason.choices)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["issue", "user"], name="subscription_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} hears of {self.issue_id}: {self.is_active}"


class Assignment(models.Model):
    """Who looks after an issue: a member or a team; without a row, nobody.

    It goes with the membership or the team.
    """

    issue = models.OneToOneField(
        Issue, on_delete=models.CASCADE, primary_key=True, related_name="assignment"
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    # One of the two; their indexes find what is assigned to them.
    member = models.ForeignKey(
        Membership, on_delete=models.CASCADE, related_name="+", null=True
    )
    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, related_name="+", null=True
    )
    assigned_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(member__isnull=False, team__isnull=True)
                | models.Q(member__isnull=True, team__isnull=False),
                name="assignment_to_one",
            ),
        ]

    def __str__(self) -> str:
        return f"issue {self.issue_id} is of {self.team or self.member}"


# Of activities: those that people who follow the issue may want to be mailed.
CALLING_KINDS = (
    "set_resolved",
    "set_unresolved",
    "set_ignored",
    "set_regression",
    "set_escalating",
    "set_resolved_by_age",
    "assigned",
    "note",
)


class Activity(models.Model):
    """What happened to an issue, newest last."""

    class Kind(models.TextChoices):
        """What happened; CALLING_KINDS are mailed to who follows the issue."""

        FIRST_SEEN = "first_seen", _("First seen")
        RESOLVED = "set_resolved", _("Resolved")
        UNRESOLVED = "set_unresolved", _("Reopened")
        IGNORED = "set_ignored", _("Ignored")
        REGRESSION = "set_regression", _("Regressed")
        MERGE = "merge", _("Merged")
        # Of the issue that events were taken out of, and of the one they went to.
        UNMERGE_SOURCE = "unmerge_source", _("Unmerged")
        UNMERGE_DESTINATION = "unmerge_destination", _("Unmerged from another issue")
        ESCALATING = "set_escalating", _("Escalating")
        RESOLVED_BY_AGE = "set_resolved_by_age", _("Resolved as quiet")
        ONGOING = "auto_set_ongoing", _("Not new any more")
        ASSIGNED = "assigned", _("Assigned")
        UNASSIGNED = "unassigned", _("Unassigned")
        DELETED = "deleted", _("Deleted")
        RESTORED = "restored", _("Restored")
        # A comment; Sentry's name of it.
        NOTE = "note", _("Comment")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="activity")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    # None: the service itself.
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    # That it is part of; None: the service's own doing, one issue at a time.
    operation = models.ForeignKey(
        Operation,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
    )
    # Whether it was looked at for who wants to hear of it: see alerts.claiming.
    is_claimed = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            # What nobody was told of yet, oldest first. First events are not in it,
            # and cost the digest nothing.
            models.Index(
                fields=["created_at"],
                name="activity_to_claim",
                condition=models.Q(is_claimed=False, kind__in=CALLING_KINDS),
            ),
            # The issue page, newest first.
            models.Index(fields=["issue", "-created_at"], name="activity_of_issue"),
            # The project's activity page, beside its operations; what befalls nearly
            # every issue is not told there, and costs the digest nothing.
            models.Index(
                fields=["project", "-created_at", "-id"],
                name="activity_of_project",
                condition=models.Q(operation__isnull=True)
                & ~models.Q(kind__in=["first_seen", "auto_set_ongoing"]),
            ),
            # The overview: what was resolved and came back in a period.
            models.Index(
                fields=["project", "created_at"],
                include=["issue", "kind"],
                name="activity_of_overview",
                condition=models.Q(kind__in=["set_resolved", "set_regression"]),
            ),
            # Operations that go with their project.
            models.Index(
                fields=["operation"],
                name="activity_of_operation",
                condition=models.Q(operation__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of issue {self.issue_id}"
