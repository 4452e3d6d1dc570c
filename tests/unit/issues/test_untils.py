"""Until when issues are ignored, as people read it."""

from __future__ import annotations

from typing import Any

import pytest

from issues.snoozes import Until
from issues.untils import until_said


@pytest.mark.parametrize(
    ("until", "said"),
    [
        (Until(minutes=60), "an hour has passed"),
        (Until(minutes=180), "3 hours have passed"),
        (Until(events=1), "1 more event"),
        (Until(events=100, event_window=60), "100 events within an hour"),
        (Until(events=5, event_window=30), "5 events within 30 minutes"),
        (Until(users=10, user_window=1440), "10 users within a day"),
        (Until(users=2, user_window=90), "2 users within 90 minutes"),
        (Until(escalates=True), "it escalates"),
        (Until(events=3, users=2), "3 more events or 2 more users"),
    ],
)
def test_every_condition_has_its_words(until: Until, said: str) -> None:
    assert until_said(until.told) == said


@pytest.mark.parametrize("told", [{}, {"reason": "undo"}])
def test_nothing_is_said_where_nothing_ends_it(told: dict[str, Any]) -> None:
    assert until_said(told) == ""


def test_a_moment_is_told_to_the_minute() -> None:
    assert until_said({"ignoreUntil": "2026-01-31T08:30:15Z"}) == "2026-01-31 08:30"
