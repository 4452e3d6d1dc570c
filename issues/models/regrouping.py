"""Grouping stored events anew: how far it is, what it found, and what it moved."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models import Project, User


class Regrouping(models.Model):
    """One run over a project's stored events, by fixed rules and a fixed version."""

    class Kind(models.TextChoices):
        # Tells only what a run would do, from a sample.
        PREVIEW = "preview", _("Preview")
        REGROUP = "regroup", _("Regrouping")

    class State(models.TextChoices):
        READING = "reading", _("Looking at events")
        MOVING = "moving", _("Moving events")
        DONE = "done", _("Done")
        CANCELED = "canceled", _("Canceled")
        UNDOING = "undoing", _("Undoing")
        UNDONE = "undone", _("Undone")

    class Reason(models.TextChoices):
        RULES = "rules", _("Rules were changed")
        VERSION = "version", _("The version of grouping was changed")

    # A worker goes on with these.
    RUNNING: ClassVar[tuple[State, ...]] = (
        State.READING,
        State.MOVING,
        State.UNDOING,
    )

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="regroupings", db_index=False
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.READING)
    reason = models.CharField(max_length=8, choices=Reason.choices)
    # None: the user is gone.
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    # What it groups by: see projects.rules.
    fingerprinting = models.TextField(blank=True)
    enhancements = models.TextField(blank=True)
    version = models.CharField(max_length=8)
    # Events to look at, looked at, and moved.
    total = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    moved = models.BigIntegerField(default=0)
    # Time spent on it, in milliseconds.
    spent_ms = models.BigIntegerField(default=0)
    # Whose turn it is: a task that was queued for an earlier one does nothing.
    turn = models.IntegerField(default=0)
    # Where to go on, and what is to be done: see issues.regrouping.
    place = models.JSONField(default=dict)
    plan = models.JSONField(default=dict)
    # What was found, for people: see issues.regrouping.summary; null until then.
    result = models.JSONField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # Two runs would move the same events.
            models.UniqueConstraint(
                fields=["project"],
                condition=models.Q(
                    kind="regroup", state__in=["reading", "moving", "undoing"]
                ),
                name="regrouping_one_at_a_time",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # The settings page, newest first.
            models.Index(
                fields=["project", "-created_at"], name="regrouping_of_project"
            ),
            # What a worker has to go on with: almost always nothing.
            models.Index(
                fields=["id"],
                name="regrouping_unfinished",
                condition=models.Q(state__in=["reading", "moving", "undoing"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} of {self.project_id}: {self.state}"

    @property
    def is_running(self) -> bool:
        return self.state in self.RUNNING

    @property
    def percent(self) -> int:
        return min(100, self.done * 100 // self.total) if self.total else 0


class RegroupFinding(models.Model):
    """How many of an issue's stored events a run grouped to a hash."""

    run = models.ForeignKey(
        Regrouping, on_delete=models.CASCADE, related_name="findings", db_index=False
    )
    issue_id = models.IntegerField()
    hash = models.UUIDField()
    events = models.IntegerField()
    # Where they go: null if they stay, 0 to an issue that begins with them.
    target_id = models.IntegerField(null=True)
    # The one that came last.
    newest_at = models.DateTimeField()
    newest_event = models.UUIDField()

    pk = models.CompositePrimaryKey("run_id", "issue_id", "hash")

    def __str__(self) -> str:
        return f"{self.events} events of issue {self.issue_id}"


class RegroupStep(models.Model):
    """What one transaction of a run changed, so that it can be undone."""

    class Kind(models.TextChoices):
        # Events of `source` went to `target`.
        EVENTS = "events"
        # Fingerprints lead elsewhere: `data` has hash, issue before or null, after.
        FINGERPRINTS = "marks"
        # `data` has the ids of the issues that were merged into `target`.
        MERGE = "merge"

    run = models.ForeignKey(
        Regrouping, on_delete=models.CASCADE, related_name="steps", db_index=False
    )
    number = models.IntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    source_id = models.IntegerField(null=True)
    target_id = models.IntegerField(null=True)
    event_ids = ArrayField(models.UUIDField(), default=list)
    # Of these events, so that few days are looked through.
    received_from = models.DateTimeField(null=True)
    received_to = models.DateTimeField(null=True)
    data = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # In this order they are undone, the last first.
            models.UniqueConstraint(fields=["run", "number"], name="regroup_step_once"),
        ]

    def __str__(self) -> str:
        return f"step {self.number} of run {self.run_id}"
