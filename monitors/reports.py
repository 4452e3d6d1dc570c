"""What a check-in says, once it is read; and why one is turned away."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from monitors.schedules import Schedule

NAME_CHARS = 128
# Four weeks in minutes, and how many check-ins in a row may be asked for.
MINUTES_MAX = 40_320
THRESHOLD_MAX = 720

# The rest is for the service itself to find out.
ReportedStatus = Literal["in_progress", "ok", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorSettings:
    """The settings of a monitor as a check-in brings them; None: not told.

    Minutes and thresholds are within the bounds of the model.
    """

    schedule: Schedule
    timezone: str | None = None
    checkin_margin: int | None = None
    max_runtime: int | None = None
    failure_issue_threshold: int | None = None
    recovery_threshold: int | None = None
    # "user:5", "team:3" or "#slug".
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One check-in as a client sent it."""

    project_id: int
    received_at: datetime
    slug: str
    # What the client calls the monitor.
    name: str
    # None: the latest run that is in progress.
    guid: uuid.UUID | None
    status: ReportedStatus
    duration_ms: int | None = None
    environment: str
    release: str = ""
    # 32 hex digits, or empty.
    trace_id: str = ""
    # None: none were sent, or none that can be understood.
    settings: MonitorSettings | None = None
    has_bad_settings: bool = False


class Rejection(StrEnum):
    """Why a check-in was not recorded."""

    # Of a monitor that nobody made, and without settings to make it from.
    UNKNOWN_MONITOR = "unknown_monitor"
    BAD_SETTINGS = "monitor_settings"
    DISABLED = "monitor_disabled"
    TOO_MANY_MONITORS = "too_many_monitors"
    TOO_MANY_ENVIRONMENTS = "too_many_environments"
    # Its id is that of a run of another monitor.
    OTHER_MONITOR = "check_in_of_other_monitor"
    # The run has ended already.
    ENDED = "check_in_ended"
    FLOOD = "check_ins_per_minute"
