"""What is counted of a release: events and sessions by the hour, users by the day."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from projects.models import Project
from releases.models.release import ReleaseEnvironment


class ReleaseHour(models.Model):
    """Events and sessions of a release in an environment, in one hour (UTC).

    A session counts in the hour in which it started, and in one of the four columns
    that tell how it went wrong, the worst; those left over are healthy.
    """

    project = models.ForeignKey(
        Project,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    release_environment = models.ForeignKey(
        ReleaseEnvironment,
        on_delete=models.CASCADE,
        related_name="hours",
        db_constraint=False,
        db_index=False,
    )
    # Whole hours since 1970.
    hour = models.IntegerField()
    events = models.IntegerField(default=0)
    # Events counted above whose rows retention has dropped.
    expired_events = models.IntegerField(default=0)
    sessions = models.BigIntegerField(default=0)
    errored = models.BigIntegerField(default=0)
    unhandled = models.BigIntegerField(default=0)
    abnormal = models.BigIntegerField(default=0)
    crashed = models.BigIntegerField(default=0)

    pk = models.CompositePrimaryKey("release_environment_id", "hour")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            # A project's sessions of the last day, against which adoption is measured.
            models.Index(fields=["project", "hour"], name="release_hour_of_project"),
        ]

    def __str__(self) -> str:
        return f"{self.events} events, {self.sessions} sessions in hour {self.hour}"


class ReleaseUser(models.Model):
    """A user whose sessions of a day ran a release in an environment.

    The user is a hash. Each number has a bit for each hour of the day (UTC, the
    lowest is midnight) in which a session of the user started, or went wrong so.
    The table is partitioned by day and made by SQL.
    """

    day = models.DateField()
    project = models.ForeignKey(
        Project,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    release_environment = models.ForeignKey(
        ReleaseEnvironment,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    user_hash = models.BigIntegerField()
    seen = models.IntegerField()
    errored = models.IntegerField()
    unhandled = models.IntegerField()
    abnormal = models.IntegerField()
    crashed = models.IntegerField()

    pk = models.CompositePrimaryKey("release_environment_id", "user_hash", "day")

    class Meta:
        managed = False
        db_table = "releases_releaseuser"

    def __str__(self) -> str:
        return f"user {self.user_hash} on {self.day}"


class UserSample(models.Model):
    """A day whose users were too many: only a share of them is kept.

    Those whose hash is below 2 ** (63 - level) stand for all, each for 2 ** level.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    release_environment = models.ForeignKey(
        ReleaseEnvironment, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    day = models.DateField()
    level = models.SmallIntegerField()

    pk = models.CompositePrimaryKey("release_environment_id", "day")

    def __str__(self) -> str:
        return f"one of {2**self.level} users on {self.day}"


class SessionState(models.Model):
    """What is known of a session, so that its updates count once; kept some days.

    The table is partitioned by the day on which sessions started, and made by SQL.
    """

    day = models.DateField()
    project = models.ForeignKey(
        Project,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    sid = models.UUIDField()
    # Where and when its first update was counted: later ones count there, too.
    release_environment = models.ForeignKey(
        ReleaseEnvironment,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    hour = models.IntegerField()
    # releases.session.Health, the worst so far.
    health = models.SmallIntegerField()
    user_hash = models.BigIntegerField(null=True)

    pk = models.CompositePrimaryKey("project_id", "sid", "day")

    class Meta:
        managed = False
        db_table = "releases_sessionstate"

    def __str__(self) -> str:
        return self.sid.hex
