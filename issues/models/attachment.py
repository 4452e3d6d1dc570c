"""A file that came with an event: what is known of it; its bytes are in a storage."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from projects.models import Project


class Attachment(models.Model):
    """A file of an event, found by the event's id, which may arrive later.

    A plain table: its files have to be removed one by one all the same, so that
    dropping a day's partition would gain nothing. Bytes are kept once per project,
    under their hash: see issues.filestore.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    event_id = models.UUIDField()
    received_at = models.DateTimeField()
    # The UTC day with which it goes: that of the event's receipt, where known.
    day = models.DateField()
    # As the sender called it; never part of a path of ours.
    name = models.CharField(max_length=255)
    # As the sender says; empty where it does not.
    content_type = models.CharField(max_length=100, blank=True, default="")
    # "event.attachment", "event.minidump", …
    kind = models.CharField(max_length=64)
    size = models.IntegerField()
    sha1 = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)
    # No event of that id was known when it came.
    is_waiting = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # An event's files, in the digest and on its page; a resend adds none. The
            # size is in it for the sums that limits are held against.
            models.UniqueConstraint(
                fields=["project", "event_id", "sha256", "name", "kind"],
                include=["size"],
                name="attachment_once",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # Whether anybody still needs a file.
            models.Index(fields=["project", "sha256"], name="attachment_file"),
            # What retention removes.
            models.Index(fields=["day"], name="attachment_day"),
            # Those whose event has to be looked for.
            models.Index(
                fields=["received_at"],
                name="attachment_waiting",
                condition=models.Q(is_waiting=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name
