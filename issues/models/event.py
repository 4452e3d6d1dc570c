"""Events as they are stored: rows, the parts they share, and dictionaries."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from issues.models.issue import Issue, Level
from projects.models import Project


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
