"""An issue: what it is called, what its events change, and how they find it."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from releases.models import Release


class Level(models.IntegerChoices):
    """How bad an event is; the numbers order and are stored."""

    DEBUG = 10, _("Debug")
    INFO = 20, _("Info")
    WARNING = 30, _("Warning")
    ERROR = 40, _("Error")
    FATAL = 50, _("Fatal")


class Status(models.IntegerChoices):
    UNRESOLVED = 0, _("Unresolved")
    RESOLVED = 1, _("Resolved")
    IGNORED = 2, _("Ignored")
    # Shown nowhere: its events count for another issue; see FamilyMember.
    MERGED = 3, _("Merged")
    # Shown nowhere; see issues.operations.deleting.
    DELETED = 4, _("Deleted")


# What lists, searches and counts tell of.
VISIBLE_STATUSES = (Status.UNRESOLVED, Status.RESOLVED, Status.IGNORED)


class Substatus(models.IntegerChoices):
    """Why an unresolved issue is in front of you, or what a settled one waits for."""

    NONE = 0, ""
    NEW = 1, _("New")
    ONGOING = 2, _("Ongoing")
    REGRESSED = 3, _("Regressed")
    # Resolved: only a release with the fix brings it back; see Resolution.
    IN_RELEASE = 4, _("Resolved in a release")
    # Ignored, and not forever; see Snooze.
    UNTIL_CONDITION = 5, _("Ignored until a condition is met")
    # The same, of issues that wait for nothing but more events an hour than usual.
    UNTIL_ESCALATING = 6, _("Ignored until it escalates")
    # Unresolved: it came more often than was usual when it was ignored.
    ESCALATING = 7, _("Escalating")
    # Resolved: nothing was heard of it for as long as the project allows.
    BY_AGE = 8, _("Resolved as quiet")


class Issue(models.Model):
    """A group of events with one cause: what it is called.

    What changes with every event stands in IssueState, so that this wide row
    is written only when its title changes.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="issues"
    )
    # With the project's slug it makes the short id; below zero: of a survivor's
    # share, see FamilyMember.
    number = models.IntegerField()
    kind = models.CharField(max_length=16, default="error")
    # "Type: first line of value", or the first line of a message.
    title = models.CharField(max_length=512)
    # An exception's type; empty for a message.
    type = models.CharField(max_length=128, blank=True, default="")
    # An exception's value, or the message.
    value = models.CharField(max_length=1024, blank=True, default="")
    culprit = models.CharField(max_length=200, blank=True, default="")
    metadata = models.JSONField(default=dict)
    platform = models.CharField(max_length=64, blank=True, default="")
    logger = models.CharField(max_length=64, blank=True, default="")
    grouping_version = models.CharField(max_length=8)
    # What made the first event's fingerprint: see issues.grouping.Part.
    grouping_parts = models.JSONField(default=list)
    # That of the first event to arrive; None where it named none.
    first_release = models.ForeignKey(
        Release,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="new_issues",
    )
    search = models.GeneratedField(
        expression=models.Func(
            models.F("title"),
            models.F("value"),
            models.F("culprit"),
            function="issues_search_text",
        ),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # Short ids are found by it.
            models.UniqueConstraint(
                fields=["project", "number"], name="issue_number_once"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # Free text of the query box.
            GinIndex(fields=["search"], name="issue_search"),
            # A release's new issues.
            models.Index(
                fields=["first_release", "project"],
                name="issue_first_release",
                condition=models.Q(first_release__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class IssueState(models.Model):
    """The narrow row of an issue that its events change.

    fillfactor 70 and an index on whole minutes let most updates stay on their
    page (84-93 % HOT; with an exact time in the index none would).
    """

    issue = models.OneToOneField(
        Issue, on_delete=models.CASCADE, primary_key=True, related_name="state"
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    status = models.SmallIntegerField(choices=Status.choices, default=Status.UNRESOLVED)
    substatus = models.SmallIntegerField(
        choices=Substatus.choices, default=Substatus.NEW
    )
    # When the status last changed: an event received before does not reopen.
    status_at = models.DateTimeField(default=timezone.now)
    level = models.SmallIntegerField(choices=Level.choices, default=Level.ERROR)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    # Whole minutes since 1970 of last_seen: the list's sort key.
    last_seen_minute = models.IntegerField()
    event_count = models.BigIntegerField(default=0)
    user_count = models.IntegerField(default=0)
    # Events counted above whose rows retention has dropped.
    expired_count = models.BigIntegerField(default=0)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            # The issue list in its default order.
            models.Index(
                models.F("project"),
                models.F("status"),
                models.F("last_seen_minute").desc(),
                name="state_list",
            ),
        ]

    def __str__(self) -> str:
        return f"state of issue {self.issue_id}"


class Fingerprint(models.Model):
    """A grouping hash that leads to its issue."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    hash = models.UUIDField()
    issue = models.ForeignKey(
        Issue, on_delete=models.CASCADE, related_name="fingerprints"
    )

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # The digest's look-up, and the last word when two digests race.
            models.UniqueConstraint(
                fields=["project", "hash"], name="fingerprint_once"
            ),
        ]

    def __str__(self) -> str:
        return self.hash.hex
