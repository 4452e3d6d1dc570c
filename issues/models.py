"""Issues, their events and counts: fields, constraints and indexes."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models import Project, User


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


class Substatus(models.IntegerChoices):
    """Why an unresolved issue is in front of you; NONE otherwise."""

    NONE = 0, ""
    NEW = 1, _("New")
    ONGOING = 2, _("Ongoing")
    REGRESSED = 3, _("Regressed")


class Issue(models.Model):
    """A group of events with one cause: what it is called.

    What changes with every event stands in IssueState, so that this wide row
    is written only when its title changes.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="issues"
    )
    # With the project's slug it makes the short id.
    number = models.PositiveIntegerField()
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


class Event(models.Model):
    """One event: what lists and repairs need as columns, the rest packed.

    The table is partitioned by the day of received_at (UTC) and made by SQL; no
    unique key can span partitions, so the digest looks for duplicates itself.
    """

    project = models.ForeignKey(
        Project,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    event_id = models.UUIDField()
    issue = models.ForeignKey(
        Issue,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    received_at = models.DateTimeField()
    timestamp = models.DateTimeField()
    # An EventUser; None where the event named nobody.
    user_id = models.IntegerField(null=True)
    level = models.SmallIntegerField(choices=Level.choices)
    tag_ids = ArrayField(models.IntegerField())
    # None: beyond the hour's sample, only counted.
    payload = models.BinaryField(null=True)
    # The PayloadDictionary that opens the payload; 0 for none.
    dictionary_id = models.IntegerField(default=0)
    # Hashes of the EventParts that complete the payload.
    stack_part = models.UUIDField(null=True)
    modules_part = models.UUIDField(null=True)

    pk = models.CompositePrimaryKey("project_id", "event_id", "received_at")

    class Meta:
        managed = False
        db_table = "issues_event"

    def __str__(self) -> str:
        return self.event_id.hex


class EventPart(models.Model):
    """What many events of a day repeat: a static stack trace or a module list."""

    project = models.ForeignKey(
        Project,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    day = models.DateField()
    hash = models.UUIDField()
    data = models.BinaryField()

    pk = models.CompositePrimaryKey("day", "project_id", "hash")

    class Meta:
        managed = False
        db_table = "issues_eventpart"

    def __str__(self) -> str:
        return self.hash.hex


class PayloadDictionary(models.Model):
    """A zstd dictionary trained on a project's own payloads; never changed."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="payload_dictionaries"
    )
    data = models.BinaryField()
    # How many events the project had stored when it was trained.
    trained_at_count = models.IntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"dictionary {self.pk} of project {self.project_id}"


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
