"""What the web API takes for a monitor."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from monitors.models import Monitor
from monitors.owners import UnknownOwner, find_owner, owner_name
from monitors.reports import MINUTES_MAX, NAME_CHARS, THRESHOLD_MAX
from monitors.schedules import (
    Schedule,
    ScheduleError,
    crontab,
    interval,
    time_zone,
)
from monitors.services import Wanted
from monitors.slugs import SLUG_CHARS, slug_of
from projects.models import Project
from projects.naming import check_name


class ConfigInput(serializers.Serializer[Any]):
    """A schedule with what belongs to it; what is left out stays as it is."""

    schedule_type = serializers.ChoiceField(["crontab", "interval"], required=False)
    schedule = serializers.JSONField(
        required=False,
        help_text='A crontab expression, or a number and a unit: [1, "day"].',
    )
    checkin_margin = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=MINUTES_MAX,
        help_text="Minutes.",
    )
    max_runtime = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=MINUTES_MAX,
        help_text="Minutes.",
    )
    timezone = serializers.CharField(required=False, allow_blank=True, max_length=64)
    failure_issue_threshold = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=THRESHOLD_MAX
    )
    recovery_threshold = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=THRESHOLD_MAX
    )

    def validate_timezone(self, name: str) -> str:
        try:
            time_zone(name or "UTC")
        except ScheduleError as error:
            raise serializers.ValidationError(str(error)) from None
        return name or "UTC"

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "schedule" not in attrs:
            return attrs
        told = attrs["schedule"]
        kind = attrs.get("schedule_type")
        if kind is None:
            kind = "crontab" if isinstance(told, str) else "interval"
        try:
            attrs["schedule"] = _schedule(kind, told)
        except ScheduleError as error:
            raise serializers.ValidationError({"schedule": str(error)}) from None
        return attrs


class MonitorInput(serializers.Serializer[Any]):
    name = serializers.CharField(
        required=False, max_length=NAME_CHARS, validators=[check_name]
    )
    slug = serializers.CharField(required=False, max_length=SLUG_CHARS)
    config = ConfigInput(required=False)
    status = serializers.CharField(required=False, help_text="active or disabled.")
    is_muted = serializers.BooleanField(required=False)
    owner = serializers.CharField(
        required=False,
        allow_null=True,
        allow_blank=True,
        max_length=254,
        help_text='"user:5" or "team:3"; empty for nobody.',
    )

    def validate_status(self, status: str) -> str:
        if status not in ("active", "disabled"):
            raise serializers.ValidationError("expected active or disabled")
        return status

    def validate_slug(self, slug: str) -> str:
        if slug != slug_of(slug):
            raise serializers.ValidationError(
                "expected lower-case letters, digits, dashes and underscores"
            )
        return slug


class NewMonitorInput(MonitorInput):
    project = serializers.CharField(help_text="Its slug or id.")
    name = serializers.CharField(max_length=NAME_CHARS, validators=[check_name])
    config = ConfigInput()

    def validate_config(self, config: dict[str, Any]) -> dict[str, Any]:
        if "schedule" not in config:
            raise serializers.ValidationError("schedule is required")
        return config


def wanted_of(
    values: dict[str, Any], project: Project, monitor: Monitor | None = None
) -> Wanted:
    """What the call wants the monitor to be. Raises ValidationError."""
    now = monitor or Monitor(project=project)
    config = {k: v for k, v in values.get("config", {}).items() if v is not None}
    name = values.get("name", now.name)
    slug = values.get("slug") or now.slug or slug_of(name)
    if not slug:
        raise serializers.ValidationError({"slug": "needs a letter or a digit"})
    user_id, team_id = _owner(values.get("owner", owner_name(now)) or "", project)
    status = values.get("status")
    return Wanted(
        name=name,
        slug=slug,
        schedule=config.get("schedule", now.schedule),
        timezone=config.get("timezone", now.timezone),
        checkin_margin=config.get("checkin_margin", now.checkin_margin),
        max_runtime=config.get("max_runtime", now.max_runtime),
        failure_issue_threshold=config.get(
            "failure_issue_threshold", now.failure_issue_threshold
        ),
        recovery_threshold=config.get("recovery_threshold", now.recovery_threshold),
        owner_user_id=user_id,
        owner_team_id=team_id,
        is_muted=values.get("is_muted", now.is_muted),
        is_disabled=now.is_disabled if status is None else status == "disabled",
    )


def _schedule(kind: str, told: object) -> Schedule:
    """Raises ScheduleError."""
    if kind == "crontab" and isinstance(told, str):
        return crontab(told)
    if kind == "interval" and isinstance(told, list) and len(told) == 2:
        count, unit = told
        if type(count) is int and isinstance(unit, str):
            return interval(count, unit)
    raise ScheduleError('expected a crontab expression or, say, [1, "day"]')


def _owner(name: str, project: Project) -> tuple[int | None, int | None]:
    try:
        return find_owner(project.pk, name)
    except UnknownOwner as error:
        raise serializers.ValidationError({"owner": str(error)}) from None
