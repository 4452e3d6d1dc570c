"""What became of everything that was sent, and what could not be digested."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from projects.models import Project


class OutcomeCount(models.Model):
    """How many items of a category met an outcome in one hour."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    # A ProjectKey's id, kept when the key is gone; 0 where none is known.
    key_id = models.IntegerField()
    # Whole hours since 1970, of the receive time.
    hour = models.IntegerField()
    category = models.CharField(max_length=32)
    outcome = models.CharField(max_length=24)
    reason = models.CharField(max_length=64, blank=True, default="")
    count = models.BigIntegerField()

    pk = models.CompositePrimaryKey(
        "project_id", "hour", "key_id", "category", "outcome", "reason"
    )

    def __str__(self) -> str:
        return f"{self.count} {self.category} {self.outcome} in hour {self.hour}"


class PoisonEntry(models.Model):
    """A stream entry that failed again and again, set aside with its reason."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    key_id = models.IntegerField()
    event_id = models.CharField(max_length=32, blank=True, default="")
    shard = models.IntegerField()
    received_at = models.DateTimeField()
    # The entry's other fields, as the stream held them.
    fields = models.JSONField()
    body = models.BinaryField()
    reason = models.TextField()
    tries = models.IntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.event_id or self.pk}: {self.reason[:80]}"


class CommittedBatch(models.Model):
    """The entries of a shard's last committed batch, for the time until it is
    acknowledged."""

    shard = models.IntegerField(primary_key=True)
    stream_ids = ArrayField(models.TextField())
    # What each counts for in the stream's bound, in bytes.
    weights = ArrayField(models.IntegerField())

    def __str__(self) -> str:
        return f"{len(self.stream_ids)} entries of shard {self.shard}"


class StoredTaking(models.Model):
    """The counts of refused items that were stored last, by their taking's id.

    One row, so that a taking which is found again is not added again.
    """

    id = models.SmallIntegerField(primary_key=True)
    taking = models.UUIDField()

    def __str__(self) -> str:
        return str(self.taking)
