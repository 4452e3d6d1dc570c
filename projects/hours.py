"""Hours as counts are kept by: whole ones since 1970."""

from __future__ import annotations

from datetime import datetime


def hour_of(moment: datetime) -> int:
    """The hour in which the moment lies, counted from 1970 in UTC."""
    return int(moment.timestamp()) // 3600
