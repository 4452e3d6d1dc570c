"""What somebody did to many issues at once, kept so that it can be undone."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from projects.models import Organization, Project, User


class Operation(models.Model):
    """One action on a set of issues that was fixed when it began.

    The row stays as history; its chunks, without which it can't be undone, go after
    issues.operations.UNDO_DAYS.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    # None: issues of several projects, whose ids are `projects` in data.
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", null=True, db_index=False
    )
    # One of issues.operations.kinds.
    kind = models.CharField(max_length=32)
    # None: the service itself.
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    # What the kind has to know, as JSON.
    data = models.JSONField(default=dict)
    # Ids of a few of the issues that it changed.
    samples = ArrayField(models.IntegerField(), default=list)
    created_at = models.DateTimeField(default=timezone.now)
    # Issues chosen, gone through, and really changed.
    count = models.IntegerField()
    done = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    # Set when somebody asks for the undo.
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    # Of those changed: brought back, and left alone as they had changed since.
    restored = models.IntegerField(default=0)
    changed_since = models.IntegerField(default=0)
    undo_finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            # The organization's activity page.
            models.Index(
                fields=["organization", "-created_at", "-id"], name="operation_list"
            ),
            # The project's.
            models.Index(
                fields=["project", "-created_at", "-id"], name="operation_of_project"
            ),
            # What a worker has to go on with: almost always nothing.
            models.Index(
                fields=["id"],
                name="operation_unfinished",
                condition=models.Q(finished_at__isnull=True)
                | models.Q(undone_at__isnull=False, undo_finished_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.count} issues"

    @property
    def is_running(self) -> bool:
        """Whether it, or its undo, is not through with all issues yet."""
        if self.undone_at is not None:
            return self.undo_finished_at is None
        return self.finished_at is None


class OperationChunk(models.Model):
    """Some of an operation's issues: they change, and change back, together."""

    operation = models.ForeignKey(
        Operation, on_delete=models.CASCADE, related_name="chunks", db_index=False
    )
    number = models.PositiveIntegerField()
    issue_ids = ArrayField(models.IntegerField())
    # Of each issue that really changed a list that begins with its id and tells what
    # it was; null: not gone through yet.
    before = models.JSONField(null=True)
    is_undone = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # In this order they are gone through.
            models.UniqueConstraint(
                fields=["operation", "number"], name="operation_chunk_once"
            ),
        ]

    def __str__(self) -> str:
        return f"chunk {self.number} of operation {self.operation_id}"
