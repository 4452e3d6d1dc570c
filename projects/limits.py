"""The limits on a project's events: of its key, its own, its organization's, and the
one that protects from spikes."""

from __future__ import annotations

import enum
import math
from typing import Any

import msgspec
from django.conf import settings

SPIKE_WINDOW_S = 600
_HOUR_S = 3600

# A project whose usual hours are not known yet may have so many times the floor: more
# than one machine digests.
NEW_PROJECT_FLOORS = 100


class LimitReason(enum.StrEnum):
    """Why events are limited: the reason that their outcome is counted under."""

    KEY = "key"
    PROJECT = "project"
    ORGANIZATION = "organization"
    SPIKE = "spike"


class Limit(msgspec.Struct, frozen=True):
    """At most `count` events each `window_s` seconds, summed up under `counter`."""

    reason: LimitReason
    counter: str
    count: int
    window_s: int


# What `limits_of` needs to know of a key: ProjectKey's fields, and those beyond it.
FIELDS = (
    "id",
    "rate_limit_count",
    "rate_limit_window_s",
    "project_id",
    "project__rate_limit_count",
    "project__rate_limit_window_s",
    "project__is_spike_protected",
    "project__spike_factor",
    "project__busiest_hour",
    "project__organization_id",
    "project__organization__rate_limit_count",
    "project__organization__rate_limit_window_s",
)


def limits_of(row: dict[str, Any]) -> tuple[Limit, ...]:
    """The limits that are set for a key, the narrowest first."""
    limits = [
        _limit(row, LimitReason.KEY, "id", ""),
        _limit(row, LimitReason.PROJECT, "project_id", "project__"),
        _limit(
            row,
            LimitReason.ORGANIZATION,
            "project__organization_id",
            "project__organization__",
        ),
    ]
    if row["project__is_spike_protected"]:
        count = spike_limit(row["project__busiest_hour"], row["project__spike_factor"])
        limits.append(_spike_limit(row["project_id"], count))
    return tuple(limit for limit in limits if limit.count)


def spike_limit(busiest_hour: int | None, factor: int) -> int:
    """Events that spike protection lets pass in each SPIKE_WINDOW_S.

    `busiest_hour` is how many events a usual day's busiest hour has, None while that
    is not known.
    """
    floor: int = settings.SPIKE_FLOOR
    if busiest_hour is None:
        an_hour = NEW_PROJECT_FLOORS * floor
    else:
        an_hour = max(floor, factor * busiest_hour)
    return math.ceil(an_hour * SPIKE_WINDOW_S / _HOUR_S)


def _limit(row: dict[str, Any], reason: LimitReason, pk: str, prefix: str) -> Limit:
    return Limit(
        reason,
        f"{reason}:{row[pk]}",
        row[f"{prefix}rate_limit_count"],
        row[f"{prefix}rate_limit_window_s"],
    )


def _spike_limit(project_id: int, count: int) -> Limit:
    reason = LimitReason.SPIKE
    return Limit(reason, f"{reason}:{project_id}", count, SPIKE_WINDOW_S)
