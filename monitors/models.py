"""Monitors, how they stand in each environment, and their check-ins."""

from __future__ import annotations

from typing import ClassVar
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from monitors.reports import NAME_CHARS
from monitors.schedules import (
    Crontab,
    Interval,
    Schedule,
    ScheduleError,
    Unit,
    time_zone,
)
from monitors.slugs import SLUG_CHARS
from projects.models import Project, Team, User

ENVIRONMENT_CHARS = 64


class Monitor(models.Model):
    """A scheduled job of a project, and what is expected of it."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="monitors", db_index=False
    )
    slug = models.CharField(max_length=SLUG_CHARS)
    name = models.CharField(max_length=NAME_CHARS)
    # A crontab expression, or a number and a unit: see `schedule`.
    crontab = models.CharField(max_length=100, blank=True, default="")
    interval_count = models.PositiveIntegerField(null=True, blank=True)
    interval_unit = models.CharField(
        max_length=6,
        choices=[(unit.value, unit.value) for unit in Unit],
        blank=True,
        default="",
    )
    timezone = models.CharField(max_length=64, default="UTC")
    # Minutes after the expected time in which a check-in is not late.
    checkin_margin = models.PositiveIntegerField(default=1)
    # Minutes that a run may take.
    max_runtime = models.PositiveIntegerField(default=30)
    # Check-ins in a row, failed before there is an issue and good before it is over.
    failure_issue_threshold = models.PositiveSmallIntegerField(default=1)
    recovery_threshold = models.PositiveSmallIntegerField(default=1)
    # Failures are recorded, but are no issue.
    is_muted = models.BooleanField(default=False)
    # Nothing is recorded, and nothing is missed.
    is_disabled = models.BooleanField(default=False)
    # Its settings came with a check-in, as the next ones will.
    is_upserted = models.BooleanField(default=False)
    owner_user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    owner_team = models.ForeignKey(
        Team, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # Check-ins name their monitor by it.
            models.UniqueConstraint(
                fields=["project", "slug"], name="monitor_slug_once"
            ),
            models.CheckConstraint(
                condition=Q(interval_count__isnull=True, interval_unit="")
                & ~Q(crontab="")
                | Q(interval_count__gte=1, crontab="") & ~Q(interval_unit=""),
                name="monitor_has_one_schedule",
            ),
            models.CheckConstraint(
                condition=Q(owner_user__isnull=True) | Q(owner_team__isnull=True),
                name="monitor_has_one_owner",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def schedule(self) -> Schedule:
        if self.interval_count is None:
            return Crontab(self.crontab)
        return Interval(self.interval_count, Unit(self.interval_unit))

    @schedule.setter
    def schedule(self, schedule: Schedule) -> None:
        self.crontab = self.interval_unit = ""
        self.interval_count = None
        if isinstance(schedule, Interval):
            self.interval_count = schedule.count
            self.interval_unit = schedule.unit.value
        else:
            self.crontab = schedule.expression

    @property
    def zone(self) -> ZoneInfo:
        try:
            return time_zone(self.timezone)
        except ScheduleError:
            # Names go out of use, and another machine may not know this one.
            return time_zone("UTC")


class Standing(models.TextChoices):
    """How a monitor stands in an environment."""

    # No run has ended yet.
    ACTIVE = "active", _("Waiting")
    OK = "ok", _("Healthy")
    ERROR = "error", _("Failed")
    MISSED = "missed", _("Missed")
    TIMEOUT = "timeout", _("Timed out")


class MonitorEnvironment(models.Model):
    """A monitor in one environment: when it is due, and how it stands."""

    monitor = models.ForeignKey(
        Monitor, on_delete=models.CASCADE, related_name="environments", db_index=False
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    name = models.CharField(max_length=ENVIRONMENT_CHARS)
    standing = models.CharField(
        max_length=7, choices=Standing.choices, default=Standing.ACTIVE
    )
    # None until the first check-in, and while the monitor is disabled.
    next_expected_at = models.DateTimeField(null=True, blank=True)
    # From then on the check-in is missed.
    next_latest_at = models.DateTimeField(null=True, blank=True)
    last_check_in_at = models.DateTimeField(null=True, blank=True)
    # When the check-in was that the standing was last changed by: what comes late
    # and is older does not change it.
    judged_at = models.DateTimeField(null=True, blank=True)
    # Check-ins in a row up to the last one; one of the two is always 0.
    failures = models.PositiveIntegerField(default=0)
    successes = models.PositiveIntegerField(default=0)
    # Since when failures are an issue.
    incident_since = models.DateTimeField(null=True, blank=True)
    # How many check-ins came in the minute (since 1970), against floods.
    minute = models.IntegerField(default=0)
    minute_count = models.IntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["monitor", "name"], name="monitor_environment_once"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # What is overdue, each minute.
            models.Index(
                fields=["next_latest_at"],
                name="monitor_environment_due",
                condition=Q(next_latest_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.monitor_id} in {self.name}"


class CheckIn(models.Model):
    """One run of a job, as it told of it or failed to."""

    class Status(models.TextChoices):
        IN_PROGRESS = "in_progress", _("In progress")
        OK = "ok", _("OK")
        ERROR = "error", _("Failed")
        MISSED = "missed", _("Missed")
        TIMEOUT = "timeout", _("Timed out")
        # What it would have told was lost while this service could not be reached.
        UNKNOWN = "unknown", _("Unknown")

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    monitor = models.ForeignKey(
        Monitor, on_delete=models.CASCADE, related_name="check_ins", db_index=False
    )
    environment = models.ForeignKey(
        MonitorEnvironment,
        on_delete=models.CASCADE,
        related_name="check_ins",
        db_index=False,
    )
    # As the client chose it; our own for what we record ourselves.
    guid = models.UUIDField()
    status = models.CharField(max_length=11, choices=Status.choices)
    started_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    # Of a run in progress: when it is taken for dead.
    timeout_at = models.DateTimeField(null=True, blank=True)
    duration_ms = models.BigIntegerField(null=True, blank=True)
    # None: a run out of turn.
    expected_at = models.DateTimeField(null=True, blank=True)
    release = models.CharField(max_length=200, blank=True, default="")
    trace_id = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # A run's second check-in finds its first.
            models.UniqueConstraint(fields=["project", "guid"], name="check_in_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # The monitor's page and retention, by time.
            models.Index(
                fields=["monitor", "-started_at", "-id"], name="check_in_list"
            ),
            # The last check-ins of an environment, and its deletion.
            models.Index(
                fields=["environment", "-started_at"], name="check_in_environment"
            ),
            # Runs that are overdue, each minute.
            models.Index(
                fields=["timeout_at"],
                name="check_in_open",
                condition=Q(status="in_progress"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.guid.hex}: {self.status}"


class EarlyCheckIn(models.Model):
    """The end of a run of which nothing else is known yet.

    Requests overtake each other: the end of a monitor's very first run may come before
    its beginning, which brings the settings that the monitor is made from. It waits an
    hour for that.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    guid = models.UUIDField()
    status = models.CharField(max_length=11)
    received_at = models.DateTimeField()
    duration_ms = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["project", "guid"], name="early_check_in_once"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # Those that have waited long enough.
            models.Index(fields=["received_at"], name="early_check_in_age"),
        ]

    def __str__(self) -> str:
        return f"{self.guid.hex}: {self.status}"
