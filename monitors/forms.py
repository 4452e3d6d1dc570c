"""The form of a monitor's settings."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from monitors.models import Monitor
from monitors.owners import owner_name
from monitors.reports import MINUTES_MAX, NAME_CHARS, THRESHOLD_MAX
from monitors.schedules import (
    EXPRESSION_CHARS,
    Schedule,
    ScheduleError,
    Unit,
    crontab,
    interval,
)
from monitors.services import Wanted
from monitors.slugs import SLUG_CHARS, slug_of
from projects.models import Membership, Project
from projects.naming import check_name

_CRONTAB, _INTERVAL = "crontab", "interval"
_NO_SCHEDULE = {
    "crontab": _("Expected five fields such as 0 3 * * *, or a name such as @daily."),
    "interval_count": _("Expected a whole number, of ten years at most."),
}


def _zones() -> list[tuple[str, str]]:
    names = sorted(name for name in available_timezones() if "/" in name)
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


class MonitorForm(forms.Form):
    """What a monitor expects; `wanted` is what a valid one says."""

    name = forms.CharField(
        label=_("Name"), max_length=NAME_CHARS, validators=[check_name]
    )
    slug = forms.CharField(
        label=_("Short name"),
        max_length=SLUG_CHARS,
        required=False,
        help_text=_("Check-ins name the monitor by it. Empty: made from the name."),
    )
    kind = forms.ChoiceField(
        label=_("Schedule"),
        choices=[(_CRONTAB, _("Crontab")), (_INTERVAL, _("Interval"))],
        initial=_CRONTAB,
        widget=forms.RadioSelect,
    )
    crontab = forms.CharField(
        label=_("Crontab expression"),
        max_length=EXPRESSION_CHARS,
        required=False,
        help_text=_("Minute, hour, day, month and weekday, or a name such as @daily."),
    )
    interval_count = forms.IntegerField(label=_("Every"), min_value=1, required=False)
    interval_unit = forms.ChoiceField(
        label=_("Unit"),
        required=False,
        choices=[
            (Unit.MINUTE, _("minutes")),
            (Unit.HOUR, _("hours")),
            (Unit.DAY, _("days")),
            (Unit.WEEK, _("weeks")),
            (Unit.MONTH, _("months")),
            (Unit.YEAR, _("years")),
        ],
    )
    timezone = forms.ChoiceField(label=_("Time zone"), choices=_zones, initial="UTC")
    checkin_margin = forms.IntegerField(
        label=_("Grace period (minutes)"),
        min_value=1,
        max_value=MINUTES_MAX,
        initial=1,
        help_text=_("How late a check-in may come before it counts as missed."),
    )
    max_runtime = forms.IntegerField(
        label=_("Longest run (minutes)"),
        min_value=1,
        max_value=MINUTES_MAX,
        initial=30,
        help_text=_("A run that has not ended by then has timed out."),
    )
    failure_issue_threshold = forms.IntegerField(
        label=_("Failures before there is an issue"),
        min_value=1,
        max_value=THRESHOLD_MAX,
        initial=1,
    )
    recovery_threshold = forms.IntegerField(
        label=_("Successes before it is resolved"),
        min_value=1,
        max_value=THRESHOLD_MAX,
        initial=1,
    )
    owner = forms.ChoiceField(label=_("Owner"), required=False)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        project: Project,
        monitor: Monitor | None = None,
    ) -> None:
        super().__init__(data, initial=_now(monitor) if monitor else None)
        self._monitor = monitor
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ChoiceField)
        owner.choices = [("", _("Nobody")), *_owners(project)]
        if monitor is not None:
            _offer_zone(self, monitor.timezone)
            # What checks in knows it by that.
            del self.fields["slug"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        field = "crontab" if values.get("kind") == _CRONTAB else "interval_count"
        if field not in self.errors:
            try:
                values["schedule"] = _schedule(values)
            except ScheduleError:
                self.add_error(field, _NO_SCHEDULE[field])
        if self._monitor is None and "slug" not in self.errors:
            values["slug"] = slug_of(values.get("slug") or values.get("name") or "")
            if not values["slug"] and "name" in values:
                self.add_error("slug", _("A short name needs a letter or a digit."))
        return values

    @property
    def wanted(self) -> Wanted:
        values, now = self.cleaned_data, self._monitor
        kind, _colon, owner_id = values["owner"].partition(":")
        return Wanted(
            name=values["name"],
            slug=now.slug if now else values["slug"],
            schedule=values["schedule"],
            timezone=values["timezone"],
            checkin_margin=values["checkin_margin"],
            max_runtime=values["max_runtime"],
            failure_issue_threshold=values["failure_issue_threshold"],
            recovery_threshold=values["recovery_threshold"],
            owner_user_id=int(owner_id) if kind == "user" else None,
            owner_team_id=int(owner_id) if kind == "team" else None,
            is_muted=now is not None and now.is_muted,
            is_disabled=now is not None and now.is_disabled,
        )


def _offer_zone(form: MonitorForm, name: str) -> None:
    """Old names of zones, which are not offered, stay where they are in use."""
    zone = form.fields["timezone"]
    assert isinstance(zone, forms.ChoiceField)
    known = _zones()
    zone.choices = known if (name, name) in known else [*known, (name, name)]


def _schedule(values: dict[str, Any]) -> Schedule:
    """Raises ScheduleError."""
    if values.get("kind") == _CRONTAB:
        return crontab(values.get("crontab") or "")
    return interval(
        values.get("interval_count") or 0, values.get("interval_unit") or ""
    )


def _now(monitor: Monitor) -> dict[str, Any]:
    names = (
        *("name", "crontab", "interval_count", "interval_unit", "timezone"),
        *("checkin_margin", "max_runtime"),
        *("failure_issue_threshold", "recovery_threshold"),
    )
    return {
        "kind": _CRONTAB if monitor.crontab else _INTERVAL,
        "owner": owner_name(monitor),
        **{name: getattr(monitor, name) for name in names},
    }


def _owners(project: Project) -> list[tuple[str, str]]:
    organization = project.organization
    members = Membership.objects.filter(organization=organization)
    return [
        *((f"team:{t.pk}", str(t)) for t in organization.teams.order_by("slug")),
        *(
            (f"user:{m.user_id}", m.user.email)
            for m in members.select_related("user").order_by("user__email")
        ),
    ]
