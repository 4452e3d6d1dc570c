"""Check-ins of cron monitors: reading them, however a client writes its fields.

Source: protocol, "Other payloads", check_in; and the JSON of captured clients.
"""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from ingest.envelope import Item
from ingest.items.kind import Context, Kind, Refusal
from ingest.items.payload import object_of
from ingest.normalise import attributes
from ingest.normalise.fields import Notes, integer, text
from ingest.outcomes import Outcome
from monitors.recording import issues_of, record
from monitors.reports import (
    MINUTES_MAX,
    NAME_CHARS,
    THRESHOLD_MAX,
    MonitorSettings,
    Rejection,
    Report,
    ReportedStatus,
)
from monitors.schedules import (
    Schedule,
    ScheduleError,
    crontab,
    interval,
    time_zone,
)
from monitors.slugs import slug_of

PAYLOAD_MAX_BYTES: Final = 100 * 1024
USUAL_ENVIRONMENT = "production"

_STATUSES: dict[str, ReportedStatus] = {
    "in_progress": "in_progress",
    "ok": "ok",
    "error": "error",
}
_TRACE_ID = re.compile(r"[0-9a-f]{32}")
_DURATION_MAX = timedelta(days=366)
_MILLISECOND = timedelta(milliseconds=1)

# All others are faults of what was sent.
_OUTCOMES = {
    Rejection.DISABLED: Outcome.FILTERED,
    Rejection.ENDED: Outcome.DUPLICATE,
    Rejection.FLOOD: Outcome.RATE_LIMITED,
}


def read(item: Item, context: Context) -> Report:
    """The check-in of an item. Raises Refusal."""
    if len(item.payload) > PAYLOAD_MAX_BYTES:
        raise Refusal(Outcome.TOO_LARGE, "check_in")
    tree = object_of(item)
    notes = Notes()
    name = (text(tree.get("monitor_slug"), 1000, notes, "monitor_slug") or "").strip()
    slug = slug_of(name)
    if not slug:
        raise Refusal(Outcome.INVALID, "monitor_slug")
    told = tree.get("monitor_config")
    settings = _settings(told) if isinstance(told, dict) else None
    environment = attributes.environment(tree.get("environment"), notes)
    return Report(
        project_id=context.entry.project_id,
        received_at=context.entry.received_at,
        slug=slug,
        name=name[:NAME_CHARS],
        guid=_guid(tree.get("check_in_id")),
        status=_status(tree.get("status")),
        duration_ms=_duration_ms(tree.get("duration")),
        environment=environment or USUAL_ENVIRONMENT,
        release=attributes.release(tree.get("release"), notes) or "",
        trace_id=_trace_id(tree.get("contexts")),
        settings=settings,
        has_bad_settings=told is not None and settings is None,
    )


def store(reports: list[Report]) -> Sequence[Refusal | None]:
    return [_refusal(rejection) for rejection in record(reports)]


CHECK_IN = Kind(read, store, issues_of)


def _refusal(rejection: Rejection | None) -> Refusal | None:
    if rejection is None:
        return None
    return Refusal(_OUTCOMES.get(rejection, Outcome.INVALID), rejection.value)


def _status(value: object) -> ReportedStatus:
    known = _STATUSES.get(value.strip().lower()) if isinstance(value, str) else None
    if known is None:
        raise Refusal(Outcome.INVALID, "status")
    return known


def _guid(value: object) -> uuid.UUID | None:
    """The id; None for none at all or all zeros, which mean the latest open run."""
    if value is None or value == "":
        return None
    try:
        guid = uuid.UUID(str(value))
    except ValueError:
        raise Refusal(Outcome.INVALID, "check_in_id") from None
    return guid if guid.int else None


def _duration_ms(value: object) -> int | None:
    """Seconds as milliseconds; None where it tells nothing sensible."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(seconds) or seconds < 0:
        return None
    longest = _DURATION_MAX / _MILLISECOND
    return round(min(seconds * 1000, longest))


def _trace_id(contexts: object) -> str:
    trace = contexts.get("trace") if isinstance(contexts, dict) else None
    sent = trace.get("trace_id") if isinstance(trace, dict) else None
    found = str(sent or "").replace("-", "").lower()
    return found if _TRACE_ID.fullmatch(found) else ""


def _settings(told: dict[str, Any]) -> MonitorSettings | None:
    """The monitor's settings; None where its schedule or time zone means nothing."""
    zone = told.get("timezone")
    try:
        schedule = _schedule(told.get("schedule"))
        if zone:
            time_zone(str(zone))
    except ScheduleError:
        return None
    notes = Notes()
    return MonitorSettings(
        schedule=schedule,
        timezone=str(zone) if zone else None,
        checkin_margin=_bounded(told.get("checkin_margin"), MINUTES_MAX),
        max_runtime=_bounded(told.get("max_runtime"), MINUTES_MAX),
        failure_issue_threshold=_bounded(
            told.get("failure_issue_threshold"), THRESHOLD_MAX
        ),
        recovery_threshold=_bounded(told.get("recovery_threshold"), THRESHOLD_MAX),
        owner=text(told.get("owner"), 256, notes, "owner"),
    )


def _schedule(told: object) -> Schedule:
    """Raises ScheduleError."""
    if isinstance(told, dict):
        value, unit = told.get("value"), told.get("unit")
        if told.get("type") == "interval":
            count = integer(value, Notes(), "value")
            return interval(count or 0, str(unit or "").lower().removesuffix("s"))
        if told.get("type") == "crontab" and isinstance(value, str):
            return crontab(value)
    raise ScheduleError("expected a schedule of type crontab or interval")


def _bounded(value: object, most: int) -> int | None:
    """A whole number from 1 on; a part counts as a whole one."""
    if isinstance(value, float) and math.isfinite(value):
        value = math.ceil(value)
    number = integer(value, Notes(), "")
    return None if number is None else min(max(number, 1), most)
