"""Outcomes have a status, items a category."""

from __future__ import annotations

import pytest

from ingest.outcomes import Outcome, category_of


def test_every_outcome_has_a_status() -> None:
    assert {outcome.status for outcome in Outcome} == {
        200,
        400,
        401,
        403,
        404,
        413,
        429,
        503,
    }


@pytest.mark.parametrize(
    ("item_type", "event_type", "category"),
    [
        ("event", "error", "error"),
        ("event", "default", "default"),
        ("event", "csp", "security"),
        ("event", "transaction", "transaction"),
        ("event", "whatever", "error"),
        ("transaction", "error", "transaction"),
        ("sessions", "error", "session"),
        ("check_in", "error", "monitor"),
        ("log", "error", "log_item"),
        ("something new", "error", "unknown"),
    ],
)
def test_items_are_counted_by_category(
    item_type: str, event_type: str, category: str
) -> None:
    assert category_of(item_type, event_type) == category
