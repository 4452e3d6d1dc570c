"""Fields that calls of the API take: spans of time, and instants."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

_PERIOD = re.compile(r"(\d{1,5})([smhdw])")
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@extend_schema_field(OpenApiTypes.STR)
class PeriodField(serializers.Field[timedelta, str, str, Any]):
    """A span such as `30m`, `24h`, `14d` or `2w`."""

    default_error_messages: ClassVar = {
        "invalid": "Expected a number and one of s, m, h, d, w; for example 14d."
    }

    def to_internal_value(self, data: str) -> timedelta:
        match = _PERIOD.fullmatch(str(data).strip())
        if match is None:
            self.fail("invalid")
        return timedelta(seconds=int(match[1]) * _UNIT_S[match[2]])

    def to_representation(self, value: timedelta) -> str:
        return f"{int(value.total_seconds())}s"


class InstantField(serializers.DateTimeField):
    """An instant in ISO 8601, also with nanoseconds; UTC where no zone is named."""

    def to_internal_value(self, value: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(str(value).strip())
            return (
                moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
            )
        except (ValueError, OverflowError):
            self.fail("invalid", format="ISO 8601")
