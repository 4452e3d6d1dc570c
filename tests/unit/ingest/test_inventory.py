"""Items are counted by their headers, and no header makes them count for more."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.envelope import Item
from ingest.inventory import category_of_item, count_items, quantity_of


def item(type_: str, size: int = 100, **headers: Any) -> Item:
    return Item({"type": type_, **headers}, memoryview(b"x" * size))


@pytest.mark.parametrize(
    ("told", "counted"),
    [(7, 7), (0, 1), (-3, 1), (None, 1), ("7", 1), (True, 1), (10**15, 50)],
)
def test_a_container_counts_for_the_records_that_it_can_hold(
    told: object, counted: int
) -> None:
    assert quantity_of(item("log", item_count=told)) == counted


def test_other_items_count_once_whatever_they_say() -> None:
    assert quantity_of(item("event", item_count=9)) == 1


def test_an_empty_container_counts_as_an_item() -> None:
    assert quantity_of(item("log", size=0, item_count=3)) == 1


@pytest.mark.parametrize(
    ("platform", "category"),
    [("cocoa", "profile_chunk_ui"), ("python", "profile_chunk"), ([], "profile_chunk")],
)
def test_profiles_of_user_interfaces_are_counted_apart(
    platform: object, category: str
) -> None:
    told = item("profile_chunk", platform=platform)
    assert category_of_item(told) == category


def test_items_are_summed_by_category() -> None:
    items = [item("event"), item("log", item_count=5), item("otel_log"), item("odd")]
    assert count_items(items) == {"error": 1, "log_item": 6, "unknown": 1}
