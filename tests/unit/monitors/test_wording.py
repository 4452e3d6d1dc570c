"""Common schedules are told in words, all others as they were written."""

from __future__ import annotations

import pytest
from django.utils import translation

from monitors.schedules import Schedule, crontab, interval
from monitors.wording import in_words


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (interval(1, "minute"), "Every minute"),
        (interval(15, "minute"), "Every 15 minutes"),
        (interval(1, "year"), "Every year"),
        (crontab("* * * * *"), "Every minute"),
        (crontab("*/5 * * * *"), "Every 5 minutes"),
        (crontab("@hourly"), "Every hour at minute 00"),
        (crontab("7 * * * *"), "Every hour at minute 07"),
        (crontab("5 */6 * * *"), "Every 6 hours at minute 05"),
        (crontab("0 3 * * *"), "Every day at 03:00"),
        (crontab("@daily"), "Every day at 00:00"),
        (crontab("30 9 * * MON"), "Every Monday at 09:30"),
        (crontab("30 9 * * 0"), "Every Sunday at 09:30"),
        (crontab("30 9 * * 7"), "Every Sunday at 09:30"),
        (crontab("0 6 * * 1-5"), "Monday to Friday at 06:00"),
        (crontab("0 6 1 * *"), "On day 1 of each month at 06:00"),
        (crontab("0 6 L * *"), "On the last day of each month at 06:00"),
        (crontab("@yearly"), ""),
        (crontab("*/7 2,4 1-15 * *"), ""),
        (crontab("0 6 1 * MON"), ""),
        (crontab("0,30 6 * * *"), ""),
    ],
)
def test_schedule_in_words(schedule: Schedule, words: str) -> None:
    with translation.override("en"):
        assert in_words(schedule) == words
